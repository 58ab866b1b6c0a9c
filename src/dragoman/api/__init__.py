"""The programming face: calls actions and queries only."""
