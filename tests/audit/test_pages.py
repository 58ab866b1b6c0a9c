"""The audit's pages: who sees what, search, paging, exports."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from tests.cast import Cast, assemble

from dragoman.audit import queries, rules
from dragoman.audit.actions import note
from dragoman.audit.models import Event

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return assemble()


def seen_by(client: Client, officer: object, **asked: str) -> str:
    client.force_login(officer)
    answer = client.get(reverse("audit:list"), asked)
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_author_may_not_read_the_audit(client: Client, cast: Cast) -> None:
    client.force_login(cast.editor)
    assert client.get(reverse("audit:list")).status_code == 403


def test_an_auditor_of_one_mission_reads_its_deeds_only(client: Client, cast: Cast) -> None:
    from tests.cast import officer

    note(by=cast.editor, verb="tests.here", target="thing:1", mission="berlin")
    note(by=cast.editor, verb="tests.there", target="thing:2", mission="capital")
    note(by=cast.editor, verb="tests.nowhere", target="thing:3")
    local = officer("local", (cast.berlin, "auditor"))
    page = seen_by(client, local)
    assert "tests.here" in page
    assert ">tests.there<" not in page
    assert ">tests.nowhere<" not in page
    assert ">tests.there<" in seen_by(client, cast.auditor)


@pytest.mark.parametrize(
    "asked",
    [
        {"who": "EDITOR"},
        {"verb": "tests.find"},
        {"verb": "tests"},
        {"target": "thing:77"},
        {"text": "because rain"},
        {"text": "deeply"},
        {"since": "2020-01-01", "until": "2099-01-01"},
    ],
)
def test_a_search_finds(client: Client, cast: Cast, asked: dict[str, str]) -> None:
    note(
        by=cast.editor,
        verb="tests.find",
        target="thing:77",
        why="Because of Rain",
        data={"a": {"b": "deeply"}},
    )
    note(by=cast.approver, verb="other.deed", target="other:1")
    found = Event.objects.all().matching(**{k: v for k, v in asked.items() if k not in ("since", "until")})
    assert "tests.find" in {event.verb for event in found}
    if "since" not in asked:
        assert "other.deed" not in {event.verb for event in found}
    assert "thing:77" in seen_by(client, cast.auditor, **asked)


def test_a_search_that_cannot_be_read_says_so_and_shows_all(client: Client, cast: Cast) -> None:
    note(by=cast.editor, verb="tests.do", target="thing:1")
    page = seen_by(client, cast.auditor, since="yesterday", before="many")
    assert "thing:1" in page
    assert "Enter a valid date" in page


def test_pages_by_key_show_every_event_once(cast: Cast) -> None:
    made = [note(by=cast.editor, verb="tests.do", target=f"thing:{n}").pk for n in range(120)]
    walked: list[int] = []
    page = queries.page(Event.objects.all())
    assert page.newer is None
    walked += [event.pk for event in page.events]
    while page.older:
        page = queries.page(Event.objects.all(), before=page.older)
        walked += [event.pk for event in page.events]
    assert walked == made[::-1]
    back = queries.page(Event.objects.all(), after=page.newer)
    assert [event.pk for event in back.events] == made[::-1][50:100]


def test_one_event_shows_all_that_it_says(client: Client, cast: Cast) -> None:
    event = note(by=cast.editor, verb="tests.do", target="thing:1", why="a reason", after="ab" * 32)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    client.force_login(cast.auditor)
    page = client.get(reverse("audit:event", args=[event.pk])).content.decode()
    assert "a reason" in page
    assert "As it was written" in page
    assert client.get(reverse("audit:event", args=[event.pk + 1000])).status_code == 404


def test_the_export_can_be_checked_by_an_outsider(client: Client, cast: Cast) -> None:
    note(by=cast.editor, verb="tests.do", target="thing:1", data={"n": 1})
    note(by=cast.editor, verb="tests.do", target="=cmd()", why="größer")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    client.force_login(cast.auditor)
    answer = client.post(reverse("audit:export", args=["jsonl"]), {"verb": "tests"})
    lines = [json.loads(line) for line in b"".join(answer.streaming_content).splitlines()]
    assert [line["target"] for line in lines] == ["thing:1", "=cmd()"]
    before = rules.BEGINNING
    for line in lines:
        assert rules.digest({field: line[field] for field in Event.SAYS}) == line["digest"]
        assert rules.link(before, line["digest"]) == line["chain"]
        before = line["chain"]
    assert Event.objects.filter(verb="audit.export", actor="auditor", data={"verb": "tests"}).count() == 1


def test_the_csv_runs_nothing_and_keeps_every_letter(client: Client, cast: Cast) -> None:
    note(by=cast.editor, verb="tests.do", target="=cmd()", why="größer")
    client.force_login(cast.auditor)
    answer = client.post(reverse("audit:export", args=["csv"]), {"verb": "tests"})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert rows[0]["target"] == "'=cmd()"
    assert rows[0]["why"] == "größer"


def test_an_administrator_reads_but_does_not_export(client: Client, cast: Cast) -> None:
    assert "Export CSV" not in seen_by(client, cast.admin)
    assert client.post(reverse("audit:export", args=["csv"])).status_code == 403


def test_the_check_of_the_chain_gives_its_head(client: Client, cast: Cast) -> None:
    note(by=cast.editor, verb="tests.do", target="thing:1")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    client.force_login(cast.auditor)
    page = client.post(reverse("audit:check")).content.decode()
    assert "The chain holds" in page


@pytest.mark.parametrize(
    "case",
    [
        (0, "203.0.113.7", "127.0.0.0/24"),
        (1, "203.0.113.7", "203.0.113.0/24"),
        (1, "198.51.100.1, 203.0.113.7", "203.0.113.0/24"),
        (2, "198.51.100.1, 203.0.113.7", "198.51.100.0/24"),
        (2, "203.0.113.7", "127.0.0.0/24"),
    ],
)
def test_only_our_own_proxies_say_where_a_request_is_from(
    client: Client, cast: Cast, settings: Any, case: tuple[int, str, str]
) -> None:
    proxies, told, kept = case
    settings.DRAGOMAN = settings.DRAGOMAN.model_copy(update={"trusted_proxies": proxies})
    client.force_login(cast.auditor)
    client.post(reverse("audit:export", args=["csv"]), headers={"X-Forwarded-For": told})
    assert Event.objects.get(verb="audit.export").address == kept


def test_a_request_keeps_a_sound_number_it_came_with(client: Client, cast: Cast) -> None:
    given = client.get("/account/login/", headers={"X-Request-ID": "proxy-12345678"})
    assert given.headers["X-Request-ID"] == "proxy-12345678"
    odd = client.get("/account/login/", headers={"X-Request-ID": "a b<c>"})
    assert len(odd.headers["X-Request-ID"]) == 32
