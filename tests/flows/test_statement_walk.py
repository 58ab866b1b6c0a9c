"""The whole walk of one statement, from facts to a file that an outsider can verify."""

from __future__ import annotations

import dataclasses

import pytest
from django.conf import settings
from tests import cast as people
from tests import make
from tests.cast import Cast

from dragoman.facts import actions as facts_actions
from dragoman.facts import queries as facts
from dragoman.lib.problems import Conflict, Invalid, NotAllowed
from dragoman.record import actions as record
from dragoman.statements.actions import corrections, drafts, putting_out, releases, review, upkeep
from dragoman.statements.actions.input import TextInput
from dragoman.statements.models import Release, Revision, Statement
from dragoman.statements.queries import drafting

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast() -> Cast:
    assembled = people.assemble()
    make.make_sheet(assembled)
    return assembled


def page(revision: Revision, lang: str) -> str:
    path = settings.DRAGOMAN.public_dir / lang / "statements" / revision.statement.slug / "index.html"
    return path.read_text() if path.exists() else ""


def put_out(cast: Cast, revision: Revision) -> Release:
    release = releases.release_statement(by=cast.director, revision=revision)
    return putting_out.put_out_release(by=putting_out.WORKER, release_id=release.pk)


def test_a_statement_goes_from_draft_to_a_page_with_a_proof(cast: Cast) -> None:
    revision = make.approved(cast, make.make_statement(cast))
    assert revision.state == "approved"
    assert page(revision, "en") == ""
    release = put_out(cast, revision)
    revision.refresh_from_db()
    assert (release.state, revision.state) == ("done", "released")
    assert "How the five days are counted" in page(revision, "en")
    assert "Как считать пять дней" in page(revision, "ru")
    proof = settings.DRAGOMAN.public_dir / "record" / "proof" / f"{revision.statement.ref}-1.tlog-proof"
    assert proof.read_text().startswith("c2sp.org/tlog-proof@v1\n")


def test_a_release_carried_twice_changes_nothing(cast: Cast) -> None:
    revision = make.approved(cast, make.make_statement(cast))
    release = put_out(cast, revision)
    before = page(revision, "en")
    putting_out.put_out_release(by=putting_out.WORKER, release_id=release.pk)
    assert page(revision, "en") == before


def test_a_second_release_of_the_same_revision_is_refused(cast: Cast) -> None:
    revision = make.approved(cast, make.make_statement(cast))
    put_out(cast, revision)
    with pytest.raises(Conflict, match="already"):
        releases.release_statement(by=cast.director, revision=revision)


def test_an_author_cannot_approve_what_they_wrote(cast: Cast) -> None:
    people.Membership.objects.create(officer=cast.editor, mission=cast.capital, role="approver")
    revision = review.submit_statement(by=cast.editor, revision=make.make_statement(cast))
    with pytest.raises(NotAllowed, match="You wrote"):
        review.approve_statement(by=cast.editor, revision=revision, digest=revision.digest)


def test_an_edit_voids_the_approval_and_asks_again(cast: Cast) -> None:
    revision = make.approved(cast, make.make_statement(cast))
    old = revision.digest
    english = revision.texts.get(lang="en")
    changed = TextInput(english.title + "?", english.summary, english.body, english.version)
    drafts.edit_texts(by=cast.editor, revision=revision, texts={"en": changed})
    revision.refresh_from_db()
    assert revision.state == "review"
    assert revision.approvals.get().voided_at is not None
    with pytest.raises(Conflict, match="You read"):
        review.approve_statement(by=cast.approver, revision=revision, digest=old)


def test_two_edits_at_once_lose_neither_text(cast: Cast) -> None:
    revision = make.make_statement(cast)
    first = TextInput("Mine", "", "Mine.", version=1)
    second = TextInput("Theirs", "", "Theirs.", version=1)
    drafts.edit_texts(by=cast.editor, revision=revision, texts={"en": first})
    with pytest.raises(Conflict) as caught:
        drafts.edit_texts(by=cast.approver, revision=revision, texts={"en": second})
    assert caught.value.where[0]["title"] == "Mine"
    assert revision.texts.get(lang="en").title == "Mine"


def test_a_stranger_sees_and_does_nothing(cast: Cast) -> None:
    revision = make.make_statement(cast)
    assert not Statement.objects.visible_to(cast.stranger).exists()
    with pytest.raises(NotAllowed):
        review.submit_statement(by=cast.stranger, revision=revision)


