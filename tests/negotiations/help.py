"""A table with three parties whose keys are of each kind, and the walk from founding to a released text."""

from __future__ import annotations

import base64
import hashlib
import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests import cast as people
from tests.cast import Cast
from tests.negotiations.rules.cast import Authenticator

from dragoman.audit.models import Event
from dragoman.base import clock
from dragoman.lib.problems import Problem
from dragoman.lib.tlog import note
from dragoman.lib.tlog.checkpoint import Checkpoint
from dragoman.lib.tlog.errors import TlogError
from dragoman.lib.tlog.note import SignerKey
from dragoman.negotiations.actions import answers, keys, processes, protocols, releasing, rounds, upkeep
from dragoman.negotiations.actions.common import WORKER
from dragoman.negotiations.models import Answer, Party, PartyKey, Process, Protocol, Round, Spokesperson
from dragoman.negotiations.rules import body as bodies
from dragoman.negotiations.rules import judging, orders, signing, timing, vkeys
from dragoman.record import keys as record_keys
from dragoman.record import queries as record
from dragoman.statements.actions import putting_out
from dragoman.statements.actions.input import TextInput
from dragoman.statements.models import Release

LANGUAGES = ("en", "ru")
PARTIES = ("northland", "eastmark", "southport")
TITLES = {
    "northland": {"en": "Northland", "ru": "Нортландия"},
    "eastmark": {"en": "Eastmark", "ru": "Истмарк"},
    "southport": {"en": "Southport", "ru": "Саутпорт"},
    "harbour": {"en": "Harbour Union", "ru": "Союз Гаваней"},
}
DOCUMENTS = {
    "en": "# Protocol\n\nOnly what this protocol names is published.",
    "ru": "# Протокол\n\nПубликуется только то, что названо здесь.",
}
RULES: dict[str, Any] = {
    "v": 1,
    "languages": list(LANGUAGES),
    "joint": True,
    "publishable": {
        "meeting": {"en": "A meeting takes place on {date}.", "ru": "Встреча проходит {date}."},
        "place": {"en": "The place is {place}.", "ru": "Место: {place}."},
    },
    "objection_minutes": 15,
    "round_hours": 24,
    "fallback": {"en": "Consultations continue.", "ru": "Консультации продолжаются."},
    "pulse": {
        "texts": {
            "en": "The talks continue. Last confirmed {time}.",
            "ru": "Переговоры продолжаются. Подтверждено {time}.",
        },
        "every_minutes": 60,
        "silence_minutes": 60,
        "rule": "unless-objected",
    },
    "quiet_hours": None,
    "confidentiality": "chatham-house",
    "silence": "fallback",
    "leaving": "continues",
}
TERMS: dict[str, Any] = {
    "v": 1,
    "process": "stonebridge",
    "version": 1,
    "languages": list(LANGUAGES),
    "confidentiality": "chatham-house",
    "order": {"rule": "fixed", "parties": list(PARTIES)},
    "parties": {
        name: {lang: {"short": TITLES[name][lang], "full": TITLES[name][lang]} for lang in LANGUAGES}
        for name in PARTIES
    },
    "titles": [],
    "places": [],
    "terms": [
        {
            "id": "line",
            "kind": "forbidden",
            "forms": {"en": ["border line"]},
            "instead": {"en": "crossing line"},
            "why": "It is agreed to say crossing line.",
        }
    ],
}
TEXTS = {
    "en": TextInput("The crossing", "", "The crossing is open from 08:00 to 18:00."),
    "ru": TextInput("Переход", "", "Переход открыт с 08:00 до 18:00."),
}
OTHER = {
    "en": TextInput("The crossing", "", "The crossing is open from 09:00 to 18:00."),
    "ru": TextInput("Переход", "", "Переход открыт с 09:00 до 18:00."),
}


@dataclass
class Own:
    """An Ed25519 key that the party holds."""

    name: str
    key: SignerKey = field(init=False)

    def __post_init__(self) -> None:
        self.key = SignerKey.make(self.name)

    @property
    def vkey(self) -> str:
        return str(self.key.verifier)

    def line(self, data: bytes) -> str:
        return signing.sign_ed25519(data, self.key)


