"""Rounds: one text in every language, put to all parties at once. Any other word is another round."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db.models import Max

from dragoman.base import clock
from dragoman.channels.models import Channel
from dragoman.lib.problems import Conflict, Invalid
from dragoman.negotiations import states
from dragoman.negotiations.actions.common import (
    deed,
    locked_process,
    locked_round,
    may_decide,
    may_write,
    must_be_open,
    say,
)
from dragoman.negotiations.actions.protocols import freeze_body, write_texts
from dragoman.negotiations.actions.putting import check_for_putting, name_the_text
from dragoman.negotiations.models import Answer, Process, Round
from dragoman.negotiations.queries import agreed, answered
from dragoman.negotiations.rules import lines, timing
from dragoman.staff.models import Officer
from dragoman.statements.actions.input import TextInput, check_texts

FOLLOWED = ("open", "agreed", "declined", "expired")
A_MINUTE = timedelta(minutes=1)  # what a form that knows no seconds may cut off
LONGEST = timedelta(days=60)


@deed("negotiations.draft_round")
def draft_round(
    *,
    by: Officer,
    process: Process,
    texts: Mapping[str, TextInput],
    previous: Round | None = None,
    channels: Sequence[Channel] = (),
    statement: str = "",
    correction: Mapping[str, str] | None = None,
) -> Round:
    """Start a round with a joint text; nobody but the host sees it until it is opened.

    `previous` is the round that this text comes after: when this one opens, that one is replaced, and pages
    show what changed word by word. `statement` names a released joint text that this one corrects, and
    `correction` says by language what it puts right.
    """
    process = locked_process(process.pk)
    may_write(by, process.mission)
    must_be_open(process)
    if not agreed.rules_of(process).joint:
        raise Conflict("The protocol in force knows no joint texts.", code="not-publishable")
    _check(process, texts)
    if previous is not None and (previous.process_id != process.pk or previous.kind != "joint"):
        raise Invalid("The round before it is of other talks.", where=[{"field": "previous"}])
    if statement:
        _must_correct(process, statement, correction or {})
    about = Round.objects.create(
        process=process,
        number=next_number(process),
        kind="joint",
        previous=previous,
        statement=statement,
        correction=dict(correction or {}),
    )
    write_texts(about, {lang: (text.title, text.summary, text.body) for lang, text in texts.items()})
    about.channels.set(channels)
    say(by=by, verb="draft_round", process=process, target=about.target)
    return about


@deed("negotiations.draft_from_counter")
def draft_from_counter(*, by: Officer, answer: Answer) -> Round:
    """Start the next round with the words that a party would sign, in the languages in which it gave them;
    the others stay as they were put. Raises Conflict before the answers of that round may be read."""
    before = locked_round(answer.round_id)
    may_write(by, before.process.mission)
    must_be_open(before.process)
    if not answered.is_revealed(before) or not answer.counter:
        raise Conflict(
            "There are no such words to be read yet.",
            mend="Wait until all have answered or time is over.",
            code="not-revealed",
        )
    texts = {text.lang: (text.title, text.summary, text.body) for text in before.texts.all()}
    for lang, offered in answer.counter.items():
        texts[lang] = (offered["title"], offered["summary"], offered["body"])
    about = Round.objects.create(
        process=before.process,
        number=next_number(before.process),
        kind="joint",
        previous=before,
        statement=before.statement if before.rev > 1 else "",
        correction=before.correction,
    )
    write_texts(about, texts)
    about.channels.set(before.channels.all())
    say(by=by, verb="draft_from_counter", process=before.process, target=about.target)
    return about


@deed("negotiations.draft_notice")
def draft_notice(
    *, by: Officer, process: Process, facts: Sequence[tuple[str, Mapping[str, str | Mapping[str, str]]]]
) -> Round:
    """Start a round with publishable facts, (kind, values) each: its words are those of the agreed templates.

    `values` are given once for all languages, or by language as {"place": {"en": "Riverton", ...}}. Raises
    Invalid for a kind that the protocol does not list or a value that is missing.
    """
    process = locked_process(process.pk)
    may_write(by, process.mission)
    must_be_open(process)
    if not facts:
        raise Invalid("There is no fact in the notice.", where=[{"field": "facts", "message": "missing"}])
    texts = lines.notice_texts(agreed.rules_of(process), list(facts))
    about = Round.objects.create(
        process=process,
        number=next_number(process),
        kind="notice",
        facts=[[kind, dict(values)] for kind, values in facts],
    )
    write_texts(about, {lang: ("", "", words) for lang, words in texts.items()})
    say(by=by, verb="draft_notice", process=process, target=about.target)
    return about


@deed("negotiations.edit_round")
def edit_round(
    *,
    by: Officer,
    round: Round,  # noqa: A002 - the noun of this app
    texts: Mapping[str, TextInput] | None = None,
    channels: Sequence[Channel] | None = None,
) -> Round:
    """Change a round that nobody has seen. Raises Conflict once it was put: then it takes another round."""
    about = locked_round(round.pk)
    may_write(by, about.process.mission)
    if about.state != "drafting":
        raise Conflict(
            "It was put to the parties; not one letter of it can change any more.",
            mend="Draft another round with the new text; pages show the difference word by word.",
            code="was-put",
        )
    if texts is not None:
        if about.kind != "joint":
            raise Conflict("The words of a notice are those of the agreed sentences.", code="notice")
        _check(about.process, texts)
        write_texts(about, {lang: (text.title, text.summary, text.body) for lang, text in texts.items()})
    if channels is not None:
        about.channels.set(channels)
    say(by=by, verb="edit_round", process=about.process, target=about.target)
    return about


@deed("negotiations.open_round")
def open_round(
    *,
    by: Officer,
    round: Round,  # noqa: A002 - the noun of this app
    not_before: datetime | None = None,
    closes_at: datetime | None = None,
    reasons: Mapping[str, str] | None = None,
) -> Round:
    """Put it to every party in the same instant. From here on not one letter can change.

    Raises Invalid when a language is missing, when a text is not canonical, or when a finding of the
    neutrality rules blocks; Conflict when the talks are not open. `closes_at` is as the protocol says if not
    given. `reasons` answers findings that ask for one: the finding's key -> why it stands.
    """
    about = locked_round(round.pk)
    process = about.process
    may_decide(by, process.mission)
    must_be_open(process)
    if about.state != "drafting":
        raise Conflict(f"The round is {about.state} already.", code="was-put")
    rules, now = agreed.rules_of(process), clock.now()
    if about.previous is not None:
        _replace(about.previous)
    found = check_for_putting(about, dict(reasons or {}))
    if about.kind == "notice":
        closes_at = timing.objection_ends(now, rules)
    else:
        _leaves_the_time(closes_at, timing.closes(now, rules))
    ends = closes_at or timing.closes(now, rules)
    if not now < ends <= now + LONGEST:
        raise Invalid("The round would close before it opens, or too late.", where=[{"field": "closes_at"}])
    name_the_text(about)
    about.reasons = found
    about.not_before = max(not_before or now, now).replace(microsecond=0)
    about.opened_at, about.closes_at = now, ends
    about.parties_index, about.keyring = process.keyring_index, process.keyring
    about.save()
    freeze_body(about)
    about.move_to("open", frm="drafting")
    data = {"kind": about.kind, "closes_at": timing.stamp(ends)}
    say(by=by, verb="open_round", process=process, target=about.target, after=about.digest, data=data)
    return about


@deed("negotiations.cancel_round")
def cancel_round(*, by: Officer, round: Round, why: str) -> Round:  # noqa: A002 - the noun of this app
    """Take a round away from the table. Not once its release is planned: take the plan back first."""
    about = locked_round(round.pk)
    may_decide(by, about.process.mission)
    if about.kind == "protocol":
        raise Conflict("Discard the protocol instead.", code="wrong-kind")
    about.move_to("cancelled", frm=("drafting", "open", "agreed"), last_trouble=why)
    say(by=by, verb="cancel_round", process=about.process, target=about.target, why=why)
    return about


def next_number(process: Process) -> int:
    """The number of the next round; the process is locked."""
    return int(process.rounds.aggregate(n=Max("number"))["n"] or 0) + 1


def _replace(previous: Round) -> None:
    before = Round.objects.select_for_update().get(pk=previous.pk)
    if before.state in FOLLOWED:
        before.move_to("replaced", frm=FOLLOWED)
    elif before.state in states.STANDING:
        raise Conflict(
            f"The round before it is {before.state}.",
            mend="Take its planned release back first.",
            code="wrong-state",
        )


def _must_correct(process: Process, statement: str, correction: Mapping[str, str]) -> None:
    if not process.rounds.filter(kind="joint", state="released", statement=statement).exists():
        raise Invalid(
            f"{statement} is no joint text of these talks.",
            where=[{"field": "statement", "message": "not released here"}],
        )
    missing = [lang for lang in process.languages if not str(correction.get(lang, "")).strip()]
    if missing:
        raise Invalid(
            f"Say in {', '.join(missing)} what is put right.",
            where=[{"field": f"correction.{lang}", "message": "missing"} for lang in missing],
        )


def _check(process: Process, texts: Mapping[str, TextInput]) -> None:
    check_texts(texts)
    foreign = sorted(set(texts) - set(process.languages))
    if foreign:
        raise Invalid(
            f"{', '.join(foreign)}: not a language of these talks.",
            where=[{"field": f"texts.{lang}", "message": "not a language of the talks"} for lang in foreign],
        )


def _leaves_the_time(closes_at: datetime | None, agreed_end: datetime) -> None:
    """The time of the protocol is the least: a host that set less could make everybody silent."""
    if closes_at is not None and closes_at < agreed_end - A_MINUTE:
        raise Invalid(
            "The protocol gives the parties more time than that.",
            mend="Leave the field empty, or name a later moment.",
            code="less-time-than-agreed",
            where=[{"field": "closes_at", "message": "too soon"}],
        )
