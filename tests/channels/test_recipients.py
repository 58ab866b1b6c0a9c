"""Subscribers: asked by a letter, confirmed by a press, changed, left, erased; by the public pages."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from tests.cast import Cast
from tests.channels.help import plan
from tests.fakes.email import PASSWORD, Relay
from tests.fakes.webpush import PushService
from tests.lib.test_dsn import returned

from dragoman.audit.models import Event
from dragoman.base import clock, limits
from dragoman.channels import actions
from dragoman.channels.actions import copies, letters, recipients
from dragoman.channels.actions.common import WORKER
from dragoman.channels.models import Channel, Copy, Mailing, Recipient
from dragoman.channels.queries import recipients as reads
from dragoman.config import reception_settings
from dragoman.lib.problems import Invalid, NotAllowed

pytestmark = pytest.mark.django_db


@pytest.fixture
def relay() -> Iterator[Relay]:
    with Relay().running() as running:
        yield running


@pytest.fixture
def public(settings: Any) -> Client:
    settings.ROOT_URLCONF = reception_settings.ROOT_URLCONF
    settings.MIDDLEWARE = reception_settings.MIDDLEWARE
    settings.TEMPLATES = reception_settings.TEMPLATES
    limits.forget()
    return Client()


def mail_list(cast: Cast, relay: Relay, slug: str = "statements", **more: Any) -> Channel:
    values = {**relay.settings(), "password": PASSWORD}
    return actions.create_channel(
        by=cast.admin,
        mission=cast.capital,
        kind="email",
        slug=slug,
        label="Statements",
        values=values,
        **more,
    )


def ask(public: Client, address: str, lang: str = "en", **more: Any) -> Any:
    given = {"list": "statements", "address": address, "language": "", "lang": lang, **more}
    return public.post("/subscribe/ask/", given)


def send_letters() -> None:
    for pk in Recipient.objects.filter(letter_at__lte=clock.now()).values_list("pk", flat=True):
        letters.send_letter(by=WORKER, recipient_id=pk)


def link(relay: Relay, place: str) -> str:
    """The path of the newest mail's link."""
    part = relay.got[-1].message.get_body(("plain",))
    assert part is not None
    found = re.findall(rf"https?://[^\s/]+(/subscribe/{place}/\S+)", part.get_content())
    assert found
    return str(found[-1])


def join(public: Client, relay: Relay, address: str, **more: Any) -> Recipient:
    """The whole way in."""
    limits.forget()
    ask(public, address, **more)
    send_letters()
    assert public.post(link(relay, "yes")).status_code == 200
    return Recipient.objects.order_by("-confirmed_at").filter(state="confirmed")[0]


def test_who_asks_and_presses_the_button_of_the_letter_receives_what_is_released(
    cast: Cast, relay: Relay, public: Client
) -> None:
    channel = mail_list(cast, relay)
    assert "By e-mail" in public.get("/subscribe/").content.decode()
    answer = ask(public, "Reader@Example.ORG", language="en")
    assert (answer.status_code, answer["Location"]) == (303, "/subscribe/asked/?lang=en")
    assert "Look into your mailbox" in public.get(answer["Location"]).content.decode()
    send_letters()
    (letter,) = relay.got
    assert letter.recipient == "Reader@example.org"
    assert letter.message["Subject"] == "Please confirm: statements of Ministry of Foreign Affairs"
    assert letter.message["List-Unsubscribe"] is None
    page = public.get(link(relay, "yes"))
    assert "Yes, send them" in page.content.decode()
    assert Recipient.objects.get().state == "asked"  # a program that opens links confirms nothing
    assert "Confirmed" in public.post(link(relay, "yes")).content.decode()
    recipient = Recipient.objects.get()
    assert (recipient.state, recipient.lang) == ("confirmed", "en")
    delivery = plan(cast, channel)
    actions.deliver(by=WORKER, delivery_id=delivery.pk)
    copies.start_copies(by=WORKER, delivery_id=delivery.pk)
    mailing = Mailing.objects.get()
    assert copies.send_copies(by=WORKER, mailing_id=mailing.pk) == "ended"
    assert [got.recipient for got in relay.got] == ["Reader@example.org"] * 2
    copy = relay.got[-1].message
    assert copy["Subject"] == "How the five days are counted"
    # one click in the mail program, and they are out
    out = re.sub(r"^<https?://[^/]+|>$", "", str(copy["List-Unsubscribe"]))
    assert public.get(out).status_code == 302
    recipient.refresh_from_db()
    assert recipient.state == "confirmed"
    for _ in range(2):
        answer = public.post(
            out, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded"
        )
        assert answer.status_code == 200
    recipient.refresh_from_db()
    assert (recipient.state, recipient.sealed) == ("left", "")


