"""The register of official accounts, made ready for pages: in groups, and what changed between two versions.
Pure: works on the plain values that stand in the sealed text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

Account = Mapping[str, Any]

LIVE, PAST = ("confirmed",), ("compromised", "retired")
NOTEWORTHY = ("handle", "address", "owner", "languages", "valid_from", "valid_to", "successor")


@dataclass(frozen=True, slots=True)
class Change:
    """One change of the register; `key` names its words: acc_added, acc_changed, and so on."""

    key: str
    account: Account


def changes(before: Sequence[Account], after: Sequence[Account]) -> list[Change]:
    """What the later version says otherwise, account by account. Days of checks are no change."""
    old = {str(one["id"]): one for one in before}
    new = {str(one["id"]): one for one in after}
    found = []
    for ref, one in new.items():
        key = _changed(old.get(ref), one)
        if key:
            found.append(Change(key, one))
    found += [Change("acc_removed", one) for ref, one in old.items() if ref not in new]
    return found


def _changed(before: Account | None, after: Account) -> str:
    if before is None or before["state"] != after["state"]:
        was = before["state"] if before else ""
        if after["state"] == "confirmed":
            return "acc_restored" if was == "compromised" else "acc_added"
        return {"compromised": "acc_compromised", "retired": "acc_retired"}.get(after["state"], "acc_changed")
    return "acc_changed" if any(before[name] != after[name] for name in NOTEWORTHY) else ""


def groups(accounts: Sequence[Account], states: Sequence[str]) -> list[tuple[str, list[Account]]]:
    """The accounts in these states by network, the networks in the order of the alphabet."""
    found: dict[str, list[Account]] = {}
    for one in sorted(
        accounts, key=lambda each: (str(each["network"]).casefold(), str(each["handle"]).casefold())
    ):
        if one["state"] in states:
            found.setdefault(str(one["network"]), []).append(one)
    return list(found.items())


def link_of(account: Account) -> str:
    """Where people find the account; "" when there is no page to lead to."""
    address = str(account.get("address") or "")
    if address.startswith(("https://", "http://")):
        return address
    return f"https://{account['handle']}/" if account["kind"] == "domain" else ""


def trust_rows(accounts: Sequence[Account]) -> list[tuple[str, str]]:
    """The lines of trust.txt: what we control, and the accounts we speak on. Only those confirmed now."""
    now = [one for one in accounts if one["state"] == "confirmed"]
    domains = [("control", link_of(one)) for one in now if one["kind"] == "domain"]
    social = [("social", link_of(one)) for one in now if one["kind"] not in ("domain", "sender")]
    return [(word, value) for word, value in [*domains, *social] if value]


def unofficial(account: Account | None, at: str) -> bool:
    """Whether a post of this moment (ISO 8601) falls into a time in which the account was not ours alone."""
    if account is None or not at:
        return False
    moment = datetime.fromisoformat(at)
    return any(
        datetime.fromisoformat(one["from"]) <= moment
        and (one["to"] is None or moment < datetime.fromisoformat(one["to"]))
        for one in account["not_official"]
    )


def day(text: str | None) -> date | None:
    """A day as it stands in the register."""
    return date.fromisoformat(text) if text else None
