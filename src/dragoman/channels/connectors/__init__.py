"""One folder a kind of channel. They know the port and `lib`, never each other and never Django."""
