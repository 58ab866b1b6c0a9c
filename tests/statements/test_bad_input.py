"""What people and programs hand in wrongly: a clear answer, and nothing lost."""

from __future__ import annotations

import io
import time
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.conf import settings
from PIL import Image
from tests import cast as people
from tests import make
from tests.cast import Cast
from tests.record.faults import verified

from dragoman.base import clock
from dragoman.lib.problems import Conflict, Invalid, NotFound, TooLarge
from dragoman.statements import rules
from dragoman.statements.actions import corrections, drafts, pictures, putting_out, releases, review, upkeep
from dragoman.statements.actions.drafts import TextInput
from dragoman.statements.models import Release, Statement
from dragoman.statements.queries import drafting, lists

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast() -> Cast:
    assembled = people.assemble()
    make.make_sheet(assembled)
    return assembled


def test_ten_megabytes_of_text_are_refused_with_both_numbers(cast: Cast) -> None:
    with pytest.raises(TooLarge, match=r"10,000,000 characters; at most 200,000"):
        make.make_statement(cast, texts={"en": TextInput("Long", "", "x" * 10_000_000)})
    assert not Statement.objects.exists()


def test_a_text_in_three_hundred_languages_is_taken_and_checked_in_seconds(cast: Cast) -> None:
    codes = [f"q{first}{second}" for first in "abcdefghijklmnop" for second in "abcdefghijklmnopqrst"][:299]
    texts = dict.fromkeys(codes, make.TEXTS["en"]) | {"en": make.TEXTS["en"]}
    began = time.monotonic()
    revision = make.make_statement(cast, texts=texts)
    assert revision.texts.count() == 300
    drafting.findings(revision)
    assert time.monotonic() - began < 60, "not a benchmark: only that it ends"


def test_too_many_languages_are_refused_with_the_number(cast: Cast) -> None:
    texts = {f"en-{number:04}": make.TEXTS["en"] for number in range(rules.LANGUAGES_LIMIT + 1)}
    with pytest.raises(TooLarge, match="at most 400"):
        make.make_statement(cast, texts=texts)


def test_every_wrong_field_is_named_at_once(cast: Cast) -> None:
    with pytest.raises(Invalid) as caught:
        drafts.create_statement(
            by=cast.editor,
            mission=cast.capital,
            kind="poem",
            source_language="en",
            texts=make.TEXTS,
            risk="dire",
        )
    assert [place["field"] for place in caught.value.where] == ["kind", "risk"]


def test_a_missing_source_language_is_named(cast: Cast) -> None:
    with pytest.raises(Invalid, match="source language 'en'"):
        make.make_statement(cast, texts={"ru": make.TEXTS["ru"]})


def test_a_language_code_that_is_a_path_is_refused(cast: Cast) -> None:
    with pytest.raises(Invalid, match="not a language code"):
        make.make_statement(cast, texts={**make.TEXTS, "../../etc": make.TEXTS["en"]})


def test_an_unknown_fact_is_named(cast: Cast) -> None:
    with pytest.raises(NotFound, match="F99"):
        drafts.create_statement(
            by=cast.editor,
            mission=cast.capital,
            kind="explanation",
            source_language="en",
            texts=make.TEXTS,
            facts_cited=["visa-free/F99"],
        )


@pytest.mark.parametrize("control", ["\u202e", "\u2066", "\u200b"])
def test_a_hidden_control_in_a_title_blocks_and_is_named(cast: Cast, control: str) -> None:
    english = make.TEXTS["en"]
    texts = {**make.TEXTS, "en": TextInput(f"Five{control} days", english.summary, english.body)}
    revision = review.submit_statement(by=cast.editor, revision=make.make_statement(cast, texts=texts))
    found = [item.finding for item in drafting.findings(revision) if item.finding.severity == "blocks"]
    assert [finding.field for finding in found] == ["title"]
    with pytest.raises(Invalid, match="stand in the way"):
        review.approve_statement(by=cast.approver, revision=revision, digest=revision.digest)


def test_a_finding_that_needs_a_reason_is_cleared_by_one_until_the_words_change(cast: Cast) -> None:
    russian = make.TEXTS["ru"]
    wrong = russian.body.replace("5 дней", "6 дней")
    texts = {**make.TEXTS, "ru": TextInput(russian.title, russian.summary, wrong)}
    revision = review.submit_statement(by=cast.editor, revision=make.make_statement(cast, texts=texts))
    reasons = [item.finding for item in drafting.findings(revision) if item.finding.severity == "reason"]
    assert reasons
    for finding in reasons:
        review.clear_finding(
            by=cast.editor, revision=revision, key=finding.key, reason="Agreed with the legal department."
        )
    review.approve_statement(by=cast.approver, revision=revision, digest=revision.digest)
    worse = TextInput(russian.title, russian.summary, russian.body.replace("5 дней", "7 дней"))
    drafts.edit_texts(by=cast.editor, revision=revision, texts={"ru": worse})
    assert any(item.stands_in_the_way for item in drafting.findings(revision))


