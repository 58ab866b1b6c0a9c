"""Instagram, by the API with Instagram login."""
