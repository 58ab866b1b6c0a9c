"""10,000 calls of a network in a burst: how quick are they taken in, and is any of them lost?

Each call is signed, brings one text, and is its own transaction: proved, read, told from what came before,
sealed, kept, noted in the audit. In turns with it, in the same run, the floor: as many bare INSERTs of a row
of the same size, each its own transaction, over the same connection. One process in each case; its own CPU
time is told beside the time on the wall, which the database and everybody else on the machine share.
`python -m bench.intake [--quick]`.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench._ground import desk, write

CALLS = 10_000
TURNS = 10
SECRET = "the secret of the app"  # noqa: S105 - of a channel that is made for the run
TEXT = "Do I need a visa for five days in May if I come with my two children and a dog? " * 2


def run(*, quick: bool = False) -> dict[str, Any]:
    """Calls a second by action and by the whole way of a request, and their ratios to the floor."""
    calls = CALLS // 10 if quick else CALLS
    home = Path(tempfile.mkdtemp(prefix="dragoman-bench-"))
    with desk(home):
        found = _measure(calls)
    shutil.rmtree(home, ignore_errors=True)
    return found


def table(found: dict[str, Any]) -> str:
    """The figures as a small table."""
    lines = [f"{'':<28}{'a second':>10}{'a minute':>10}{'of floor':>10}{'p95 ms':>9}{'CPU ms':>9}"]
    for name in ("bare INSERT", "take_call", "a request to the reception"):
        row = found[name]
        rate = row["a second"]
        lines.append(
            f"{name:<28}{rate:>10}{rate * 60:>10}{row['of floor']:>10}{row['p95 ms']:>9}{row['CPU ms']:>9}"
        )
    kept, again = f"{found['kept']:,} of {found['made']:,}", f"{found['repeats kept']} of {found['repeats']}"
    lines.append(f"kept: {kept} texts, {again} repeats")
    return "\n".join(lines)


def _measure(calls: int) -> dict[str, Any]:
    from django.db import connection  # noqa: PLC0415 - after Django is set up

    from dragoman.channels import actions  # noqa: PLC0415
    from dragoman.channels.models import Arrival  # noqa: PLC0415
    from dragoman.channels.public_views.hooks import RECEPTION  # noqa: PLC0415

    channel = _channel()
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE floor (id bigserial PRIMARY KEY, name text UNIQUE, body text)")
    ways = {
        "bare INSERT": _floor,
        "take_call": lambda body: actions.take_call(
            by=RECEPTION, slug=channel.slug, headers=_signed(body), body=body
        ),
        "a request to the reception": _request(channel.slug),
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    cpu = dict.fromkeys(ways, 0.0)
    each = calls // TURNS
    for turn in range(TURNS):
        for name, way in ways.items():
            for number in range(each):
                body = _body(f"{name[:1]}{turn}-{number}")
                began, worked = time.perf_counter(), time.process_time()
                way(body)
                times[name].append(time.perf_counter() - began)
                cpu[name] += time.process_time() - worked
    kept = Arrival.objects.filter(kind="text").count()
    repeats = [_body(f"t{turn}-0") for turn in range(TURNS)] * 10
    for body in repeats:
        ways["take_call"](body)
    floor = statistics.mean(times["bare INSERT"])
    found: dict[str, Any] = {
        name: {
            "a second": round(1 / statistics.mean(took)),
            "of floor": round(floor / statistics.mean(took), 3),
            "p95 ms": round(statistics.quantiles(took, n=20)[-1] * 1000, 2),
            "CPU ms": round(cpu[name] / len(took) * 1000, 2),
        }
        for name, took in times.items()
    }
    again = Arrival.objects.filter(kind="text").count() - kept
    made = 2 * each * TURNS
    return {**found, "kept": kept, "made": made, "repeats": len(repeats), "repeats kept": again}


def _channel() -> Any:
    from dragoman.channels import queries  # noqa: PLC0415
    from dragoman.channels.models import Channel  # noqa: PLC0415
    from dragoman.staff.models import Mission  # noqa: PLC0415

    mission = Mission.objects.create(name="Ministry", slug="ministry", path="ministry/")
    return Channel.objects.create(
        mission=mission,
        slug="threads",
        label="Threads",
        kind="threads",
        settings={},
        sealed=queries.vault().seal({"client_secret": SECRET, "webhook_token": "agreed"}),
        session=queries.vault().seal({"access": "token"}),
        state="on",
    )


def _body(name: str) -> bytes:
    value = {
        "id": name,
        "username": "somebody",
        "text": f"{TEXT}{name}",
        "permalink": f"https://www.threads.com/@somebody/post/{name}",
        "replied_to": {"id": "567890"},
        "timestamp": "2026-11-22T09:33:16+0000",
    }
    return json.dumps({"values": {"value": value, "field": "replies"}}).encode()


def _signed(body: bytes) -> dict[str, str]:
    mac = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    return {"X-Hub-Signature-256": f"sha256={mac}"}


def _floor(body: bytes) -> None:
    from django.db import connection  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO floor (name, body) VALUES (%s, %s)", [hashlib.sha256(body).hexdigest(), body.hex()]
        )


def _request(slug: str) -> Any:
    from django.conf import settings  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415
    from django.test.utils import override_settings  # noqa: PLC0415

    from dragoman.config import reception_settings  # noqa: PLC0415

    override_settings(
        ROOT_URLCONF=reception_settings.ROOT_URLCONF,
        MIDDLEWARE=reception_settings.MIDDLEWARE,
        TEMPLATES=reception_settings.TEMPLATES,
        ALLOWED_HOSTS=[*settings.ALLOWED_HOSTS, "testserver"],
    ).enable()
    client = Client()

    def ask(body: bytes) -> None:
        answer = client.post(f"/hooks/{slug}/", body, content_type="application/json", headers=_signed(body))
        assert answer.status_code == 200, answer.status_code

    return ask


if __name__ == "__main__":
    result = run(quick="--quick" in sys.argv)
    write("intake", result)
    print(table(result))
