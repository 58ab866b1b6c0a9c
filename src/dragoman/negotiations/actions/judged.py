"""The consents of a round, judged again at the very moment that they count: as they stand, by the keys that
are still good, about the bytes that are really there."""

from __future__ import annotations

from dragoman.base import clock
from dragoman.lib.problems import Conflict, Problem
from dragoman.negotiations.actions.common import locked_round
from dragoman.negotiations.actions.signatures import unchanged_body, unchanged_keyring
from dragoman.negotiations.models import Answer, PartyKey, Round
from dragoman.negotiations.queries import agreed, answered
from dragoman.negotiations.queries.ahead import must_know_the_record
from dragoman.negotiations.rules import judging, keyring, timing
from dragoman.statements.models import Agreement


def judge_again(about: Round) -> str:
    """The signed note of every consent that holds now. Raises Invalid or Conflict when they are not enough.

    A consent by a key that was frozen or removed, or of a party that is frozen or has left, counts no more.
    """
    expected = unchanged_body(about)
    ring = unchanged_keyring(about)
    keyring.check(ring, agreed.forbidden_keys())
    held = [answer for answer in answered.standing(about) if answer.kind == "consent"]
    good = [answer for answer in held if _holds(answer, about)]
    lost = sorted({answer.party.name for answer in held} - {answer.party.name for answer in good})
    signed = {answer.party.name for answer in good}
    enough = signed >= set(ring.parties) if about.parties_index is None else ring.satisfied(signed)
    if not enough:
        missing = [name for name in ring.parties if name not in signed]
        raise Conflict(
            f"Not enough consents stand: {ring.needed_hint()} is asked; missing: {', '.join(missing)}."
            + (f" No longer good: the keys of {', '.join(lost)}." if lost else ""),
            mend="Ask the parties to sign again, with keys that are in force.",
            code="consent-gone",
        )
    note = judging.assemble(expected, [answer.line for answer in good])
    judged = judging.judge(note, ring, expected)
    if {answer.party.name for answer in good} != set(judged.parties):
        raise Conflict("A consent is kept under another party than signed it.", code="not-what-was-signed")
    if about.moment is None and not timing.may_release(expected.not_before, clock.now(), clock.now()):
        raise too_early(expected.not_before)
    return note.decode()


def judge_release(ref: str, rev: int) -> None:
    """Asked by statements in the transaction in which a joint release begins. Raises Problem if it must not.

    Locks the round as every deed of its parties does: who takes a consent back is either first or too late.
    """
    found = Round.objects.filter(statement=ref, rev=rev, kind="joint")
    if not found.exists():
        return  # of no talks that this desk hosts
    standing = found.filter(state__in=("armed", "releasing")).first()
    if standing is None:
        raise Conflict("No round stands behind this text any more.", code="no-round")
    about = locked_round(standing.pk)
    if about.process.state != "open":
        raise Conflict(f"The talks are {about.process.state}.", code="talks-not-open")
    must_know_the_record(about.process, about)
    if about.parties_index != about.process.keyring_index:
        raise Conflict(
            "Another keyring is in force than the one that was signed under.", code="other-keyring"
        )
    judge_again(about)
    _must_be_what_goes_out(about)


def _must_be_what_goes_out(about: Round) -> None:
    """The rows of statements, which will be sealed, held against what was signed: not only our own rows."""
    expected = unchanged_body(about)
    row = Agreement.objects.filter(
        revision__statement__ref=about.statement, revision__number=about.rev, revoked_at__isnull=True
    ).first()
    digests = {text.lang: text.sha256 for text in expected.texts}
    if row is None or (row.digests, row.parties, row.note) != (digests, about.parties_index, about.note):
        raise Conflict(
            "What would go out is not what was put to the parties; it was changed in the database.",
            mend="Put the text to the parties again, as another round. Find out who changed the rows.",
            code="not-what-was-signed",
        )
    ring = unchanged_keyring(about)
    if not judging.judge(row.note.encode(), ring, expected).satisfied:
        raise Conflict(f"Not enough consents stand: {ring.needed_hint()} is asked.", code="consent-gone")


def too_early(not_before: str) -> Problem:
    """The parties signed for a later moment."""
    return Conflict(
        f"The parties agreed to a release at {not_before} at the earliest.",
        mend="Plan it for that moment or later.",
        code="not-before",
    )


def _holds(answer: Answer, about: Round) -> bool:
    key = PartyKey.objects.filter(pk=answer.key_id or 0).select_related("party").first()
    if key is None or not key.usable or key.party_id != answer.party_id:
        return False
    gone = ("left",) if about.kind == "protocol" else ("left", "frozen")
    return key.party.state not in gone