@dataclass
class Ssh:
    """An OpenSSH key, with the signature that `ssh-keygen -Y sign` would make."""

    name: str
    namespace: str = signing.NAMESPACE
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    @property
    def vkey(self) -> str:
        public = self.key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
        return vkeys.of_ssh(self.name, public)

    def line(self, data: bytes) -> str:
        raw = self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        public = _ssh(b"ssh-ed25519") + _ssh(raw)
        about = _ssh(self.namespace.encode()) + _ssh(b"") + _ssh(b"sha512")
        signature = self.key.sign(b"SSHSIG" + about + _ssh(hashlib.sha512(data).digest()))
        blob = b"SSHSIG" + struct.pack(">I", 1) + _ssh(public) + about
        blob += _ssh(_ssh(b"ssh-ed25519") + _ssh(signature))
        text = base64.encodebytes(blob).decode()
        armored = f"-----BEGIN SSH SIGNATURE-----\n{text}-----END SSH SIGNATURE-----\n"
        return signing.line_of_ssh(self.vkey, armored, self.namespace)


@dataclass
class Pass:
    """A passkey on a device."""

    name: str
    device: Authenticator = field(default_factory=lambda: Authenticator(secret=_secret()))

    @property
    def vkey(self) -> str:
        party, _, process = self.name.partition(".")
        return self.device.vkey(party, process)

    def line(self, data: bytes) -> str:
        return self.device.line(self.vkey, data)


Key = Own | Ssh | Pass
KINDS: Mapping[str, Callable[[str], Key]] = {"northland": Own, "eastmark": Ssh, "southport": Pass}
_counted = iter(range(1_000, 1_000_000))


def _secret() -> int:
    return next(_counted)