def test_known_and_unknown_addresses_get_the_same_answer(cast: Cast, relay: Relay, public: Client) -> None:
    mail_list(cast, relay)
    join(public, relay, "known@x.org")
    with time_machine.travel(clock.now() + timedelta(hours=1), tick=True):
        limits.forget()
        known, unknown = ask(public, "known@x.org"), ask(public, "unknown@x.org")
        assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
        send_letters()
    subjects = {got.recipient: str(got.message["Subject"]) for got in relay.got}
    assert subjects["known@x.org"].startswith("You already receive")
    assert subjects["unknown@x.org"].startswith("Please confirm")
    assert Recipient.objects.filter(state="confirmed").count() == 1


def test_a_stranger_cannot_change_what_somebody_receives(cast: Cast, relay: Relay, public: Client) -> None:
    mail_list(cast, relay)
    mine = join(public, relay, "mine@x.org", language="fr")
    with time_machine.travel(clock.now() + timedelta(hours=1), tick=True):
        ask(public, "mine@x.org", language="ru")
    mine.refresh_from_db()
    assert (mine.state, mine.lang) == ("confirmed", "fr")


def test_one_address_gets_few_letters_however_often_it_is_asked_for(
    cast: Cast, relay: Relay, public: Client
) -> None:
    mail_list(cast, relay)
    now = clock.now()
    for minutes in range(0, 24 * 60, 3):
        with time_machine.travel(now + timedelta(minutes=minutes), tick=True):
            limits.forget()
            ask(public, "victim@x.org")
            send_letters()
    assert relay.received("victim@x.org") == recipients.MOST_LETTERS


def test_one_visitor_cannot_ask_for_many(cast: Cast, relay: Relay, public: Client) -> None:
    mail_list(cast, relay)
    answers = [ask(public, f"v{number}@x.org").status_code for number in range(8)]
    assert answers == [303] * 6 + [429] * 2


def test_a_program_that_fills_in_every_field_is_thanked_and_forgotten(
    cast: Cast, relay: Relay, public: Client
) -> None:
    mail_list(cast, relay)
    assert ask(public, "robot@x.org", website="http://spam.example").status_code == 303
    assert Recipient.objects.count() == 0


@pytest.mark.parametrize(
    "address",
    ["", "nobody", "a@b", "a b@x.org", "a@x.org\nBcc: all@x.org", "a@@x.org", '"a"@x.org', "a@1.2.3.4"],
)
def test_what_is_no_address_is_said_to_be_none(
    cast: Cast, relay: Relay, public: Client, address: str
) -> None:
    mail_list(cast, relay)
    answer = ask(public, address)
    assert answer.status_code == 422
    assert "This is not an e-mail address" in answer.content.decode()
    assert Recipient.objects.count() == 0


def test_a_language_that_is_not_offered_is_refused(cast: Cast, relay: Relay, public: Client) -> None:
    mail_list(cast, relay, languages=["en", "fr"])
    assert ask(public, "a@x.org", language="zh").status_code == 422


