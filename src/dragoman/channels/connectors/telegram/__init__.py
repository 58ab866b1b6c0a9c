"""Channels on Telegram, by its Bot API."""
