"""By itself goes only an exact copy of an approved wording, by an officer's leave, so many a day."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from tests.cast import Cast
from tests.inbox.answers import answering_network as network
from tests.inbox.answers.make import TEXTS, approve, make_answer, walk
from tests.inbox.make import make_message

from dragoman.base import clock
from dragoman.channels.models import Channel
from dragoman.inbox.actions import answering, answers, auto_sending, telling
from dragoman.inbox.models import AnswerVersion, AutoSend, Message, Reply, Send
from dragoman.lib.problems import Conflict, Invalid, NotAllowed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sheet")]

ASKED = TEXTS["en"].question
GERMAN = "Zählt der Ankunftstag?"


def switch_on(cast: Cast, version: AnswerVersion, cap: int = 50) -> AutoSend:
    until = clock.now() + timedelta(days=7)
    return auto_sending.switch_on(by=cast.approver, answer=version.answer, until=until, daily_cap=cap)


def let_go() -> int:
    return auto_sending.send_exact(by=telling.WORKER)


def test_only_exact_copies_in_the_same_language_go_by_themselves(cast: Cast, talking: Channel) -> None:
    version = make_answer(cast, wordings=[("de", GERMAN)])
    switch_on(cast, version)
    exact = make_message(cast, f"  {ASKED.upper()} 🙂 https://example.org", channel=talking)
    make_message(cast, "Does the day of my arrival count?", channel=talking, state="ready", confidence=0.99)
    make_message(cast, GERMAN, channel=talking, lang="de")  # there is no German text to tell
    make_message(cast, ASKED, channel=talking, lang="ru")
    make_message(cast, ASKED, channel=talking, kind="press")
    make_message(cast, ASKED, channel=talking, state="help", is_help=True)
    assert let_go() == 1
    assert let_go() == 0
    send = Send.objects.get()
    assert (send.auto_id is not None, send.officer) == (True, None)
    walk(send)
    assert [to for _, to, _ in network.heard] == [exact.outside_id]
    assert Message.objects.filter(state="answered").get() == exact


def test_the_daily_limit_holds_and_the_next_day_begins_anew(cast: Cast, talking: Channel) -> None:
    switch_on(cast, make_answer(cast), cap=2)
    for _ in range(5):
        make_message(cast, ASKED, channel=talking)
    assert let_go() == 2
    assert let_go() == 0
    with time_machine.travel(clock.now() + timedelta(days=1), tick=True):
        assert let_go() == 2


def test_stopping_takes_back_what_is_in_its_ten_seconds(cast: Cast, talking: Channel) -> None:
    version = make_answer(cast)
    switch_on(cast, version)
    make_message(cast, ASKED, channel=talking)
    let_go()
    auto_sending.switch_off(by=cast.director, answer=version.answer)
    assert walk(Send.objects.get()) == "undone"
    make_message(cast, ASKED, channel=talking)
    assert let_go() == 0
    assert not network.heard
    assert AutoSend.objects.get().stopped_by == "director"


def test_it_ends_by_itself_and_with_a_new_version(cast: Cast, talking: Channel) -> None:
    version = make_answer(cast)
    switch_on(cast, version)
    with time_machine.travel(clock.now() + timedelta(days=8)):
        assert let_go() == 0
    assert AutoSend.objects.get().stopped_why == "Its time was over."
    switch_on(cast, version)
    approve(cast, answers.draft_next(by=cast.editor, answer=version.answer, note={"en": "Shorter."}))
    make_message(cast, ASKED, channel=talking)
    assert let_go() == 0
    assert not AutoSend.objects.filter(stopped_at__isnull=True).exists()


def test_what_an_officer_undid_does_not_go_by_itself_again(cast: Cast, talking: Channel) -> None:
    switch_on(cast, make_answer(cast))
    make_message(cast, ASKED, channel=talking)
    let_go()
    answering.undo_send(by=cast.approver, send=Send.objects.get())
    assert let_go() == 0
    assert set(Reply.objects.values_list("state", flat=True)) == {"undone"}


def test_bad_leaves_are_refused(cast: Cast) -> None:
    version = make_answer(cast)
    soon, late = clock.now() + timedelta(days=1), clock.now() + timedelta(days=40)
    for cap, until in ((0, soon), (10_001, soon), (5, late), (5, clock.now())):
        with pytest.raises(Invalid):
            auto_sending.switch_on(by=cast.approver, answer=version.answer, until=until, daily_cap=cap)
    with pytest.raises(NotAllowed):
        auto_sending.switch_on(by=cast.editor, answer=version.answer, until=soon, daily_cap=5)
    switch_on(cast, version)
    with pytest.raises(Conflict):
        switch_on(cast, version)


def test_what_triage_laid_ready_goes_with_an_officers_yes(cast: Cast, talking: Channel) -> None:
    version = make_answer(cast)
    for _ in range(2):
        make_message(cast, "How many days?", channel=talking, state="ready", match=version.answer.ref)
    stays = make_message(cast, "And hotels?", channel=talking, match=version.answer.ref)
    chosen = list(Message.objects.values_list("pk", flat=True))
    (send,) = answering.send_ready(by=cast.approver, messages=chosen)
    walk(send)
    assert len(network.heard) == 2
    stays.refresh_from_db()
    assert stays.state == "open"
    with pytest.raises(Conflict):
        answering.send_ready(by=cast.director, messages=chosen)