def test_the_letters_link_ends_after_48_hours_and_with_a_newer_letter(
    cast: Cast, relay: Relay, public: Client
) -> None:
    mail_list(cast, relay)
    ask(public, "a@x.org")
    send_letters()
    first = link(relay, "yes")
    with time_machine.travel(clock.now() + timedelta(hours=49), tick=True):
        assert public.post(first).status_code == 409
        limits.forget()
        ask(public, "a@x.org")
        send_letters()
        assert public.post(first).status_code == 404
        assert public.post(link(relay, "yes")).status_code == 200


@pytest.mark.parametrize("token", ["x", "A" * 43, "é" * 43, "../../etc/passwd"])
@pytest.mark.parametrize("place", ["yes", "mine", "leave", "out"])
def test_a_made_up_link_leads_nowhere(public: Client, place: str, token: str) -> None:
    assert public.post(f"/subscribe/{place}/{token}/").status_code == 404


def test_a_link_for_one_deed_is_good_for_no_other(cast: Cast, relay: Relay, public: Client) -> None:
    mail_list(cast, relay)
    recipient = join(public, relay, "a@x.org")
    token = reads.confirm_token(recipient)
    assert public.post(f"/subscribe/out/{token}/").status_code == 404
    recipient.refresh_from_db()
    assert recipient.state == "confirmed"


def test_wishes_are_changed_on_ones_own_page_and_kept(cast: Cast, relay: Relay, public: Client) -> None:
    mail_list(cast, relay)
    recipient = join(public, relay, "a@x.org")
    mine = reads.leave_url(recipient).partition("/subscribe")
    page = "/subscribe" + mine[2]
    assert "What you receive" in public.get(page).content.decode()
    answer = public.post(page, {"language": "fr", "topics": ["visas", "forged"], "lang": "en"})
    assert "Saved." in answer.content.decode()
    recipient.refresh_from_db()
    assert (recipient.lang, recipient.topics) == ("fr", ["visas"])
    assert "You have left" in public.post(page.replace("/mine/", "/leave/")).content.decode()
    assert "You have left" in public.get(page).content.decode()


@pytest.mark.parametrize(
    ("lang", "turn", "title"),
    [
        ("en", "ltr", "Receive statements"),
        ("fr", "ltr", "Recevoir les déclarations"),
        ("ru", "ltr", "Получать заявления"),
        ("ar", "rtl", "تلقّي البيانات"),
        ("zh", "ltr", "接收声明"),
    ],
)
def test_the_page_speaks_the_readers_language(
    cast: Cast, relay: Relay, public: Client, lang: str, turn: str, title: str
) -> None:
    mail_list(cast, relay)
    html = public.get(f"/subscribe/?lang={lang}").content.decode()
    assert f'<html lang="{lang}" dir="{turn}">' in html
    assert f"<h1>{title}</h1>" in html


def test_a_language_without_words_here_is_told_so_in_english(
    cast: Cast, relay: Relay, public: Client
) -> None:
    mail_list(cast, relay)
    html = public.get("/subscribe/?lang=pl").content.decode()
    assert '<html lang="pl"' in html
    assert 'class="narrow subscribe" lang="en" dir="ltr"' in html
    assert "not yet translated" in html


def test_the_letter_is_in_the_language_of_the_page(cast: Cast, relay: Relay, public: Client) -> None:
    mail_list(cast, relay)
    ask(public, "a@x.org", lang="ar")
    send_letters()
    message = relay.got[-1].message
    assert message["Content-Language"] == "ar"
    assert str(message["Subject"]).startswith("يرجى التأكيد")
    html = message.get_body(("html",))
    assert html is not None
    assert 'dir="rtl"' in html.get_content()


