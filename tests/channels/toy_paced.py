"""The toy, at a pace of two posts a minute."""

from tests.channels.toy_network import connect, kind

from dragoman.channels.connector import Pace

KIND = kind("paced", pace=Pace(2, 60))

__all__ = ["KIND", "connect"]
