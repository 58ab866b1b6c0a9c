"""`dragoman probe`: looks at talks from outside, as any reader could, and notes when a place had an entry.

It asks for nothing that a browser would not ask for, one thing after another, and writes one JSON object a
line (`negotiations/evenness/notes.py`). Run by several people on several networks it shows what the host
cannot prove of itself: that nobody was served first.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer

from dragoman.cli import probe_stream
from dragoman.cli.ledger import ref_of, site_of
from dragoman.cli.verify import UNREADABLE, end
from dragoman.lib.http import Answer, Door, DoorError, Limits, is_public
from dragoman.negotiations.evenness.notes import Head, Seen, Watch, head_line, seen_line
from dragoman.record.verification import Unreadable

LEAST = 0.5
LARGEST = 20_000_000
DURATION = re.compile(r"([0-9]{1,6})(s|m|h)?")
ANCHOR = re.compile(rb'id="e([0-9]{1,9})"')
FEED_TITLE = re.compile(rb"<title>([0-9]{1,9})\. ")
Write = Callable[[str], None]


def probe(
    place: Annotated[
        str, typer.Argument(help="Address of the talks' page, or of their site.", metavar="URL")
    ],
    *,
    out: Annotated[Path, typer.Option(help="Where to write the notes; never over a file that exists.")],
    talks: Annotated[str, typer.Option(help="The name of the talks, where the address does not say.")] = "",
    lasting: Annotated[str, typer.Option("--for", help="How long to watch: 90s, 10m, 2h.")] = "10m",
    every: Annotated[
        float, typer.Option(help="Seconds from one round of looks to the next; 0.5 at least.")
    ] = 2.0,
) -> None:
    """Watch the public places of talks and note the first moment at which each had each entry.

    Looked at: the pages and feeds of every language, the entries as JSON, the live stream, the record's head
    and the proof. Exit code 0: watched to the end, or stopped by Ctrl-C. 2: it could not be read.
    """
    if out.exists():
        end("COULD NOT WRITE", f"{out} exists already; notes are never written over", UNREADABLE)
    try:
        site, ref, seconds = site_of(place), talks or ref_of(place), _seconds(lasting)
        with out.open("x", encoding="utf-8") as file:

            def write(line: str) -> None:
                file.write(line)
                file.flush()

            count = asyncio.run(_run(site, ref, write, seconds, max(every, LEAST)))
    except (Unreadable, DoorError, OSError) as error:
        end("COULD NOT READ", str(error), UNREADABLE)
    except KeyboardInterrupt:
        typer.echo(f"Stopped. The notes are in {out}.")
        raise typer.Exit(0) from None
    typer.echo(f"{count} sightings in {out}. Compare them:")
    typer.echo(f"dragoman ledger audit {site} --talks {ref} --probe {out}")


async def _run(site: str, ref: str, write: Write, seconds: float, every: float) -> int:
    async with Door(allow_loopback=on_this_machine(site), limits=Limits(answer=LARGEST)) as door:
        looker = Looker(door, site, ref, write)
        await looker.begin(every)
        stream = asyncio.create_task(looker.listen())
        ends = time.monotonic() + seconds
        try:
            while (began := time.monotonic()) < ends:
                await looker.round()
                await asyncio.sleep(max(0.0, min(began + every, ends) - time.monotonic()))
        finally:
            stream.cancel()
            await asyncio.gather(stream, return_exceptions=True)
        return looker.count


class Looker:
    """One process of talks, looked at by one prober."""

    def __init__(self, door: Door, site: str, ref: str, write: Write) -> None:
        self.door, self.site, self.ref, self.write = door, site, ref, write
        self.watch = Watch(0)
        self.languages: tuple[str, ...] = ()
        self.stream = ""
        self.entries: dict[int, dict[str, Any]] = {}
        self.proofs: dict[int, datetime | None] = {}
        self.heads: list[tuple[int, datetime, datetime]] = []
        self.covered: set[int] = set()
        self.count = 0

    async def begin(self, every: float) -> None:
        """The first look: what is there already, and how far the clocks are apart."""
        began = _now()
        answer = await self._get(f"/talks/{self.ref}/entries.json")
        if answer is None:
            raise Unreadable(f"{self.site} has no talks {self.ref}")
        head = answer.json()
        self.languages, self.stream = tuple(head["languages"]), str(head["stream"])
        newest = int(head["newest"])
        self.watch = Watch(newest)
        off, within = _clock(answer, began, _now())
        self.write(head_line(Head(self.site, self.ref, began, round(every * 1000), newest, off, within)))
        await self.round()

    async def round(self) -> None:
        """Each place once, one after another."""
        await self._entries()
        for lang in self.languages:
            await self._look(f"page:{lang}", f"/{lang}/talks/{self.ref}/", _numbers(ANCHOR))
            await self._look(f"feed:{lang}", f"/feeds/talks/{self.ref}.{lang}.atom", _numbers(FEED_TITLE))
        await self._head()
        await self._proofs()

    async def listen(self) -> None:
        """The live stream, for as long as the prober runs. Who was away comes back with the last number."""
        await probe_stream.follow(self.stream, self._heard, allow_loopback=self.door.allow_loopback)

    def _heard(self, event: dict[str, Any], opened: datetime) -> None:
        told = event.get("talks")
        number = int(told.get("number", 0)) if isinstance(told, dict) else 0
        self.watch.looked.setdefault("stream", opened)
        self._note(self.watch.look("stream", [number], _now(), _now()))

    async def _entries(self) -> None:
        began = _now()
        answer = await self._get(f"/talks/{self.ref}/entries.json")
        if answer is not None:
            found = {int(one["number"]): one for one in answer.json()["entries"]}
            self.entries |= found
            self._note(self.watch.look("entries", found, began, _now()))

    async def _head(self) -> None:
        """How far the record's signed head reaches. An entry's index is known only once the entry is."""
        began = _now()
        answer = await self._get("/record/checkpoint")
        if answer is not None:
            self.heads.append((int(answer.body.split(b"\n")[1]), began, _now()))
        for number, one in self.entries.items():
            if number > self.watch.newest and number not in self.covered:
                self._cover(number, int(one["index"]))

    def _cover(self, number: int, index: int) -> None:
        """Note the first look at a head that covers the entry."""
        for place, (size, _, ended) in enumerate(self.heads):
            if size > index:
                self.covered.add(number)
                since = self.heads[place - 1][1] if place else None
                self._note([Seen(number, "record", ended, since)])
                return

    async def _proofs(self) -> None:
        """The proofs of what was seen anywhere: they are not known by name before that."""
        for number, one in sorted(self.entries.items()):
            if number <= self.watch.newest or (number in self.proofs and self.proofs[number] is None):
                continue
            began = _now()
            path = str(one["proof"])
            # the site's word: without a slash before it, another host would be named
            if not path.startswith("/") or await self._get(path) is None:
                self.proofs[number] = began  # looked for, and not there
            else:
                self._note([Seen(number, "proof", _now(), self.proofs.get(number))])
                self.proofs[number] = None

    async def _look(self, place: str, path: str, numbers: Callable[[bytes], Collection[int]]) -> None:
        began = _now()
        answer = await self._get(path)
        if answer is not None:
            self._note(self.watch.look(place, numbers(answer.body), began, _now()))

    def _note(self, found: list[Seen]) -> None:
        for one in found:
            self.count += 1
            self.write(seen_line(one))

    async def _get(self, path: str) -> Answer | None:
        """What is there now; None for what is not, or when the site does not answer."""
        try:
            headers = {"accept": "*/*", "cache-control": "no-cache"}
            answer = await self.door.call("GET", f"{self.site}{path}", headers=headers)
        except DoorError:
            return None
        return answer if answer.status == 200 else None


def on_this_machine(site: str) -> bool:
    """Whether who runs the prober named this very machine. No other site may send us to what listens here."""
    host = urlsplit(site).hostname or ""
    return host == "localhost" or (is_public(host, allow_loopback=True) and not is_public(host))


def _numbers(pattern: re.Pattern[bytes]) -> Callable[[bytes], Collection[int]]:
    return lambda body: {int(found) for found in pattern.findall(body)}


def _clock(answer: Answer, began: datetime, ended: datetime) -> tuple[int, int]:
    """The site's clock less ours in milliseconds, and how sure that is: `Date` counts whole seconds."""
    try:
        said = parsedate_to_datetime(answer.headers["date"]).astimezone(UTC)
    except (KeyError, ValueError, TypeError):
        return 0, 2_000
    middle = began + (ended - began) / 2
    off = (said + timedelta(milliseconds=500) - middle) / timedelta(milliseconds=1)
    within = 500 + (ended - began) / timedelta(milliseconds=2)
    # nothing is put right that may well be right as it is
    return (0 if abs(off) <= within else round(off)), round(within)


def _seconds(text: str) -> float:
    found = DURATION.fullmatch(text)
    if not found:
        raise Unreadable(f"{text!r} is no time to watch for; say 90s, 10m or 2h")
    return int(found[1]) * {"s": 1, "m": 60, "h": 3600}[found[2] or "s"]


def _now() -> datetime:
    return datetime.now(UTC)
