"""The register as the public gets it: plain values, the very text that is sealed, and what changed. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from dragoman.lib import canonical

KIND = "official-accounts"
RECORD_ID = "official-accounts"
MEDIA_TYPE = "application/json"
LANG = "und"


@dataclass(frozen=True, slots=True)
class Entry:
    """One account of the register. `not_official` are the stretches of time in which somebody else may have
    spoken on it; an open one has no end."""

    ref: str
    kind: str
    network: str
    handle: str
    address: str
    owner: str
    languages: tuple[str, ...]
    valid_from: date
    valid_to: date | None
    successor: str
    state: str
    how: str
    verified: date | None
    checked: date | None
    not_official: tuple[tuple[datetime, datetime | None], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The account as it stands in `/accounts.json`."""
        return {
            "id": self.ref,
            "kind": self.kind,
            "network": self.network,
            "handle": self.handle,
            "address": self.address or None,
            "owner": self.owner,
            "languages": list(self.languages),
            "valid_from": self.valid_from.isoformat(),
            "valid_to": _day(self.valid_to),
            "successor": self.successor or None,
            "state": self.state,
            "verified": {"how": self.how or None, "on": _day(self.verified), "checked": _day(self.checked)},
            "compromised_from": next(
                (_at(since) for since, until in self.not_official if until is None), None
            ),
            "not_official": [{"from": _at(since), "to": _at(until)} for since, until in self.not_official],
        }


def text(*, number: int, at: datetime, origin: str, site: str, entries: Sequence[Entry]) -> str:
    """The register as canonical JSON: one form in bytes, so that a digest of it means something."""
    value = {
        "v": 1,
        "type": KIND,
        "number": number,
        "released": _at(at),
        "record": origin,
        "site": site,
        "accounts": [one.as_json() for one in entries],
    }
    return canonical.dumps(value).decode("utf-8")


def accounts_of(data: str) -> list[dict[str, Any]]:
    """The accounts of a version, as plain values."""
    value = canonical.loads(data.encode("utf-8"))
    found = value.get("accounts") if isinstance(value, dict) else None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def differs(before: str, entries: Sequence[Entry], *, days_too: bool) -> bool:
    """Whether these entries say something else than a version did. The day of the last check counts only
    when `days_too` says so."""
    old = accounts_of(before) if before else []
    new = accounts_of(
        text(number=0, at=datetime.min.replace(tzinfo=UTC), origin="", site="", entries=entries)
    )
    return old != new if days_too else [_lasting(one) for one in old] != [_lasting(one) for one in new]


def _lasting(account: Mapping[str, Any]) -> dict[str, Any]:
    verified = {name: value for name, value in account["verified"].items() if name != "checked"}
    return {**account, "verified": verified}


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _at(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None
