"""Films on a YouTube channel."""
