"""The pages of messages, calls for help and quality, as an officer sees them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.cast import Cast
from tests.inbox.make import make_help_call, make_message, make_question

from dragoman.audit.models import Event
from dragoman.base import clock, context
from dragoman.channels.models import Channel
from dragoman.inbox import sealing
from dragoman.inbox.actions import teaching
from dragoman.inbox.models import Author, Decision, HelpCall, Message
from dragoman.inbox.queries import messages, search
from dragoman.inbox.queries.messages import Filters
from dragoman.inbox.triage import personal
from dragoman.staff.models import Officer

pytestmark = pytest.mark.django_db
PASSPORT = "My passport MP1234567, phone +375 29 123-45-67: may I enter?"


def as_(client: Client, officer: Officer) -> Client:
    client.force_login(officer)
    return client


def body(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def test_empty_list_says_what_will_appear(client: Client, cast: Cast) -> None:
    page = body(as_(client, cast.editor), "/inbox/messages/")

    assert "Nobody has written yet" in page
    assert "Everything that came in has been read." in page


def test_list_covers_personal_data_and_names_language_and_direction(client: Client, cast: Cast) -> None:
    spans = [
        {"what": one.what, "start": one.start, "end": one.end} for one in personal.personal_data(PASSPORT)
    ]
    make_message(cast, PASSPORT, personal=spans)
    make_message(cast, "هل يحتسب يوم الوصول؟", lang="ar")

    page = body(as_(client, cast.editor), "/inbox/messages/")

    assert "1234567" not in page
    assert "123-45-67" not in page
    assert "passport" in page
    assert 'lang="ar" dir="rtl"' in page


def test_list_covers_what_was_not_read_yet(client: Client, cast: Cast) -> None:
    make_message(cast, PASSPORT, state="new")

    page = body(as_(client, cast.editor), "/inbox/messages/")

    assert "1234567" not in page
    assert "Not read yet" in page
    assert "behind" in page


def test_stranger_sees_nothing(client: Client, cast: Cast) -> None:
    message = make_message(cast)
    call = make_help_call(cast)
    as_(client, cast.stranger)

    assert "day of arrival" not in body(client, "/inbox/messages/")
    assert client.get(f"/inbox/messages/{message.pk}/").status_code == 404
    assert client.get(f"/inbox/help/{call.pk}/").status_code == 404
    assert client.post(f"/inbox/messages/{message.pk}/author/", {"why": "curious"}).status_code == 404


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("state=open", {"open"}),
        ("state=answered", {"answered"}),
        ("kind=press", {"press"}),
        ("lang=de", {"german"}),
        ("country=pl", {"polish"}),
        ("personal=1", {"personal"}),
        ("private=1", {"private"}),
        ("until=2020-01-01", {"old"}),
        ("since=nonsense&state=nonsense&after=", None),
        ("q=arrives", {"open"}),
        ("q=Hund", {"german"}),
    ],
)
def test_list_is_narrowed(cast: Cast, client: Client, query: str, found: set[str] | None) -> None:
    make_message(cast, "it arrived in the open", outside_id="open")
    others: dict[str, dict[str, Any]] = {
        "answered": {"state": "answered"},
        "press": {"kind": "press", "state": "closed"},
        "german": {"lang": "de", "state": "closed", "text": "Darf ich Hunde mitbringen?"},
        "polish": {"countries": ["PL"], "state": "closed"},
        "personal": {"personal": [{"what": "phone", "start": 0, "end": 3}], "state": "closed"},
        "private": {"private": True, "state": "closed"},
        "old": {"at": clock.now() - timedelta(days=4000), "state": "closed"},
    }
    for name, values in others.items():
        make_message(cast, **{"text": f"text of {name}", "outside_id": name, **values})
    client.force_login(cast.editor)

    answer = client.get(f"/inbox/messages/?{query}")

    shown = {line.message.outside_id for line in answer.context["page"].lines}
    assert shown == (found if found is not None else {*shown} | {"open"})
    assert found is not None or len(shown) == 8


def test_pages_follow_each_other_without_gap_or_repeat(cast: Cast) -> None:
    at = clock.now()
    # Many of one moment: the number decides then. Of two missions, so that two lists are joined.
    for number in range(25):
        mission = cast.capital if number % 2 else cast.berlin
        make_message(cast, f"m{number}", mission=mission, at=at - timedelta(seconds=number // 5))
    seen: list[int] = []
    after = ""
    while True:
        page = messages.page(cast.editor, Filters(), after=after, limit=4)
        seen += [line.message.pk for line in page.lines]
        after = page.after
        if not after:
            break

    assert seen == list(Message.objects.order_by("-at", "-pk").values_list("pk", flat=True))


@pytest.mark.parametrize("after", ["rubbish", "////", "YWJjfDE", "MjAyMC0wMS0wMXwx"])
def test_damaged_cursor_is_refused_in_words(client: Client, cast: Cast, after: str) -> None:
    answer = as_(client, cast.editor).get("/inbox/messages/", {"after": after})

    assert answer.status_code == 422
    assert "damaged" in answer.content.decode()


@pytest.mark.parametrize(
    ("lang", "text", "words"),
    [
        ("en", "Does the day of arrival count?", "counting days"),
        ("de", "Zählen die Tage der Ankunft?", "Tag der Ankunft"),
        ("ru", "Считаются ли дни приезда?", "приезд считается"),
        ("be", "Ці лічыцца дзень прыезду?", "прыезд"),
        ("uk", "Чи рахується день приїзду?", "приїзд"),
        ("zh", "抵达当天算不算一天?", "抵达当"),
        ("ka", "ითვლება თუ არა ჩამოსვლის დღე?", "ჩამოსვლ"),
    ],
)
def test_search_knows_the_forms_of_a_word(cast: Cast, lang: str, text: str, words: str) -> None:
    wanted = make_message(cast, text, lang=lang)
    make_message(cast, "Something else", lang=lang)

    with_language = search.found(cast.editor, Filters(q=words, lang=lang))
    without = search.found(cast.editor, Filters(q=words))

    assert [line.message.pk for line in with_language.lines] == [wanted.pk]
    assert [line.message.pk for line in without.lines] == [wanted.pk]


@pytest.mark.parametrize("window", [3, 7, 2000])
def test_search_pages_are_the_same_however_many_are_looked_through_first(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, window: int
) -> None:
    monkeypatch.setattr(search, "WINDOW", window)
    at = clock.now()
    for number in range(30):
        mission = cast.berlin if number % 7 == 3 else cast.capital
        text = "a train" if number % 3 else "a bus"
        make_message(cast, text, mission=mission, at=at - timedelta(seconds=number // 2))
    seen: list[int] = []
    after = ""
    while True:
        page = search.found(cast.editor, Filters(q="trains"), after=after, limit=4)
        seen += [line.message.pk for line in page.lines]
        after = page.after
        if not after:
            break

    wanted = Message.objects.filter(text="a train").order_by("-at", "-pk")
    assert seen == list(wanted.values_list("pk", flat=True))


@pytest.mark.parametrize("words", ["", "  ", "'", '"', "%", "a & | !", "((", "\\", "-", "🙂", "x" * 5000])
def test_odd_search_finds_nothing_and_breaks_nothing(client: Client, cast: Cast, words: str) -> None:
    make_message(cast)

    assert as_(client, cast.editor).get("/inbox/messages/", {"q": words}).status_code == 200


def test_message_page_shows_text_whole_and_judgement_with_its_model(client: Client, cast: Cast) -> None:
    message = make_message(
        cast, PASSPORT, channel=None, way="form", private=True, lang_model="lang-1", kind_model="kind-1",
        personal=[{"what": "passport", "start": 12, "end": 21}], countries=["PL"], match="A-12345",
        confidence=0.93,
    )  # fmt: skip

    page = body(as_(client, cast.editor), f"/inbox/messages/{message.pk}/")

    assert '<mark title="passport">MP1234567</mark>' in page
    for words in ("lang-1", "kind-1", "Poland", "A-12345", ".93", "The question form asks no name."):
        assert words in page


def test_text_cannot_write_into_the_page(client: Client, cast: Cast) -> None:
    message = make_message(
        cast, "<script>alert(1)</script> 12", personal=[{"what": "<b>", "start": 26, "end": 28}]
    )

    page = body(as_(client, cast.editor), f"/inbox/messages/{message.pk}/")

    assert "<script>alert" not in page
    assert 'title="<b>"' not in page


def test_writer_is_shown_once_and_for_a_reason(client: Client, cast: Cast, channel: Channel) -> None:
    message = make_message(cast, channel=channel)
    Author.objects.create(message=message, sealed=sealing.seal(sealing.Writer("Anna", "@anna@example.org")))
    as_(client, cast.editor)

    assert "@anna" not in body(client, f"/inbox/messages/{message.pk}/")
    assert client.post(f"/inbox/messages/{message.pk}/author/", {"why": "  "}).status_code == 302
    shown = client.post(f"/inbox/messages/{message.pk}/author/", {"why": "to write to them in private"})

    assert "@anna@example.org" in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    assert "@anna" not in body(client, f"/inbox/messages/{message.pk}/")
    event = Event.objects.get(verb="inbox.open_author")
    assert event.why == "to write to them in private"
    assert "anna" not in str(vars(event)).casefold()


def test_auditor_reads_and_decides_nothing(client: Client, cast: Cast) -> None:
    message = make_message(cast)
    as_(client, cast.auditor)

    assert "Open the seal" not in body(client, f"/inbox/messages/{message.pk}/")
    assert client.post(f"/inbox/messages/{message.pk}/author/", {"why": "because"}).status_code == 403
    said = {"what": "kind", "decided": "spam"}
    assert client.post(f"/inbox/messages/{message.pk}/decide/", said).status_code == 403


def test_corrections_are_kept_as_decisions(client: Client, cast: Cast) -> None:
    message = make_message(cast, match="A-12345", confidence=0.7)
    as_(client, cast.editor)

    for what, decided in (("kind", "complaint"), ("language", "be"), ("match", "")):
        client.post(f"/inbox/messages/{message.pk}/decide/", {"what": what, "decided": decided})

    message.refresh_from_db()
    assert (message.kind, message.lang, message.match) == ("complaint", "be", "")
    assert set(Decision.objects.values_list("what", "said", "right")) == {
        ("kind", "question", False), ("language", "en", False), ("match", "A-12345", False),
    }  # fmt: skip


def test_officer_sees_a_call_for_help_that_the_machine_did_not(client: Client, cast: Cast) -> None:
    question = make_question(cast)
    message = question.messages.get()

    answer = as_(client, cast.editor).post(f"/inbox/messages/{message.pk}/help/")

    call = HelpCall.objects.get()
    message.refresh_from_db()
    assert answer["Location"] == f"/inbox/help/{call.pk}/"
    assert (message.state, message.question, call.raised_by) == ("help", None, "editor")
    question.refresh_from_db()
    assert question.waiting == 0


def test_queue_shows_what_nobody_has_first_and_says_what_is_late(client: Client, cast: Cast) -> None:
    now = clock.now()
    make_help_call(cast, "taken one", state="taken", owner=cast.editor, taken_at=now)
    make_help_call(cast, "late one", raised_at=now - timedelta(hours=1))
    make_help_call(cast, "fresh one")

    page = body(as_(client, cast.editor), "/inbox/help/")

    assert page.index("late one") < page.index("fresh one") < page.index("taken one")
    assert "<title>(2) Calls for help" in page
    assert "Late" in page


def test_queue_announces_a_new_call_once(client: Client, cast: Cast) -> None:
    old = make_help_call(cast)
    as_(client, cast.editor)
    seen = body(client, f"/inbox/help/rows/?seen={old.pk}")
    new = make_help_call(cast)

    told = body(client, f"/inbox/help/rows/?seen={old.pk}")
    after = body(client, f"/inbox/help/rows/?seen={new.pk}")

    assert "A new call for help" not in seen
    assert "A new call for help" in told
    assert "<title>(2)" in told
    assert "A new call for help" not in after


def test_call_is_taken_handed_over_and_done(client: Client, cast: Cast) -> None:
    call = make_help_call(cast)
    as_(client, cast.editor)

    client.post(f"/inbox/help/{call.pk}/take/", {"back": "list"})
    client.post(f"/inbox/help/{call.pk}/officer/", {"officer": "director", "why": "consul on duty"})
    page = body(client, f"/inbox/help/{call.pk}/")
    assert "Director" in page
    client.post(f"/inbox/help/{call.pk}/done/", {"outcome": ""})
    call.refresh_from_db()
    assert (call.state, call.owner) == ("taken", cast.director)
    client.post(f"/inbox/help/{call.pk}/done/", {"outcome": "Reached by phone; the consul met them."})

    call.refresh_from_db()
    call.message.refresh_from_db()
    assert (call.state, call.message.state) == ("done", "closed")
    assert call.message.keep_until is not None
    assert "Reached by phone" in body(client, "/inbox/help/?show=done")
    client.post(f"/inbox/help/{call.pk}/reopen/", {"why": "They wrote again."})
    call.refresh_from_db()
    assert call.state == "waiting"


def test_second_officer_is_told_who_was_first(client: Client, cast: Cast) -> None:
    call = make_help_call(cast, state="taken", owner=cast.director)

    answer = as_(client, cast.editor).post(f"/inbox/help/{call.pk}/take/", follow=True)

    assert "Director has taken it" in answer.content.decode()


def test_call_cannot_be_given_to_a_stranger(client: Client, cast: Cast) -> None:
    call = make_help_call(cast)

    as_(client, cast.editor).post(f"/inbox/help/{call.pk}/officer/", {"officer": "stranger"})

    call.refresh_from_db()
    assert call.owner is None


def test_quality_is_honest_when_nobody_has_said_anything(client: Client, cast: Cast) -> None:
    page = body(as_(client, cast.auditor), "/inbox/quality/")

    assert "No officer has corrected anything yet" in page
    assert "0 of 20 decisions needed" in page


def test_quality_counts_what_officers_said(client: Client, cast: Cast) -> None:
    for number in range(24):
        message = make_message(cast, f"q {number}", match="A-12345", confidence=0.9)
        teaching.decide(
            by=cast.editor, what="match", message=message, decided="A-12345" if number % 4 else ""
        )
    teaching.decide(by=cast.editor, what="language", message=make_message(cast, lang="ru"), decided="be")

    quality = as_(client, cast.editor).get("/inbox/quality/").context["quality"]

    assert quality.matched == 24
    assert quality.error == pytest.approx(0.15)
    assert [(one.said, one.decided) for one in quality.swaps] == [("ru", "be")]
    assert quality.judged[2].share == pytest.approx(0.75)


def test_number_of_queries_does_not_grow(cast: Cast, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "KEPT", timedelta(hours=1))  # the desk's health is read now and then
    client.force_login(cast.editor)

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/inbox/messages/").status_code == 200
        return len(queries)

    make_message(cast, "the first", question=None)
    asked()
    few = asked()
    for number in range(60):
        make_message(cast, f"m {number}", question=None)
    assert asked() <= few
