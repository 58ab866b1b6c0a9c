"""Links to pages of other apps, where these are part of the desk."""

from django.urls import NoReverseMatch, reverse


def page(name: str, *args: object) -> str:
    """The address, or nothing when there is no such page."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""
