"""The desk's pages of subscribers and copies."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.cast import Cast
from tests.channels import toy_list
from tests.channels.help import plan

from dragoman.channels import actions, registry
from dragoman.channels.actions import copies, recipients
from dragoman.channels.actions.common import WORKER
from dragoman.channels.connector import Refused
from dragoman.channels.models import Channel, Mailing, Recipient
from dragoman.channels.queries import recipients as reads

pytestmark = pytest.mark.django_db
PAGE = "/channels/at/list/subscribers/"


@pytest.fixture(autouse=True)
def toy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.KINDS, "list", "tests.channels.toy_list")
    toy_list.forget()


@pytest.fixture
def listed(cast: Cast) -> Channel:
    return actions.create_channel(
        by=cast.admin, mission=cast.capital, kind="list", slug="list", label="List", values={}
    )


@pytest.fixture
def admin(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.admin)
    return client


def add(channel: Channel, name: str, lang: str = "") -> Recipient:
    return recipients.add_recipient(
        by=WORKER, channel=channel, identity=name, address={"email": name}, lang=lang
    )


def test_subscribers_are_counted_and_none_is_shown(admin: Client, listed: Channel) -> None:
    add(listed, "one@x.org", "fr")
    add(listed, "two@x.org")
    html = admin.get(PAGE).content.decode()
    assert "Confirmed in the last 30 days: 2" in html
    assert "one@x.org" not in html


def test_one_address_is_found_when_it_is_typed_in_whole_and_can_be_erased(
    admin: Client, listed: Channel
) -> None:
    row = add(listed, "one@x.org", "fr")
    assert "is not on this list" in admin.post(PAGE, {"address": "one@x.or"}).content.decode()
    html = admin.post(PAGE, {"address": "One@X.org"}).content.decode()
    assert "Erase all that is known" in html
    assert str(row.ref) in html
    admin.post(f"{PAGE}erase/", {"ref": str(row.ref), "why": "Letter of 3 May"})
    assert Recipient.objects.count() == 0
    assert admin.post(f"{PAGE}erase/", {"ref": str(row.ref), "why": "again"}).status_code == 404
    assert admin.post(f"{PAGE}erase/", {"ref": "nonsense", "why": "again"}).status_code == 404


def test_a_list_with_proof_is_brought_in_and_a_faulty_one_is_refused_by_its_line(
    admin: Client, listed: Channel
) -> None:
    def bring(text: bytes, basis: str = "Confirmed on the old site, register of 2025") -> str:
        file = SimpleUploadedFile("list.csv", text, "text/csv")
        return admin.post(f"{PAGE}bring/", {"file": file, "basis": basis}, follow=True).content.decode()

    assert "2 of 2 were new" in bring(b"address,language,topics\na@x.org,fr,visas;culture\nb@x.org,,\n")
    assert "Line 3 of the file" in bring(b"address,language,topics\nc@x.org,,\nnonsense,,\n")
    assert "The first line must be" in bring(b"c@x.org\n")
    assert "not UTF-8" in bring(b"address\n\xff\xfe\n")
    assert "Say where and when" in bring(b"address,language,topics\nd@x.org,,\n", basis="yes")
    assert Recipient.objects.count() == 2


def test_a_file_that_is_no_sound_csv_is_refused_in_words(admin: Client, listed: Channel) -> None:
    for data in (b"address,language\n" + b"x" * 200_000 + b"@x.org,en\n", b"address\na@x.org\x00\n"):
        file = SimpleUploadedFile("list.csv", data, "text/csv")
        answer = admin.post(
            f"{PAGE}bring/", {"file": file, "basis": "Confirmed on the old site"}, follow=True
        )
        assert "Line 2 of the file" in answer.content.decode()
    assert not Recipient.objects.exists()


def test_only_an_administrator_finds_erases_and_brings_in(cast: Cast, listed: Channel) -> None:
    add(listed, "one@x.org")
    client = Client()
    client.force_login(cast.editor)
    html = client.post(PAGE, {"address": "one@x.org"}).content.decode()
    assert "Erase" not in html
    assert client.post(f"{PAGE}erase/", {}).status_code == 403
    assert client.post(f"{PAGE}bring/", {}).status_code == 403


def test_a_channel_without_recipients_has_no_such_page(admin: Client, cast: Cast) -> None:
    actions.create_channel(
        by=cast.admin, mission=cast.capital, kind="sandbox", slug="box", label="Box", values={"address": "ok"}
    )
    assert admin.get("/channels/at/box/subscribers/").status_code == 404


def test_copies_are_shown_and_decided_by_those_who_may_release(
    cast: Cast, listed: Channel, admin: Client
) -> None:
    add(listed, "one@x.org")
    add(listed, "two@x.org")
    delivery = plan(cast, listed)
    actions.deliver(by=WORKER, delivery_id=delivery.pk)
    page = f"/channels/deliveries/{delivery.pk}/copies/"
    assert admin.get(page).status_code == 404
    copies.start_copies(by=WORKER, delivery_id=delivery.pk)
    mailing = Mailing.objects.get()
    toy_list.WHOLE.append(Refused("The relay no longer knows us.", shown="Enter the password.", account=True))
    copies.send_copies(by=WORKER, mailing_id=mailing.pk)
    director = Client()
    director.force_login(cast.director)
    html = director.get(page).content.decode()
    assert "The relay no longer knows us. Enter the password." in html
    assert "send on" not in admin.get(page).content.decode()
    director.post(f"{page}resume/")
    mailing.refresh_from_db()
    assert mailing.state == "running"
    delivery.copies.update(state="unsure", next_at=None)
    assert "2 may have been received" in director.get(page).content.decode()
    assert admin.post(f"{page}decision/", {"answer": "again", "why": "x"}).status_code == 403
    director.post(f"{page}decision/", {"answer": "received", "why": "The relay's log"})
    assert reads.copy_counts(delivery.pk) == {"done": 2}
