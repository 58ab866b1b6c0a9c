"""The demonstration's talks: invented parties, a protocol in force, a released text, a notice, an open round.

Everything is done by the actions that people use, signed with keys that are made here. May run twice.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

from django.conf import settings

from dragoman.audit import context
from dragoman.base.actor import System
from dragoman.lib.files import make_folder, write_atomic
from dragoman.lib.tlog.note import SignerKey
from dragoman.negotiations.actions import answers, keys, processes, protocols, releasing, rounds, upkeep
from dragoman.negotiations.actions.common import WORKER
from dragoman.negotiations.models import Party, PartyKey, Process, Round, Spokesperson
from dragoman.negotiations.rules import canonical_text, signing, vkeys
from dragoman.staff import actions as staff
from dragoman.staff.models import Mission, Officer
from dragoman.statements.actions import putting_out
from dragoman.statements.actions.input import TextInput
from dragoman.statements.models import Release

BY = System("sample")
REF = "stonebridge"
HOST = {
    "slug": "riverton",
    "name": "Riverton, host of talks",
    "kind": "department",
    "zone": "Europe/Minsk",
}
PARTIES = ("northland", "eastmark")
OBSERVER = "lakeside"
OBSERVER_TITLES = {"en": "Lakeside", "fr": "Lakeside", "ar": "ليكسايد", "ru": "Лейксайд"}
Say = Callable[[str], None]


@dataclass
class SampleTalks:
    """What was made now; `lines` tell people how to take part, and are shown once."""

    lines: list[str] = field(default_factory=list)


def load_talks(*, progress: Say = lambda step: None) -> SampleTalks:
    """Make the talks of the sample, or what is missing of them. Outside of any transaction: it seals."""
    report = SampleTalks()
    told = tomllib.loads(_read("stonebridge.toml"))
    terms = json.loads(_read("stonebridge-terms.json"))
    editor, director = (Officer.objects.get(username=name) for name in ("editor", "director"))
    with context.entered(face="cli"):
        progress("Talks: parties and their keys")
        process = _process(director, told)
        _parties(director, process, terms)
        progress("Talks: protocol, signed by all")
        _protocol(editor, director, process, told, terms)
        progress("Talks: a released text")
        _released(editor, director, process, told)
        progress("Talks: a notice and an open round")
        _notice(editor, director, process)
        _open_round(editor, director, process, told)
        report.lines = _how_to_take_part(director, process)
    return report


def _read(name: str) -> str:
    return (resources.files("dragoman.sample") / name).read_text("utf-8")


def _folder() -> Path:
    return Path(settings.DRAGOMAN.home) / "sample-keys"


def _process(director: Officer, told: dict[str, Any]) -> Process:
    mission = Mission.objects.filter(slug=HOST["slug"]).first()
    if mission is None:
        mission = staff.create_mission(by=BY, parent=Mission.objects.get(slug="capital"), **HOST)
    found = Process.objects.filter(ref=REF).first()
    return found or processes.open_process(by=director, mission=mission, **told["process"])


def _parties(director: Officer, process: Process, terms: dict[str, Any]) -> None:
    for name in PARTIES:
        titles = {lang: terms["parties"][name][lang]["short"] for lang in process.languages}
        _party(director, process, name, titles)
        _key(director, process.parties.get(name=name))
    _party(director, process, OBSERVER, OBSERVER_TITLES, observer=True)


def _party(
    director: Officer, process: Process, name: str, titles: dict[str, str], *, observer: bool = False
) -> None:
    if not process.parties.filter(name=name).exists():
        processes.add_party(by=director, process=process, name=name, titles=titles, observer=observer)


def _key(director: Officer, party: Party) -> None:
    """The party's own key, in a file that only its owner can read."""
    path = _folder() / f"{party.name}.key"
    if not path.exists():
        make_folder(_folder(), mode=0o700)
        made = SignerKey.make(vkeys.name_of(party.name, party.process.ref))
        write_atomic(path, f"{made.secret}\n".encode(), mode=0o600)
    vkey = str(_signer(party).verifier)
    if not PartyKey.objects.filter(vkey=vkey).exists():
        _, code = processes.invite(by=director, party=party, name=f"First speaker of {party}")
        keys.enrol(code=code, vkey=vkey)


def _signer(party: Party) -> SignerKey:
    return SignerKey.parse((_folder() / f"{party.name}.key").read_text("ascii"))


