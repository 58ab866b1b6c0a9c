"""A joint text goes out to the letter as it was signed, from its round only, or not at all."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from tests import cast as people
from tests import make
from tests.cast import Cast

from dragoman.base import clock
from dragoman.lib.problems import Conflict, Invalid, NotAllowed
from dragoman.record import queries as record
from dragoman.statements.actions import corrections, drafts, joint, putting_out, releases
from dragoman.statements.actions.input import TextInput
from dragoman.statements.models import Release, Revision, Text

pytestmark = pytest.mark.django_db(transaction=True)

TEXTS = {
    "en": TextInput(title="The crossing at Stonebridge", body="The crossing is open from 08:00 to 18:00."),
    "ru": TextInput(title="Переход у Стоунбриджа", body="Переход открыт с 08:00 до 18:00."),
}
DIGESTS = {lang: hashlib.sha256(joint.sealed_bytes(text)).hexdigest() for lang, text in TEXTS.items()}
NOTE = joint.AgreedNote(note="a note that somebody verified\n", parties=0, digests=DIGESTS)


@pytest.fixture
def cast() -> Cast:
    cast = people.assemble()
    make.make_sheet(cast)
    return cast


def release(cast: Cast, ref: str, **more: object) -> Release:
    told = {"texts": TEXTS, "agreement": NOTE, "rev": 1, "source_language": "en", **more}
    return joint.release_joint(by=cast.director, mission=cast.capital, ref=ref, **told)  # type: ignore[arg-type]  # the tests vary one argument at a time


def test_what_was_signed_is_sealed_with_its_note(cast: Cast) -> None:
    ref = joint.new_ref()
    planned = release(cast, ref)
    putting_out.put_out_release(by=putting_out.WORKER, release_id=planned.pk)
    leaf = record.entry(ref, 1).read()
    assert (leaf.consent, leaf.parties) == (NOTE.note, 0)
    assert {one.lang: one.sha256 for one in leaf.texts} == DIGESTS
    assert Revision.objects.get(statement__ref=ref).state == "released"


def test_one_other_letter_is_refused(cast: Cast) -> None:
    other = {**TEXTS, "en": TextInput(title=TEXTS["en"].title, body=TEXTS["en"].body + " Yes.")}
    with pytest.raises(Invalid, match="en text is not the one"):
        release(cast, joint.new_ref(), texts=other)
    with pytest.raises(Invalid, match="ru text"):
        release(cast, joint.new_ref(), texts={"en": TEXTS["en"]})


def test_only_a_releaser_may(cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        joint.release_joint(
            by=cast.editor,
            mission=cast.capital,
            ref=joint.new_ref(),
            rev=1,
            source_language="en",
            texts=TEXTS,
            agreement=NOTE,
        )


def test_a_text_changed_behind_the_desk_is_never_sealed(cast: Cast) -> None:
    ref = joint.new_ref()
    planned = release(cast, ref)
    Text.objects.filter(revision__statement__ref=ref, lang="ru").update(body="Переход закрыт.")
    with pytest.raises(Conflict, match="not what the parties signed"):
        putting_out.put_out_release(by=putting_out.WORKER, release_id=planned.pk)
    assert not record.find_sealed(ref, 1)


def test_nobody_edits_corrects_or_releases_it_otherwise(cast: Cast) -> None:
    ref = joint.new_ref()
    planned = release(cast, ref)
    revision = Revision.objects.get(statement__ref=ref)
    with pytest.raises(Conflict, match="signed these words"):
        drafts.edit_texts(by=cast.editor, revision=revision, texts=TEXTS)
    with pytest.raises(Conflict, match="from its round only"):
        releases.release_statement(by=cast.director, revision=revision)
    putting_out.put_out_release(by=putting_out.WORKER, release_id=planned.pk)
    with pytest.raises(Conflict, match="only they can put it right"):
        corrections.start_correction(by=cast.editor, statement=revision.statement, note={"en": "A word."})


def test_a_plan_is_taken_back_with_the_agreement_and_may_be_made_again(cast: Cast) -> None:
    ref = joint.new_ref()
    planned = release(cast, ref, at=clock.now() + timedelta(hours=1))
    joint.cancel_joint(by=putting_out.WORKER, ref=ref, rev=1, why="a consent was taken back")
    planned.refresh_from_db()
    assert planned.state == "cancelled"
    again = release(cast, ref)
    putting_out.put_out_release(by=putting_out.WORKER, release_id=again.pk)
    with pytest.raises(Conflict):
        joint.cancel_joint(by=putting_out.WORKER, ref=ref, rev=1, why="too late")


def test_a_second_revision_replaces_the_first(cast: Cast) -> None:
    ref = joint.new_ref()
    putting_out.put_out_release(by=putting_out.WORKER, release_id=release(cast, ref).pk)
    texts = {**TEXTS, "en": TextInput(title=TEXTS["en"].title, body="It is open from 09:00 to 18:00.")}
    digests = {lang: hashlib.sha256(joint.sealed_bytes(text)).hexdigest() for lang, text in texts.items()}
    again = release(
        cast,
        ref,
        rev=2,
        texts=texts,
        agreement=joint.AgreedNote("second\n", 0, digests),
        note={"en": "The hour of opening.", "ru": "Час открытия."},
    )
    putting_out.put_out_release(by=putting_out.WORKER, release_id=again.pk)
    assert record.entry(ref, 2).read().kind == "correction"
    assert {r.number: r.state for r in Revision.objects.filter(statement__ref=ref)} == {
        1: "superseded",
        2: "released",
    }
