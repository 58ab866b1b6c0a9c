"""The prober: what it notes of a real site and stream, and what an audit may conclude from its notes."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any, ClassVar
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
import typer
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st
from tests.public import live, world
from tests.public.live import Process, free_port
from tests.public.talks_world import REF, Talks
from typer.testing import CliRunner

from dragoman.cli import ledger as audit_face
from dragoman.cli import probe as face
from dragoman.cli import probe_stream
from dragoman.lib.http import Door
from dragoman.lib.problems import Invalid
from dragoman.negotiations.evenness import notes, seen
from dragoman.negotiations.evenness.notes import Head, Seen, Watch
from dragoman.negotiations.evenness.reading import Talks as Said
from dragoman.public import actions
from dragoman.public.serve import Site
from dragoman.record import healing

NOON = datetime(2026, 12, 14, 12, 0, tzinfo=UTC)
HEAD = Head("http://site.example", "stonebridge", NOON, 1_000, 3)


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def sight(place: str, since: float | None, at: float) -> Seen:
    return Seen(4, place, after(at), None if since is None else after(since))


def judged(found: list[Seen], page: str | None = None, head: Head = HEAD) -> list[tuple[str, str]]:
    told = Said({"process": "stonebridge", "newest": 4, "languages": ["en"]}, {4: {"what": "joint"}})
    times = {"page": page} if page else {}
    ledgers = [{"ledger": {"release": {"entry": 4}, "times": times}}]
    return [(line.verdict, line.words) for line in seen.compare(told, ledgers, (head, found))]


def test_each_entry_is_noted_once_at_each_place() -> None:
    watch = Watch(3)
    assert watch.look("page:en", [1, 2, 3], after(0), after(0.1)) == []
    first = watch.look("page:en", [1, 2, 3, 4], after(2), after(2.1))
    assert first == [Seen(4, "page:en", after(2.1), after(0))]
    assert watch.look("page:en", [2, 3, 4], after(4), after(4.1)) == []
    assert watch.look("stream", [4], after(5), after(5)) == [Seen(4, "stream", after(5), None)]


def test_only_what_two_looks_prove_is_uneven() -> None:
    wide = [sight("stream", 0, 1), sight("page:en", 0, 30)]
    assert [verdict for verdict, _ in judged(wide)] == ["same"], "the page may have come at once"
    proven = [sight("stream", 0, 1), sight("page:en", 12, 13)]
    assert judged(proven) == [("differs", "page:en came at least 11.0 s after stream")]


def test_shown_before_its_proof_is_told() -> None:
    found = [sight("stream", 0, 1), sight("proof", 2, 3)]
    assert ("differs", "shown before its proof could be read: stream") in judged(found)
    fine = [sight("stream", 0, 3), sight("proof", 1, 2)]
    assert ("same", "nowhere seen before its proof") in judged(fine)


@pytest.mark.parametrize(
    ("said", "verdict"),
    [(0.5, "same"), (-2.4, "same"), (-3.5, "differs"), (3.5, "same"), (5.0, "differs")],
)
def test_ledger_is_held_against_the_looks_at_the_page(said: float, verdict: str) -> None:
    found = [sight("page:en", 0, 1)]
    assert verdict in [one for one, words in judged(found, notes.stamp(after(said))) if "page:en" in words]


def test_clock_of_the_prober_is_taken_into_account() -> None:
    late = Head("http://site.example", "stonebridge", NOON, 1_000, 3, clock_ms=60_000, clock_within_ms=0)
    found = [sight("page:en", 0, 1)]
    assert "same" in [
        one for one, words in judged(found, notes.stamp(after(60.5)), late) if "page:en" in words
    ]


moments = st.integers(0, 10**13).map(lambda ms: datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=ms))
places = st.sampled_from(["record", "proof", "entries", "stream", "page:en", "feed:zh-Hant"])


@given(moments, st.lists(st.tuples(st.integers(1, 9**9), places, moments, st.integers(0, 10**6)), max_size=6))
def test_notes_are_read_back_as_they_were_written(began: datetime, rows: list[Any]) -> None:
    head = Head("http://site.example", "x", began, 2_000, 7, -120, 800)
    found = [Seen(n, place, at, at - timedelta(milliseconds=ms) if ms else None) for n, place, at, ms in rows]
    text = notes.head_line(head) + "".join(map(notes.seen_line, found))
    assert notes.parse(text) == (head, found)
    assert notes.parse(text + '{"entry":1,"pl') == (head, found), "a line that was cut off is left out"


@given(st.text(max_size=200) | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps))
def test_nonsense_is_refused_by_its_line(line: str) -> None:
    flat = " ".join(line.splitlines())
    with pytest.raises(Invalid) as refused:
        notes.parse(f"{flat}\n")
    assert refused.value.code == "probe-notes"
    with pytest.raises(Invalid, match="Line 2 of the notes"):
        notes.parse(f"{notes.head_line(HEAD)}{flat}\n")


# ------------------------------------------------------------------------------- a real site, a real stream


class Threaded(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Quiet(WSGIRequestHandler):
    def log_message(self, *args: object) -> None:
        """A test's output is for failures."""


