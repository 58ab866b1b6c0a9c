"""The command `dragoman`."""


def main() -> None:
    """Run it."""
