"""Earlier states of a page for web archives (Memento, RFC 7089): link headers, dates, and the list of times.

Each statement's folder holds `.memento`, a small JSON file that the web process reads and nobody else sees.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from pathlib import Path

SIDECAR = ".memento"


@dataclass(frozen=True, slots=True)
class Past:
    """The revisions of a statement in one language, seen from one page (`revision` None: the newest)."""

    original: str
    revisions: tuple[tuple[int, datetime], ...]
    revision: int | None = None

    def nearest(self, moment: datetime) -> str:
        """Where to send a reader who asks for the page as it was; "" when this is such a page already."""
        if self.revision is not None or not self.revisions:
            return ""
        before = [rev for rev, at in self.revisions if at <= moment]
        return f"{self.original}{before[-1] if before else self.revisions[0][0]}/"

    def links(self) -> list[tuple[str, str]]:
        here = self.original
        rels = [
            f'<{here}>; rel="original timegate"',
            f'<{here}timemap>; rel="timemap"; type="application/link-format"',
        ]
        return [("Link", ", ".join(rels))]

    def headers(self) -> list[tuple[str, str]]:
        """The links, and on a page that will not change any more its date."""
        dates = [at for rev, at in self.revisions if rev == self.revision]
        return [*self.links(), *(("Memento-Datetime", http_date(at)) for at in dates)]


def http_date(moment: datetime) -> str:
    return format_datetime(moment.astimezone(UTC).replace(microsecond=0), usegmt=True)


def sidecar(original: str, revisions: list[tuple[int, datetime]]) -> bytes:
    """The bytes of `.memento`."""
    known = [[rev, at.astimezone(UTC).isoformat()] for rev, at in sorted(revisions)]
    return json.dumps({"original": original, "revisions": known}).encode()


def timemap(site: str, original: str, revisions: list[tuple[int, datetime]]) -> bytes:
    """The list of all states, in application/link-format."""
    lines = [
        f'<{site}{original}>; rel="original timegate"',
        f'<{site}{original}timemap>; rel="self"; type="application/link-format"',
    ]
    known = sorted(revisions)
    for place, (rev, at) in enumerate(known):
        rel = " ".join(
            word
            for word, here in (("first", place == 0), ("last", place == len(known) - 1), ("memento", True))
            if here
        )
        lines.append(f'<{site}{original}{rev}/>; rel="{rel}"; datetime="{http_date(at)}"')
    return (",\n".join(lines) + "\n").encode()


def of_folder(root: Path, path: str) -> Past | None:
    """What is known of `/<lang>/statements/<slug>/[<rev>/]index.html`; None for any other page."""
    parts = path.strip("/").split("/")
    if len(parts) not in (4, 5) or parts[1] != "statements" or parts[-1] != "index.html":
        return None
    revision = int(parts[3]) if len(parts) == 5 and parts[3].isdecimal() else None
    place = root.joinpath(*parts[:3], SIDECAR)
    try:
        original, revisions = _read(place, place.stat().st_mtime_ns)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return Past(original, revisions, revision)


@lru_cache(maxsize=4096)
def _read(place: Path, version: int) -> tuple[str, tuple[tuple[int, datetime], ...]]:
    """`version` makes a changed file another key."""
    known = json.loads(place.read_bytes())
    return str(known["original"]), tuple((int(r), datetime.fromisoformat(at)) for r, at in known["revisions"])
