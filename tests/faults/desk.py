"""The desk's side of a fault run: channels, releases, the person who decides, the count. Wants Django."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from PIL import Image
from procrastinate.contrib.django import app
from tests.faults import tally

from dragoman.base import clock
from dragoman.base.actor import System
from dragoman.channels import actions, queries, states
from dragoman.channels.connector import Picture, Piece, Post, Video
from dragoman.channels.models import Channel, Delivery
from dragoman.staff.models import Mission

PERSON = System("a person")
Tokens = dict[tuple[int, str], str]


def channels(networks: dict[str, Any]) -> dict[str, Channel]:
    """A channel on each network; those of an earlier run are taken off."""
    mission, _ = Mission.objects.get_or_create(
        slug="faults", defaults={"name": "Faults", "kind": "capital", "zone": "UTC", "path": "faults/"}
    )
    Channel.objects.filter(state="on").update(state="off")
    found = {}
    for kind, net in networks.items():
        plain, secrets, session = net.account()
        number = Channel.objects.count()
        channel = actions.create_channel(
            by=PERSON,
            mission=mission,
            kind=kind,
            slug=f"{kind}-{number}",
            label=f"{kind} {number}",
            values={**plain, **secrets},
        )
        if session:
            Channel.objects.filter(pk=channel.pk).update(session=queries.vault().seal(session))
        actions.check_channel(by=PERSON, channel=channel)
        found[kind] = Channel.objects.get(pk=channel.pk)
    return found


def plan_release(number: int, on: dict[str, Channel], tokens: Tokens) -> str:
    """One release onto every channel: rows, keys, and the job of its moment."""
    source = f"faults-{min(channel.pk for channel in on.values())}-{number}"
    now = clock.now()
    with transaction.atomic():
        for kind, channel in on.items():
            piece = piece_of(kind, tokens[number, kind])
            form = queries.render(channel, piece)
            key = f"{source}:1:{channel.pk}:en:1"
            post = Post(key, form, "en", piece.url, now, piece.title, "", piece.pictures, piece.videos)
            actions.plan_delivery(by=PERSON, channel=channel, source=source, rev=1, post=post, due=now)
        app.configure_task("faults.put_out").defer(source=source)  # a job of tests/faults/worker.py
    return source


def piece_of(kind: str, token: str) -> Piece:
    """One short post that carries its token; with a picture or a film where the network wants one."""
    pictures = (_picture(token),) if kind == "instagram" else ()
    videos = (_film(token),) if kind == "youtube" else ()
    return Piece("en", f"Notice {token}", "", "", "https://mfa.example/en/", (), pictures, videos)


def _picture(token: str) -> Picture:
    data = io.BytesIO()
    shade = hashlib.sha256(token.encode()).digest()
    Image.new("RGB", (64, 64), (shade[0], shade[1], shade[2])).save(data, "JPEG")
    return Picture(_keep(data.getvalue()), "image/jpeg", 64, 64, "A plain field")


def _film(token: str) -> Video:
    data = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + token.encode() * 50
    return Video(_keep(data), "video/mp4", len(data), 1.0, token)


def _keep(data: bytes) -> str:
    digest = hashlib.sha256(data).hexdigest()
    place = settings.DRAGOMAN.home / "media" / digest
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data)
    return digest


def connect_again(networks: dict[str, Any]) -> int:
    """What a person does with an account whose sign-in was lost, such as a refresh token that came when the
    worker died: signs in anew. Returns how many."""
    _let_time_pass()
    in_trouble = Q(healthy=False) | Q(circuit_since__isnull=False)
    rows = list(Channel.objects.filter(in_trouble, state="on"))
    for channel in rows:
        _, _, session = networks[channel.kind].account()
        if session:
            Channel.objects.filter(pk=channel.pk).update(session=queries.vault().seal(session))
        actions.check_channel(by=PERSON, channel=channel)
    return len(rows)


def _let_time_pass() -> None:
    """A network may ask for quiet until midnight: for those it is midnight."""
    soon = clock.now() + timedelta(seconds=5)
    Channel.objects.filter(not_before__gt=soon).update(not_before=None)
    waiting = Delivery.objects.filter(state__in=states.WAITING, next_at__gt=soon, channel__state="on")
    waiting.update(next_at=clock.now())


# --- watching ---


def _moving() -> Any:
    by_itself = Q(state__in=(*states.WAITING, "sending")) | Q(state="unsure", person=False)
    return Delivery.objects.filter(by_itself, channel__state="on")


def quiet() -> bool:
    """Does nothing move by itself any more?"""
    return not _moving().exists()


def restless() -> list[tuple[Any, ...]]:
    """What still moves, for whoever looks why."""
    return list(_moving().values_list("channel__kind", "state", "tries", "looks", "next_at", "why")[:10])


def to_decide(sources: Iterable[str]) -> Any:
    """What waits for a person."""
    rows = Delivery.objects.filter(source__in=list(sources))
    return rows.filter(Q(state="unsure", person=True) | Q(state="refused"))


def decide(sources: list[str], tokens: Tokens, networks: dict[str, Any]) -> set[int]:
    """What a person does who looks at the network: says what is there; gives a refused one another try."""
    decided = set()
    connect_again(networks)
    for row in to_decide(sources).select_related("channel"):
        token = tokens[int(row.source.rpartition("-")[2]), row.channel.kind]
        if row.state == "refused":
            actions.retry_delivery(by=PERSON, delivery=row, why="The cause is mended.")
            continue
        decided.add(row.pk)
        there = held(networks[row.channel.kind], token) > 0
        actions.decide_unsure(by=PERSON, delivery=row, was_sent=there, why="Looked at the network.")
    return decided


def held(net: Any, token: str) -> int:
    """How many posts with this token the network ever held."""
    return sum(token in made.text for made in net.ledger)


def lines(
    sources: list[str], tokens: Tokens, networks: dict[str, Any], decided: set[int]
) -> list[tally.Line]:
    """The count of these releases."""
    found = []
    for row in Delivery.objects.filter(source__in=sources).select_related("channel"):
        kind = row.channel.kind
        token = tokens[int(row.source.rpartition("-")[2]), kind]
        count = held(networks[kind], token)
        found.append(tally.Line(kind, row.state, row.pk in decided, count, row.tries, row.looks))
    return found


def cut_database() -> None:
    """End every other connection to the database, in the middle of whatever it does."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