def test_a_moment_without_a_zone_or_in_the_past_is_refused(cast: Cast) -> None:
    revision = make.approved(cast, make.make_statement(cast))
    with pytest.raises(Invalid, match="no zone"):
        releases.release_statement(by=cast.director, revision=revision, at=datetime(2030, 1, 1))  # noqa: DTZ001
    with pytest.raises(Invalid, match="past"):
        releases.release_statement(by=cast.director, revision=revision, at=datetime(2020, 1, 1, tzinfo=UTC))
    with pytest.raises(Invalid, match="not a time zone"):
        releases.release_statement(by=cast.director, revision=revision, zone="Mars/Olympus")


def test_a_planned_release_goes_out_at_its_moment_and_not_before(cast: Cast) -> None:
    revision = make.approved(cast, make.make_statement(cast))
    moment = clock.now() + timedelta(hours=2)
    release = releases.release_statement(by=cast.director, revision=revision, at=moment)
    upkeep.sweep(by=putting_out.WORKER)
    release.refresh_from_db()
    assert release.state == "planned"
    assert not (settings.DRAGOMAN.public_dir / "en" / "statements" / revision.statement.slug).exists()
    with time_machine.travel(moment + timedelta(seconds=1), tick=True):
        upkeep.sweep(by=putting_out.WORKER)
    release.refresh_from_db()
    assert release.state == "done"
    assert release.released is not None
    assert abs(release.released - moment) < timedelta(seconds=5)


def test_a_planned_text_is_held_until_its_plan_is_taken_back(cast: Cast) -> None:
    revision = make.approved(cast, make.make_statement(cast))
    moment = clock.now() + timedelta(hours=2)
    release = releases.release_statement(by=cast.director, revision=revision, at=moment)
    revision.refresh_from_db()
    changed = {"en": TextInput("Another title", "", make.TEXTS["en"].body)}
    with pytest.raises(Conflict, match="planned for release"):
        drafts.edit_texts(by=cast.editor, revision=revision, texts=changed)
    releases.cancel_release(by=cast.director, release=release, why="The date moved.")
    drafts.edit_texts(by=cast.editor, revision=revision, texts=changed)
    with time_machine.travel(moment + timedelta(hours=1), tick=True):
        upkeep.sweep(by=putting_out.WORKER)
    release.refresh_from_db()
    revision.refresh_from_db()
    assert (release.state, revision.state) == ("cancelled", "review")


def test_a_clock_moved_back_neither_loses_nor_reorders_entries(cast: Cast) -> None:
    first = make.approved(cast, make.make_statement(cast))
    putting_out.put_out_release(
        by=putting_out.WORKER, release_id=releases.release_statement(by=cast.director, revision=first).pk
    )
    with time_machine.travel(clock.now() - timedelta(days=1), tick=True):
        second = make.approved(cast, make.make_statement(cast))
        release = releases.release_statement(by=cast.director, revision=second)
        putting_out.put_out_release(by=putting_out.WORKER, release_id=release.pk)
        upkeep.sweep(by=putting_out.WORKER)
    assert Release.objects.filter(state="done").count() == 2
    done = Release.objects.order_by("pk").values_list("entry_index", flat=True)
    assert list(done) == sorted(done)
    verified(settings.DRAGOMAN.home)


def test_a_correction_of_a_draft_and_a_second_open_one_are_refused(cast: Cast) -> None:
    revision = make.make_statement(cast)
    with pytest.raises(Conflict, match="only what is released"):
        corrections.start_correction(by=cast.editor, statement=revision.statement, note={"en": "Wrong."})
    make.approved(cast, revision)
    release = releases.release_statement(by=cast.director, revision=revision)
    putting_out.put_out_release(by=putting_out.WORKER, release_id=release.pk)
    corrections.start_correction(by=cast.editor, statement=revision.statement, note={"en": "Wrong."})
    with pytest.raises(Conflict, match="already"):
        corrections.start_correction(by=cast.editor, statement=revision.statement, note={"en": "Wrong."})


def test_a_picture_loses_its_metadata_and_needs_words(cast: Cast) -> None:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), (10, 90, 200)).save(out, "JPEG")
    revision = make.make_statement(cast)
    picture = pictures.add_picture(
        by=cast.editor, revision=revision, data=out.getvalue(), name="IMG_2041.jpg", alt={}
    )
    assert any(item.finding.rule == "ACS-1" for item in drafting.findings(revision))
    words = {"en": "A calendar with five days marked.", "ru": "Календарь с пятью отмеченными днями."}
    pictures.describe_picture(by=cast.editor, revision=revision, picture_id=picture.pk, alt=words)
    assert not any(item.finding.rule == "ACS-1" for item in drafting.findings(revision))


def test_a_cursor_that_is_not_ours_is_refused(cast: Cast) -> None:
    for cursor in ("x", "////", "AAAA", "bm90fG9uZQ=="):
        with pytest.raises(Invalid, match="cursor"):
            lists.statements_page(officer=cast.editor, after=cursor)


def test_pages_of_the_list_hold_every_statement_once(cast: Cast) -> None:
    made = {make.make_statement(cast).statement.ref for _ in range(7)}
    seen: list[str] = []
    after = ""
    while True:
        page = lists.statements_page(officer=cast.editor, after=after, limit=3)
        seen += [item.ref for item in page.items]
        after = page.after
        if not after:
            break
    assert len(seen) == len(set(seen))
    assert set(seen) == made
