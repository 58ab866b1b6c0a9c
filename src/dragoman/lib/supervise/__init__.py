"""Keeps a handful of processes alive: starts them, brings back what ends, leaves none behind."""
