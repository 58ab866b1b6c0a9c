"""The channels pages of the desk."""