def _ssh(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


@dataclass
class Side:
    """A party with the person who speaks for it and the key that signs."""

    name: str
    party: Party
    person: Spokesperson
    key: Key

    @property
    def row(self) -> PartyKey:
        return PartyKey.objects.get(vkey=self.key.vkey)

    def consents(self, about: Round, key: Key | None = None) -> Answer:
        about.refresh_from_db()
        return answers.consent(by=self.person, round=about, line=(key or self.key).line(about.body.encode()))

    def note(self, about: Round) -> str:
        """The whole note that the offline tool writes."""
        body = bodies.parse(about.body.encode())
        return judging.assemble(body, [self.key.line(about.body.encode())]).decode()

    def order(self, kind: orders.Kind, key: Key | None = None, **more: Any) -> str:
        order = orders.Order(
            kind=kind,
            origin=record_keys.origin(),
            process=self.party.process.ref,
            party=self.name,
            at=timing.stamp(clock.now()),
            **more,
        )
        line = (key or self.key).line(orders.dump(order))
        return orders.assemble(order, [line]).decode()


@dataclass
class World:
    """The host's officers, the process, and its sides by name."""

    cast: Cast
    process: Process
    sides: dict[str, Side]

    def __getitem__(self, name: str) -> Side:
        return self.sides[name]

    def fresh(self) -> Process:
        self.process.refresh_from_db()
        return self.process

    def all_consent(self, about: Round) -> Round:
        for side in self.sides.values():
            side.consents(about)
        about.refresh_from_db()
        return about


def founded(ref: str = "stonebridge", *, cast: Cast | None = None) -> World:
    """Parties named and their keys enrolled; nothing is agreed yet."""
    cast = cast or people.assemble()
    process = processes.open_process(
        by=cast.director,
        mission=cast.capital,
        ref=ref,
        titles={"en": "The Stonebridge talks", "ru": "Переговоры в Каменном Мосту"},
        summaries={"en": "On the crossing.", "ru": "О переходе."},
        languages=LANGUAGES,
        zone="Europe/Minsk",
    )
    sides = {name: seat(cast, process, name) for name in PARTIES}
    return World(cast, process, sides)


def seat(cast: Cast, process: Process, name: str, *, observer: bool = False) -> Side:
    """A party, its person, and the key that this person enrolled."""
    party = process.parties.filter(name=name).first() or processes.add_party(
        by=cast.director, process=process, name=name, titles=TITLES[name], observer=observer
    )
    _, code = processes.invite(by=cast.director, party=party, name=f"Speaker of {name}")
    key = KINDS.get(name, Own)(vkeys.name_of(name, process.ref))
    person, _ = keys.enrol(code=code, vkey=key.vkey)
    return Side(name, party, person, key)


def protocol(world: World, **more: Any) -> Protocol:
    """The next draft, changed where `more` says so."""
    values: dict[str, Any] = {
        "documents": DOCUMENTS,
        "terms": {**TERMS, "process": world.process.ref},
        "rules": RULES,
        **more,
    }
    return protocols.draft_protocol(by=world.cast.editor, process=world.process, **values)


def put(world: World, **more: Any) -> Round:
    """The next protocol, before the parties."""
    return protocols.put_protocol(by=world.cast.director, protocol=protocol(world, **more))


def opened(ref: str = "stonebridge", *, cast: Cast | None = None, **more: Any) -> World:
    """Talks with a protocol in force that all three signed, and a public page."""
    world = founded(ref, cast=cast)
    world.all_consent(put(world, **more))
    clockwork()
    assert world.fresh().state == "open", Protocol.objects.get(process=world.process).last_trouble
    return world


def text_put(world: World, texts: Mapping[str, TextInput] = TEXTS, **more: Any) -> Round:
    """A joint text before the parties."""
    about = rounds.draft_round(by=world.cast.editor, process=world.process, texts=texts, **more)
    return rounds.open_round(by=world.cast.director, round=about)


def agreed(world: World, texts: Mapping[str, TextInput] = TEXTS, **more: Any) -> Round:
    """A joint text that all three signed."""
    return world.all_consent(text_put(world, texts, **more))


def released(world: World, texts: Mapping[str, TextInput] = TEXTS, **more: Any) -> Round:
    """A joint text on its page."""
    about = releasing.plan_release(by=world.cast.director, round=agreed(world, texts, **more))
    put_out(about)
    clockwork()
    about.refresh_from_db()
    assert about.state == "released", about.last_trouble
    return about


def put_out(about: Round) -> Release:
    """What the worker does with the release of a round."""
    row = Release.objects.filter(revision__statement__ref=about.statement).latest("pk")
    return putting_out.put_out_release(by=putting_out.WORKER, release_id=row.pk)


def clockwork(times: int = 3) -> None:
    """What the worker's clock does, some ticks long."""
    for _ in range(times):
        upkeep.sweep(by=WORKER)


def later(**passed: float) -> time_machine.travel:
    """So much later."""
    return time_machine.travel(clock.now() + timedelta(**passed), tick=True)


@contextmanager
def refused(code: str, words: str, *, by: str = "") -> Iterator[None]:
    """The deed inside is refused with this code and these words, and the audit says so."""
    before = Event.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    with pytest.raises(Problem, match=words) as caught:
        yield
    assert caught.value.code == code
    noted = Event.objects.filter(pk__gt=before, verb="negotiations.refused")
    assert [event.data["code"] for event in noted] == [code]
    assert not by or noted[0].actor == by


def line_of(vkey: str, device: Pass, data: bytes) -> str:
    """What a device hands over, under the vkey of another one."""
    return signing.line_of_webauthn(vkey, *device.device.get(signing.challenge_of(data)))


def head_by_a_party(key: Key) -> bytes:
    """A head of the record as it stands, signed by a party's own key under the record's name."""
    assert isinstance(key, Own)
    head = record.head()
    false = replace(key.key, name=head.origin)
    return bytes(Checkpoint(head.origin, head.size + 1, b"\x00" * 32).signed([false]))


def check_head(data: bytes) -> None:
    """As every reader does: against the policy of the record."""
    if not note.check(note.parse(data), record.verifier_keys()):
        raise TlogError("it is not signed by a key of this record")