def test_a_letter_that_the_relay_puts_off_is_sent_later_and_a_refused_one_is_not(
    cast: Cast, relay: Relay, public: Client
) -> None:
    mail_list(cast, relay)
    relay.will("rcpt-451")
    ask(public, "a@x.org")
    send_letters()
    assert relay.got == []
    row = Recipient.objects.get()
    assert row.letter_at is not None
    with time_machine.travel(row.letter_at + timedelta(seconds=1), tick=True):
        assert reads.oldest_letter() is not None
        assert copies.sweep_copies(by=WORKER, grace=timedelta()) == 1
        send_letters()
    assert relay.received("a@x.org") == 1
    relay.mailboxes["no@x.org"] = "unknown"
    ask(public, "no@x.org")
    send_letters()
    assert Recipient.objects.filter(state="gone", sealed="").count() == 1


def test_those_who_never_answer_and_those_who_left_are_forgotten_on_a_clock(
    cast: Cast, relay: Relay, public: Client
) -> None:
    mail_list(cast, relay)
    stays, goes = join(public, relay, "stays@x.org"), join(public, relay, "goes@x.org")
    recipients.leave(by=WORKER, recipient=goes)
    limits.forget()
    ask(public, "silent@x.org")
    with time_machine.travel(clock.now() + timedelta(days=2), tick=True):
        assert recipients.purge_recipients(by=WORKER) == 0
    with time_machine.travel(clock.now() + timedelta(days=4), tick=True):
        assert recipients.purge_recipients(by=WORKER) == 1
    with time_machine.travel(clock.now() + timedelta(days=31), tick=True):
        assert recipients.purge_recipients(by=WORKER) == 1
    assert list(Recipient.objects.values_list("pk", flat=True)) == [stays.pk]


def test_an_administrator_can_find_one_address_erase_it_and_import_with_proof(
    cast: Cast, relay: Relay, public: Client
) -> None:
    channel = mail_list(cast, relay)
    recipient = join(public, relay, "a@x.org")
    assert reads.by_identity(channel, "a@x.org") == recipient
    assert reads.by_identity(channel, "b@x.org") is None
    with pytest.raises(NotAllowed):
        recipients.erase_recipient(by=cast.editor, recipient=recipient, why="Letter of 3 May")
    with pytest.raises(Invalid):
        recipients.erase_recipient(by=cast.admin, recipient=recipient, why="")
    recipients.erase_recipient(by=cast.admin, recipient=recipient, why="Letter of 3 May")
    assert reads.by_identity(channel, "a@x.org") is None
    people = [("c@x.org", "en", ["visas"]), ("d@x.org", "", []), ("c@x.org", "fr", [])]
    with pytest.raises(Invalid):
        recipients.import_recipients(by=cast.admin, channel=channel, people=people, basis="yes")
    basis = "Double opt-in on the old site in 2025, register kept by the press service"
    assert recipients.import_recipients(by=cast.admin, channel=channel, people=people, basis=basis) == 2
    assert recipients.import_recipients(by=cast.admin, channel=channel, people=people, basis=basis) == 0
    told = repr(list(Event.objects.values()))
    assert "a@x.org" not in told
    assert "Double opt-in on the old site" in told


def test_the_address_is_nowhere_in_the_rows(cast: Cast, relay: Relay, public: Client) -> None:
    mail_list(cast, relay)
    join(public, relay, "quite.secret@x.org")
    assert "quite.secret" not in repr([*Recipient.objects.values(), *Event.objects.values()])


