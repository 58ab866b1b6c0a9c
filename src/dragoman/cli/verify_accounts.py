"""`dragoman verify accounts`: the official accounts, checked by someone who trusts only a policy file.

Beside a whole site or folder it takes the list as a file, with its signed note beside it: then the record is
not asked, and only the record's own signature is checked.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from dragoman.cli import pins, sources
from dragoman.cli.verify import REFUSED, UNREADABLE, end, policy_for, read_policy
from dragoman.lib import canonical
from dragoman.lib.tlog.errors import TlogError
from dragoman.lib.tlog.policy import Policy
from dragoman.record import verification, vouched
from dragoman.record.verification import Question, Refused, Unreadable

LIST, NOTE = "/accounts.json", "/accounts.note"
KIND = "accounts"


@dataclass(frozen=True)
class Checked:
    """What was verified: the list, its number, and how much the check rests on."""

    accounts: list[dict[str, Any]]
    number: int
    released: str
    origin: str
    rests_on: str


def verify_accounts(
    place: Annotated[
        str, typer.Argument(help="Address of a site, a folder, or accounts.json.", metavar="URL|FOLDER|FILE")
    ],
    *,
    policy: Annotated[
        Path | None, typer.Option(help="Whom to trust (c2sp.org/tlog-policy), from a source you trust.")
    ] = None,
    note: Annotated[
        Path | None, typer.Option(help="The signed note of a FILE, if it is not accounts.note beside it.")
    ] = None,
    trust_on_first_use: Annotated[
        bool, typer.Option(help="Take the policy that the record serves, once, and pin it here.")
    ] = False,
) -> None:
    """Verify the list of official accounts: its signature, and its entry in the public record.

    Exit code 0: verified. 1: refused, with the reason. 2: could not be read, so nothing is known.
    """
    try:
        if Path(place).is_file():
            checked = _file(Path(place), note, policy)
        else:
            checked = _site(sources.source(place), policy, trust_on_first_use)
    except (Refused, TlogError, canonical.NotCanonical) as refusal:
        end("REFUSED", str(refusal), REFUSED)
    except FileNotFoundError as error:
        end("COULD NOT READ", f"there is no {error.args[-1]} here", UNREADABLE)
    except (Unreadable, OSError) as error:
        end("COULD NOT READ", str(error), UNREADABLE)
    else:
        _tell(checked)


def _file(place: Path, note: Path | None, policy: Path | None) -> Checked:
    """The list as a file: the record's own signature, offline."""
    data = place.read_bytes()
    signed = (note or place.with_suffix(".note")).read_bytes()
    if policy is None:
        raise Refused("A file is checked against a policy that you bring: --policy FILE.")
    said = vouched.check(signed, data, read_policy(policy.read_bytes(), str(policy)))
    return _checked(data, said, "the record's own signature; whether a later list is there was not asked")


def _site(reader: sources.Folder | sources.Site, policy: Path | None, first_use: bool) -> Checked:
    """The list of a site: signature, entry, proof, witnesses, and that no later list is there."""
    trusted = policy_for(reader, policy, first_use)
    data, signed = reader.beside(LIST), reader.beside(NOTE)
    said = vouched.check(signed, data, trusted)
    _newest(reader, trusted, said)
    return _checked(data, said, "its entry in the whole record, the newest of its kind, and every signature")


def _newest(reader: sources.Folder | sources.Site, policy: Policy, said: vouched.Vouched) -> None:
    name = f"{said.leaf.id}-{said.leaf.rev}"
    report = verification.verify_record(
        reader.read, policy, Question(statement=name, seen=pins.recall(policy))
    )
    pins.remember(policy, report.seen)
    for found in report.statements:
        if bytes(found.leaf) != said.entry:
            raise Refused(f"The record holds something else as {name} than the note says.")
        if found.later:
            raise Refused(
                f"This is an old list: the record has version {found.later[-1].rev}, and {LIST} is version "
                f"{said.leaf.rev}."
            )


def _checked(data: bytes, said: vouched.Vouched, rests_on: str) -> Checked:
    value = canonical.loads(data)
    if said.leaf.kind != KIND or not isinstance(value, dict) or not isinstance(value.get("accounts"), list):
        raise Refused("What is signed is no list of official accounts.")
    if value.get("number") != said.leaf.rev or value.get("record") != said.origin:
        raise Refused("The list names another number or another record than its entry.")
    return Checked(value["accounts"], said.leaf.rev, said.leaf.released, said.origin, rests_on)


def _tell(checked: Checked) -> None:
    for one in checked.accounts:
        typer.echo(f"{one['state']:<12} {one['network']}: {one['handle']}{_more(one)}")
    typer.echo(
        f"VERIFIED  {checked.origin}: version {checked.number} of the official accounts, "
        f"released {checked.released}, {len(checked.accounts)} accounts"
    )
    typer.echo(f"  rests on {checked.rests_on}")


def _more(one: dict[str, Any]) -> str:
    parts = [str(one["address"])] if one["address"] else []
    if one["compromised_from"]:
        parts.append(f"NOT OFFICIAL from {one['compromised_from']}")
    if one["successor"]:
        parts.append(f"followed by {json.dumps(one['successor'])}")
    return f"  {', '.join(parts)}" if parts else ""
