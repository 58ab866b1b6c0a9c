"""`make faults N=10000`: releases onto misbehaving networks by dying workers, counted at the end.

Resumable: what each batch came to is appended to `results.jsonl` in the run's folder; started again with the
same folder it goes on with the next batch.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path
from typing import Any

import structlog
from tests.faults import plan, tally

SEED = 20261122
BATCH = 40
WORKERS = 2
PATIENCE = 420.0
KILLING = 20.0
KINDS = (
    *("bluesky", "facebook", "instagram", "linkedin", "mastodon", "telegram"),
    *("threads", "webhook", "x", "youtube"),
)


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: Any) -> None:
        """Silence."""


@contextmanager
def public_files(folder: Path) -> Iterator[str]:
    """The public folder over HTTP: some networks fetch pictures from it."""
    folder.mkdir(parents=True, exist_ok=True)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()


def fake_of(kind: str) -> Any:
    """The fake network of a kind."""
    module = import_module(f"tests.fakes.{kind}")
    for found in vars(module).values():
        if isinstance(found, type) and getattr(found, "kind", "") == kind:
            return found()
    raise LookupError(f"tests/fakes/{kind}.py has no network of the kind {kind}")


class Workers:
    """Some workers, each replaced when it is gone."""

    def __init__(self, seed: int, log: Path) -> None:
        self.seed, self.number, self.deaths = seed, 0, 0
        self.log = log.open("ab")
        self.alive: list[subprocess.Popen[bytes]] = []

    def keep(self, *, gently: bool = False) -> None:
        """Start those that are missing. `gently`: without an end."""
        for gone in [one for one in self.alive if one.poll() is not None]:
            self.alive.remove(gone)
            self.deaths += gone.returncode == -9
        while len(self.alive) < WORKERS:
            self.number += 1
            life = None if gently else plan.life(self.seed, self.number)
            more = [life.step, str(life.after)] if life else []
            command = [sys.executable, "-m", "tests.faults.worker", *more]
            self.alive.append(subprocess.Popen(command, stdout=self.log, stderr=self.log))

    def end(self) -> None:
        for one in self.alive:
            one.kill()
        for one in self.alive:
            one.wait()
        self.alive.clear()


class Run:
    """One run: its networks, channels and workers."""

    def __init__(self, folder: Path, networks: dict[str, Any], seed: int) -> None:
        from tests.faults import desk

        self.desk = desk
        self.folder, self.networks, self.seed, self.killing = folder, networks, seed, KILLING
        self.results = folder / "results.jsonl"
        self.reconnected = 0
        self.channels = desk.channels(networks)
        self.workers = Workers(seed, folder / "workers.log")

    def done(self) -> set[int]:
        """The batches that are counted."""
        if not self.results.exists():
            return set()
        return {json.loads(line)["batch"] for line in self.results.read_text().splitlines()}

    def batch(self, number: int, releases: list[int]) -> list[tally.Line]:
        calls = {kind: sorted({name for _, _, name, _ in net._routes}) for kind, net in self.networks.items()}
        what = plan.batch(self.seed, number, releases, calls)
        for kind, troubles in what.troubles.items():
            net = self.networks[kind]
            net.hang = 2.5
            for call, trouble in troubles:
                net.troubles[call].append(trouble)
        tokens = {
            (release, kind): f"Token{self.seed}n{release}{kind}" for release in releases for kind in calls
        }
        sources = [self.desk.plan_release(release, self.channels, tokens) for release in releases]
        self._carry(what)
        decided = self._decide(sources, tokens)
        lines = self.desk.lines(sources, tokens, self.networks, decided)
        with self.results.open("a") as out:
            told: dict[str, Any] = {
                "batch": number,
                "deaths": self.workers.deaths,
                "reconnected": self.reconnected,
            }
            told["met"] = dict(sum((net.met for net in self.networks.values()), Counter()))
            told["lines"] = [one.as_json() for one in lines]
            out.write(json.dumps(told) + "\n")
        return lines

    def _carry(self, what: plan.Batch) -> None:
        """Let workers come and go until nothing moves by itself any more; towards the end let them live."""
        began = time.monotonic()
        heard = sum(len(net.calls) for net in self.networks.values())
        first: float | None = None  # when the first network was asked: a worker takes a while to start
        cut = what.cut_after
        while time.monotonic() - began < PATIENCE:
            if first is None and sum(len(net.calls) for net in self.networks.values()) > heard:
                first = time.monotonic()
            late = first is not None and time.monotonic() - first > self.killing
            self.workers.keep(gently=late)
            if cut is not None and first is not None and time.monotonic() - first > cut:
                cut = None
                self.desk.cut_database()
            if late:
                for net in self.networks.values():
                    net.troubles.clear()
                self.reconnected += self.desk.connect_again(self.networks)
            if self.desk.quiet():
                return
            time.sleep(0.1)
        raise TimeoutError(f"batch {what.number} did not come to rest: {self.desk.restless()}")

    def _decide(self, sources: list[str], tokens: dict[tuple[int, str], str]) -> set[int]:
        """Play the person: look at the network, say what is there, until nothing is left to decide."""
        for net in self.networks.values():
            net.troubles.clear()
        decided: set[int] = set()
        began = time.monotonic()
        while time.monotonic() - began < PATIENCE:
            decided |= self.desk.decide(sources, tokens, self.networks)
            self.workers.keep(gently=True)
            if self.desk.quiet() and not self.desk.to_decide(sources):
                return decided
            time.sleep(0.1)
        raise TimeoutError(f"not everything could be decided: {self.desk.restless()}")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("number", type=int, nargs="?", default=200, help="releases")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--folder", type=Path, default=Path("var/faults"))
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--batch", type=int, default=BATCH)
    parser.add_argument("--killing", type=float, default=KILLING, help="seconds a batch, while workers die")
    given = parser.parse_args(arguments)
    with ExitStack() as stack:
        run = prepare(stack, given.folder.resolve(), given.kinds.split(","), given.seed)
        run.killing = given.killing
        batches = [
            list(range(start, min(start + given.batch, given.number)))
            for start in range(0, given.number, given.batch)
        ]
        progress(run, batches)
        stack.callback(run.workers.end)
    return report(run)


def prepare(stack: ExitStack, folder: Path, kinds: list[str], seed: int) -> Run:
    """The ground of a run: a home, a database, the networks."""
    from dragoman.lib.postgres import server

    folder.mkdir(parents=True, exist_ok=True)
    os.environ["DRAGOMAN_HOME"] = str(folder)
    os.environ["DRAGOMAN_PUBLIC_URL"] = stack.enter_context(public_files(folder / "public"))
    os.environ["DRAGOMAN_ALLOW_LOOPBACK"] = "1"
    os.environ["DJANGO_SETTINGS_MODULE"] = "dragoman.config.settings"
    os.environ["DRAGOMAN_LOG"] = "json"
    if not os.environ.get("DATABASE_URL"):
        os.environ["DATABASE_URL"] = server.ensure(folder)
        stack.callback(server.stop, folder)
    import django
    from django.core.management import call_command

    django.setup()
    logging.disable(logging.INFO)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    call_command("migrate", verbosity=0)
    unpaced()
    networks = {kind: stack.enter_context(fake_of(kind).running()) for kind in kinds}
    for net in networks.values():
        if hasattr(net, "quota"):
            net.quota = sys.maxsize  # posts a day, which a run must not run out of
    run = Run(folder, networks, seed)
    stack.callback(run.workers.end)
    return run


def unpaced() -> None:
    """Take off the pace that accounts keep: a network of ours counts no posts an hour."""
    from dragoman.channels import registry

    for kind in KINDS:
        if kind in registry.KINDS:
            module: Any = registry.module_of(kind)
            module.KIND = replace(module.KIND, pace=None)


def progress(run: Run, batches: list[list[int]]) -> None:
    from rich.progress import Progress

    done = run.done()
    with Progress(disable=not sys.stderr.isatty()) as bar:
        shown = bar.add_task("releases", total=sum(map(len, batches)))
        for number, releases in enumerate(batches):
            if number not in done:
                wrong = [line for line in run.batch(number, releases) if line.verdict not in ("once", "none")]
                for line in wrong:
                    bar.console.print("WRONG", line)
            bar.advance(shown, len(releases))
            if not sys.stderr.isatty():
                print(f"faults: batch {number + 1} of {len(batches)}", flush=True)


def report(run: Run) -> int:
    lines: list[dict[str, Any]] = []
    deaths = reconnected = 0
    met: Counter[str] = Counter()
    with suppress(FileNotFoundError):
        for line in run.results.read_text().splitlines():
            told = json.loads(line)
            # A run that was resumed counts anew from there.
            deaths, reconnected = max(deaths, told["deaths"]), max(reconnected, told["reconnected"])
            met = max(met, Counter(told["met"]), key=lambda one: sum(one.values()))
            lines += told["lines"]
    found = tally.table(lines)
    print(tally.markdown(found))
    print(f"Workers killed: {deaths}. Times a person saw to an account in trouble: {reconnected}.")
    print(f"Calls in trouble: {sum(met.values()) - met['ok']:,} of {sum(met.values()):,}.")
    print("; ".join(f"{name} {count:,}" for name, count in met.most_common() if name != "ok"))
    whole = found["all"]
    return 1 if whole["lost"] or whole["double"] or whole["open"] else 0


if __name__ == "__main__":
    sys.exit(main())
