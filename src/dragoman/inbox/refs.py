"""Names that people read aloud: short, with a prefix, without letters that are mistaken for one another."""

from __future__ import annotations

import secrets

LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"


def new_ref(prefix: str, length: int = 5) -> str:
    """`Q-7f3kx`: random, so that it tells nothing of how many there are. Uniqueness is the database's."""
    return f"{prefix}-" + "".join(secrets.choice(LETTERS) for _ in range(length))
