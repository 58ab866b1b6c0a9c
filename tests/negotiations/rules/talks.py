"""A record of talks as plain values: leaves and blobs, each entry signed as a test wants it."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from tests.negotiations.rules import cast

from dragoman.lib.tlog.note import SignerKey
from dragoman.negotiations.rules import judging, lines, protocol
from dragoman.negotiations.rules.body import ConsentBody
from dragoman.negotiations.rules.keyring import Keyring
from dragoman.negotiations.rules.protocol import ProtocolRules
from dragoman.negotiations.rules.roundfile import sums_of
from dragoman.record.leaf import Leaf, Sum

BEGAN = "2026-11-30T09:00:00Z"
RULES = protocol.parse(
    {
        "languages": ["en", "fr"],
        "publishable": {"meeting": {"en": "The parties met.", "fr": "Les parties se sont réunies."}},
        "fallback": {"en": "No joint text today.", "fr": "Pas de texte commun aujourd’hui."},
        "pulse": {
            "texts": {"en": "Talks continue ({time}).", "fr": "Les pourparlers continuent ({time})."},
            "every_minutes": 720,
            "silence_minutes": 240,
            "rule": "always",
        },
    }
)
BOTH = (cast.NORTH, cast.EAST)


class Talks:
    """Entries in their order, and the bytes behind them."""

    def __init__(self, origin: str = cast.ORIGIN) -> None:
        self.origin = origin
        self.leaves: list[Leaf | None] = []
        self.blobs: dict[str, bytes] = {}

    def blob(self, one: Sum) -> bytes:
        if one.sha256 not in self.blobs:
            raise FileNotFoundError(one.path)
        return self.blobs[one.sha256]

    def founded(self) -> "Talks":
        """With the founding keyring as entry 0."""
        self.keyring(cast.ring(), BOTH, None)
        return self

    def keyring(
        self,
        ring: Keyring,
        signers: Sequence[SignerKey],
        parties: int | None,
        rules: ProtocolRules = RULES,
        **more: object,
    ) -> int:
        texts = {
            "en": b"# Protocol\n",
            "fr": b"# Protocole\n",
            "zxx-x-keyring": str(replace(ring, origin=self.origin)).encode(),
            "zxx-x-rules": rules.dump(),
        }
        before = [at for at, leaf in enumerate(self.leaves) if leaf and leaf.id == ring.process]
        prev = before[-1] if before else None
        return self.add("parties", ring.process, ring.version, texts, signers, parties, prev=prev, **more)  # type: ignore[arg-type]  # as given

    def joint(self, signers: Sequence[SignerKey] = BOTH, parties: int = 0, **more: object) -> int:
        given: dict[str, object] = {"kind": "statement", "ref": "2026-4f7kq2", "rev": 1} | more
        texts = given.pop("texts", cast.TEXTS)
        kind, ref, rev = (given.pop(name) for name in ("kind", "ref", "rev"))
        return self.add(kind, ref, rev, texts, signers, parties, **given)  # type: ignore[arg-type]  # as given

    def line(self, texts: dict[str, str], number: int, parties: int | None = 0, released: str = BEGAN) -> int:
        sealed = {lang: lines.sealed(text) for lang, text in texts.items()}
        return self.add("line", f"{cast.PROCESS}-line", number, sealed, (), parties, released=released)

    def add(
        self,
        kind: str,
        ref: str,
        rev: int,
        texts: dict[str, bytes],
        signers: Sequence[SignerKey],
        parties: int | None,
        *,
        prev: int | None = None,
        released: str = BEGAN,
        process: str = cast.PROCESS,
        consent: str | None = None,
    ) -> int:
        self.blobs |= {hashlib.sha256(data).hexdigest(): data for data in texts.values()}
        sums = sums_of(texts)
        if signers and consent is None:
            body = ConsentBody(self.origin, process, 1, ref, rev, sums, BEGAN, parties)
            consent = judging.assemble(body, cast.signed(body, *signers)).decode()
        named = tuple(Sum(one.sha256, one.size, "text/plain; charset=utf-8", one.lang) for one in sums)
        self.leaves.append(Leaf(kind, ref, rev, released, named, (), prev, parties, consent))
        return len(self.leaves) - 1


def at(minute: int) -> datetime:
    """A moment after the beginning."""
    return datetime(2026, 11, 30, 9, minute, tzinfo=UTC)
