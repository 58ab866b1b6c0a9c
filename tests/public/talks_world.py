"""Talks as the apps above hand them over: a protocol and texts that two parties really signed."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from tests.public.world import BY, record_ref

from dragoman import sample
from dragoman.lib import markdown
from dragoman.lib.tlog.note import SignerKey
from dragoman.lib.tlog.policy import Group
from dragoman.negotiations.neutrality import terms
from dragoman.negotiations.rules import body as bodies
from dragoman.negotiations.rules import judging, ledger, lines, signing, vkeys
from dragoman.negotiations.rules.body import ConsentBody, TextSum
from dragoman.negotiations.rules.keyring import Keyring, PartyKey
from dragoman.negotiations.rules.protocol import ProtocolRules, Pulse
from dragoman.public import actions, talks_queries
from dragoman.public.values import Agreed, ConsentShown, Edition, EditionText
from dragoman.public.values_talks import Ledger, TalksEntry, TalksPage, TalksParty
from dragoman.record import actions as record
from dragoman.record import keys
from dragoman.record.values import Sealed, TextBlob

FOLDER = Path(sample.__file__).parent
REF = "stonebridge"
START = datetime(2026, 12, 14, 6, 0, tzinfo=UTC)
PARTIES = ("northland", "eastmark")
NAMES = {
    "northland": {"en": "Northland", "fr": "le Northland", "ar": "نورثلاند", "ru": "Нортландия"},
    "eastmark": {"en": "Eastmark", "fr": "l’Eastmark", "ar": "إيستمارك", "ru": "Истмарк"},
}


class Talks:
    """One process from its protocol on. Texts come from the sample of the product."""

    def __init__(self) -> None:
        self.given = tomllib.loads((FOLDER / "stonebridge.toml").read_text("utf-8"))
        self.languages = tuple(self.given["process"]["languages"])
        self.sheet = terms.parse((FOLDER / "stonebridge-terms.json").read_bytes())
        self.signers = {
            name: SignerKey(vkeys.name_of(name, REF), hashlib.sha256(name.encode()).digest())
            for name in PARTIES
        }
        self.keyring = Keyring(
            origin=keys.origin(),
            process=REF,
            version=1,
            keys=tuple(PartyKey(name, str(self.signers[name].verifier)) for name in PARTIES),
            groups=(Group("both", 2, PARTIES),),
            quorum="both",
        )
        self.rules = ProtocolRules(
            languages=self.languages,
            publishable=self.given["publishable"],
            fallback=self.given["fallback"],
            pulse=Pulse(self.given["pulse"], 30, 30),
        )
        self.documents = {
            lang: one["document"].strip() for lang, one in self.given["protocol"].items() if lang != "rules"
        }
        self.protocol = self._protocol()
        self.lines = 0
        self.rounds = 1
        self.at = START

    def page(self, **more: Any) -> TalksPage:
        given: dict[str, Any] = {
            "ref": REF,
            "titles": self.given["process"]["titles"],
            "summaries": self.given["process"]["summaries"],
            "languages": self.languages,
            "zone": "Europe/Minsk",
            "mission": "Riverton",
            "parties": tuple(TalksParty(name, NAMES[name]) for name in PARTIES),
            "state": "open",
            "protocol": 1,
            "keyring": str(self.keyring),
            "keyring_index": self.protocol.index,
            "documents": self.documents,
            "record": record_ref(self.protocol),
            "publishable": {
                lang: tuple(one[lang] for one in self.rules.publishable.values()) for lang in self.languages
            },
            "pulse_minutes": 30,
        }
        return TalksPage(**given | more)

    def publish(self) -> None:
        """The process and its protocol."""
        actions.publish_talks(by=BY, talks=self.page())
        actions.publish_talks_entry(by=BY, entry=self.protocol_entry())

    def protocol_entry(self) -> TalksEntry:
        texts = tuple(_plain(lang, self.documents[lang], "") for lang in self.languages)
        signed = tuple(ConsentShown(name, "ed25519") for name in PARTIES)
        return TalksEntry(
            *(REF, "protocol", REF, 1, START, "Europe/Minsk", texts),
            record=record_ref(self.protocol),
            consents=signed,
        )

    def line(self, what: str, words: Mapping[str, str], minutes: int = 15) -> TalksEntry:
        """A sealed line, that many minutes after what came before it."""
        self.at += timedelta(minutes=minutes)
        self.lines += 1
        blobs = [TextBlob(lang, lines.MEDIA_TYPE, lines.sealed(text)) for lang, text in words.items()]
        sealed = record.seal(
            by=BY,
            kind="line",
            ref=f"{REF}-line",
            rev=self.lines,
            released=self.at,
            texts=blobs,
            parties=self.protocol.index,
        )
        texts = tuple(_plain(lang, words[lang]) for lang in self.languages)
        return TalksEntry(
            *(REF, what, f"{REF}-line", self.lines, self.at, "Europe/Minsk", texts),  # type: ignore[arg-type]  # a test may try a wrong word
            record=record_ref(sealed),
        )

    def pulse(self, minutes: int = 30) -> TalksEntry:
        at = self.at + timedelta(minutes=minutes)
        return self.line("pulse", lines.pulse_texts(self.rules, at, "Europe/Minsk"), minutes)

    def fallback(self) -> TalksEntry:
        return self.line("fallback", lines.fallback_texts(self.rules))

    def notice(self) -> TalksEntry:
        facts = [("place", {"place": "Stonebridge"}), ("level", {"level": "deputy ministers"})]
        return self.line("notice", lines.notice_texts(self.rules, facts))

    def joint(self, name: str, ref: str = "", rev: int = 1, **more: Any) -> Edition:
        """A text that both signed."""
        self.at += timedelta(minutes=10)
        self.rounds += 1
        ref = ref or f"2026-{name}"
        texts = more.pop("texts", None) or self.texts(name)
        data = {lang: markdown.canonical(*words) for lang, words in texts.items()}
        kind = "correction" if rev > 1 else "statement"
        consent = self.consent(ref, rev, data, self.protocol.index)
        sealed = record.seal(
            by=BY,
            kind=kind,
            ref=ref,
            rev=rev,
            released=self.at,
            texts=[TextBlob(lang, markdown.MEDIA_TYPE, one) for lang, one in data.items()],
            parties=self.protocol.index,
            consent=consent,
        )
        return Edition(
            ref=ref,
            rev=rev,
            slug=ref,
            kind="joint",
            released=self.at,
            zone="Europe/Minsk",
            mission="Riverton",
            texts=tuple(EditionText(lang, *texts[lang], _digest(data[lang])) for lang in self.languages),
            record=record_ref(sealed),
            previous_rev=rev - 1 if rev > 1 else None,
            talks=Agreed(
                REF,
                tuple(ConsentShown(party, "ed25519") for party in PARTIES),
                str(self.keyring),
                self.protocol.index,
            ),
            **more,
        )

    def texts(self, name: str) -> dict[str, tuple[str, str, str]]:
        return {
            lang: (one["title"], one["summary"], one["body"].strip())
            for lang, one in self.given["texts"][name].items()
        }

    def consent(self, ref: str, rev: int, data: Mapping[str, bytes], index: int | None) -> str:
        """The note that both signed."""
        body = ConsentBody(
            origin=keys.origin(),
            process=REF,
            round=self.rounds if index is not None else 1,
            statement=ref,
            rev=rev,
            texts=tuple(sorted(TextSum(lang, _digest(one), len(one)) for lang, one in data.items())),
            not_before="2026-01-01T00:00:00Z",
            parties=index,
        )
        text = bodies.dump(body)
        signed = [signing.sign_ed25519(text, self.signers[name]) for name in PARTIES]
        return judging.assemble(body, signed).decode()

    def ledger(self, edition: Edition, number: int = 1, **more: Any) -> Ledger:
        """The evenness ledger of a release, sealed."""
        at = edition.released + timedelta(minutes=2)
        stamp = at.strftime("%Y-%m-%dT%H:%M:%SZ")
        signed = (edition.released - timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%SZ")
        release = ledger.Release(
            process=REF,
            entry=talks_queries.number_of(edition.ref, edition.rev) or 0,
            ref=edition.ref,
            rev=edition.rev,
            index=edition.record.index,
            released=edition.released.strftime("%Y-%m-%dT%H:%M:%SZ"),
            order_number=more.pop("order_number", 1),
            languages=self.languages,
            texts={text.lang: (text.title, text.summary, text.body) for text in edition.texts},
            consents=[ledger.Consent(party, "ed25519", signed) for party in PARTIES],
            asks={party: ledger.Asks() for party in PARTIES},
            **more,
        )
        data = ledger.dump(ledger.build(release, self.sheet, number=number, at=stamp))
        sealed = record.seal(
            by=BY,
            kind="ledger",
            ref=f"{REF}-ledger",
            rev=number,
            released=at,
            texts=[TextBlob("zxx", "application/json", data)],
        )
        return Ledger(REF, number, at, data.decode(), record_ref(sealed))

    def _protocol(self) -> Sealed:
        blobs = [
            *(
                TextBlob(lang, "text/markdown; charset=utf-8", self.documents[lang].encode())
                for lang in self.languages
            ),
            TextBlob("zxx-x-keyring", "text/plain; charset=utf-8", str(self.keyring).encode()),
            TextBlob("zxx-x-terms", "application/json", terms.dump(self.sheet)),
            TextBlob("zxx-x-rules", "application/json", self.rules.dump()),
        ]
        consent = self.consent(REF, 1, {one.lang: one.data for one in blobs}, None)
        return record.seal(
            by=BY, kind="parties", ref=REF, rev=1, released=START, texts=blobs, consent=consent
        )


def entries(home: Path) -> dict[str, Any]:
    """What the file of the newest entries says."""
    found: dict[str, Any] = json.loads((home / "public/talks" / REF / "entries.json").read_text("utf-8"))
    return found


def everything(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Every public file: its bytes, and the moment that stands in its ETag."""
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def url(path: str) -> str:
    return f"{settings.DRAGOMAN.public_url}{path}"


def _plain(lang: str, words: str, end: str = "\n") -> EditionText:
    return EditionText(lang, "", "", words, _digest(f"{words}{end}".encode()))


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
