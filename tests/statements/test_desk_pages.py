"""Pages of statements by request: who sees what, at what cost, and what a form without script does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests import make
from tests.cast import Cast, assemble

from dragoman.base import context
from dragoman.staff.models import Officer
from dragoman.statements.actions import drafts, review
from dragoman.statements.actions.drafts import TextInput
from dragoman.statements.models import Clearance, Revision
from dragoman.statements.queries import pages

pytestmark = pytest.mark.django_db


@pytest.fixture
def ready() -> Cast:
    assembled = assemble()
    make.make_sheet(assembled)
    return assembled


def seat(officer: Officer) -> Client:
    client = Client()
    client.force_login(officer, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def cost(client: Client, path: str) -> int:
    client.get(path)
    with CaptureQueriesContext(connection) as seen:
        assert client.get(path).status_code == 200
    return len([line for line in seen.captured_queries if "desk_cache" not in line["sql"]])


def words(response: Any) -> str:
    return str(response.content.decode())


@pytest.mark.parametrize("path", ["/statements/", "/", "/statements/releases/"])
def test_a_longer_list_costs_no_more_queries(ready: Cast, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # the health word in the top bar is read anew now and then: not in the middle of counting
    monkeypatch.setattr(context, "KEPT", timedelta(hours=1))
    client = seat(ready.director)
    for _ in range(3):
        review.submit_statement(by=ready.editor, revision=make.make_statement(ready))
    few = cost(client, path)
    for _ in range(9):
        review.submit_statement(by=ready.editor, revision=make.make_statement(ready))
    assert cost(client, path) <= few


def test_the_list_goes_on_where_the_page_ended(ready: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "PAGE", 2)
    made = [make.make_statement(ready).statement.ref for _ in range(5)]
    seen: list[str] = []
    after, turns = "", 0
    while turns < 5:
        page = pages.listing(ready.editor, pages.Filters(), after=after)
        seen += [row.statement.ref for row in page.rows]
        after, turns = page.after, turns + 1
        if not after:
            break
    assert sorted(seen) == sorted(made)
    assert len(seen) == len(set(seen))


def test_the_list_is_narrowed_by_state_language_and_words(ready: Cast) -> None:
    only_english = make.make_statement(ready, texts={"en": TextInput("Roads are open", "", "Roads. [F1]")})
    review.submit_statement(by=ready.editor, revision=make.make_statement(ready))

    def found(**narrowed: str) -> list[str]:
        return [row.statement.title for row in pages.listing(ready.editor, pages.Filters(**narrowed)).rows]

    assert found(state="draft") == [only_english.statement.title]
    assert found(lang="ru") == ["How the five days are counted"]
    assert found(q="roads") == ["Roads are open"]


def test_a_number_in_the_search_goes_straight_to_the_statement(ready: Cast) -> None:
    ref = make.make_statement(ready).statement.ref
    response = seat(ready.editor).get(f"/statements/?q={ref}")
    assert (response.status_code, response["Location"]) == (302, f"/statements/{ref}/")


def test_a_stranger_is_told_that_there_is_no_such_statement(ready: Cast) -> None:
    ref = make.make_statement(ready).statement.ref
    for page in ("", "edit/", "review/", "release/", "history/", "panel/"):
        response = seat(ready.stranger).get(f"/statements/{ref}/{page}")
        assert response.status_code == 404, page
        assert "How the five days" not in words(response)


def test_an_approver_only_reads_a_text_under_review_until_they_ask_to_edit(ready: Cast) -> None:
    revision = make.make_statement(ready)
    review.submit_statement(by=ready.editor, revision=revision)
    client = seat(ready.approver)
    path = f"/statements/{revision.statement.ref}/edit/"
    assert "<textarea" not in words(client.get(path)).split('id="panel"')[0]
    assert "<textarea" in words(client.get(f"{path}?edit=1")).split('id="panel"')[0]


def test_a_stale_digest_is_refused_and_the_new_one_is_shown(ready: Cast) -> None:
    revision = make.make_statement(ready)
    review.submit_statement(by=ready.editor, revision=revision)
    revision.refresh_from_db()
    old = revision.digest
    english = revision.texts.get(lang="en")
    changed = TextInput(english.title + " today", english.summary, english.body)
    drafts.edit_texts(by=ready.editor, revision=revision, texts={"en": changed})
    client = seat_with_proof(ready.approver)
    response = client.post(f"/statements/{revision.statement.ref}/approval/", {"digest": old}, follow=True)
    revision.refresh_from_db()
    assert "You read" in words(response)
    assert revision.digest in words(response)
    assert not revision.approvals.exists()


def test_the_author_is_told_why_they_cannot_approve(ready: Cast) -> None:
    revision = make.make_statement(ready)
    review.submit_statement(by=ready.editor, revision=revision)
    page = words(seat(ready.editor).get(f"/statements/{revision.statement.ref}/review/"))
    assert "You wrote in this text" in page
    assert 'aria-disabled="true"' in page


def test_autosave_answers_with_the_version_and_refuses_an_old_one_with_both_texts(ready: Cast) -> None:
    revision = make.make_statement(ready)
    client = seat(ready.editor)
    path = f"/statements/{revision.statement.ref}/text/en/"
    first = client.post(path, {"title": "One", "summary": "", "body": "B. [F1]", "version": "1"})
    assert first.json()["version"] == 2
    second = client.post(path, {"title": "Two", "summary": "", "body": "B. [F1]", "version": "1"})
    assert second.status_code == 409
    assert second.json()["theirs"]["title"] == "One"


def test_a_reason_too_short_is_refused_and_a_real_one_is_kept(ready: Cast) -> None:
    revision = make.make_statement(ready, texts={"en": TextInput("Day", "", "The count is 7 days. [F2]")})
    client = seat(ready.editor)
    page = client.get(f"/statements/{revision.statement.ref}/panel/")
    keys = [item.finding.key for item in page.context["findings"] if item.finding.severity == "reason"]
    path = f"/statements/{revision.statement.ref}/findings/{keys[0]}/"
    assert client.post(path, {"reason": "so"}).status_code == 422
    kept = client.post(path, {"reason": "It tells of an older rule."}, headers={"hx-request": "true"})
    assert (kept.status_code, kept["HX-Trigger"]) == (204, "saved")
    assert Clearance.objects.get().reason == "It tells of an older rule."


def test_a_wrong_picture_is_refused_in_words_and_the_text_stays(ready: Cast) -> None:
    revision = make.make_statement(ready)
    file = SimpleUploadedFile("a.jpg", b"not a picture", content_type="image/jpeg")
    path = f"/statements/{revision.statement.ref}/pictures/"
    response = seat(ready.editor).post(path, {"file": file}, follow=True)
    assert "note bad" in words(response)
    assert not revision.pictures.exists()


def test_what_is_new_begins_with_its_languages_and_its_sheet(ready: Cast) -> None:
    response = seat(ready.editor).post(
        "/statements/new/",
        {
            "mission": ready.capital.pk,
            "kind": "notice",
            "source_language": "en",
            "languages": "ru ar",
            "sheet": "visa-free",
            "risk": "sensitive",
            "lane": "ordinary",
        },
    )
    revision = Revision.objects.get()
    assert response["Location"] == f"/statements/{revision.statement.ref}/edit/"
    assert [text.lang for text in revision.texts.all()] == ["ar", "en", "ru"]
    assert (revision.sheet, revision.statement.risk) == ("visa-free", "sensitive")


def test_a_wrong_language_code_is_named(ready: Cast) -> None:
    data = {"mission": ready.capital.pk, "kind": "notice", "source_language": "en", "languages": "klingon!"}
    response = seat(ready.editor).post("/statements/new/", data)
    assert response.status_code == 422
    assert "klingon!" in words(response)


def seat_with_proof(officer: Officer) -> Client:
    """Signed in by the page, so that the session knows when the password was shown."""
    officer.set_password("a pass phrase of nine words for one test only")
    officer.save()
    client = Client()
    client.post(
        "/account/login/",
        {"login": officer.username, "password": "a pass phrase of nine words for one test only"},
    )
    return client