def _protocol(
    editor: Officer, director: Officer, process: Process, told: dict[str, Any], terms: dict[str, Any]
) -> None:
    process.refresh_from_db()
    if process.state != "founding":
        return
    about = process.rounds.filter(kind="protocol", state__in=("open", "agreed", "releasing")).first()
    if about is None:
        draft = protocols.draft_protocol(
            by=editor,
            process=process,
            documents={
                lang: canonical_text.mended(told["protocol"][lang]["document"]) for lang in process.languages
            },
            terms=terms,
            rules=_rules(process, told),
        )
        about = protocols.put_protocol(by=director, protocol=draft)
    _all_consent(process, about)
    _until(lambda: Process.objects.filter(pk=process.pk, published=True).exists())


def _rules(process: Process, told: dict[str, Any]) -> dict[str, Any]:
    """As the sample's protocol says in words: 15 minutes for objections, a day for a round."""
    return {
        "v": 1,
        "languages": list(process.languages),
        "joint": True,
        "publishable": told["publishable"],
        "objection_minutes": 15,
        "round_hours": 24,
        "fallback": told["fallback"],
        "pulse": {
            "texts": told["pulse"],
            "every_minutes": 60,
            "silence_minutes": 15,
            "rule": "always",
        },
        "quiet_hours": None,
        "confidentiality": "chatham-house",
        "silence": "lapses",
        "leaving": "closes",
    }


def _released(editor: Officer, director: Officer, process: Process, told: dict[str, Any]) -> None:
    about = process.rounds.filter(kind="joint").order_by("number").first()
    if about is None:
        about = _put(editor, director, process, told, "opening")
    if about.state == "open":
        _all_consent(process, about)
        about.refresh_from_db()
    if about.state == "agreed":
        about = releasing.plan_release(by=director, round=about)
    if about.state == "releasing":
        release = Release.objects.get(revision__statement__ref=about.statement)
        putting_out.put_out_release(by=putting_out.WORKER, release_id=release.pk)
    _until(lambda: Round.objects.filter(pk=about.pk, state="released").exists())


def _notice(editor: Officer, director: Officer, process: Process) -> None:
    if process.rounds.filter(kind="notice").exists():
        return
    places = {"en": "Stonebridge", "fr": "Pont-de-Pierre", "ar": "الجسر الحجري", "ru": "Каменный Мост"}
    dates = {
        "en": "21 December 2026",
        "fr": "21 décembre 2026",
        "ar": "21 ديسمبر 2026",
        "ru": "21 декабря 2026 года",
    }
    draft = rounds.draft_notice(
        by=editor, process=process, facts=[("meeting", {"date": dates}), ("place", {"place": places})]
    )
    rounds.open_round(by=director, round=draft)


def _open_round(editor: Officer, director: Officer, process: Process, told: dict[str, Any]) -> None:
    if process.rounds.filter(kind="joint").count() < 2:
        _put(editor, director, process, told, "crossing")


def _put(editor: Officer, director: Officer, process: Process, told: dict[str, Any], name: str) -> Round:
    texts = {lang: _text(told["texts"][name][lang]) for lang in process.languages}
    draft = rounds.draft_round(by=editor, process=process, texts=texts)
    return rounds.open_round(by=director, round=draft)


def _text(told: dict[str, str]) -> TextInput:
    title, summary, body = (canonical_text.mended(told[part]) for part in ("title", "summary", "body"))
    return TextInput(title, summary, body)


def _all_consent(process: Process, about: Round) -> None:
    """Each party of the sample reads its round and signs it, as its offline tool would."""
    for name in PARTIES:
        if about.answers.filter(party__name=name).exists():
            continue
        party = process.parties.get(name=name)
        person = Spokesperson.objects.filter(party=party, enrolled_at__isnull=False).earliest("pk")
        line = signing.sign_ed25519(about.body.encode(), _signer(party))
        answers.consent(by=person, round=about, line=line)


def _until(done: Callable[[], bool]) -> None:
    """What the worker's clock would do."""
    for _ in range(5):
        if done():
            return
        upkeep.sweep(by=WORKER)


def _how_to_take_part(director: Officer, process: Process) -> list[str]:
    """Fresh invitations, and where the keys are that the open round can be signed with."""
    table = settings.DRAGOMAN.table_url
    lines = [
        "",
        f"Sample talks: {settings.DRAGOMAN.public_url}/en/talks/{REF}/",
        f"  Keys of the parties (Northland, Eastmark): {_folder()}",
        f"  Sign the open round with one of them at {table}/table/",
        "  Invitations to the table, each for one person and one key:",
    ]
    for party in process.parties.all():
        name = f"Observer of {party}" if party.observer else f"Second speaker of {party}"
        Spokesperson.objects.filter(party=party, name=name, enrolled_at__isnull=True).update(active=False)
        _, code = processes.invite(by=director, party=party, name=name)
        lines.append(f"    {party!s:<12}{table}/table/enrol/{code}/")
    return lines