def test_only_a_releaser_releases(cast: Cast) -> None:
    revision = make.approved(cast, make.make_statement(cast))
    with pytest.raises(NotAllowed):
        releases.release_statement(by=cast.approver, revision=revision)


def test_an_unapproved_statement_is_not_released(cast: Cast) -> None:
    revision = make.make_statement(cast)
    with pytest.raises(Conflict, match="cannot go out yet"):
        releases.release_statement(by=cast.director, revision=revision)


def test_a_correction_names_the_old_and_the_old_stays_readable(cast: Cast) -> None:
    revision = make.approved(cast, make.make_statement(cast))
    put_out(cast, revision)
    new = corrections.start_correction(
        by=cast.editor, statement=revision.statement, note={"en": "The count was unclear."}
    )
    english = new.texts.get(lang="en")
    body = english.body.replace("A stay is", "Each stay is")
    drafts.edit_texts(
        by=cast.editor, revision=new, texts={"en": TextInput(english.title, english.summary, body)}
    )
    put_out(cast, make.approved(cast, new))
    revision.refresh_from_db()
    assert revision.state == "superseded"
    assert "The count was unclear." in page(revision, "en")
    old = settings.DRAGOMAN.public_dir / "en" / "statements" / revision.statement.slug / "1" / "index.html"
    assert "A stay is" in old.read_text()


def test_a_withdrawal_leaves_a_tombstone_with_the_reason(cast: Cast) -> None:
    revision = make.approved(cast, make.make_statement(cast))
    put_out(cast, revision)
    withdrawal = corrections.withdraw_statement(
        by=cast.director, statement=revision.statement, reasons={"en": "Issued by mistake."}
    )
    corrections.put_out_withdrawal(by=putting_out.WORKER, withdrawal_id=withdrawal.pk)
    assert "Issued by mistake." in page(revision, "en")
    assert "counting the days of arrival" not in page(revision, "en")
    with pytest.raises(Conflict, match="withdrawn"):
        corrections.withdraw_statement(
            by=cast.director, statement=revision.statement, reasons={"en": "It was wrong again."}
        )


def test_a_withdrawal_without_a_reason_is_refused(cast: Cast) -> None:
    revision = make.approved(cast, make.make_statement(cast))
    put_out(cast, revision)
    with pytest.raises(Invalid):
        corrections.withdraw_statement(by=cast.director, statement=revision.statement, reasons={"en": " "})
    with pytest.raises(Invalid):
        corrections.withdraw_statement(by=cast.director, statement=revision.statement, reasons={"en": "Oops"})


def test_a_damaged_text_of_the_record_is_written_anew_from_the_rows(cast: Cast) -> None:
    revision = make.approved(cast, make.make_statement(cast))
    put_out(cast, revision)
    text = next((settings.DRAGOMAN.public_dir / "record" / "text").iterdir())
    whole = text.read_bytes()
    text.chmod(0o644)
    text.write_bytes(b"something else")
    lost = record.audit_record(by=putting_out.WORKER).lost
    assert [name.split(" of ")[0] for name in lost] == [f"text/{text.name}"]
    assert upkeep.restore_sealed(by=putting_out.WORKER, lost=lost) == 1
    assert text.read_bytes() == whole
    assert not record.audit_record(by=putting_out.WORKER).lost


def test_a_revised_fact_reaches_its_public_sheet_and_is_found_by_the_rules(cast: Cast) -> None:
    revision = make.approved(cast, make.make_statement(cast))
    put_out(cast, revision)
    sheet = settings.DRAGOMAN.public_dir / "facts" / "visa-free" / "index.json"
    assert "at most 5 days" in sheet.read_text()
    fact = facts.resolve("visa-free/F2")
    draft = dataclasses.replace(fact.draft(), texts={"en": "A stay is at most 30 days."})
    facts_actions.revise_fact(by=cast.editor, fact=fact, draft=draft, why="The edict was changed in 2018.")
    upkeep.sweep(by=putting_out.WORKER)
    assert "at most 30 days" in sheet.read_text()
    new = corrections.start_correction(
        by=cast.editor, statement=revision.statement, note={"en": "The rule was changed."}
    )
    assert "FCT-2" in {item.finding.rule for item in drafting.findings(new)}
