"""`dragoman demo --questions 5000 --speed 60`: a day of questions after the decree, played again."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from datetime import timedelta

import typer
from django.conf import settings
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from dragoman.audit import context
from dragoman.base import clock
from dragoman.base.actor import System
from dragoman.inbox import replay
from dragoman.inbox.actions import replaying
from dragoman.inbox.models import HelpCall, Message, Question
from dragoman.inbox.replay import DAY, Spoken
from dragoman.staff.models import Mission

BY = System("demo")
TICK = 0.5
MOST = 200  # so many go in at a time, so that the desk is seen to fill
CATCHING_UP = 1800.0


def play(count: int, speed: float, seed: int) -> None:
    """Bring the day in at `speed` times its pace (0: as fast as can be), and wait until triage has read it.

    The day ends now: its hours are the last twenty-four. Played again with the same seed nothing is doubled
    but what came by the question form.
    """
    console = Console()
    logging.getLogger("dragoman.deeds").setLevel(logging.WARNING)
    mission = Mission.objects.filter(slug="capital").first() or Mission.objects.order_by("path").first()
    if mission is None:
        console.print("There is no mission yet. Run `dragoman up` with sample data first.")
        raise typer.Exit(1)
    begin = clock.now() - timedelta(seconds=DAY)
    with context.entered(face="cli"), _bar(console) as bar:
        channels = replaying.training_channels(by=BY, mission=mission)
        task = bar.add_task("Coming in", total=count)
        for part in paced(list(replay.day(count, seed)), speed):
            replaying.bring_in(
                by=BY, mission=mission, spoken=part, begin=begin, day=f"{seed}-{count}", to=channels
            )
            bar.advance(task, len(part))
        _catch_up(bar, mission)
    _tell(console, mission)


def paced(spoken: list[Spoken], speed: float) -> Iterator[list[Spoken]]:
    """The messages in the order of the day, those that are due by now together."""
    started, place = time.monotonic(), 0
    while place < len(spoken):
        reached = (time.monotonic() - started) * speed if speed else float("inf")
        part: list[Spoken] = []
        while place < len(spoken) and len(part) < MOST and spoken[place].at_offset <= reached:
            part.append(spoken[place])
            place += 1
        if part:
            yield part
        elif place < len(spoken):
            time.sleep(min(TICK, max(0.01, (spoken[place].at_offset - reached) / speed)))


def _catch_up(bar: Progress, mission: Mission) -> None:
    """Until nothing of it waits to be read; gives up after half an hour, and when nothing moves at all."""
    waiting = Message.objects.filter(mission=mission, state="new")
    total = left = waiting.count()
    task = bar.add_task("Triage reads", total=total)
    started = moved = time.monotonic()
    while time.monotonic() - started < CATCHING_UP and time.monotonic() - moved < 90:
        time.sleep(1)
        now = waiting.count()
        total = max(total, now)
        bar.update(task, total=total, completed=total - now)
        if now != left:
            left, moved = now, time.monotonic()
        elif not now and time.monotonic() - moved > 3:
            return
    bar.console.print(f"   {left} messages still wait. Is the desk running (`dragoman up`)?", markup=False)


def _tell(console: Console, mission: Mission) -> None:
    messages = Message.objects.filter(mission=mission)
    desk = settings.DRAGOMAN.desk_url
    console.print(f"{messages.count():,} messages, {messages.values('lang').distinct().count()} languages.")
    live = Question.objects.filter(mission=mission).exclude(state="merged")
    console.print(
        f"{live.count():,} questions, {HelpCall.objects.filter(mission=mission).count()} calls for help."
    )
    for label, path in (("Questions", "/inbox/questions/"), ("Help", "/inbox/help/"), ("The day", "/day/")):
        console.print(f"{label:<12}{desk}{path}", markup=False, highlight=False, soft_wrap=True)


def _bar(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    )
