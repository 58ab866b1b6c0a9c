"""The two ways in which bytes can be wrong."""


class TlogError(ValueError):
    """Bytes of a log that cannot be accepted. The message is fit for a person."""


class Malformed(TlogError):
    """The bytes do not follow the format."""


class Mismatch(TlogError):
    """The bytes follow the format and say something false: a wrong hash, a bad signature."""
