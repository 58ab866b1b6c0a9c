"""Channels, deliveries, attempts, takedowns, recipients and their copies."""

from dragoman.channels.models.activity import Activity
from dragoman.channels.models.arrival import Arrival, HookCall, Listening
from dragoman.channels.models.channel import Channel, ChannelQuerySet
from dragoman.channels.models.delivery import Attempt, Delivery, DeliveryQuerySet, Takedown
from dragoman.channels.models.recipient import (
    ALL_TOPICS,
    Copy,
    CopyQuerySet,
    Mailing,
    Recipient,
    RecipientQuerySet,
)
from dragoman.channels.models.sign_in import BegunSignIn, Standing

__all__ = [
    "ALL_TOPICS",
    "Activity",
    "Arrival",
    "Attempt",
    "BegunSignIn",
    "Channel",
    "ChannelQuerySet",
    "Copy",
    "CopyQuerySet",
    "Delivery",
    "DeliveryQuerySet",
    "HookCall",
    "Listening",
    "Mailing",
    "Recipient",
    "RecipientQuerySet",
    "Standing",
    "Takedown",
]
