"""The command line: calls actions and queries only."""