@pytest.fixture
def origin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The public files as the product serves them."""
    monkeypatch.setattr(settings.DRAGOMAN, "home", tmp_path)
    monkeypatch.setattr(settings.DRAGOMAN, "live_url", f"http://localhost:{free_port()}")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    healing.forget()
    site = Site(tmp_path / "public", live_url=settings.DRAGOMAN.live_url)
    server: WSGIServer = make_server("127.0.0.1", 0, site, server_class=Threaded, handler_class=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def run(command: Any, *args: str) -> tuple[int, str]:
    app = typer.Typer()
    app.command()(command)
    done = CliRunner().invoke(app, [*args])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(240)
def test_prober_sees_every_place_and_the_audit_agrees(origin: str, tmp_path: Path) -> None:
    talks = Talks()
    talks.publish()
    port = settings.DRAGOMAN.live_url.rpartition(":")[2]
    pulse = Process(live.database(), DRAGOMAN_LIVE_PORT=port, DRAGOMAN_PUBLIC_URL=origin)
    out = tmp_path / "notes.jsonl"
    asked = f"{origin}/en/talks/{REF}/"
    command = [sys.executable, "-m", "dragoman.cli.main", "probe", asked, "--out", str(out), "--every", "0.5"]
    prober = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    expected = {"record", "proof", "entries", "stream"}
    expected |= {f"{kind}:{lang}" for kind in ("page", "feed") for lang in talks.languages}
    try:
        pulse.wait(lambda: out.exists() and "\n" in out.read_text("utf-8"), 60)
        pulse.wait(lambda: pulse.health().get("readers", 0) >= 1, 60)
        actions.publish_talks_entry(by=world.BY, entry=talks.pulse())
        actions.publish_edition(by=world.BY, edition=talks.joint("opening"))
        pulse.wait(lambda: seen_at(out, 2) == seen_at(out, 3) == expected, 120)
    finally:
        prober.send_signal(signal.SIGINT)
        said, _ = prober.communicate(timeout=60)
        pulse.close()
    assert prober.returncode == 0, said
    code, said = run(audit_face.audit, asked, "--probe", str(out))
    assert code == 0, said
    assert said.count("places had it within") == 2


def seen_at(out: Path, number: int) -> set[str]:
    return {one.place for one in notes.parse(out.read_text("utf-8"))[1] if one.number == number}


@pytest.mark.django_db(transaction=True)
def test_prober_writes_over_nothing_and_says_what_is_not_there(origin: str, tmp_path: Path) -> None:
    kept = tmp_path / "kept.jsonl"
    kept.write_text("mine")
    assert run(face.probe, f"{origin}/en/talks/{REF}/", "--out", str(kept))[0] == 2
    assert kept.read_text() == "mine"
    code, said = run(
        face.probe, f"{origin}/en/talks/none/", "--out", str(tmp_path / "new.jsonl"), "--for", "1s"
    )
    assert code == 2
    assert "has no talks none" in said


# ------------------------------------------------------------------------------------------ a hostile site


class Neighbour(BaseHTTPRequestHandler):
    """What listens on the prober's own machine, and must not be asked for anything by a stranger's word."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """A test's output is for failures."""


@pytest.fixture
def neighbour() -> Iterator[int]:
    Neighbour.asked.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Neighbour)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_site_cannot_send_the_prober_to_its_own_machine(neighbour: int) -> None:
    """The address of the stream is the site's word."""
    address = f"http://127.0.0.1:{neighbour}/secret"

    async def once(*, allowed: bool) -> None:
        await probe_stream._once(address, "", lambda event, at: None, allow_loopback=allowed)

    with pytest.raises(ValueError, match="not a public address"):
        asyncio.run(once(allowed=False))
    assert Neighbour.asked == []
    asyncio.run(once(allowed=True))
    assert Neighbour.asked == ["/secret"], "who watches the own machine is let to it"


@pytest.mark.parametrize(
    ("site", "own"),
    [
        ("http://localhost:8001", True),
        ("http://127.0.0.1", True),
        ("http://[::1]:8001", True),
        ("https://talks.example", False),
        ("http://192.168.1.1", False),
        ("https://8.8.8.8", False),
    ],
)
def test_only_who_names_the_own_machine_is_let_to_it(site: str, own: bool) -> None:
    assert face.on_this_machine(site) is own


@pytest.mark.parametrize("path", ["@127.0.0.1/x", ".evil.example/x", ":9/x"])
def test_a_proof_is_looked_for_on_the_site_alone(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    looker = face.Looker(Door(), "http://site.example", "stonebridge", lambda line: None)
    looker.entries = {1: {"number": 1, "proof": path}}
    asked: list[str] = []

    async def get(path: str) -> None:
        asked.append(path)

    monkeypatch.setattr(looker, "_get", get)
    asyncio.run(looker._proofs())
    assert asked == []
    looker._heard({"talks": ["nonsense"]}, NOON)
    assert looker.count == 0
