"""Networks of our own, on real sockets, that misbehave on command and count what they hold."""
