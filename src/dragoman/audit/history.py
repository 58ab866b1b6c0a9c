"""Row history, for models where "what stood here on that day" matters. Triggers write it, so that no
change escapes: not `QuerySet.update`, not SQL by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import pghistory
from django.db import models

Kept = TypeVar("Kept", bound=type[models.Model])


def keep_history(*, exclude: tuple[str, ...] = ()) -> Callable[[Kept], Kept]:
    """`@keep_history(exclude=("body",))` above a model: each insert, update and delete leaves a row in
    `<Model>Event`, append-only. Leave out secrets, generated columns and big texts (they have digests)."""

    def decorate(model: Kept) -> Kept:
        # Fresh trackers each time: the library writes the model's fields into them.
        trackers = (pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
        kept: Kept = pghistory.track(*trackers, exclude=["created", "updated", *exclude])(model)
        return kept

    return decorate
