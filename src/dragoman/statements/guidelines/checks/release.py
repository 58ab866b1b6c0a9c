"""What must hold at the moment of release, and of withdrawal: embargo, election time, approvals, reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from dragoman.statements.guidelines.model import ApprovalView, Draft, ElectionWindow, Hit, Rule
from dragoman.statements.guidelines.reading import Reading


def embargo(reading: Reading, rule: Rule) -> Iterator[Hit]:
    """EMB-1: nothing goes out before the embargo ends."""
    draft = reading.draft
    until = draft.embargo_until
    if until is None:
        return
    leaves_now = draft.action == "release" and draft.release_at is None
    moment = draft.release_at or (draft.now if leaves_now else None)
    if moment is not None and moment < until:
        yield Hit(
            words=_moment(moment),
            field="statement",
            why=f"The embargo ends at {_moment(until)}; the release would be {_ago(moment, until)} before.",
            mend=f"Release at {_moment(until)} or later, or have the embargo lifted by who set it.",
            beside=_moment(until),
        )


def election_window(reading: Reading, rule: Rule) -> Iterator[Hit]:
    """ELE-1: in an election window only the permitted kinds go out."""
    draft = reading.draft
    moment = draft.moment
    if moment is None or draft.lane in rule.parameters.get("lanes_let_through", ()):
        return
    for window in (*draft.election_windows, *_windows(rule.parameters.get("windows", ()))):
        here = not window.missions or draft.mission in window.missions
        if here and window.opens <= moment < window.closes and draft.kind not in window.allowed_kinds:
            allowed = ", ".join(window.allowed_kinds) or "no kind of statement"
            yield Hit(
                words=f"{draft.kind}, {_moment(moment)}",
                field="statement",
                why=f"{window.name}, {_moment(window.opens)} to {_moment(window.closes)}, permits {allowed}.",
                mend="Wait until the window closes, or choose the kind that it truly is.",
                beside=window.name,
            )


def _windows(tables: Sequence[Mapping[str, Any]]) -> tuple[ElectionWindow, ...]:
    return tuple(
        ElectionWindow(
            name=str(table["name"]),
            opens=table["opens"],
            closes=table["closes"],
            allowed_kinds=tuple(table.get("allowed_kinds", ())),
            missions=tuple(table.get("missions", ())),
        )
        for table in tables
    )


def approval_chain(reading: Reading, rule: Rule) -> Iterator[Hit]:
    """APP-1: the chain by risk is complete, and the author is no link of it."""
    draft = reading.draft
    if draft.action != "release":
        return
    counted = {
        approval.officer: approval
        for approval in draft.approvals
        if approval.officer != draft.author and approval.digest == draft.digest
    }
    for need in _needs(draft, rule):
        roles = set(need["roles"])
        have = [approval.officer for approval in counted.values() if roles & _roles(approval)]
        if len(have) < need["count"]:
            people = "person" if need["count"] == 1 else "people"
            own = any(approval.officer == draft.author for approval in draft.approvals)
            yield Hit(
                words=f"{len(have)} of {need['count']}",
                field="statement",
                why=f"A text of {draft.risk} risk needs the yes of {need['count']} {people} who are "
                f"{' or '.join(need['roles'])}." + (" The author's own is not counted." if own else ""),
                mend="Ask for the approvals that are missing.",
                beside=" ".join(need["roles"]),
            )


def _needs(draft: Draft, rule: Rule) -> Sequence[Mapping[str, Any]]:
    chains: Mapping[str, Any] = rule.parameters.get("chain", {})
    name = "crisis" if draft.lane == "crisis" else draft.risk
    # a risk that nobody described asks for the strictest chain there is
    needs: Sequence[Mapping[str, Any]] = chains.get(name) or chains.get("high") or ()
    return needs


def _roles(approval: ApprovalView) -> set[str]:
    return {approval.role, *approval.roles}


def approval_of_this_text(reading: Reading, rule: Rule) -> Iterator[Hit]:
    """APP-4: a yes to an earlier text is no yes to this one."""
    draft = reading.draft
    if draft.action != "release":
        return
    for approval in draft.approvals:
        if approval.digest != draft.digest:
            yield Hit(
                words=f"{approval.officer}, {approval.digest[:8]}",
                field="statement",
                why=f"{approval.officer} approved {approval.digest[:8]}; the text is now {draft.digest[:8]}.",
                mend=f"Ask {approval.officer} to read it again, or take the old approval away.",
                beside=draft.digest,
            )


def reason_for_withdrawal(reading: Reading, rule: Rule) -> Iterator[Hit]:
    """DEL-1: a withdrawal tells its reason, and the tombstone shows it."""
    draft = reading.draft
    if draft.action != "withdraw":
        return
    shortest = rule.parameters.get("shortest_reason", 10)
    reason = " ".join(draft.reason.split())
    if len(reason) < shortest or not any(character.isalpha() for character in reason):
        yield Hit(
            words=f"“{reason}”" if reason else "no reason",
            field="statement",
            why="A withdrawal without a reason looks like hiding."
            if not reason
            else "This is too short to tell why.",
        )


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} {moment:%Z}".strip() if moment.tzinfo else f"{moment:%Y-%m-%d %H:%M}"


def _ago(moment: datetime, until: datetime) -> str:
    minutes = max(1, round((until - moment).total_seconds() / 60))
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if hours else f"{rest} min"
