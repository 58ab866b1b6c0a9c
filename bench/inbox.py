"""The inbox at 1,000 and at 1,000,000 messages: does the length show? Pages, search, taking in.

Measured against itself in one run: the ratio of the p95 times (goal: at most 1.5) and the queries, which
must be the same. Intake is measured as 10,000 arrivals at once. A database of its own is made and dropped.
`python -m bench.inbox [--quick] [--most 300000]`.
"""

from __future__ import annotations

import random
import shutil
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench._ground import desk, write

FEW, MOST = 1_000, 1_000_000
ROUNDS = 40
BURST = 10_000
AT = datetime(2017, 1, 10, 12, 0, tzinfo=UTC)
PAGES = {
    "messages": "/inbox/messages/",
    "messages, deep": "/inbox/messages/?after={deep}",
    "open questions": "/inbox/messages/?state=open&kind=question",
    "one language": "/inbox/messages/?lang=be",
    "one country": "/inbox/messages/?country=PL",
    "personal data": "/inbox/messages/?personal=1",
    "search, rare": "/inbox/messages/?q=xylophone",
    "search, common": "/inbox/messages/?q=arrival",
    "search, be": "/inbox/messages/?q=прыезд",
    "help queue": "/inbox/help/",
    "questions board": "/inbox/questions/",
}
TEXTS = {
    "en": "Does the day of arrival count as one of the five days, or is it {n} times twenty-four hours?",
    "de": "Zählt der Tag der Ankunft schon mit, oder sind es {n} mal vierundzwanzig Stunden?",
    "ru": "Считается ли день приезда, или это {n} раз по двадцать четыре часа?",
    "be": "Ці лічыцца дзень прыезду, ці гэта {n} разоў па дваццаць чатыры гадзіны?",
    "pl": "Czy dzień przyjazdu się liczy, czy to {n} razy dwadzieścia cztery godziny?",
    "zh": "抵达当天算不算一天,还是 {n} 个二十四小时?",
    "ar": "هل يحتسب يوم الوصول أم {n} مرات أربع وعشرون ساعة؟",
    "tr": "Varış günü sayılır mı, yoksa {n} kere yirmi dört saat mi?",
}


def run(*, most: int = MOST, rounds: int = ROUNDS, burst: int = BURST) -> dict[str, Any]:
    """Ratios, counts and speeds, as plain values."""
    home = Path(tempfile.mkdtemp(prefix="dragoman-bench-"))
    sizes = (FEW, most)
    figures: dict[str, list[dict[str, float]]] = {name: [] for name in PAGES}
    with desk(home):
        client = _client()
        have = 0
        for size in sizes:
            began = time.perf_counter()
            _fill(have, size)
            _say(f"{size:,} messages after {time.perf_counter() - began:.0f} s")
            have = size
            for name, path in PAGES.items():
                figures[name].append(_measure(client, path.format(deep=_deep(size)), rounds))
                _say(f"{name} at {size:,}: {figures[name][-1]}")
        taken = _intake(burst)
    shutil.rmtree(home, ignore_errors=True)
    pages = {
        name: {
            "small": small,
            "large": large,
            "p95 ratio": round(large["p95 ms"] / small["p95 ms"], 2),
            "best ratio": round(large["best ms"] / small["best ms"], 2),
            "same queries": small["queries"] == large["queries"],
        }
        for name, (small, large) in figures.items()
    }
    return {"sizes": sizes, "rounds": rounds, "pages": pages, "intake": taken}


def table(found: dict[str, Any]) -> str:
    """The figures as a small table."""
    small, large = found["sizes"]
    lines = [
        f"{'page':<16}{f'p95 at {small:,}':>18}{f'p95 at {large:,}':>20}"
        f"{'ratio':>8}{'best':>7}{'queries':>10}"
    ]
    for name, page in found["pages"].items():
        lines.append(
            f"{name:<16}{page['small']['p95 ms']:>15} ms{page['large']['p95 ms']:>17} ms"
            f"{page['p95 ratio']:>8}{page['best ratio']:>7}"
            f"{page['small']['queries']:>6} / {page['large']['queries']}"
        )
    taken = found["intake"]
    lines.append(
        f"intake: {taken['arrivals']:,} arrivals kept in {taken['kept s']} s, taken in {taken['taken s']} s "
        f"({taken['a second']:,} a second), {taken['lost']} lost"
    )
    return "\n".join(lines)


def _client() -> Any:
    from django.test import Client  # noqa: PLC0415

    from dragoman.staff.models import Membership, Mission, Officer  # noqa: PLC0415

    mission = Mission.objects.create(slug="capital", name="Press Service")
    Mission.objects.create(slug="berlin", name="Embassy in Berlin", parent=mission)
    officer = Officer.objects.create(username="director", name="Director", sample=True)
    for role in ("author", "approver", "releaser"):
        Membership.objects.create(officer=officer, mission=mission, role=role)
    client = Client(headers={"host": "localhost"})
    client.force_login(officer)
    return client


