"""Each of these tests writes into a home of its own."""

import pytest
from tests.homes import home
from tests.security.ground import Ground, lay

__all__ = ["home"]


@pytest.fixture
def ground(db: None) -> Ground:
    """Everything that the embassy in Berlin has, and an officer with every role at another embassy."""
    return lay()
