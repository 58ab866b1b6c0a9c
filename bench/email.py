"""E-mail to many subscribers against a bare aiosmtplib loop: the same relay, message and connections.

The relay is aiosmtpd in a process of its own. Ours is the whole way: a row a copy, claimed, opened, composed,
sent, booked; the floor is `sendmail` of one ready message in a loop. Ratios, for the machine is not ours
alone. `python -m bench.email [--quick | --whole]`: unless `--whole`, of each list the first forty seconds are
measured, in turns with the floor for as many messages.
"""

from __future__ import annotations

import asyncio
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench._ground import desk, write

SIZES = (1_000, 10_000, 100_000)
CONNECTIONS = 4
TURN = 5.0  # seconds of ours, then as many messages of the floor
ENOUGH = 40.0  # seconds of ours in all, unless `--whole`
TEXT = "Citizens of 80 states may enter for five days without a visa. " * 30
SINK = """
import asyncio
from aiosmtpd.smtp import SMTP

class Sink:
    async def handle_DATA(self, server, session, envelope):
        return "250 OK"

async def serve():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Sink(), hostname="sink"), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()

import logging
logging.disable(logging.CRITICAL)
asyncio.run(serve())
"""


def run(*, quick: bool = False, whole: bool = False) -> dict[str, Any]:
    """Seconds and ratios by size. `quick` takes two small lists."""
    sizes = (500, 2_000) if quick else SIZES
    home = Path(tempfile.mkdtemp(prefix="dragoman-bench-"))
    sink = subprocess.Popen([sys.executable, "-c", SINK], stdout=subprocess.PIPE, text=True)
    assert sink.stdout is not None
    port = int(sink.stdout.readline())
    found: dict[str, Any] = {"connections": CONNECTIONS, "sizes": []}
    try:
        with desk(home):
            ready, raw = _message(port)
            found["bytes of a message"] = len(raw)
            asyncio.run(_floor(port, raw, 200))  # warm
            for size in sizes:
                found["sizes"].append(_measure(ready, port, raw, size, whole=whole or size <= 20_000))
            found["DKIM, microseconds a message"] = _signing(raw)
    finally:
        sink.terminate()
        sink.wait()
        shutil.rmtree(home, ignore_errors=True)
    return found


def _measure(channel: Any, port: int, raw: bytes, size: int, *, whole: bool) -> dict[str, Any]:
    from dragoman.channels.actions import copies, mailing_run  # noqa: PLC0415 - Django is up only now
    from dragoman.channels.actions.common import WORKER  # noqa: PLC0415
    from dragoman.channels.models import Mailing  # noqa: PLC0415

    mailing_run.RUN_SECONDS = TURN
    _subscribe(channel, size)
    delivery = _out(channel, size)
    before = _memory()
    began = time.perf_counter()
    total = copies.start_copies(by=WORKER, delivery_id=delivery.pk)
    made = time.perf_counter() - began
    assert total == size, total
    mailing = Mailing.objects.get(delivery=delivery)
    ours = used = floor = cpu = 0.0
    sent, state = 0, "running"
    while state != "ended" and (whole or ours < ENOUGH):
        began, spent = time.perf_counter(), time.process_time()
        state = copies.send_copies(by=WORKER, mailing_id=mailing.pk)
        ours, used = ours + time.perf_counter() - began, used + time.process_time() - spent
        done = delivery.copies.filter(state="done").count()
        spent = time.process_time()
        floor += asyncio.run(_floor(port, raw, done - sent))  # in turns: the machine is not ours alone
        cpu += time.process_time() - spent
        sent = done
    counts = dict(delivery.copies.values_list("state").order_by().annotate(count=_count()))
    assert set(counts) <= {"done", "waiting"}, counts
    return {
        "subscribers": size,
        "sent": sent,
        "rows made s": round(made, 2),
        "ours s": round(ours, 2),
        "floor s": round(floor, 2),
        "ratio": round(ours / floor, 2),
        "ours a second": round(sent / ours),
        "floor a second": round(sent / floor),
        "our processor time a copy, ms": round(used / sent * 1000, 3),
        "floor's processor time a copy, ms": round(cpu / sent * 1000, 3),
        "processor ratio": round(used / cpu, 2),
        "memory grown MB": round((_memory() - before) / 1024, 1),
    }


async def _floor(port: int, raw: bytes, size: int) -> float:
    """The bare loop: as many connections, one ready message to each address."""
    import aiosmtplib  # noqa: PLC0415 - the bench's own

    async def lane(first: int) -> None:
        smtp = aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False)
        await smtp.connect()
        for number in range(first, size, CONNECTIONS):
            await smtp.sendmail("statements@mfa.example", [f"reader{number}@x.org"], raw)
        await smtp.quit()

    began = time.perf_counter()
    await asyncio.gather(*(lane(first) for first in range(CONNECTIONS)))
    return time.perf_counter() - began


