"""Every deed of a party by its form: what is done, what is refused, and the receipt for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from tests.negotiations.rules.cast import Authenticator
from tests.negotiations.table.browsing import browser, enrolled, made, used
from tests.negotiations.table.world import SITE, Chair, World, sign

from dragoman.base import clock
from dragoman.lib.tlog.note import SignerKey
from dragoman.negotiations.actions import processes, rounds
from dragoman.negotiations.models import Answer, Ask, Objection, Party, PartyKey, Receipt, Round, Spokesperson
from dragoman.negotiations.rules import orders, signing, timing
from dragoman.record import keys as record_keys

Sit = Callable[..., Client]
TALKS = "/table/talks/stonebridge/"
DEVICE = Authenticator(secret=31, rp_id="localhost", origin=SITE)
LANGUAGES = ["en", "fr", "ar", "ru"]
COMMITS = pytest.mark.django_db(transaction=True)  # the record is written outside of transactions


@pytest.fixture
def hill(world: World) -> Client:
    """A second person of Northland, with a passkey, at the table."""
    _, code = processes.invite(by=world.cast.director, party=world.north.party, name="A. Hill")
    client = browser()
    assert enrolled(client, code, DEVICE).status_code == 303
    return client


def where(about: Round, rest: str = "") -> str:
    return f"{TALKS}rounds/{about.number}/{rest}"


def page_of(client: Client, about: Round) -> str:
    return client.get(where(about)).content.decode()


def line_of(chair: Chair, about: Round) -> str:
    return signing.sign_ed25519(about.body.encode(), chair.own)


def deeds(party: Party) -> list[str]:
    return list(Receipt.objects.filter(party=party).order_by("number").values_list("deed", flat=True))


# ------------------------------------------------------------------------------------------------ consent


def test_a_passkey_consents_and_its_bytes_are_kept(world: World, hill: Client) -> None:
    about = world.put()
    form = used(DEVICE, page_of(hill, about), read=LANGUAGES)
    answer = hill.post(where(about, "consent"), form)
    assert answer.headers["Location"] == f"{where(about)}?done=consent"
    kept = Answer.objects.get(round=about)
    assert (kept.kind, kept.key and kept.key.kind) == ("consent", "webauthn")
    assert kept.raw == {name: form[name] for name in kept.raw}
    assert set(kept.raw) == {"credential", "client_data", "authenticator_data", "signature"}
    page = hill.get(answer.headers["Location"]).content.decode()
    assert "Your consent is taken." in page
    assert "Take my consent back" in page
    assert deeds(world.north.party)[-1] == "consent"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"flags": 0x01}, "no-user-verification"),
        ({"flags": 0x00}, "no-user-presence"),
        ({"rp_id": "evil.example"}, "wrong-rp"),
        ({"origin": "https://evil.example"}, "wrong-origin"),
        ({"secret": 32}, "wrong-signature"),
    ],
)
def test_a_false_passkey_consents_to_nothing(
    world: World, hill: Client, wrong: dict[str, Any], code: str
) -> None:
    about = world.put()
    device = replace(DEVICE, **wrong)
    answer = hill.post(where(about, "consent"), used(device, page_of(hill, about), read=LANGUAGES))
    assert (answer.status_code, answer.context["error"].code) == (422, code)
    assert not Answer.objects.exists()
    assert deeds(world.north.party)[-1] == "enrol a key"


@COMMITS
def test_an_assertion_for_another_round_is_no_consent_to_this_one(world: World, hill: Client) -> None:
    world.open()
    first, second = world.joint("opening"), world.joint("river")
    form = used(DEVICE, page_of(hill, first), read=LANGUAGES)
    assert hill.post(where(second, "consent"), form).context["error"].code == "another-round"
    assert hill.post(where(first, "consent"), form).status_code == 303
    assert not Answer.objects.filter(round=second).exists()


def test_a_passkey_of_the_other_party_is_none_of_ours(world: World, hill: Client, sit: Sit) -> None:
    about = world.put()
    form = used(DEVICE, page_of(hill, about), read=LANGUAGES)
    answer = sit(world.east).post(where(about, "consent"), form)
    assert answer.context["error"].code == "unknown-key"


def test_every_language_must_be_read(world: World, sit: Sit) -> None:
    about = world.put()
    client = sit(world.north)
    answer = client.post(
        where(about, "consent"), {"way": "line", "line": line_of(world.north, about), "read": ["en", "fr"]}
    )
    assert answer.context["error"].code == "not-read"
    page = answer.content.decode()
    assert 'value="en" form="own" required checked' in page
    assert 'value="ar" form="own" required>' in page
    assert line_of(world.north, about).strip().split()[-1] in page, "what was pasted is not lost"


@pytest.mark.parametrize("shape", ["line", "note", "file", "windows"])
def test_an_own_key_consents_in_every_shape_that_it_comes_in(world: World, sit: Sit, shape: str) -> None:
    about = world.put()
    line = line_of(world.north, about)
    note = f"{about.body}\n{line}"
    given: dict[str, Any] = {"way": "line", "read_all": "1", "line": ""}
    if shape == "file":
        from django.core.files.uploadedfile import SimpleUploadedFile

        given["file"] = SimpleUploadedFile("signed.txt", note.encode())
    else:
        given["line"] = {"line": line, "note": note, "windows": note.replace("\n", "\r\n")}[shape]
    assert sit(world.north).post(where(about, "consent"), given).status_code == 303
    assert Answer.objects.get(round=about).line.strip() == line.strip()


@pytest.mark.parametrize("given", ["", " \n", "nonsense", "— northland.stonebridge AAAA", "x" * 70_000])
def test_what_is_no_signature_is_refused(world: World, sit: Sit, given: str) -> None:
    about = world.put()
    answer = sit(world.north).post(where(about, "consent"), {"way": "line", "read_all": "1", "line": given})
    assert answer.status_code == 422
    assert not Answer.objects.exists()


def test_a_signature_of_the_other_party_is_refused(world: World, sit: Sit) -> None:
    about = world.put()
    given = {"way": "line", "read_all": "1", "line": line_of(world.east, about)}
    assert sit(world.north).post(where(about, "consent"), given).status_code in (403, 422)
    assert not Answer.objects.exists()


def test_a_key_that_no_keyring_names_signs_nothing(world: World, sit: Sit) -> None:
    about = world.put()
    own = SignerKey("northland.stonebridge", b"\x62" * 32)
    client = sit(world.north)
    assert client.post(f"{TALKS}keys/", {"way": "key", "key": str(own.verifier)}).status_code == 303
    line = signing.sign_ed25519(about.body.encode(), own)
    answer = client.post(where(about, "consent"), {"way": "line", "read_all": "1", "line": line})
    assert answer.status_code in (403, 422)
    assert not Answer.objects.exists()


def test_who_has_no_key_in_the_keyring_is_told_so(world: World, sit: Sit) -> None:
    about = world.put()
    PartyKey.objects.filter(party=world.north.party).update(removed_at=clock.now())
    page = page_of(sit(world.north), about)
    assert "No key of yours is in the keyring" in page
    assert 'name="read"' not in page


def test_after_the_time_nothing_is_answered(world: World, sit: Sit) -> None:
    about = world.put()
    client = sit(world.north)
    Round.objects.filter(pk=about.pk).update(closes_at=clock.now() - timedelta(seconds=1))
    given = {"way": "line", "read_all": "1", "line": line_of(world.north, about)}
    assert client.post(where(about, "consent"), given).status_code == 409
    assert client.get(where(about, "decline/")).status_code == 409


# ------------------------------------------------------------------------------------- decline, take back


@COMMITS
def test_a_party_declines_with_reasons_words_and_what_it_would_sign(world: World, sit: Sit) -> None:
    world.open()
    about = world.joint()
    client = sit(world.north)
    text = about.texts.get(lang="en")
    form = {
        "reason": ["order", "wording", "nonsense"],
        "words": "The order.\r\nSee below.",
        "title-en": text.title,
        "summary-en": text.summary,
        "body-en": text.body.replace("set up", "created"),
    }
    for lang in ("fr", "ar", "ru"):
        other = about.texts.get(lang=lang)
        form |= {f"title-{lang}": other.title, f"summary-{lang}": other.summary, f"body-{lang}": other.body}
    answer = client.post(where(about, "decline/"), form)
    assert answer.headers["Location"] == f"{where(about)}?done=decline"
    kept = Answer.objects.get(round=about)
    assert kept.kind == "decline"
    assert kept.words == "[wording] [order]\nThe order.\nSee below."
    assert list(kept.counter) == ["en"]
    sign(world.east, about)
    shown = sit(world.east).get(where(about)).content.decode()
    assert "a wording; the order of naming" in shown
    assert "<del>set up</del>" in shown
    assert "<ins>created</ins>" in shown


def test_a_party_declines_without_words(world: World, sit: Sit) -> None:
    about = world.put()
    assert sit(world.north).post(where(about, "decline/"), {}).status_code == 303
    assert Answer.objects.get(round=about).words == "[none]"
    assert "without words" in page_of(sit(world.north), about)


def test_a_decline_that_cannot_be_taken_loses_no_word(world: World, sit: Sit) -> None:
    about = world.put()
    answer = sit(world.north).post(where(about, "decline/"), {"reason": ["time"], "words": "w" * 9_000})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "w" * 9_000 in page
    assert 'value="time" checked' in page


def test_a_signed_decline_is_kept_with_its_signature(world: World, sit: Sit) -> None:
    about = world.put()
    order = orders.Order(
        kind="decline",
        origin=record_keys.origin(),
        process="stonebridge",
        party="northland",
        at=timing.stamp(clock.now()),
        round=about.number,
        digest=about.digest,
        words="Not so.",
    )
    note = orders.assemble(order, [signing.sign_ed25519(orders.dump(order), world.north.own)]).decode()
    answer = sit(world.north).post(where(about, "decline/"), {"way": "order", "order": note})
    assert answer.status_code == 303
    kept = Answer.objects.get(round=about)
    assert (kept.kind, kept.words, kept.line) == ("decline", "Not so.", note)
    wrong = replace(order, round=about.number + 1)
    note = orders.assemble(wrong, [signing.sign_ed25519(orders.dump(wrong), world.north.own)]).decode()
    answer = sit(world.north).post(where(about, "decline/"), {"way": "order", "order": note})
    assert answer.status_code in (409, 422)


def test_a_consent_is_taken_back(world: World, sit: Sit) -> None:
    about = world.put()
    sign(world.north, about)
    client = sit(world.north)
    assert client.post(where(about, "withdraw")).status_code == 303
    assert Answer.objects.get(round=about).withdrawn_at is not None
    assert deeds(world.north.party)[-1] == "take the consent back"
    assert client.post(where(about, "withdraw")).status_code == 409, "there is none any more"
    page = page_of(client, about)
    assert "Take my consent back" not in page
    assert "Hand in the signature" in page


# -------------------------------------------------------------------------------------- notices, pulse


@COMMITS
def test_a_notice_is_objected_to(world: World, sit: Sit) -> None:
    world.open()
    made_ = rounds.draft_notice(
        by=world.cast.director, process=world.process, facts=[("meeting", {"date": "2026-12-14"})]
    )
    about = rounds.open_round(by=world.cast.director, round=made_)
    client = sit(world.north)
    page = page_of(client, about)
    assert "Object to this notice" in page
    assert "Sign with passkey" not in page
    assert client.post(where(about, "object"), {"words": "Too early."}).status_code == 303
    assert Objection.objects.get(round=about).words == "Too early."
    assert "Too early." in page_of(client, about)
    assert "Too early." not in page_of(sit(world.east), about)
    assert client.post(where(about, "consent"), {"read_all": "1", "line": "x"}).status_code in (409, 422)


@COMMITS
def test_where_the_protocol_says_always_nobody_holds_the_pulse(world: World, sit: Sit) -> None:
    world.open()
    client = sit(world.north)
    assert "Hold it back" not in client.get(TALKS).content.decode()
    assert client.post(f"{TALKS}pulse", {"hold": "1"}).status_code == 409


# ----------------------------------------------------------------------------------- keys, freeze, leave


def test_a_second_passkey_is_added_and_taken_back(world: World, hill: Client) -> None:
    own = SignerKey("northland.stonebridge", b"\x63" * 32)
    assert hill.post(f"{TALKS}keys/", {"way": "key", "key": str(own.verifier)}).status_code == 303
    page = hill.get(f"{TALKS}keys/?done=added").content.decode()
    assert "The key is added." in page
    assert "enrolled, not in a keyring yet" in page
    key = PartyKey.objects.get(vkey=str(own.verifier))
    assert hill.post(f"{TALKS}keys/", {"drop": str(key.pk)}).status_code == 303
    assert str(own.verifier) not in hill.get(f"{TALKS}keys/").content.decode()


def test_a_key_of_the_other_party_cannot_be_taken_back(world: World, hill: Client) -> None:
    theirs = PartyKey.objects.get(party=world.east.party)
    assert hill.post(f"{TALKS}keys/", {"drop": str(theirs.pk)}).status_code == 404
    assert hill.post(f"{TALKS}keys/", {"drop": "x"}).status_code == 404


def test_the_same_passkey_is_not_added_twice(world: World, hill: Client) -> None:
    answer = hill.post(f"{TALKS}keys/", made(DEVICE, hill.get(f"{TALKS}keys/").content.decode()))
    assert answer.status_code == 409


def freeze_order(chair: Chair, **changes: Any) -> str:
    order = orders.Order(
        kind="freeze",
        origin=record_keys.origin(),
        process=chair.party.process.ref,
        party=chair.party.name,
        at=timing.stamp(clock.now()),
        nonce="once",
    )
    order = replace(order, **changes)
    return orders.assemble(order, [signing.sign_ed25519(orders.dump(order), chair.own)]).decode()


@COMMITS
def test_a_party_freezes_its_account_without_a_seat(world: World, hill: Client) -> None:
    world.open()
    about = world.joint()
    assert (
        hill.post(where(about, "consent"), used(DEVICE, page_of(hill, about), read=LANGUAGES)).status_code
        == 303
    )
    answer = browser().post("/table/freeze/", {"order": freeze_order(world.north)})
    assert answer.status_code == 200
    assert "are frozen" in answer.content.decode()
    assert hill.get(TALKS).status_code == 302, "the seat of whoever had the device is gone"
    assert Answer.objects.get(round=about).withdrawn_at is not None
    form = used(DEVICE, browser().get("/table/").content.decode())
    assert browser().post("/table/sign-in/passkey", form).status_code == 403


@pytest.mark.parametrize("changes", [{"process": "harbour"}, {"party": "eastmark"}, {"kind": "leave"}])
def test_an_order_about_another_freezes_nobody(world: World, changes: dict[str, Any]) -> None:
    world.put()
    answer = browser().post("/table/freeze/", {"order": freeze_order(world.north, **changes)})
    assert answer.status_code in (404, 422)
    assert not Party.objects.filter(state="frozen").exists()


def test_whether_a_party_is_there_a_freeze_order_does_not_tell(world: World) -> None:
    stranger = SignerKey("northland.stonebridge", b"\x77" * 32)
    there = freeze_order(replace(world.north, own=stranger))
    nowhere = freeze_order(replace(world.north, own=stranger), process="nowhere")
    one, two = (browser().post("/table/freeze/", {"order": order}) for order in (there, nowhere))
    assert one.status_code == two.status_code
    assert one.context["error"].detail == two.context["error"].detail


@COMMITS
def test_a_party_leaves_with_its_own_signature(world: World, hill: Client) -> None:
    world.open()
    page = hill.get(f"{TALKS}leave/").content.decode()
    form = used(DEVICE, page)
    assert hill.post(f"{TALKS}leave/", form).status_code == 422, "not said to be sure"
    form = used(DEVICE, hill.get(f"{TALKS}leave/").content.decode(), sure="1")
    assert hill.post(f"{TALKS}leave/", form).headers["Location"] == "/table/"
    assert Party.objects.get(pk=world.north.party.pk).state == "left"
    assert hill.get(TALKS).status_code == 302


@COMMITS
def test_a_stolen_seat_is_not_enough_to_leave(world: World, sit: Sit) -> None:
    world.open()
    client = sit(world.north)
    for form in ({"sure": "1"}, {"sure": "1", "way": "order", "order": freeze_order(world.north)}):
        assert client.post(f"{TALKS}leave/", form).status_code == 422
    assert Party.objects.get(pk=world.north.party.pk).state == "active"


# ----------------------------------------------------------------------------------------------- receipts


def test_receipts_are_kept_and_each_names_the_one_before(world: World, sit: Sit) -> None:
    import hashlib

    about = world.put()
    sign(world.north, about)
    client = sit(world.north)
    first, second = (client.get(f"{TALKS}receipts/{number}.txt").content for number in (1, 2))
    assert hashlib.sha256(first).hexdigest() in second.decode()
    every = client.get(f"{TALKS}receipts/all.txt").content
    assert first in every
    assert second in every
    assert client.get(f"{TALKS}receipts/3.txt").status_code == 404


@COMMITS
def test_a_correction_of_what_is_not_released_is_not_asked(world: World, sit: Sit) -> None:
    world.open()
    client = sit(world.north)
    assert "No joint text is released yet." in client.get(f"{TALKS}corrections/").content.decode()
    for about in ("", "x/1", "2026-abcdef/99999999", "/"):
        answer = client.post(f"{TALKS}corrections/", {"about": about, "words": "Wrong."})
        assert answer.status_code in (404, 409, 422), about
    assert not Ask.objects.exists()


@COMMITS
def test_a_correction_of_a_released_text_is_asked_and_taken_back(world: World, sit: Sit) -> None:
    world.open()
    about = world.joint()
    Round.objects.filter(pk=about.pk).update(state="released", released_at=clock.now())
    client = sit(world.north)
    page = client.get(f"{TALKS}corrections/").content.decode()
    assert f'value="{about.statement}/1"' in page
    form = {"about": f"{about.statement}/1", "words": "The hour is wrong."}
    assert client.post(f"{TALKS}corrections/", form).status_code == 303
    ask = Ask.objects.get()
    assert "The hour is wrong." in client.get(f"{TALKS}corrections/").content.decode()
    assert "The hour" not in sit(world.east).get(f"{TALKS}corrections/").content.decode()
    assert sit(world.east).post(f"{TALKS}corrections/", {"take_back": str(ask.pk)}).status_code == 404
    assert client.post(f"{TALKS}corrections/", {"take_back": str(ask.pk)}).status_code == 303
    ask.refresh_from_db()
    assert ask.state == "taken_back"


def test_the_files_to_take_home_are_the_very_bytes(world: World, sit: Sit) -> None:
    from dragoman.negotiations.rules import roundfile

    about = world.put()
    client = sit(world.north)
    loaded = roundfile.load(client.get(where(about, "round.json")).content)
    assert loaded.body.round == about.number
    assert client.get(where(about, "body.txt")).content == about.body.encode()
    for lang, data in loaded.texts.items():
        assert client.get(where(about, f"text/{lang}")).content == data
    assert client.get(where(about, "text/xx")).status_code == 404


def test_whoever_speaks_for_the_party_sees_its_answer(world: World, hill: Client) -> None:
    about = world.put()
    sign(world.north, about)
    assert "Take my consent back" in page_of(hill, about)
    assert Spokesperson.objects.filter(party=world.north.party).count() == 2


def test_a_late_clock_changes_nothing_that_is_signed(world: World, sit: Sit) -> None:
    about = world.put()
    with time_machine.travel(clock.now() + timedelta(minutes=30)):
        assert f'pre dir="ltr">{about.body.splitlines()[0]}' in page_of(sit(world.north), about)
