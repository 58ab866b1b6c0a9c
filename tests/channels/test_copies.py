"""Copies to many recipients: each at most once, whatever happens to the list, the network or the worker."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from tests.cast import Cast
from tests.channels import toy_list
from tests.channels.help import PIECE, plan

from dragoman.audit.models import Event
from dragoman.base import clock
from dragoman.channels import actions, registry
from dragoman.channels.actions import copies, recipients
from dragoman.channels.actions.common import WORKER
from dragoman.channels.actions.mailing_run import Run
from dragoman.channels.connector import Copied, Piece, Refused, TryLater, Unsure
from dragoman.channels.models import Channel, Copy, Delivery, Mailing, Recipient
from dragoman.channels.queries import recipients as reads
from dragoman.channels.rounds import Came
from dragoman.lib.problems import Invalid, NotAllowed

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def toy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.KINDS, "list", "tests.channels.toy_list")
    toy_list.forget()


def a_list(cast: Cast, slug: str = "list", **more: Any) -> Channel:
    return actions.create_channel(
        by=cast.admin, mission=cast.capital, kind="list", slug=slug, label="List", values={}, **more
    )


def subscribe(channel: Channel, *names: str, **wishes: Any) -> list[Recipient]:
    return [
        recipients.add_recipient(by=WORKER, channel=channel, identity=name, address={"email": name}, **wishes)
        for name in names
    ]


def out(cast: Cast, channel: Channel, piece: Piece = PIECE, **more: Any) -> Delivery:
    """A delivery that has gone out."""
    delivery = plan(cast, channel, piece=piece, **more)
    actions.deliver(by=WORKER, delivery_id=delivery.pk)
    delivery.refresh_from_db()
    assert delivery.state == "sent"
    return delivery


def begin(cast: Cast, channel: Channel, **more: Any) -> Mailing:
    delivery = out(cast, channel, **more)
    copies.start_copies(by=WORKER, delivery_id=delivery.pk)
    return Mailing.objects.get(delivery=delivery)


def run(mailing: Mailing) -> str:
    return copies.send_copies(by=WORKER, mailing_id=mailing.pk)


def counts(mailing: Mailing) -> dict[str, int]:
    return reads.copy_counts(mailing.delivery_id)


def received() -> Counter[str]:
    return Counter(address for _, address in toy_list.RECEIVED)


def test_each_recipient_receives_one_copy_and_the_mailing_ends(cast: Cast) -> None:
    channel = a_list(cast)
    names = [f"reader{number}@example.org" for number in range(95)]
    subscribe(channel, *names)
    mailing = begin(cast, channel)
    assert mailing.total == 95
    assert run(mailing) == "ended"
    assert received() == Counter(names)
    assert counts(mailing) == {"done": 95}
    assert run(mailing) == "ended"
    assert received() == Counter(names)


def test_asked_twice_it_makes_no_second_copy(cast: Cast) -> None:
    channel = a_list(cast)
    subscribe(channel, "a@example.org")
    mailing = begin(cast, channel)
    copies.start_copies(by=WORKER, delivery_id=mailing.delivery_id)
    run(mailing)
    assert copies.start_copies(by=WORKER, delivery_id=mailing.delivery_id) == 1
    assert received() == {"a@example.org": 1}


def test_only_those_confirmed_who_asked_for_the_language_and_topic_are_chosen(cast: Cast) -> None:
    channel = a_list(cast)
    subscribe(channel, "all@x.org")
    subscribe(channel, "english@x.org", lang="en")
    subscribe(channel, "french@x.org", lang="fr")
    subscribe(channel, "visa@x.org", lang="en", topics=["Visa"])
    subscribe(channel, "culture@x.org", topics=["culture"])
    recipients.ask_to_subscribe(
        by=WORKER, channel=channel, identity="asked@x.org", address={"email": "asked@x.org"}
    )
    (left,) = subscribe(channel, "left@x.org")
    recipients.leave(by=WORKER, recipient=left)
    piece = Piece("en", "About visas", "", "Text", "https://mfa.example/", ("visa",))
    run(begin(cast, channel, piece=piece))
    assert set(received()) == {"all@x.org", "english@x.org", "visa@x.org"}
    toy_list.RECEIVED.clear()
    run(begin(cast, channel))  # a text that names no topic
    assert set(received()) == {"all@x.org", "english@x.org", "visa@x.org", "culture@x.org"}


def test_a_list_without_readers_is_over_at_once(cast: Cast) -> None:
    assert begin(cast, a_list(cast)).state == "ended"


def test_who_leaves_while_it_runs_is_left_out(cast: Cast) -> None:
    channel = a_list(cast)
    first, second = subscribe(channel, "a@x.org", "b@x.org")
    mailing = begin(cast, channel)
    recipients.leave(by=WORKER, recipient=second)
    assert run(mailing) == "ended"
    assert received() == {"a@x.org": 1}
    assert counts(mailing) == {"done": 1, "skipped": 1}
    assert first.state == "confirmed"


def test_each_outcome_is_kept_and_only_what_is_surely_not_received_goes_again(cast: Cast) -> None:
    channel = a_list(cast)
    subscribe(channel, "fine@x.org", "gone@x.org", "no@x.org", "later@x.org", "unsure@x.org")
    toy_list.OUTCOMES |= {
        "gone@x.org": ["gone"],
        "no@x.org": ["refused"],
        "later@x.org": ["later", "later"],
        "unsure@x.org": ["unsure-received"],
    }
    mailing = begin(cast, channel)
    assert run(mailing) == "running"
    assert counts(mailing) == {"done": 1, "gone": 1, "refused": 1, "waiting": 1, "unsure": 1}
    assert run(mailing) == "running"  # not yet due
    for _ in range(2):
        mailing.refresh_from_db()
        assert mailing.next_at is not None
        with time_machine.travel(mailing.next_at + timedelta(milliseconds=5), tick=True):
            run(mailing)
    assert counts(mailing) == {"done": 2, "gone": 1, "refused": 1, "unsure": 1}
    assert received() == {"fine@x.org": 1, "later@x.org": 1, "unsure@x.org": 1}
    gone = Recipient.objects.get(state="gone")
    assert gone.sealed == ""
    progress = reads.progress(mailing.delivery)
    assert progress is not None
    assert (progress.total, progress.left, progress.settled) == (5, 0, 5)


def test_a_person_decides_on_copies_that_may_have_been_received(cast: Cast) -> None:
    channel = a_list(cast)
    subscribe(channel, "a@x.org", "b@x.org")
    toy_list.OUTCOMES |= {"a@x.org": ["unsure"], "b@x.org": ["unsure"]}
    mailing = begin(cast, channel)
    assert run(mailing) == "ended"
    delivery = mailing.delivery
    with pytest.raises(NotAllowed):
        copies.decide_copies(by=cast.editor, delivery=delivery, again=True, why="The log of the relay")
    with pytest.raises(Invalid):
        copies.decide_copies(by=cast.director, delivery=delivery, again=True, why=" ")
    assert copies.decide_copies(by=cast.director, delivery=delivery, again=True, why="Relay's log") == 2
    mailing.refresh_from_db()
    assert run(mailing) == "ended"
    assert received() == {"a@x.org": 1, "b@x.org": 1}
    toy_list.OUTCOMES["a@x.org"] = ["unsure"]
    other = begin(cast, channel)
    run(other)
    copies.decide_copies(by=cast.director, delivery=other.delivery, again=False, why="Relay's log")
    assert counts(other) == {"done": 2}


def test_an_account_that_is_asked_to_wait_stops_the_whole_mailing_until_then(cast: Cast) -> None:
    channel = a_list(cast)
    subscribe(channel, *[f"r{number}@x.org" for number in range(100)])
    mailing = begin(cast, channel)
    when = clock.now() + timedelta(minutes=3)
    toy_list.WHOLE += [TryLater("Too fast.", when=when, account=True)] * 4
    assert run(mailing) == "running"
    mailing.refresh_from_db()
    assert mailing.next_at is not None
    assert mailing.next_at >= when
    assert mailing.why == "Too fast."
    with time_machine.travel(when + timedelta(minutes=20), tick=True):
        assert run(mailing) == "ended"
    assert set(received().values()) == {1}
    assert len(received()) == 100


def test_a_refused_account_holds_the_mailing_for_a_person(cast: Cast) -> None:
    channel = a_list(cast)
    subscribe(channel, "a@x.org")
    mailing = begin(cast, channel)
    toy_list.WHOLE.append(Refused("The relay no longer knows us.", shown="Enter the password.", account=True))
    assert run(mailing) == "held"
    mailing.refresh_from_db()
    assert (mailing.why, mailing.shown) == ("The relay no longer knows us.", "Enter the password.")
    assert copies.sweep_copies(by=WORKER, grace=timedelta()) == 0
    copies.resume_copies(by=cast.director, delivery=mailing.delivery)
    with time_machine.travel(clock.now() + timedelta(minutes=1), tick=True):
        assert run(mailing) == "ended"
    assert received() == {"a@x.org": 1}


@pytest.mark.parametrize("trouble", [Unsure("Silence."), ValueError("a mistake"), None])
def test_a_group_without_a_clear_answer_is_unsure_and_the_rest_goes_on(
    cast: Cast, trouble: Exception | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = a_list(cast)
    subscribe(channel, *[f"r{number}@x.org" for number in range(50)])
    mailing = begin(cast, channel)
    if trouble:
        toy_list.WHOLE.append(trouble)
    else:
        monkeypatch.setattr(toy_list.Toy, "_one", lambda self, key, one: toy_list.port.Copied("?", "done"))
    run(mailing)
    found = counts(mailing)
    assert found == ({"done": 30, "unsure": 20} if trouble else {"unsure": 50})


def test_a_sender_that_died_leaves_unsure_copies_and_nothing_is_sent_twice(cast: Cast) -> None:
    channel = a_list(cast)
    subscribe(channel, *[f"r{number}@x.org" for number in range(50)])
    mailing = begin(cast, channel)
    died = list(Copy.objects.order_by("pk").values_list("pk", flat=True)[:20])
    soon = clock.now() + timedelta(seconds=60)
    Copy.objects.filter(pk__in=died).update(state="sending", claim="another", next_at=soon)
    assert run(mailing) == "running"
    assert counts(mailing) == {"done": 30, "sending": 20}
    with time_machine.travel(soon + timedelta(seconds=1), tick=True):
        assert run(mailing) == "ended"
    assert counts(mailing) == {"done": 30, "unsure": 20}
    assert set(received().values()) == {1}


def test_where_a_key_forbids_doubling_the_copies_of_a_dead_sender_go_again(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(toy_list, "KIND", toy_list.ONCE)
    channel = a_list(cast)
    subscribe(channel, "a@x.org", "b@x.org")
    mailing = begin(cast, channel)
    Copy.objects.update(state="sending", claim="another", next_at=clock.now())
    assert run(mailing) == "ended"
    assert received() == {"a@x.org": 1, "b@x.org": 1}


def test_a_channel_that_is_off_keeps_its_copies(cast: Cast) -> None:
    channel = a_list(cast)
    subscribe(channel, "a@x.org")
    mailing = begin(cast, channel)
    actions.pause_channel(by=cast.admin, channel=channel, why="Relay is moved")
    assert run(mailing) == "running"
    assert received() == {}
    with time_machine.travel(clock.now() + timedelta(minutes=5), tick=True):
        assert copies.sweep_copies(by=WORKER) == 0
        assert reads.oldest_mailing() is None
        actions.resume_channel(by=cast.admin, channel=channel)
        assert reads.oldest_mailing() is not None
        assert copies.sweep_copies(by=WORKER) == 1
        assert run(mailing) == "ended"
    assert received() == {"a@x.org": 1}


def test_what_is_withdrawn_meanwhile_goes_to_nobody_else(cast: Cast) -> None:
    channel = a_list(cast)
    subscribe(channel, "a@x.org")
    mailing = begin(cast, channel)
    actions.withdraw_deliveries(by=cast.director, source=mailing.delivery.source, why="Wrong figure")
    assert run(mailing) == "ended"
    assert counts(mailing) == {"skipped": 1}
    assert received() == {}


def test_what_comes_too_late_expires(cast: Cast) -> None:
    channel = a_list(cast, useful_hours=1)
    subscribe(channel, "a@x.org")
    mailing = begin(cast, channel)
    with time_machine.travel(clock.now() + timedelta(hours=2), tick=True):
        assert run(mailing) == "ended"
    assert counts(mailing) == {"expired": 1}


def test_the_sweep_begins_what_a_lost_job_should_have_begun(cast: Cast) -> None:
    channel = a_list(cast)
    subscribe(channel, "a@x.org")
    out(cast, channel)
    with time_machine.travel(clock.now() + timedelta(days=0, minutes=1), tick=True):
        assert copies.sweep_copies(by=WORKER) == 1


def test_a_late_answer_of_a_copy_taken_for_lost_is_still_written_down(cast: Cast) -> None:
    channel = a_list(cast)
    subscribe(channel, "a@x.org")
    mailing = begin(cast, channel)
    slow = Run(mailing)
    (value,) = slow.turn(None)
    Copy.objects.update(state="unsure")
    slow.turn(Came([Copied(value.ref, "done", remote_id="<1@x>")]))
    assert counts(mailing) == {"done": 1}
    assert Copy.objects.get().remote_id == "<1@x>"


def test_figures_are_kept_when_the_single_copies_are_cleared_away(cast: Cast) -> None:
    channel = a_list(cast)
    subscribe(channel, "a@x.org", "b@x.org")
    mailing = begin(cast, channel)
    run(mailing)
    with time_machine.travel(clock.now() + timedelta(days=40), tick=True):
        recipients.purge_recipients(by=WORKER)
    assert Copy.objects.count() == 0
    progress = reads.progress(mailing.delivery)
    assert progress is not None
    assert progress.counts == {"done": 2}
    assert Recipient.objects.filter(state="confirmed").count() == 2


def test_no_address_is_in_the_database_or_the_audit(cast: Cast) -> None:
    channel = a_list(cast)
    subscribe(channel, "secret.reader@x.org")
    run(begin(cast, channel))
    rows = [*Recipient.objects.values(), *Copy.objects.values(), *Event.objects.values()]
    assert "secret.reader" not in repr(rows)
