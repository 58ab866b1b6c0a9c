"""Reads for the desk's pages of talks: rows with what stands beside them, in few questions each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db.models import Count, Prefetch, Q

from dragoman.negotiations.models import Ask, Line, Party, PartyKey, Process, Protocol, Round, Spokesperson
from dragoman.negotiations.queries import desk
from dragoman.staff.models import Mission, Officer

HOSTS = ("releaser",)
WRITERS = ("author", "releaser")
NEWEST = 8


@dataclass(frozen=True)
class ProcessLine:
    """One line of the list: a process, who takes part, what waits."""

    process: Process
    parties: tuple[Party, ...]
    waiting: Round | None
    answered: int
    asked: int
    open_asks: int


@dataclass(frozen=True)
class RoundLine:
    """A round in a list. `answered` of `wanted` parties; what they answered is not told."""

    round: Round
    title: str
    lang: str
    answered: int
    wanted: int


@dataclass(frozen=True)
class PartyLine:
    """A party, those who speak for it, and the keys that sign."""

    party: Party
    people: tuple[Spokesperson, ...]
    keys: tuple[PartyKey, ...]

    @property
    def ready(self) -> bool:
        """Whether somebody can sign for it."""
        return bool(self.keys)


@dataclass(frozen=True)
class ProcessPage:
    """All that the page of a process shows."""

    process: Process
    parties: tuple[PartyLine, ...]
    rounds: tuple[RoundLine, ...]
    in_force: Protocol | None
    coming: Protocol | None
    lines: tuple[Line, ...]
    asks: tuple[Ask, ...]
    steps: tuple[tuple[str, bool], ...] = field(default=())

    @property
    def signers(self) -> tuple[PartyLine, ...]:
        """The parties that sign."""
        return tuple(one for one in self.parties if not one.party.observer and one.party.state != "left")


def listing(officer: Officer) -> list[ProcessLine]:
    """The officer's processes, those at work first."""
    found = desk.processes(officer).prefetch_related("parties")
    lines = [_process_line(process) for process in found]
    order = {"open": 0, "founding": 1, "paused": 2, "closed": 3}
    return sorted(lines, key=lambda line: (order.get(line.process.state, 9), -line.process.pk))


def waiting_count(officer: Officer) -> int | None:
    """How much waits for the host: agreed texts to release, and corrections asked for. None: nothing."""
    agreed = Q(rounds__state="agreed", rounds__kind="joint")
    found = (
        Process.objects.all()
        .visible_to(officer)
        .aggregate(
            rounds=Count("rounds", filter=agreed, distinct=True),
            asks=Count("asks", filter=Q(asks__state="asked"), distinct=True),
        )
    )
    return sum(found.values()) or None


def process_page(officer: Officer, ref: str) -> ProcessPage:
    """One process with everything beside it. Raises NotFound."""
    process = desk.process(officer, ref)
    parties = tuple(_parties(process))
    protocols = list(process.protocols.all())
    in_force = next((one for one in protocols if one.state == "in_force"), None)
    coming = next((one for one in protocols if one.state in ("draft", "put", "agreed")), None)
    page = ProcessPage(
        process=process,
        parties=parties,
        rounds=tuple(round_lines(process)),
        in_force=in_force,
        coming=coming,
        lines=tuple(process.lines.select_related("round")[:NEWEST]),
        asks=tuple(process.asks.select_related("party")),
    )
    if process.state != "founding":
        return page
    signers = page.signers
    steps = (
        ("Two parties or more are named", len(signers) > 1),
        ("Each has a key that it enrolled itself", bool(signers) and all(one.ready for one in signers)),
        ("The protocol is written and put to them", coming is not None and coming.state in ("put", "agreed")),
        ("Every party consents, and it is sealed in the record", False),
    )
    return ProcessPage(**{**vars(page), "steps": steps})


def round_lines(process: Process) -> Iterator[RoundLine]:
    """The rounds, newest first."""
    wanted = process.parties.filter(observer=False).exclude(state="left").count()
    standing = Q(answers__withdrawn_at__isnull=True, answers__replaced_at__isnull=True)
    many = Count("answers", filter=standing, distinct=True)
    rounds = process.rounds.prefetch_related("texts").annotate(many=many).order_by("-number")
    for one in rounds:
        texts = {text.lang: text for text in one.texts.all()}
        text = texts.get(process.source_language) or next(iter(texts.values()), None)
        title = (text.title or text.body) if text and one.kind != "protocol" else f"Protocol {one.rev}"
        yield RoundLine(one, title, text.lang if text else "en", one.many, wanted)


def hosting_missions(officer: Officer) -> list[Mission]:
    """Where this officer may open talks."""
    return [
        one for one in Mission.objects.visible_to(officer) if any(officer.may(role, one) for role in HOSTS)
    ]


def may_host(officer: Officer, process: Process) -> bool:
    """Whether this officer may put, release, invite and close."""
    return any(officer.may(role, process.mission) for role in HOSTS)


def may_write(officer: Officer, process: Process) -> bool:
    """Whether this officer may draft."""
    return any(officer.may(role, process.mission) for role in WRITERS)


def _process_line(process: Process) -> ProcessLine:
    parties = tuple(process.parties.all())
    rounds = list(round_lines(process))
    waiting = next(
        (one for one in rounds if one.round.state in ("open", "agreed", "armed", "releasing")), None
    )
    asks = process.asks.filter(state="asked").count()
    if waiting is None:
        return ProcessLine(process, parties, None, 0, 0, asks)
    return ProcessLine(process, parties, waiting.round, waiting.answered, waiting.wanted, asks)


def _parties(process: Process) -> Iterator[PartyLine]:
    keys = PartyKey.objects.filter(removed_at__isnull=True)
    people = Spokesperson.objects.filter(active=True)
    found = process.parties.prefetch_related(Prefetch("keys", keys), Prefetch("spokespersons", people))
    for party in found:
        yield PartyLine(party, tuple(party.spokespersons.all()), tuple(party.keys.all()))
