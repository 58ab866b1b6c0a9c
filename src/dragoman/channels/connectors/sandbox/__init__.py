"""A network that exists on this machine only: for training, the demonstration and tests."""
