"""Each of these tests writes into a home of its own."""

from tests.homes import home

__all__ = ["home"]
