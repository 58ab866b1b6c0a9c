"""The page of a release before, during and after; its evidence; lengths while one types."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests import make
from tests.cast import Cast, assemble

from dragoman.base import clock
from dragoman.channels import actions as channels
from dragoman.channels.actions.common import WORKER
from dragoman.channels.models import Attempt, Channel, Delivery
from dragoman.staff.models import Officer
from dragoman.statements.actions import releases, upkeep
from dragoman.statements.models import Release, Revision
from dragoman.statements.queries import progress, readiness
from dragoman.statements.queries.evidence import evidence_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast() -> Cast:
    assembled = assemble()
    make.make_sheet(assembled)
    return assembled


def wall(cast: Cast, address: str = "ok", number: int = 0) -> Channel:
    return channels.create_channel(
        by=cast.admin,
        mission=cast.capital,
        kind="sandbox",
        slug=f"wall-{address}-{number}",
        label=f"Wall {address} {number}",
        values={"address": address},
    )


def seat(officer: Officer) -> Client:
    client = Client()
    client.force_login(officer, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def out(cast: Cast, walls: list[Channel]) -> Release:
    revision = make.approved(cast, make.make_statement(cast, channels=walls))
    made = releases.release_statement(by=cast.director, revision=revision)
    upkeep.sweep(by=WORKER)
    for pk in Delivery.objects.filter(state__in=("queued", "armed")).values_list("pk", flat=True):
        channels.deliver(by=WORKER, delivery_id=pk)
    made.refresh_from_db()
    return made


def planned(cast: Cast, walls: list[Channel]) -> Release:
    revision = make.approved(cast, make.make_statement(cast, channels=walls))
    at = clock.now() + timedelta(hours=6)
    return releases.release_statement(by=cast.director, revision=revision, at=at)


def path(revision: Revision, rest: str) -> str:
    return f"/statements/{revision.statement.ref}/{rest}"


# --- before ---


def test_trouble_is_told_with_since_when_and_who_must_act(cast: Cast) -> None:
    walls = [wall(cast, number=number) for number in range(3)]
    release = planned(cast, walls)
    channels.pause_channel(by=cast.admin, channel=walls[1], why="repairs")
    Channel.objects.filter(pk=walls[2].pk).update(
        healthy=False, health_says="The account is suspended.", checked_at=clock.now()
    )
    rows = readiness.readiness_of(release)
    assert [row.ahead.stops for row in rows] == [True, True, True, True, False, False]
    told = {row.ahead.channel: [(h.trouble.what, h.who, h.href) for h in row.hurdles] for row in rows}
    assert told[walls[1].slug][0] == (
        "The channel is switched off.",
        "An administrator of Press Service",
        f"/channels/at/{walls[1].slug}/",
    )
    assert told[walls[2].slug][0][0] == "The account is suspended."
    text = seat(cast.director).get(path(release.revision, "release/")).content.decode()
    assert "<b>4 of 6 would not go out as it stands.</b>" in text
    assert "An administrator of Press Service" in text
    assert readiness.in_trouble([release]) == {release.pk: 4}
    today = seat(cast.director).get("/").content.decode()
    assert "4 of its posts will not go out unless somebody acts" in today


def test_a_plan_without_trouble_says_so_quietly(cast: Cast) -> None:
    release = planned(cast, [wall(cast)])
    channels.check_channel(by=WORKER, channel=release.revision.channels.get())
    assert readiness.in_trouble([release]) == {}
    text = seat(cast.director).get(path(release.revision, "release/")).content.decode()
    assert "would not go out" not in text
    assert "In trouble" not in text


# --- after ---


def test_the_offset_counts_from_the_first_that_left(cast: Cast) -> None:
    release = out(cast, [wall(cast, number=number) for number in range(2)])
    lines = progress.lines_of(release.revision)
    first = min(line.left for line in lines if line.left)
    begun = first + timedelta(microseconds=123_456)
    attempts = Attempt.objects.filter(delivery=lines[-1].delivery, verb="send")
    attempts.update(began=begun, answered=begun + timedelta(milliseconds=40))
    last = progress.lines_of(release.revision)[-1]
    assert (last.offset_us, last.offset, last.answer) == (123_456, 123, 40)


def test_many_dots_are_plotted_without_a_name_for_each(cast: Cast) -> None:
    release = out(cast, [wall(cast)])
    line = progress.lines_of(release.revision)[0]
    few = [progress.Line(line.delivery, None, at * 1000, 5, 1) for at in range(40)]
    many = [progress.Line(line.delivery, None, at * 1000, 5, 1) for at in range(400)]
    plot, dense = progress.plot_of(few), progress.plot_of(many)
    assert plot is not None
    assert dense is not None
    assert all(mark.label for mark in plot.marks)
    assert sum(bool(mark.label) for mark in dense.marks) == 3
    assert dense.height < 4000
    assert progress.plot_of(few[:1]) is None


def test_the_evidence_holds_what_went_where_and_when(cast: Cast) -> None:
    release = out(cast, [wall(cast), wall(cast, "refuse"), wall(cast, "blind")])
    client = seat(cast.editor)
    answer = client.get(path(release.revision, "release/evidence.json"))
    ref = release.revision.statement.ref
    assert answer["Content-Disposition"] == f'attachment; filename="evidence-{ref}-1.json"'
    found: dict[str, Any] = json.loads(answer.content)
    assert found["format"] == "dragoman-evidence/1"
    assert found["record"]["proof"].startswith(settings.DRAGOMAN.public_url)
    assert found["statement"]["approved_digest"] == release.digest
    by_state: dict[str, list[dict[str, Any]]] = {}
    for row in found["deliveries"]:
        by_state.setdefault(row["state"], []).append(row)
    assert {state: len(rows) for state, rows in by_state.items()} == {"sent": 2, "refused": 2, "unsure": 2}
    sent = by_state["sent"][0]
    assert sent["remote_id"]
    assert len(sent["rendition_sha256"]) == 64
    assert sent["attempts"][-1]["outcome"] == "done"
    datetime.fromisoformat(sent["attempts"][-1]["started"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", found["made"])
    assert found["skew"]["measured"] == 6


def test_the_evidence_names_no_officer(cast: Cast) -> None:
    release = out(cast, [wall(cast, "blind")])
    channels.decide_unsure(
        by=cast.director, delivery=Delivery.objects.all()[0], was_sent=True, why="I, Director, saw it."
    )
    text = json.dumps(evidence_of(release))
    assert "irector" not in text
    assert '"by_hand": true' in text


def test_the_page_of_the_evidence_needs_nothing_else(cast: Cast) -> None:
    release = out(cast, [wall(cast), wall(cast, number=1)])
    text = seat(cast.director).get(path(release.revision, "release/evidence.html")).content.decode()
    assert text.startswith("<!doctype html>")
    assert "<script" not in text
    assert "<link" not in text
    assert "src=" not in text
    assert "<svg" in text
    assert "margin: 0 auto" in text


def test_evidence_is_for_those_who_see_the_statement_and_only_after_its_moment(cast: Cast) -> None:
    release = out(cast, [wall(cast)])
    later = planned(cast, [wall(cast, number=1)])
    for form in ("json", "html"):
        assert seat(cast.stranger).get(path(release.revision, f"release/evidence.{form}")).status_code == 404
        assert seat(cast.director).get(path(later.revision, f"release/evidence.{form}")).status_code == 404
    assert seat(cast.director).get(path(release.revision, "release/evidence.pdf")).status_code == 404


# --- while one types ---


def typed(revision: Revision, body: str, lang: str = "en") -> dict[str, Any]:
    words = {"title": "A title", "summary": "A summary.", "body": body}
    return {"lang": [lang], **{f"{lang}.{name}": value for name, value in words.items()}}


def test_lengths_are_counted_before_anything_is_saved(cast: Cast) -> None:
    revision = make.make_statement(cast, channels=[wall(cast)])
    before = revision.texts.get(lang="en").body
    client = seat(cast.editor)
    short = client.post(path(revision, "counts/"), typed(revision, "Few words.")).content.decode()
    long = client.post(path(revision, "counts/"), typed(revision, "Many words. " * 400)).content.decode()
    counts = [int(re.search(r"(\d+) of (\d+)", text)[1]) for text in (short, long)]  # type: ignore[index]  # there
    assert counts[0] < counts[1]
    assert "Few words." in short
    revision.refresh_from_db()
    assert revision.texts.get(lang="en").body == before


def test_a_language_written_from_the_right_stands_so(cast: Cast) -> None:
    texts = {**make.TEXTS, "ar": make.TEXTS["en"]}
    revision = make.make_statement(cast, channels=[wall(cast)], texts=texts)
    answer = seat(cast.editor).post(path(revision, "counts/"), typed(revision, "كلمات قليلة", "ar"))
    assert 'lang="ar" dir="rtl"' in answer.content.decode()


def test_what_cannot_be_counted_is_refused_in_words(cast: Cast) -> None:
    revision = make.make_statement(cast, channels=[wall(cast)])
    client = seat(cast.editor)
    assert client.post(path(revision, "counts/"), {"lang": "xx"}).status_code == 404
    assert client.post(path(revision, "counts/"), typed(revision, "x" * 300_000)).status_code == 413
    assert seat(cast.stranger).post(path(revision, "counts/"), typed(revision, "x")).status_code == 404


def test_watching_a_release_costs_the_same_for_many_channels(cast: Cast) -> None:
    costs = []
    for count in (1, 6):
        release = out(cast, [wall(cast, number=10 * count + number) for number in range(count)])
        client = seat(cast.director)
        client.get(path(release.revision, "release/progress/"))
        with CaptureQueriesContext(connection) as seen:
            client.get(path(release.revision, "release/progress/"))
        costs.append(len([line for line in seen.captured_queries if "desk_cache" not in line["sql"]]))
    assert costs[0] == costs[1]
