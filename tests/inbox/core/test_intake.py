"""Taking in: each message once, edits and deletions followed, the writer sealed apart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.cast import Cast
from tests.channels.help import plan
from tests.inbox.make import make_message

from dragoman.audit.models import Event
from dragoman.base import clock
from dragoman.channels.actions.keeping import keep_items
from dragoman.channels.connector import Gone, Incoming, Receipt
from dragoman.channels.models import Arrival, Channel, Delivery
from dragoman.inbox import sealing
from dragoman.inbox.actions import intake
from dragoman.inbox.models import Author, HelpCall, Message
from dragoman.lib.problems import Invalid, Unavailable

AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ASKED = "Does the day of arrival count?"


def said(name: str = "1", text: str = ASKED, **values: Any) -> Incoming:
    return Incoming(
        outside_id=name, text=text, at=AT, **{"author": "Anna", "author_id": "@anna@example.org", **values}
    )


def came(channel: Channel, *items: Incoming | Gone | Receipt) -> int:
    keep_items(channel, items, "hook")
    return intake.take_in(by=intake.WORKER)


def test_message_is_stored_with_its_writer_apart(cast: Cast, channel: Channel) -> None:
    assert came(channel, said(lang="en", url="https://example.org/1")) == 1

    message = Message.objects.get()
    assert (message.outside_id, message.text, message.state) == ("1", ASKED, "new")
    assert (message.mission, message.channel, message.lang_hint) == (cast.capital, channel, "en")
    assert "anna" not in str(vars(message)).casefold()
    author = Author.objects.get()
    assert "anna" not in author.sealed.casefold()
    assert sealing.opened(author.sealed).handle == "@anna@example.org"
    assert Arrival.objects.get().sealed == ""
    assert Event.objects.filter(verb="inbox.take_in").get().data["new"] == 1


def test_writer_has_another_tag_each_day() -> None:
    anna = sealing.Writer("Anna", "@Anna@example.org")

    today = sealing.day_tag(anna, 1, AT)

    assert today == sealing.day_tag(sealing.Writer("A.", "anna@example.org"), 1, AT + timedelta(hours=3))
    assert today != sealing.day_tag(anna, 1, AT + timedelta(days=1))
    assert today != sealing.day_tag(anna, 2, AT)
    assert sealing.day_tag(sealing.Writer("", ""), 1, AT) == ""


def test_week_that_comes_again_changes_nothing(channel: Channel) -> None:
    week = [said(str(number), f"{ASKED} {number}") for number in range(300)]
    assert came(channel, *week) == 300

    assert came(channel, *week) == 0
    # Were the rows of the channel gone, the inbox itself would still know each text by its id.
    Arrival.objects.all().delete()
    assert came(channel, *week) == 300
    assert Message.objects.count() == Author.objects.count() == 300
    assert not Message.objects.exclude(edited_at=None).exists()


def test_burst_is_taken_in_in_several_transactions_without_loss(channel: Channel) -> None:
    keep_items(channel, [said(str(number)) for number in range(1300)], "hook")

    taken = []
    while more := intake.take_in(by=intake.WORKER, limit=500):
        taken.append(more)

    assert taken == [500, 500, 300]
    assert Message.objects.count() == 1300


def test_edit_changes_text_and_is_read_anew(cast: Cast, channel: Channel) -> None:
    came(channel, said())
    Message.objects.update(state="answered", answered_at=AT, digest="d", personal=[{"what": "phone"}])

    came(channel, said(text="And the day I leave?", edited=AT + timedelta(minutes=5)))

    message = Message.objects.get()
    assert (message.text, message.state) == ("And the day I leave?", "new")
    assert message.edited_at == AT + timedelta(minutes=5)
    assert message.answered_at == AT
    assert (message.digest, message.personal) == ("", [])


def test_older_version_that_comes_later_is_passed_over(channel: Channel) -> None:
    came(channel, said(text="Third", edited=AT + timedelta(minutes=9)))

    came(channel, said(text="Second", edited=AT + timedelta(minutes=5)))

    assert Message.objects.get().text == "Third"


def test_call_for_help_stays_one_when_it_is_edited(cast: Cast, channel: Channel) -> None:
    make_message(cast, "Help", channel=channel, outside_id="1", state="help", is_help=True)

    came(channel, said(text="Help, at the north gate", edited=AT))

    message = Message.objects.get()
    assert (message.state, message.text) == ("help", "Help, at the north gate")


def test_deletion_takes_it_from_the_queue_and_shortens_its_time(cast: Cast, channel: Channel) -> None:
    make_message(cast, channel=channel, outside_id="1", keep_until=AT + timedelta(days=365), at=AT)

    came(channel, Gone("1", AT))

    message = Message.objects.get()
    assert (message.state, message.gone_at) == ("closed", AT)
    assert message.keep_until == AT + timedelta(days=7)
    assert message.text


def test_call_for_help_that_was_deleted_is_still_looked_after(cast: Cast, channel: Channel) -> None:
    make_message(cast, channel=channel, outside_id="1", state="help", is_help=True)

    came(channel, Gone("1", AT))

    message = Message.objects.get()
    assert (message.state, message.gone_at, message.keep_until) == ("help", AT, None)


def test_text_that_was_erased_does_not_come_back(cast: Cast, channel: Channel) -> None:
    make_message(cast, "", channel=channel, outside_id="1", state="closed", erased_at=AT)

    came(channel, said(edited=AT))

    assert Message.objects.get().text == ""
    assert not Author.objects.exists()


def test_what_the_ministry_wrote_with_its_account_is_no_message(channel: Channel) -> None:
    Channel.objects.filter(pk=channel.pk).update(who="@ministry@example.org")

    came(channel, said(author_id="ministry@example.org"), said("2"))

    assert Message.objects.get().outside_id == "2"


def test_message_is_tied_to_what_it_answers(cast: Cast, channel: Channel) -> None:
    delivery = plan(cast, channel)
    Delivery.objects.filter(pk=delivery.pk).update(remote_id="post-1", state="sent")

    came(channel, said("1", in_reply_to="post-1", conversation="thread-9"))
    came(channel, said("2", in_reply_to="1"), said("3", conversation="thread-9"), said("4"))

    sources = dict(Message.objects.values_list("outside_id", "source"))
    assert sources == {"1": delivery.source, "2": delivery.source, "3": delivery.source, "4": ""}


def test_answer_of_a_machine_is_not_queued(channel: Channel) -> None:
    came(channel, said(automatic=True))

    assert Message.objects.get().state == "closed"


def test_receipt_makes_no_message(channel: Channel) -> None:
    assert came(channel, Receipt("post-1", "delivered", AT)) == 1

    assert not Message.objects.exists()


@pytest.mark.parametrize(
    "text",
    ["", "x" * 100_000, "🇧🇾🆘🙏🏽", "\u202egnp.exe\u202c", "a\u200b\u200bb", "\x00null", "broken \ud83d"],
    ids=["empty", "100 kB", "emoji", "bidi", "zero width", "NUL", "half an emoji"],
)
def test_odd_text_is_taken_in(channel: Channel, text: str) -> None:
    assert came(channel, said(text=text)) == 1

    assert len(Message.objects.get().text) <= intake.LONGEST


def test_what_cannot_be_unsealed_goes_on_waiting(channel: Channel) -> None:
    keep_items(channel, [said("1"), said("2")], "hook")
    first = Arrival.objects.order_by("id").first()
    assert first is not None
    Arrival.objects.filter(pk=first.pk).update(sealed="not ours")

    assert intake.take_in(by=intake.WORKER) == 1
    assert Arrival.objects.waiting().count() == 1
    with pytest.raises(Unavailable, match="cannot be read"):
        intake.take_in(by=intake.WORKER)


def test_question_of_the_form_is_private_and_nameless(cast: Cast) -> None:
    message = intake.take_question(by=intake.WORKER, mission=cast.berlin, text=" How long? ", lang="en")

    assert (message.text, message.private, message.way, message.state) == ("How long?", True, "form", "new")
    assert message.keep_until is not None
    assert message.keep_until < clock.now() + timedelta(days=91)
    assert not Author.objects.exists()
    assert not HelpCall.objects.exists()


@pytest.mark.parametrize("text", ["", " \n ", "x" * 5001])
def test_form_refuses_what_is_no_question(cast: Cast, text: str) -> None:
    with pytest.raises(Invalid):
        intake.take_question(by=intake.WORKER, mission=cast.capital, text=text)
