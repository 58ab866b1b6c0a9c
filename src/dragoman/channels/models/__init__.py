"""Channels, deliveries, attempts, takedowns, recipients and their copies."""

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

__all__ = [
    "ALL_TOPICS",
    "Attempt",
    "Channel",
    "ChannelQuerySet",
    "Copy",
    "CopyQuerySet",
    "Delivery",
    "DeliveryQuerySet",
    "Mailing",
    "Recipient",
    "RecipientQuerySet",
    "Takedown",
]
