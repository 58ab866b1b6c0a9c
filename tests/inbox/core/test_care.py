"""Care for what people write: hiding, keeping no longer than the rule says, taking out and erasing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from tests.cast import Cast
from tests.inbox.make import make_help_call, make_message, make_question

from dragoman.audit.models import Event
from dragoman.base import clock
from dragoman.channels.actions.keeping import keep_items
from dragoman.channels.connector import Incoming
from dragoman.channels.models import Arrival, Channel
from dragoman.inbox import keeping, sealing
from dragoman.inbox.actions import care, help_calls, intake, upkeep
from dragoman.inbox.models import Author, Message, Question, Vector
from dragoman.inbox.queries import overdue
from dragoman.lib.problems import Conflict, Invalid, NotAllowed, NotFound

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def written(cast: Cast, channel: Channel, handle: str, text: str = "My question") -> Message:
    message = make_message(cast, text, channel=channel, url="https://example.org/1")
    writer = sealing.Writer("A name", handle)
    Author.objects.create(message=message, sealed=sealing.seal(writer))
    return message


def test_hidden_message_is_private_and_says_what_to_do_on_the_network(cast: Cast, channel: Channel) -> None:
    message = make_message(cast, channel=channel, at=AT, keep_until=keeping.keep_until(AT, private=False))

    hidden = care.hide(by=cast.editor, message=message, ground="personal-data")

    assert hidden.message.private
    assert hidden.message.keep_until == AT + timedelta(days=90)
    assert "network's own page" in hidden.to_do
    assert "private" in hidden.to_do
    assert Event.objects.get(verb="inbox.hide").data["ground"] == "personal-data"


@pytest.mark.parametrize("ground", ["", "opinion", "critical", "rude"])
def test_an_opinion_is_no_ground_for_hiding(cast: Cast, ground: str) -> None:
    with pytest.raises(Invalid, match="no ground"):
        care.hide(by=cast.editor, message=make_message(cast), ground=ground)


def test_stranger_hides_nothing_and_opens_nobody(cast: Cast, channel: Channel) -> None:
    message = written(cast, channel, "@anna")

    with pytest.raises(NotAllowed):
        care.hide(by=cast.stranger, message=message, ground="threat")
    with pytest.raises(NotAllowed):
        care.open_author(by=cast.stranger, message=message, why="I want to know")
    with pytest.raises(NotAllowed):
        care.erase_person(by=cast.editor, handle="@anna", channel=channel)


def test_writer_who_is_not_kept_cannot_be_opened(cast: Cast) -> None:
    with pytest.raises(NotFound):
        care.open_author(by=cast.editor, message=make_message(cast), why="to reach them")


def test_person_is_given_all_of_theirs_and_nothing_of_others(cast: Cast, channel: Channel) -> None:
    written(cast, channel, "@Anna@example.org", "one")
    written(cast, channel, "anna@example.org", "two")
    written(cast, channel, "@annalena@example.org", "not hers")

    kept = care.export_person(by=cast.admin, handle="@anna@example.org", channel=channel)

    assert [one.text for one in kept] == ["one", "two"]
    event = Event.objects.get(verb="inbox.export_person")
    assert event.data == {"messages": 2}
    assert "anna" not in str(vars(event))


def test_person_is_erased_and_counts_stay(cast: Cast, channel: Channel) -> None:
    question = make_question(cast, ["Somebody else's"], channel=channel)
    message = written(cast, channel, "@anna")
    Message.objects.filter(pk=message.pk).update(question=question, outside_id="net-1")
    Question.objects.filter(pk=question.pk).update(example="My question")
    Vector.objects.create(digest=message.digest, model="m", data=b"v")
    other = written(cast, channel, "@bob", "Another question")

    assert care.erase_person(by=cast.admin, handle="anna", channel=channel, why="request 7") == 1

    message.refresh_from_db()
    assert (message.text, message.url, message.state) == ("", "", "closed")
    assert message.erased_at is not None
    assert not Author.objects.filter(message=message).exists()
    assert Author.objects.filter(message=other).exists()
    question.refresh_from_db()
    assert (question.size, question.waiting) == (2, 1)
    assert "anna" not in str([vars(event) for event in Event.objects.all()])
    assert question.example == "Somebody else's"
    assert not Vector.objects.filter(digest=message.digest).exists()
    # The network redelivers it: it stays away.
    keep_items(channel, [Incoming(outside_id="net-1", text="My question", at=AT)], "fetch")
    assert not Arrival.objects.waiting().exists()


def test_person_with_an_open_call_for_help_is_not_erased_before_it_ends(cast: Cast, channel: Channel) -> None:
    call = make_help_call(cast)
    Message.objects.filter(pk=call.message_id).update(channel=channel)
    Author.objects.create(message=call.message, sealed=sealing.seal(sealing.Writer("Anna", "@anna")))

    with pytest.raises(Conflict, match="open call for help"):
        care.erase_person(by=cast.admin, handle="@anna", channel=channel)

    assert Message.objects.get(pk=call.message_id).text


def test_nobody_is_not_erased(cast: Cast, channel: Channel) -> None:
    with pytest.raises(Invalid):
        care.erase_person(by=cast.admin, handle=" @ ", channel=channel)


@pytest.mark.parametrize(
    ("values", "days"),
    [
        ({"private": False}, 365),
        ({"private": True}, 90),
        ({"private": False, "kind": "spam"}, 30),
        ({"private": True, "kind": "spam"}, 30),
        ({"private": False, "gone_at": AT}, 7),
        ({"private": False, "kind": "spam", "gone_at": AT + timedelta(days=300)}, 30),
    ],
)
def test_text_is_kept_as_long_as_its_kind_allows(values: dict[str, object], days: int) -> None:
    assert keeping.keep_until(AT, **values) == AT + timedelta(days=days)  # type: ignore[arg-type]  # a table


def test_clock_empties_what_is_over_and_nothing_else(cast: Cast, channel: Channel) -> None:
    now = clock.now()
    over = written(cast, channel, "@anna")
    later = written(cast, channel, "@bob")
    call = make_help_call(cast)
    Message.objects.filter(pk__in=[over.pk, call.message_id]).update(keep_until=now - timedelta(days=3))
    Message.objects.filter(pk=later.pk).update(keep_until=now + timedelta(days=3))
    assert overdue.oldest_to_forget() is not None

    assert upkeep.forget_due(by=intake.WORKER) == 1

    over.refresh_from_db()
    later.refresh_from_db()
    call.message.refresh_from_db()
    assert (over.text, over.state, bool(over.erased_at)) == ("", "closed", True)
    assert later.text
    assert call.message.text
    assert Author.objects.count() == 1
    assert overdue.oldest_to_forget() is None
    assert upkeep.forget_due(by=intake.WORKER) == 0


def test_help_has_its_own_clock_once_it_is_done(cast: Cast) -> None:
    call = make_help_call(cast)
    call = help_calls.take_call(by=cast.editor, call=call)

    help_calls.finish_call(by=cast.editor, call=call, outcome="Reached by phone.")

    kept = Message.objects.get(pk=call.message_id).keep_until
    assert kept is not None
    assert timedelta(days=179) < kept - clock.now() < timedelta(days=181)


def test_late_call_is_escalated_once(cast: Cast) -> None:
    call = make_help_call(cast, raised_at=clock.now() - timedelta(days=40))
    make_help_call(cast)
    assert overdue.oldest_help() == call.due_at

    assert help_calls.escalate_calls(by=intake.WORKER) == 1
    assert help_calls.escalate_calls(by=intake.WORKER) == 0

    call.refresh_from_db()
    assert call.escalated_at is not None
    assert call.state == "waiting"


def test_page_gives_a_table_and_erases(client: Client, cast: Cast, channel: Channel) -> None:
    written(cast, channel, "@anna", "=1+1")
    client.force_login(cast.admin)
    said = {"handle": "@anna", "channel": channel.pk, "why": ""}

    table = client.post("/inbox/messages/person/", {**said, "deed": "export"})
    erased = client.post("/inbox/messages/person/", {**said, "deed": "erase"}, follow=True)

    assert table["Content-Type"].startswith("text/csv")
    assert "'=1+1" in table.content.decode()
    assert "1 message erased" in erased.content.decode()
    client.force_login(cast.editor)
    assert client.get("/inbox/messages/person/").status_code == 403