def _fill(have: int, want: int) -> None:
    """Messages by COPY, as a year leaves them: most answered or closed, few open, a rare word in some."""
    from django.db import connection  # noqa: PLC0415

    from dragoman.staff.models import Mission  # noqa: PLC0415

    missions = list(Mission.objects.order_by("pk").values_list("pk", flat=True))
    chance = random.Random(have)  # noqa: S311 - a sample, no secret
    columns = (
        "created, updated, state, state_at, mission_id, way, outside_id, url, at, text, private, "
        "in_reply_to, conversation, source, lang_hint, lang, lang_confidence, lang_model, kind, kind_score, "
        "kind_model, help_score, is_help, help_model, personal, hidden_why, digest, near, match, confidence, "
        "match_model, contradicts, triaged_at"
    )
    with connection.cursor() as cursor:
        with cursor.copy(f"COPY inbox_message ({columns}) FROM STDIN") as copy:
            for number in range(have, want):
                copy.write_row(_row(number, missions[number % 10 == 0], chance))
        cursor.execute(
            "INSERT INTO inbox_statedcountry (message_id, code, kind, how, model) "
            "SELECT id, (ARRAY['PL','DE','LT','US','CN'])[1 + id % 5], 'nationality', '', 'bench' "
            "FROM inbox_message AS m WHERE id % 4 = 0 AND NOT EXISTS "
            "(SELECT 1 FROM inbox_statedcountry WHERE message_id = m.id)"
        )
        cursor.execute("VACUUM ANALYZE inbox_message") if not connection.in_atomic_block else None
        cursor.execute("ANALYZE")


def _row(number: int, mission: int, chance: random.Random) -> tuple[object, ...]:
    lang = chance.choices(list(TEXTS), weights=(30, 12, 25, 3, 10, 8, 7, 5))[0]
    # one more message each half minute, so that a page is always of the same span of time
    at = AT + timedelta(seconds=30 * number)
    open_ = number % 40 == 0
    kind = chance.choices(("question", "thanks", "spam", "complaint", "press"), weights=(80, 8, 6, 4, 2))[0]
    text = TEXTS[lang].format(n=number) + (" xylophone" if number % 100 == 7 and number < FEW else "")
    spans = '[{"what": "phone", "start": 0, "end": 4}]' if number % 200 == 0 else "[]"
    state = "open" if open_ else "closed" if kind in ("thanks", "spam") else "answered"
    return (
        *(at, at, state, at, mission, "replay", f"bench-{number}", "", at, text, False, "", "", "", "", lang),
        *(
            0.9,
            "bench",
            kind,
            0.9,
            "bench",
            0.0,
            False,
            "bench",
            spans,
            "",
            f"{number:032x}",
            number,
            "",
            0.0,
        ),
        *("bench", 0.0, at),
    )


def _deep(size: int) -> str:
    """The cursor of a page in the middle."""
    from dragoman.inbox.models import Message  # noqa: PLC0415
    from dragoman.inbox.queries.messages import close  # noqa: PLC0415

    return close(Message.objects.order_by("pk")[size // 2])


def _measure(client: Any, path: str, rounds: int) -> dict[str, float]:
    from django.db import connection  # noqa: PLC0415

    for _ in range(3):
        _get(client, path)
    queries: list[str] = []

    def count(execute: Any, sql: str, *rest: Any) -> Any:
        queries.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(count):
        _get(client, path)
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        _get(client, path)
        times.append((time.perf_counter() - began) * 1_000)
    return {
        "p50 ms": round(statistics.median(times), 1),
        # on a machine with other work the best of the rounds is what the page itself costs
        "best ms": round(min(times), 1),
        "p95 ms": round(statistics.quantiles(times, n=20)[18], 1),
        "queries": len(queries),
    }


def _intake(burst: int) -> dict[str, Any]:
    """A burst on one channel: kept as arrivals in calls of 100, then taken in as the worker does."""
    from dragoman.channels.actions.keeping import keep_items  # noqa: PLC0415
    from dragoman.channels.connector import Incoming  # noqa: PLC0415
    from dragoman.channels.models import Channel  # noqa: PLC0415
    from dragoman.inbox.actions import intake, upkeep  # noqa: PLC0415
    from dragoman.inbox.models import Message  # noqa: PLC0415
    from dragoman.staff.models import Mission  # noqa: PLC0415

    channel = Channel.objects.create(
        mission=Mission.objects.get(slug="capital"), slug="bench", label="Bench", kind="sandbox", state="on"
    )
    began = time.perf_counter()
    for start in range(0, burst, 100):
        items = [
            Incoming(f"burst-{n}", TEXTS["en"].format(n=n), AT, author="A", author_id=f"@writer{n}")
            for n in range(start, start + 100)
        ]
        keep_items(channel, items, "hook")
    kept = time.perf_counter() - began
    began = time.perf_counter()
    upkeep.take_in_all(by=intake.WORKER)
    took = time.perf_counter() - began
    return {
        "arrivals": burst,
        "kept s": round(kept, 1),
        "taken s": round(took, 1),
        "a second": round(burst / took),
        "lost": burst - Message.objects.filter(channel=channel).count(),
    }


def _get(client: Any, path: str) -> None:
    response = client.get(path)
    if response.status_code != 200:
        raise RuntimeError(f"{path} answered {response.status_code}")


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def _option(name: str, otherwise: int) -> int:
    return int(sys.argv[sys.argv.index(name) + 1]) if name in sys.argv else otherwise


if __name__ == "__main__":
    if "--quick" in sys.argv:
        figures = run(most=20_000, rounds=12, burst=1_000)
    else:
        figures = run(most=_option("--most", MOST), rounds=_option("--rounds", ROUNDS))
    write("inbox", figures)
    print(table(figures))
