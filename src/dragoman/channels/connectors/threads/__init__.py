"""Threads, Meta's network of short posts."""
