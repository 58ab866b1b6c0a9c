"""What a party says to a round: its signed yes, its no with the words it would sign, its taking back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dragoman.base import clock
from dragoman.lib.problems import Conflict, Invalid, NotAllowed
from dragoman.negotiations.actions import counting, plans, receipts
from dragoman.negotiations.actions.common import (
    deed,
    locked_process,
    locked_round,
    must_be_named,
    say,
    speaks,
)
from dragoman.negotiations.actions.signatures import once, verified
from dragoman.negotiations.models import Answer, Objection, Party, PartyKey, Round, Spokesperson
from dragoman.negotiations.queries import agreed, answered
from dragoman.negotiations.rules import canonical_text, keyring, orders
from dragoman.record import keys
from dragoman.statements.actions.input import TextInput, check_texts

LONGEST_WORDS = 5_000


@deed("negotiations.answer")
def consent(
    *,
    by: Spokesperson,
    round: Round,  # noqa: A002 - the noun of this app
    line: str,
    raw: Mapping[str, Any] | None = None,
) -> Answer:
    """A signed yes. `line` is the signature line alone or the whole note that the offline tool writes; `raw`
    is what the browser handed over for a passkey, kept byte for byte.

    Raises Invalid with the code of what is wrong with the signature, Conflict when the round is not open,
    NotAllowed for who may not sign. The receipt is the newest of `queries.table.receipts`.
    """
    about = locked_round(round.pk)
    party = _may_answer(by, about)
    signature, key = verified(about, party, line)
    if about.answers.filter(party=party).exists():
        must_be_named(by)  # one that was taken back is brought again by nobody but the party itself
    answer = _answer(by, about, party, kind="consent", line=signature, key=key, raw=dict(raw or {}))
    if about.state == "agreed":
        counting.write_note(about)
    counting.count(by=by, about=about)
    return answer


@deed("negotiations.answer")
def decline(
    *,
    by: Spokesperson,
    round: Round,  # noqa: A002 - the noun of this app
    words: str,
    counter: Mapping[str, TextInput] | None = None,
    line: str = "",
) -> Answer:
    """A no, with why and, by language, the text that the party would sign. Seen by nobody else before its
    time. `line` is the signed order of the offline tool, if it came as one: then its words count."""
    about = locked_round(round.pk)
    party = _may_answer(by, about)
    if about.state != "open":
        raise Conflict("All have consented already; take your consent back instead.", code="round-not-open")
    key = None
    if line:
        key = _signed_order(about, party, "decline", line)
    else:
        must_be_named(by)
    words = (line and orders.read(line).words) or words
    if not words.strip() or len(words) > LONGEST_WORDS:
        raise Invalid(
            f"Say in at most {LONGEST_WORDS:,} characters why not.",
            where=[{"field": "words", "message": "missing or too long"}],
        )
    offered = _counter(about, counter or {})
    answer = _answer(
        by, about, party, kind="decline", line=line, key=key, words=words.strip(), counter=offered
    )
    counting.count(by=by, about=about)
    return answer


@deed("negotiations.answer")
def withdraw_consent(*, by: Spokesperson, round: Round, order: str = "") -> Answer:  # noqa: A002 - the noun of this app
    """Take a consent back, until the moment of release; a planned release is taken back with it.

    Raises Conflict (code "moment-has-come") from that moment on.
    """
    about = locked_round(round.pk)
    party = speaks(by, about.process)
    mine = (
        answered.standing(about).filter(party=party, kind="consent").select_for_update(of=("self",)).first()
    )
    if mine is None:
        raise Conflict("No consent of your party stands in this round.", code="no-consent")
    if about.state in ("releasing", "released"):
        raise plans.too_late()
    if about.state not in ("open", "agreed", "armed"):
        raise Conflict(f"The round is {about.state}.", code="round-not-open")
    if order:
        _signed_order(about, party, "withdraw", order)
    else:
        must_be_named(by)
    mine.withdrawn_at, mine.withdrawal = clock.now(), order
    mine.save(update_fields=["withdrawn_at", "withdrawal", "updated"])
    _trace(by, about, party)
    receipts.give(party=party, deed="take the consent back", spokesperson=by, about=about)
    counting.reopen(by=by, about=about, why="a consent was taken back")
    return mine


@deed("negotiations.object_to")
def object_to(*, by: Spokesperson, round: Round, words: str = "") -> Objection:  # noqa: A002 - the noun of this app
    """Say no to a notice within its window: the agreed fallback line goes out in its place. Who objected and
    why stays between that party and the host."""
    about = locked_round(round.pk)
    party = speaks(by, about.process)
    if about.kind != "notice":
        raise Conflict("Only a notice is objected to; a joint text is declined.", code="no-notice")
    must_be_named(by)
    if party.state == "frozen":
        raise _frozen()
    if about.state != "open" or answered.is_over(about):
        raise Conflict("The time for objections is over.", code="window-over")
    if party.name not in answered.asked(about):
        raise NotAllowed("The keyring in force does not name your party.", code="not-in-keyring")
    if about.objections.filter(party=party).exists():
        raise Conflict("Your party has objected already.", code="objected-already")
    objection = Objection.objects.create(
        round=about, party=party, spokesperson=by, words=words.strip()[:LONGEST_WORDS], at=clock.now()
    )
    say(by=by, verb="object_to", process=about.process, target=about.target, after=about.digest)
    receipts.give(party=party, deed="object to the notice", spokesperson=by, about=about)
    return objection


@deed("negotiations.hold_pulse")
def hold_pulse(*, by: Spokesperson, hold: bool) -> Party:
    """Object to the pulse line (where the protocol lets a party do so), or no longer."""
    process = locked_process(by.party.process_id)
    party = speaks(by, process)
    must_be_named(by)
    rules = agreed.rules_of(process)
    if rules.pulse is None or rules.pulse.rule != "unless-objected":
        raise Conflict("The protocol lets nobody hold the pulse line back.", code="pulse-always")
    party.holds_pulse_at = clock.now() if hold else None
    party.save(update_fields=["holds_pulse_at", "updated"])
    say(by=by, verb="hold_pulse", process=process, data={"hold": hold})
    receipts.give(
        party=party, deed="hold the pulse line" if hold else "let the pulse line go", spokesperson=by
    )
    return party


def _may_answer(by: Spokesperson, about: Round) -> Party:
    """The party, locked, if it may answer this round now."""
    party = speaks(by, about.process)
    if about.kind == "notice":
        raise Conflict("A notice is not signed: object to it, or let it pass.", code="notice")
    if party.state == "frozen" and about.kind != "protocol":
        raise _frozen()
    if about.state not in ("open", "agreed"):
        raise Conflict(
            f"The round is {about.state}; nothing can be answered any more.", code="round-not-open"
        )
    if answered.is_over(about):
        raise Conflict("The time of this round is over.", code="round-over")
    if party.name not in answered.asked(about):
        raise NotAllowed(
            "The keyring that judges this round does not name your party.", code="not-in-keyring"
        )
    return party


def _answer(
    by: Spokesperson,
    about: Round,
    party: Party,
    *,
    kind: str,
    line: str,
    key: PartyKey | None,
    raw: dict[str, Any] | None = None,
    words: str = "",
    counter: dict[str, Any] | None = None,
) -> Answer:
    """The row, in place of the one that stood, with its trace and its receipt."""
    answered.standing(about).filter(party=party).update(replaced_at=clock.now())
    answer = Answer.objects.create(
        round=about,
        party=party,
        spokesperson=by,
        key=key,
        kind=kind,
        line=line,
        raw=raw or {},
        words=words,
        counter=counter or {},
        at=clock.now(),
    )
    _trace(by, about, party)
    receipts.give(party=party, deed=kind, spokesperson=by, about=about)
    return answer


def _trace(by: Spokesperson, about: Round, party: Party) -> None:
    """That the party answered, and not what: the host reads the audit."""
    data = {"party": party.name}
    say(by=by, verb="answer", process=about.process, target=about.target, after=about.digest, data=data)


def _signed_order(about: Round, party: Party, kind: orders.Kind, given: str) -> PartyKey:
    """The key of the round's keyring that signed a decline or a taking back that came as a signed order."""
    named = {key.vkey for key in keyring.parse(about.keyring).keys}
    usable = party.keys.filter(frozen_at__isnull=True, removed_at__isnull=True, vkey__in=named)
    held = {key.vkey: key for key in usable}
    expected = orders.Order(
        kind=kind,
        origin=keys.origin(),
        process=about.process.ref,
        party=party.name,
        at=orders.read(given).at,
        round=about.number,
        digest=about.digest,
    )
    key = held[orders.check(given, held, expected).vkey]
    once(party, given)
    return key


def _counter(about: Round, counter: Mapping[str, TextInput]) -> dict[str, Any]:
    if not counter:
        return {}
    check_texts(counter)
    foreign = sorted(set(counter) - set(about.process.languages))
    if about.kind != "joint" or foreign:
        raise Invalid(
            "A text of one's own is offered for a joint text, in the languages of the talks.",
            where=[
                {"field": f"counter.{lang}", "message": "not a language of the talks"} for lang in foreign
            ],
        )
    where = [
        {"field": f"counter.{lang}.{one.field}", "at": one.at, "message": one.what, "mend": one.mend}
        for lang, text in sorted(counter.items())
        for one in canonical_text.troubles(text.title, text.summary, text.body)
    ]
    if where:
        raise Invalid(f"{where[0]['field']}: {where[0]['message']}", code="not-canonical", where=where)
    return {
        lang: {"title": text.title, "summary": text.summary, "body": text.body}
        for lang, text in counter.items()
    }


def _frozen() -> NotAllowed:
    return NotAllowed(
        "The party is frozen by its own order; it consents to nothing but a new keyring.",
        mend="Ask the host to put a protocol with new keys to all parties.",
        code="frozen",
    )
