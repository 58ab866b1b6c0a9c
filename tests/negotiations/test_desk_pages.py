"""The host's pages: the whole walk by forms, what is shown to whom, refusals in words."""

from __future__ import annotations

import json

import pytest
from allauth.account.internal.userkit import user_id_to_str
from django.test import Client
from tests import cast as people
from tests.negotiations import help as talks

from dragoman.base import clock
from dragoman.negotiations.actions import answers, asks, keys, rounds
from dragoman.negotiations.models import Process, Protocol, Round, Spokesperson
from dragoman.negotiations.rules import vkeys
from dragoman.staff.models import Officer
from dragoman.statements.actions.input import TextInput

pytestmark = pytest.mark.django_db(transaction=True)


def at_desk(officer: Officer) -> Client:
    """A browser in which the officer signed in with a factor a moment ago."""
    client = Client()
    client.force_login(officer, backend="allauth.account.auth_backends.AuthenticationBackend")
    session = client.session
    session["account_authentication_methods_user"] = user_id_to_str(officer)
    session["account_authentication_methods"] = [{"method": "password", "at": clock.now().timestamp()}]
    session.save()
    return client


def page(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status
    return answer.content.decode()


def told(client: Client, path: str, data: dict[str, object]) -> str:
    """What the page says after a form was sent."""
    answer = client.post(path, data, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def test_talks_begin_and_a_text_is_released_by_forms_alone() -> None:
    cast = people.assemble()
    host = at_desk(cast.director)
    begun = {
        "ref": "stonebridge",
        "titles": "en: The Stonebridge talks\nru: Переговоры в Каменном Мосту",
        "summaries": "en: On the crossing.",
        "languages": "en, ru",
        "zone": "Europe/Minsk",
        "mission": "capital",
    }
    refused = host.post("/talks/new/", {**begun, "titles": "The Stonebridge talks"})
    assert refused.status_code == 422
    assert "Line 1 of the titles" in refused.content.decode()
    assert host.post("/talks/new/", begun)["Location"] == "/talks/stonebridge/"
    process = Process.objects.get()
    sides = {}
    for name in talks.PARTIES:
        titles = {f"title-{lang}": words for lang, words in talks.TITLES[name].items()}
        assert "is named" in told(host, "/talks/stonebridge/parties/", {"name": name, **titles})
        shown = host.post(f"/talks/stonebridge/parties/{name}/invite/", {"person": "A. S.", "lang": "en"})
        code = shown.context["code"]
        assert code in shown.content.decode()
        key = talks.KINDS[name](vkeys.name_of(name, "stonebridge"))
        person, _ = keys.enrol(code=code, vkey=key.vkey)
        sides[name] = talks.Side(name, person.party, person, key)
    assert code not in page(host, "/talks/stonebridge/")

    world = talks.World(cast, process, sides)
    draft = {
        "rules": json.dumps(talks.RULES),
        "terms": json.dumps(talks.TERMS),
        "rule": "",
        **{f"document-{lang}": words for lang, words in talks.DOCUMENTS.items()},
    }
    assert "The draft is kept" in told(host, "/talks/stonebridge/protocol/", draft)
    assert "It is round 1" in told(host, "/talks/stonebridge/protocol/put/", {})
    world.all_consent(Round.objects.get(number=1))
    talks.clockwork()
    assert "Protocol 1 is in force" in page(host, "/talks/stonebridge/")

    text = {f"title-{lang}": one.title for lang, one in talks.TEXTS.items()}
    text |= {f"body-{lang}": one.body for lang, one in talks.TEXTS.items()}
    assert host.post("/talks/stonebridge/rounds/new/", text)["Location"] == "/talks/stonebridge/rounds/2/"
    assert "Put it to all parties" in page(host, "/talks/stonebridge/rounds/2/")
    assert "is put to every party" in told(host, "/talks/stonebridge/rounds/2/open/", {})
    world.all_consent(Round.objects.get(number=2))
    assert "All have signed" in page(host, "/talks/stonebridge/rounds/2/")
    assert "It is going out" in told(host, "/talks/stonebridge/rounds/2/release/", {"when": "now"})
    about = Round.objects.get(number=2)
    talks.put_out(about)
    talks.clockwork()
    shown_round = page(host, "/talks/stonebridge/rounds/2/")
    assert "Released" in shown_round
    assert "Signed" in shown_round


def test_pages_are_for_the_host_mission_and_deeds_for_its_releasers() -> None:
    world = talks.opened()
    talks.text_put(world)
    paths = ("/talks/stonebridge/", "/talks/stonebridge/protocol/", "/talks/stonebridge/rounds/2/")
    stranger = at_desk(world.cast.stranger)
    for path in paths:
        page(stranger, path, 404)
        page(at_desk(world.cast.editor), path)
    assert "stonebridge" not in page(stranger, "/talks/")
    writer = at_desk(world.cast.editor)
    for path in ("rounds/2/release/", "rounds/2/cancel/", "close/", "parties/northland/invite/"):
        assert writer.post(f"/talks/stonebridge/{path}", {"why": "so"}).status_code == 403


def test_an_answer_is_not_shown_to_the_host_before_all_have_answered() -> None:
    world = talks.opened()
    about = talks.text_put(world)
    answers.decline(by=world["northland"].person, round=about, words="The hours are wrong.")
    host = at_desk(world.cast.director)
    before = page(host, f"/talks/stonebridge/rounds/{about.number}/")
    assert "The hours are wrong." not in before
    assert "1 of 3" in before
    for name in ("eastmark", "southport"):
        world[name].consents(about)
    talks.clockwork()
    after = page(host, f"/talks/stonebridge/rounds/{about.number}/")
    assert "The hours are wrong." in after


def test_the_next_round_begins_with_the_words_that_a_party_would_sign() -> None:
    world = talks.opened()
    about = talks.text_put(world)
    words = {"en": TextInput("The crossing", "", "The crossing is open from 07:00 to 18:00.")}
    answers.decline(by=world["northland"].person, round=about, words="Open it earlier.", counter=words)
    host = at_desk(world.cast.director)
    here = f"/talks/stonebridge/rounds/{about.number}/"
    assert "no such words" in told(host, f"{here}counter/northland/", {})
    for name in ("eastmark", "southport"):
        world[name].consents(about)
    talks.clockwork()
    assert "Begin a round with these words" in page(host, here)
    made = host.post(f"{here}counter/northland/")
    shown = page(host, made["Location"])
    assert "<ins>07" in shown
    assert "<del>08" in shown
    assert "has given no words" in told(host, f"{here}counter/harbour/", {})


def test_a_draft_shows_what_changed_and_what_is_found() -> None:
    world = talks.opened()
    first = talks.text_put(world)
    crossed = {
        "title-en": "The crossing",
        "body-en": "The border line is open from 09:00 to 18:00.",
        "after": first.number,
    }
    host = at_desk(world.cast.director)
    answer = host.post("/talks/stonebridge/rounds/new/", crossed)
    shown = page(host, answer["Location"])
    assert "<del>" in shown
    assert "<ins>" in shown
    assert "crossing line" in shown  # the agreed word
    assert "Russian is missing" in shown
    refused = told(host, f"{answer['Location']}open/", {})
    assert Round.objects.latest("pk").state == "drafting"
    assert "is put to every party" not in refused


def test_what_was_put_is_not_edited() -> None:
    world = talks.opened()
    about = talks.text_put(world)
    page(at_desk(world.cast.editor), f"/talks/stonebridge/rounds/{about.number}/edit/", 409)


def test_a_listed_fact_has_the_words_of_the_protocol() -> None:
    world = talks.opened()
    host = at_desk(world.cast.director)
    assert "A meeting takes place on {date}." in page(host, "/talks/stonebridge/notices/new/")
    given = {"kind": "meeting", "meeting-date-en": "3 December", "meeting-date-ru": "3 декабря"}
    answer = host.post("/talks/stonebridge/notices/new/", given)
    assert answer.status_code == 302
    shown = page(host, answer["Location"])
    assert "A meeting takes place on 3 December." in shown
    assert "Встреча проходит 3 декабря." in shown
    assert host.post("/talks/stonebridge/notices/new/", {}).status_code == 422


def test_wrong_json_of_a_protocol_is_told_by_line_and_nothing_is_lost() -> None:
    world = talks.founded()
    host = at_desk(world.cast.director)
    answer = host.post("/talks/stonebridge/protocol/", {"rules": '{"v": 1,\n oops}', "terms": "{}"})
    assert answer.status_code == 422
    assert "line 2" in answer.content.decode()
    assert "oops" in answer.content.decode()
    assert not Protocol.objects.exists()
    answer = host.post("/talks/stonebridge/protocol/", {"rules": "{}", "rule": "all of them"})
    assert "Line 1 of the rule" in answer.content.decode()


def test_a_correction_that_is_asked_for_is_decided_on_the_page() -> None:
    world = talks.opened()
    about = talks.released(world)
    host = at_desk(world.cast.director)
    for words in ("The hour is wrong.", "The title is long."):
        asks.ask_correction(by=world["eastmark"].person, statement=about.statement, rev=1, words=words)
    second, first = world.process.asks.all()
    assert "The hour is wrong." in page(host, "/talks/stonebridge/")
    assert "Granted" in told(host, f"/talks/stonebridge/asks/{first.pk}/grant/", {})
    assert "Refused" in told(host, f"/talks/stonebridge/asks/{second.pk}/refuse/", {"why": "It was agreed."})
    assert "correct=" in page(host, "/talks/stonebridge/")
    form = page(host, f"/talks/stonebridge/rounds/new/?correct={about.statement}")
    assert "from 08:00 to 18:00" in form


def test_talks_are_paused_resumed_and_closed() -> None:
    world = talks.opened()
    host = at_desk(world.cast.director)
    assert "are paused" in told(host, "/talks/stonebridge/pause/", {"why": "A holiday."})
    assert "go on" in told(host, "/talks/stonebridge/resume/", {})
    assert "are closed" in told(host, "/talks/stonebridge/close/", {"why": "All is agreed."})
    assert Process.objects.get().state == "closed"


def test_the_empty_list_says_what_will_appear() -> None:
    cast = people.assemble()
    assert "No talks yet" in page(at_desk(cast.director), "/talks/")


def test_an_observer_signs_nothing_and_is_shown_as_one() -> None:
    world = talks.founded()
    host = at_desk(world.cast.director)
    given = {"name": "harbour", "title-en": "Harbour Union", "title-ru": "Союз Гаваней", "observer": "on"}
    assert "is named" in told(host, "/talks/stonebridge/parties/", given)
    assert "observer" in page(host, "/talks/stonebridge/")
    assert "taken out" in told(host, "/talks/stonebridge/parties/harbour/drop/", {"why": "Named by mistake."})
    assert not Spokesperson.objects.filter(party__name="harbour").exists()


def test_a_round_is_cancelled_with_a_reason() -> None:
    world = talks.opened()
    draft = rounds.draft_round(by=world.cast.editor, process=world.process, texts=talks.TEXTS)
    host = at_desk(world.cast.director)
    here = f"/talks/stonebridge/rounds/{draft.number}/"
    assert "cancelled" in told(host, f"{here}cancel/", {"why": "Another text comes."})
    assert Round.objects.get(pk=draft.pk).state == "cancelled"


def test_the_front_page_and_the_menu_say_what_waits_for_the_host() -> None:
    world = talks.opened()
    talks.agreed(world)
    front = page(at_desk(world.cast.director), "/")
    assert "Round 2 of The Stonebridge talks" in front
    assert "All have signed." in front
    assert "All have signed." not in page(at_desk(world.cast.stranger), "/")
