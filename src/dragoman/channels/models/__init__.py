"""Channels, deliveries, attempts, takedowns."""

from dragoman.channels.models.channel import Channel, ChannelQuerySet
from dragoman.channels.models.delivery import Attempt, Delivery, DeliveryQuerySet, Takedown

__all__ = ["Attempt", "Channel", "ChannelQuerySet", "Delivery", "DeliveryQuerySet", "Takedown"]