def _message(port: int) -> tuple[Any, bytes]:
    """The channel, and the bytes of one of its copies for the floor."""
    from datetime import UTC, datetime  # noqa: PLC0415

    from dragoman.base.actor import System  # noqa: PLC0415
    from dragoman.channels import actions  # noqa: PLC0415
    from dragoman.channels.connector import Post  # noqa: PLC0415
    from dragoman.channels.connectors.email import rendering  # noqa: PLC0415
    from dragoman.channels.connectors.email.mime import Form, Sender  # noqa: PLC0415
    from dragoman.staff.models import Mission  # noqa: PLC0415

    mission = Mission.objects.create(slug="capital", name="Press Service", zone="UTC")
    values = {
        "relay": "127.0.0.1",
        "port": str(port),
        "security": "none",
        "network": "inside",
        "from_address": "statements@mfa.example",
        "from_name": "Ministry",
        "connections": str(CONNECTIONS),
        "per_connection": "10000",
    }
    channel = actions.create_channel(
        by=System("bench"), mission=mission, kind="email", slug="list", label="List", values=values
    )
    piece = _piece()
    sender = Sender("statements@mfa.example", "Ministry", "", "mfa.example", "list.mfa.example", "Ministry")
    form = Form(
        Post("k", rendering.render(piece), "en", piece.url, datetime.now(UTC)), sender, datetime.now(UTC)
    )
    url = f"https://mfa.example/subscribe/mine/{'A' * 43}/"
    headers, body = form.message({"to": "r@x.org", "id": "a@b", "leave": url, "one_click": url})
    return channel, headers + b"\r\n" + body


def _piece() -> Any:
    from dragoman.channels.connector import Piece  # noqa: PLC0415

    return Piece(
        "en", "How the five days are counted", "In short.", TEXT, "https://mfa.example/en/five-days/"
    )


def _subscribe(channel: Any, size: int) -> None:
    from dragoman.base.actor import System  # noqa: PLC0415
    from dragoman.channels.actions import recipients  # noqa: PLC0415
    from dragoman.channels.models import Recipient  # noqa: PLC0415

    have = Recipient.objects.count()
    people = ((f"reader{number}@x.org", "en", ()) for number in range(have, size))
    recipients.import_recipients(
        by=System("bench"), channel=channel, people=people, basis="Made up for a measurement of the mailing"
    )


def _out(channel: Any, size: int) -> Any:
    from dragoman.base import clock  # noqa: PLC0415
    from dragoman.base.actor import System  # noqa: PLC0415
    from dragoman.channels import actions, queries  # noqa: PLC0415
    from dragoman.channels.connector import Post  # noqa: PLC0415
    from dragoman.channels.models import Delivery  # noqa: PLC0415

    piece, now = _piece(), clock.now()
    post = Post(f"bench:{size}", queries.render(channel, piece), "en", piece.url, now, piece.title)
    delivery = actions.plan_delivery(
        by=System("bench"), channel=channel, source="bench", rev=size, post=post, due=now
    )
    # as if it had been handed over a moment ago
    Delivery.objects.filter(pk=delivery.pk).update(state="sent", sent_at=now, started=now)
    return delivery


def _signing(raw: bytes) -> int:
    from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: PLC0415

    from dragoman.channels.connectors.email.signing import Signer  # noqa: PLC0415

    headers, _, body = raw.partition(b"\r\n\r\n")
    signer = Signer("mfa.example", "bench", rsa.generate_private_key(65537, 2048))
    began = time.perf_counter()
    for _ in range(500):
        signer.header(headers + b"\r\n", body)
    return round((time.perf_counter() - began) / 500 * 1e6)


def _count() -> Any:
    from django.db.models import Count  # noqa: PLC0415

    return Count("id")


def _memory() -> int:
    """What the process holds now, in kilobytes."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() // 1024


def table(found: dict[str, Any]) -> str:
    """The figures as a small table."""
    lines = [
        f"{'subscribers':>12}{'sent':>9}{'ours s':>9}{'floor s':>9}{'ratio':>7}{'CPU ratio':>11}"
        f"{'rows s':>8}{'memory MB':>11}"
    ]
    lines += [
        f"{row['subscribers']:>12,}{row['sent']:>9,}{row['ours s']:>9}{row['floor s']:>9}{row['ratio']:>7}"
        f"{row['processor ratio']:>11}{row['rows made s']:>8}{row['memory grown MB']:>11}"
        for row in found["sizes"]
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    figures = run(quick="--quick" in sys.argv, whole="--whole" in sys.argv)
    print(table(figures))
    write("email", figures)
