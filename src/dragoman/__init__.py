"""Dragoman, the open digital-diplomacy desk."""

__version__ = "0.4.0"
