"""The part of `dragoman verify` about talks: every consent in the record, judged from its own bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence

from dragoman.lib.problems import Problem
from dragoman.lib.tlog.policy import Policy
from dragoman.negotiations.rules import chains, vkeys
from dragoman.negotiations.rules.chains import Told
from dragoman.negotiations.rules.judging import Judged
from dragoman.record.leaf import Sum
from dragoman.record.verification import Read, Refused, Report

SHORT = 4096


def kept(read: Read) -> Read:
    """The same reading, but each short text is fetched once: agreed lines are many, and looked at twice."""
    short: dict[str, bytes] = {}

    def once(path: str) -> bytes:
        if path in short:
            return short[path]
        data = read(path)
        if path.startswith("text/") and len(data) <= SHORT:
            short[path] = data
        return data

    return once


def check(report: Report, read: Read, policy: Policy, *, whole: bool) -> tuple[str, ...]:
    """Judge the consents of what was verified, and tell one line an entry. With `whole` that is every entry
    of talks, otherwise what the question was about. Raises Refused; a record without talks gives no line."""
    only = None if whole else [found.index for found in (*report.statements, *report.matches)]
    return tuple(_lines(_judged(report, read, policy, only)))


def _judged(report: Report, read: Read, policy: Policy, only: Collection[int] | None) -> Sequence[Told]:
    forbidden = [log.key.public for log in policy.logs]
    forbidden += [witness.key.public for witness in policy.witnesses.values()]

    def blob(one: Sum) -> bytes:
        data = read(one.path)
        if hashlib.sha256(data).hexdigest() != one.sha256:
            raise Refused(f"The bytes of {one.path} are not those that were sealed.")
        return data

    origin = report.head.checkpoint.origin
    try:
        return chains.verify_all(origin, report.leaves, blob, forbidden=forbidden, only=only)
    except Problem as problem:
        raise Refused(problem.detail) from problem


def _lines(told: Sequence[Told]) -> Iterator[str]:
    for one in told:
        yield f"{one.leaf.id}, revision {one.leaf.rev}, entry {one.index}: {_said(one)}"


def _said(one: Told) -> str:
    match one.what:
        case "keyring":
            return f"protocol and keyring {_agreed(one.judged)}"
        case "joint":
            return f"joint text {_agreed(one.judged)}"
        case "withdrawn":
            return "joint text WITHDRAWN by the host alone"
        case "unknown-line":
            return "a line that was taken down; its words cannot be compared with the agreed ones"
        case "line":
            line = one.line
            if line is None:
                return "an agreed line"
            facts = f" ({', '.join(line.kinds)})" if line.kinds else ""
            return f"{line.what} line as agreed{facts}"


def _agreed(judged: Judged | None) -> str:
    """`agreed by northland (own key), eastmark (passkey)`."""
    if judged is None:
        return ""
    kinds = {
        party: dict.fromkeys(
            vkeys.assurance(one.kind).label for one in judged.signatures if one.party == party
        )
        for party in judged.parties
    }
    signed = ", ".join(f"{party} ({', '.join(labels)})" for party, labels in kinds.items())
    return f"agreed by {signed}" + (f"; not by {', '.join(judged.missing)}" if judged.missing else "")