def test_a_browser_says_yes_receives_a_notice_and_says_no(
    cast: Cast, public: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.conf import settings

    monkeypatch.setattr(settings.DRAGOMAN, "allow_loopback", True)
    with PushService().running() as service:
        channel = actions.create_channel(
            by=cast.admin,
            mission=cast.capital,
            kind="webpush",
            slug="notices",
            label="Notices",
            values={"contact": "mailto:web@mfa.example", "vapid_key": service.key, "topics": ""},
        )
        assert "Turn notices on" in public.get("/subscribe/").content.decode()
        ann, bob = service.browser("ann"), service.browser("bob")
        tokens = []
        for browser in (ann, bob, bob):
            given = {"list": "notices", "subscription": browser.subscription, "language": "en", "topics": []}
            answer = public.post("/subscribe/browser/", json.dumps(given), content_type="application/json")
            assert answer.status_code == 201
            tokens.append(answer.json()["token"])
        assert Recipient.objects.count() == 2
        assert public.post(f"/subscribe/out/{tokens[0]}/").status_code == 200
        delivery = plan(cast, channel, urgent=True)
        actions.deliver(by=WORKER, delivery_id=delivery.pk)
        copies.start_copies(by=WORKER, delivery_id=delivery.pk)
        assert copies.send_copies(by=WORKER, mailing_id=Mailing.objects.get().pk) == "ended"
        assert (len(ann.notices), len(bob.notices)) == (0, 1)
        assert bob.notices[0]["title"] == "How the five days are counted"
        assert service.headers[0]["urgency"] == "high"
        assert Copy.objects.get().remote_id.startswith(service.url)


@pytest.mark.parametrize(
    "subscription",
    [
        {},
        {"endpoint": 1, "keys": {}},
        {"endpoint": "https://push.example/x", "keys": {"p256dh": "x", "auth": "y"}},
        {"endpoint": "http://push.example/x", "keys": {"p256dh": "B" + "A" * 86, "auth": "A" * 22}},
        {"endpoint": "https://a:b@push.example/x", "keys": {"p256dh": "B" + "A" * 86, "auth": "A" * 22}},
        {"endpoint": "javascript:alert(1)", "keys": {"p256dh": "B" + "A" * 86, "auth": "A" * 22}},
    ],
)
def test_a_malformed_subscription_is_refused(cast: Cast, public: Client, subscription: Any) -> None:
    actions.create_channel(
        by=cast.admin,
        mission=cast.capital,
        kind="webpush",
        slug="notices",
        label="Notices",
        values={"contact": "mailto:web@mfa.example"},
    )
    given = {"list": "notices", "subscription": subscription}
    answer = public.post("/subscribe/browser/", json.dumps(given), content_type="application/json")
    assert answer.status_code == 422
    for rubbish in ("[]", "{", "null", "1" * 20_000):
        assert public.post("/subscribe/browser/", rubbish, content_type="application/json").status_code == 422
    assert Recipient.objects.count() == 0


def test_the_scripts_lie_where_their_scope_reaches_the_page(public: Client) -> None:
    for name in ("worker.js", "push.js"):
        answer = public.get(f"/subscribe/{name}")
        assert answer["Content-Type"] == "text/javascript; charset=utf-8"
    assert public.get("/subscribe/subscribe.css")["Content-Type"] == "text/css; charset=utf-8"


def test_nothing_to_subscribe_to_is_said_plainly(public: Client, cast: Cast) -> None:
    assert "Nothing can be subscribed to yet" in public.get("/subscribe/").content.decode()


def test_mail_that_came_back_ends_the_subscription_and_a_forged_one_does_not(
    cast: Cast, relay: Relay, public: Client
) -> None:
    mail_list(cast, relay)
    ann, bob = join(public, relay, "ann@x.org"), join(public, relay, "bob@x.org")
    tags = {one.pk: reads.pepper().tag(reads.BOUNCE, one.ref) for one in (ann, bob)}

    def came_back(tag: str, status: str) -> str:
        return recipients.take_returned_mail(
            by=WORKER, raw=returned(status, to=f"returned+{tag}@mfa.example")
        )

    assert "not a returned mail of ours" in came_back("a" * 42, "5.1.1")
    assert came_back(tags[ann.pk], "4.4.7").endswith("confirmed")
    assert came_back(tags[ann.pk], "5.1.1").endswith("gone")
    assert came_back(tags[bob.pk], "5.7.1").endswith("confirmed")
    assert came_back(tags[bob.pk], "5.7.1").endswith("confirmed")
    assert came_back(tags[bob.pk], "5.7.1").endswith("gone")
    assert set(Recipient.objects.values_list("state", "sealed")) == {("gone", "")}
