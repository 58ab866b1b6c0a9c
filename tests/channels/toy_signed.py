"""The toy, signed in by the network's own page."""

from tests.channels.toy_network import connect, kind

from dragoman.channels.connector import OAuth

KIND = kind("signed", oauth=OAuth("https://toy.example/authorize", "https://toy.example/token", ("post",)))

__all__ = ["KIND", "connect"]
