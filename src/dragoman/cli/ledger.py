"""`dragoman ledger audit`: was everybody treated alike? Worked out again by one who trusts a policy only."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from dragoman.cli import pins, sources
from dragoman.cli.verify import REFUSED, UNREADABLE, VERIFIED, end, policy_for, read_policy
from dragoman.lib.problems import Problem
from dragoman.lib.tlog.policy import Policy
from dragoman.negotiations.evenness import audit as audits
from dragoman.negotiations.evenness import notes, reading, seen
from dragoman.negotiations.evenness.findings import Line, differs, disagrees, unknown, word
from dragoman.negotiations.rules import chains
from dragoman.record import verification
from dragoman.record.leaf import Sum
from dragoman.record.verification import Question, Refused, Report, Unreadable

MARKS = {"same": "same", "word": "word", "differs": "DIFFERS", "unknown": "?"}
TOLD = {
    "same": "worked out again and the same",
    "word": "the host's word, which no public file can show",
    "differs": "worked out again and NOT the same",
    "unknown": "could not be told",
}
IN_URL = re.compile(r"/talks/([a-z0-9][a-z0-9-]{0,39})(?:/|$)")
AGAIN = 3
Reader = sources.Folder | sources.Site


def audit(
    place: Annotated[
        str,
        typer.Argument(help="Address of the talks' page, of their site, or a folder.", metavar="URL|FOLDER"),
    ],
    *,
    talks: Annotated[str, typer.Option(help="The name of the talks, where the address does not say.")] = "",
    probe: Annotated[
        list[Path] | None, typer.Option(help="Notes of a prober (`dragoman probe`); may be given again.")
    ] = None,
    policy: Annotated[
        Path | None, typer.Option(help="Whom to trust (c2sp.org/tlog-policy), from a source you trust.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Work the evenness of talks out again from public files alone, and compare with what the host says.

    Every line says what it is: worked out again and the same, the host's word, not the same, or not to be
    told. Exit code 0: nothing disagrees. 1: something does. 2: could not be read, so nothing is known.
    """
    try:
        reader, ref = sources.source(site_of(place)), talks or ref_of(place)
        lines = list(_audit(reader, ref, policy, probe or ()))
    except (Unreadable, OSError) as error:
        end("COULD NOT READ", str(error), UNREADABLE)
    except Problem as problem:
        end("COULD NOT READ", problem.detail, UNREADABLE)
    for line in lines:
        typer.echo(json.dumps(line.__dict__, ensure_ascii=False) if as_json else _words(line))
    counts = Counter[str](line.verdict for line in lines)
    for verdict, words in TOLD.items():
        typer.echo(f"{counts[verdict]:5} {words}", err=as_json)
    raise typer.Exit(REFUSED if disagrees(lines) else VERIFIED)


def _audit(reader: Reader, ref: str, policy: Path | None, probes: Sequence[Path]) -> list[Line]:
    trusted, first = _policy(reader, policy)
    try:
        told, ledgers, record = _read(reader, ref, trusted)
    except (Refused, Problem) as problem:
        return [*first, differs("record", problem.detail if isinstance(problem, Problem) else str(problem))]
    found = [*first, *audits.audit(told, ledgers, record, reader.beside)]
    for file in probes:
        found += seen.compare(told, ledgers, notes.parse(file.read_text("utf-8")))
    if not probes:
        found.append(unknown("probe", "no notes of a prober were given, so no time was compared"))
    return found


def _read(
    reader: Reader, ref: str, trusted: Policy
) -> tuple[reading.Talks, list[Mapping[str, Any]], reading.Record]:
    """Files and record of one moment: read again where something was published in between."""
    told, ledgers = reading.talks_of(reader.beside, ref), reading.ledgers_of(reader.beside, ref)
    for _ in range(AGAIN):
        report = verification.verify_record(reader.read, trusted, Question(allow_missing=True))
        record = _record(reader, ref, trusted, report)
        before = (told.head["newest"], len(ledgers))
        told, ledgers = reading.talks_of(reader.beside, ref), reading.ledgers_of(reader.beside, ref)
        if before == (told.head["newest"], len(ledgers)):
            break
    return told, ledgers, record


def _policy(reader: Reader, given: Path | None) -> tuple[Policy, list[Line]]:
    """Whom to trust; where nobody was named, the policy that is served, and a line that says so."""
    name = next(sources.pin_names(reader))
    if given is not None or pins.policy_file(name).exists():
        return policy_for(reader, given, first_use=False), []
    try:
        served = reader.read("policy")
    except FileNotFoundError:
        raise Unreadable("the record serves no file `policy`") from None
    words = "the record's keys and witnesses are those that it names itself: bring your own with --policy"
    return read_policy(served, "the policy that is served"), [word("record", words)]


def _record(reader: Reader, ref: str, trusted: Policy, report: Report) -> reading.Record:
    forbidden = [log.key.public for log in trusted.logs]
    forbidden += [witness.key.public for witness in trusted.witnesses.values()]

    def blob(one: Sum) -> bytes:
        data = reader.read(one.path)
        if hashlib.sha256(data).hexdigest() != one.sha256:
            raise Refused(f"The bytes of {one.path} are not those that were sealed.")
        return data

    origin = report.head.checkpoint.origin
    told = chains.verify_all(origin, report.leaves, blob, forbidden=forbidden)
    return reading.record_of(ref, report.leaves, told, blob)


def site_of(place: str) -> str:
    """The site that the address of a page is on."""
    if not place.startswith(("http://", "https://")):
        return place
    return "/".join(place.split("/")[:3])


def ref_of(place: str) -> str:
    """The talks that the address of a page names. Raises Unreadable."""
    found = IN_URL.search(place)
    if not found:
        raise Unreadable("the address names no talks; say which with --talks")
    return found[1]


def _words(line: Line) -> str:
    return f"{MARKS[line.verdict]:8} {line.where:24} {line.words}"
