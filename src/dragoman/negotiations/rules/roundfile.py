"""The file of a round that a party takes home: everything to read, judge and sign a text without the desk."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from dragoman.lib.problems import Invalid
from dragoman.negotiations.rules import body as bodies
from dragoman.negotiations.rules import keyring as keyrings
from dragoman.negotiations.rules import timing
from dragoman.negotiations.rules.body import ConsentBody, TextSum
from dragoman.negotiations.rules.keyring import Keyring

FORMAT = "dragoman-round-v1"
LARGEST = 20_000_000


@dataclass(frozen=True)
class RoundFile:
    """`texts` are the exact bytes that are consented, by language; `previous` those of the round before, as
    the host says, to show what changed; `keyring` the text of the keyring that judges the consent; `titles`
    the names of the parties, for reading;
    `closes_at` a stamp, or nothing."""

    body: ConsentBody
    texts: Mapping[str, bytes]
    keyring: str
    previous: Mapping[str, bytes] = field(default_factory=dict)
    closes_at: str = ""
    titles: Mapping[str, str] = field(default_factory=dict)

    @property
    def signed_text(self) -> bytes:
        """The very bytes that are signed."""
        return bodies.dump(self.body)

    @property
    def digest(self) -> str:
        """Their SHA-256: what a party reads out on the telephone to compare."""
        return hashlib.sha256(self.signed_text).hexdigest()

    @property
    def ring(self) -> Keyring:
        """The keyring, read."""
        return keyrings.parse(self.keyring)


def sums_of(texts: Mapping[str, bytes]) -> tuple[TextSum, ...]:
    """The digests of texts, as a consent names them."""
    return tuple(
        TextSum(lang, hashlib.sha256(data).hexdigest(), len(data)) for lang, data in sorted(texts.items())
    )


def dump(value: RoundFile) -> bytes:
    """The file: JSON. Raises Invalid when the texts are not those of the body."""
    members = {
        "format": FORMAT,
        "body": value.signed_text.decode(),
        "texts": {lang: _text(data) for lang, data in value.texts.items()},
        "previous": {lang: _text(data) for lang, data in value.previous.items()},
        "keyring": value.keyring,
        "closes_at": value.closes_at,
        "titles": dict(value.titles),
    }
    data = json.dumps(members, ensure_ascii=False, indent=1).encode() + b"\n"
    load(data)
    return data


def load(data: bytes) -> RoundFile:
    """Read a file. Every digest and size is computed anew from the texts; raises Invalid (code `round-file`,
    `changed-text`, `another-language-set`, `other-keyring`, or one of `keyring.check`) when the body does not
    say the same, or names another process than the keyring."""
    value = _members(data)
    texts = {lang: text.encode() for lang, text in value["texts"].items()}
    read = RoundFile(
        body=bodies.parse(value["body"].encode()),
        texts=texts,
        keyring=value["keyring"],
        previous={lang: text.encode() for lang, text in value["previous"].items()},
        closes_at=value["closes_at"],
        titles=value["titles"],
    )
    _check_texts(read)
    keyrings.check(read.ring)
    if (read.ring.origin, read.ring.process) != (read.body.origin, read.body.process):
        raise Invalid(
            f"The keyring in this file is that of {read.ring.process}; the text is of {read.body.process}.",
            code="other-keyring",
        )
    return read


def _check_texts(read: RoundFile) -> None:
    if read.body.languages != tuple(sorted(read.texts)):
        raise Invalid(
            f"The texts in this file are in {', '.join(sorted(read.texts))}; what would be signed names "
            f"{', '.join(read.body.languages)}.",
            mend="Do not sign. Take the file from the table again, and tell the host by another way.",
            code="another-language-set",
        )
    wrong = sorted({one.lang for one in set(read.body.texts) ^ set(sums_of(read.texts))})
    if wrong:
        raise Invalid(
            f"The text in {', '.join(wrong)} is not the one whose digest would be signed.",
            mend="Do not sign. Take the file from the table again, and tell the host by another way.",
            code="changed-text",
        )


def _members(data: bytes) -> dict[str, Any]:
    if len(data) > LARGEST:
        _refuse("it is too long")
    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        _refuse(str(error))
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        _refuse(f"it is not of the format {FORMAT}")
    words, tables = ("body", "keyring", "closes_at"), ("texts", "previous", "titles")
    if set(value) != {"format", *words, *tables}:
        _refuse("it has other members than such a file has")
    if not all(_is_text(value[name]) for name in words) or not all(_is_table(value[name]) for name in tables):
        _refuse("a member is not of the right kind")
    if not all(bodies.is_language(lang) for lang in (*value["texts"], *value["previous"])):
        _refuse("a language is none")
    if value["closes_at"]:
        timing.from_stamp(value["closes_at"])
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError("a member occurs twice")
    return dict(pairs)


def _is_text(value: object) -> bool:
    try:
        return isinstance(value, str) and value.encode() is not None
    except UnicodeEncodeError:
        return False


def _is_table(value: object) -> bool:
    return isinstance(value, dict) and all(_is_text(key) and _is_text(text) for key, text in value.items())


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        _refuse("a text is not UTF-8")


def _refuse(why: str) -> NoReturn:
    raise Invalid(
        f"This is not the file of a round: {why}.",
        mend="Take the file from the table again; never edit it by hand.",
        code="round-file",
    )
