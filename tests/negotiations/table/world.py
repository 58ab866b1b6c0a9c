"""Talks at Stonebridge with everyone who is at the table, and other talks that they must never hear of."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.cast import Cast
from tests.negotiations.rules.cast import Authenticator

import dragoman
from dragoman.lib.tlog.note import SignerKey
from dragoman.negotiations.actions import answers, enacting, processes, protocols, rounds
from dragoman.negotiations.actions import keys as key_deeds
from dragoman.negotiations.models import Party, Process, Protocol, Round, Spokesperson
from dragoman.negotiations.rules import signing
from dragoman.statements.actions.input import TextInput

SITE = "http://localhost:8004"
SAMPLE = Path(dragoman.__file__).parent / "sample"
DOCUMENTS = {
    "en": "# Protocol\n\nNothing is published that was not agreed.",
    "fr": "# Protocole\n\nRien n’est publié qui n’ait été convenu.",
    "ar": "# البروتوكول\n\nلا يُنشر شيء لم يُتفق عليه.",
    "ru": "# Протокол\n\nНичего не публикуется без согласия.",
}


@cache
def sample() -> dict[str, Any]:
    """The sample talks, as the package has them."""
    return tomllib.loads((SAMPLE / "stonebridge.toml").read_text("utf-8"))


def rules() -> dict[str, Any]:
    """The rules of their protocol."""
    talks = sample()
    return {
        "languages": talks["process"]["languages"],
        "publishable": talks["publishable"],
        "fallback": talks["fallback"],
        "pulse": {
            "texts": talks["pulse"],
            "every_minutes": 60,
            "silence_minutes": 120,
            "rule": "always",
        },
        "quiet_hours": {"from": "22:00", "to": "07:00", "zone": "Europe/Minsk"},
        "leaving": "continues",
    }


def text_of(name: str) -> dict[str, TextInput]:
    """One of the sample's joint texts in every language."""
    return {
        lang: TextInput(title=one["title"], summary=one["summary"], body=one["body"].strip())
        for lang, one in sample()["texts"][name].items()
    }


@dataclass
class Chair:
    """One person at the table with a device and a key of their own."""

    person: Spokesperson
    code: str
    device: Authenticator
    own: SignerKey

    @property
    def party(self) -> Party:
        return self.person.party


@dataclass
class World:
    """`north` and `east` sign, `watcher` observes; `far` sits at other talks."""

    cast: Cast
    process: Process
    other: Process
    north: Chair
    east: Chair
    watcher: Chair
    far: Chair

    def put(self) -> Round:
        """The founding protocol before the parties."""
        terms = json.loads((SAMPLE / "stonebridge-terms.json").read_text("utf-8"))
        protocol = protocols.draft_protocol(
            by=self.cast.director, process=self.process, documents=DOCUMENTS, terms=terms, rules=rules()
        )
        return protocols.put_protocol(by=self.cast.director, protocol=protocol)

    def open(self) -> Process:
        """The protocol in force, by the parties' own consents."""
        about = self.put()
        for chair in (self.north, self.east):
            sign(chair, about)
        protocol = Protocol.objects.get(process=self.process, number=1)
        enacting.enact(by=self.cast.director, protocol_id=protocol.pk)
        self.process.refresh_from_db()
        return self.process

    def joint(
        self, name: str = "opening", previous: Round | None = None, **changes: tuple[str, str]
    ) -> Round:
        """A joint text before the parties; `changes` are old and new words of the English one."""
        texts = text_of(name)
        for old, new in changes.values():
            english = texts["en"]
            texts["en"] = TextInput(english.title, english.summary, english.body.replace(old, new))
        made = rounds.draft_round(by=self.cast.director, process=self.process, texts=texts, previous=previous)
        opened = rounds.open_round(by=self.cast.director, round=made)
        opened.refresh_from_db()
        return opened


def sign(chair: Chair, about: Round) -> None:
    """A consent with the person's own key, without any page."""
    line = signing.sign_ed25519(about.body.encode(), chair.own)
    answers.consent(by=chair.person, round=about, line=line)


def assemble(cast: Cast) -> World:
    """Two talks, founding; everyone has enrolled an own key and nobody a passkey yet."""
    talks = sample()["process"]
    process = processes.open_process(
        by=cast.director,
        mission=cast.capital,
        ref="stonebridge",
        titles=talks["titles"],
        summaries=talks["summaries"],
        languages=talks["languages"],
        zone=talks["zone"],
    )
    other = processes.open_process(
        by=cast.director,
        mission=cast.capital,
        ref="harbour",
        titles={"en": "The harbour talks"},
        summaries={"en": "Others."},
        languages=["en"],
    )
    return World(
        cast,
        process,
        other,
        north=_chair(cast, process, "northland", "Northland", "E. Strand", 11),
        east=_chair(cast, process, "eastmark", "Eastmark", "O. Vale", 12),
        watcher=_chair(cast, process, "lakeside", "Lakeside", "I. Fern", 13, observer=True),
        far=_chair(cast, other, "southland", "Southland", "U. Moor", 14),
    )


def _chair(
    cast: Cast, process: Process, name: str, title: str, person: str, seed: int, *, observer: bool = False
) -> Chair:
    titles = dict.fromkeys(process.languages, title)
    party = processes.add_party(
        by=cast.director, process=process, name=name, titles=titles, observer=observer
    )
    spokesperson, code = processes.invite(by=cast.director, party=party, name=person)
    own = SignerKey(f"{name}.{process.ref}", bytes([seed]) * 32)
    key_deeds.enrol(code=code, vkey=str(own.verifier))
    spokesperson = Spokesperson.objects.select_related("party__process").get(pk=spokesperson.pk)
    device = Authenticator(secret=seed, rp_id="localhost", origin=SITE)
    return Chair(spokesperson, code, device, own)
