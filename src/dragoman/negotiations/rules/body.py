"""The text of a consent: the exact digests of every language, and what they are bound to.

    <origin>/consent/v1
    process <ref> round <n>
    statement <id> rev <n>
    text <lang> sha256:<hex> <size>        one line a language, sorted
    media sha256:<hex> <size>              zero or more, sorted
    not-before <RFC 3339, UTC, seconds, Z>
    parties <index of the keyring in the record | none>

One body has one form in bytes. The first line keeps it apart from every other text that a key may sign.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NoReturn

from dragoman.lib.problems import Invalid

FIRST_LINE = "/consent/v1"
LARGEST = 100_000
ORIGIN = "[!-*,-~]+"  # visible ASCII without the plus
_HEX = "[0-9a-f]{64}"
_NUMBER = "0|[1-9][0-9]{0,14}"
_COUNT = "[1-9][0-9]{0,14}"
_REF = "[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?"
_LANG = "[a-z]{2,8}(?:-[A-Za-z0-9]{1,8})*"
_MOMENT = "[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z"
_BODY = re.compile(
    rf"(?P<origin>{ORIGIN}){FIRST_LINE}\n"
    rf"process (?P<process>{_REF}) round (?P<round>{_COUNT})\n"
    rf"statement (?P<statement>{_REF}) rev (?P<rev>{_COUNT})\n"
    rf"(?P<texts>(?:text {_LANG} sha256:{_HEX} (?:{_NUMBER})\n)+)"
    rf"(?P<media>(?:media sha256:{_HEX} (?:{_NUMBER})\n)*)"
    rf"not-before (?P<not_before>{_MOMENT})\n"
    rf"parties (?P<parties>{_NUMBER}|none)\n"
)


@dataclass(frozen=True, order=True)
class TextSum:
    """The digest of one language: of the bytes that are sealed."""

    lang: str
    sha256: str
    size: int


@dataclass(frozen=True, order=True)
class MediaSum:
    """The digest of one picture or file."""

    sha256: str
    size: int


@dataclass(frozen=True)
class ConsentBody:
    """What a consent is about. `parties` is the record's entry of the keyring that judges it; None for the
    founding protocol, which its own keyring judges. `not_before` is UTC to the second, with a Z."""

    origin: str
    process: str
    round: int
    statement: str
    rev: int
    texts: tuple[TextSum, ...]
    not_before: str
    parties: int | None
    media: tuple[MediaSum, ...] = ()

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that are consented, sorted."""
        return tuple(sorted(one.lang for one in self.texts))


def dump(body: ConsentBody) -> bytes:
    """The bytes that are signed. Raises Invalid when the body has no such form (a name with a space, no text,
    a language twice)."""
    data = _written(body)
    if _read(data) != _sorted(body):
        _refuse("a value of it does not fit its line")
    return data


def parse(data: bytes) -> ConsentBody:
    """Read a body. Raises Invalid (code `consent-body`) unless these are its one form in bytes."""
    body = _read(data)
    if _written(body) != data:
        _refuse("its lines are not in order")
    return body


def is_language(tag: str) -> bool:
    """Whether this can be the tag of a text."""
    return re.fullmatch(_LANG, tag) is not None


def _read(data: bytes) -> ConsentBody:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        _refuse("it is not UTF-8")
    match = _BODY.fullmatch(text) if len(data) <= LARGEST else None
    if match is None:
        _refuse("its lines are not those of a consent")
    texts = [line.split(" ") for line in match["texts"].splitlines()]
    media = [line.split(" ") for line in match["media"].splitlines()]
    sums = tuple(TextSum(row[1], row[2].removeprefix("sha256:"), int(row[3])) for row in texts)
    if len({one.lang for one in sums}) != len(sums):
        _refuse("a language occurs twice")
    return ConsentBody(
        origin=match["origin"],
        process=match["process"],
        round=int(match["round"]),
        statement=match["statement"],
        rev=int(match["rev"]),
        texts=sums,
        not_before=match["not_before"],
        parties=None if match["parties"] == "none" else int(match["parties"]),
        media=tuple(MediaSum(row[1].removeprefix("sha256:"), int(row[2])) for row in media),
    )


def _written(body: ConsentBody) -> bytes:
    lines = [
        f"{body.origin}{FIRST_LINE}",
        f"process {body.process} round {body.round}",
        f"statement {body.statement} rev {body.rev}",
        *(f"text {one.lang} sha256:{one.sha256} {one.size}" for one in sorted(body.texts)),
        *(f"media sha256:{one.sha256} {one.size}" for one in sorted(body.media)),
        f"not-before {body.not_before}",
        f"parties {'none' if body.parties is None else body.parties}",
    ]
    return "".join(f"{line}\n" for line in lines).encode()


def _sorted(body: ConsentBody) -> ConsentBody:
    return ConsentBody(
        body.origin,
        body.process,
        body.round,
        body.statement,
        body.rev,
        tuple(sorted(body.texts)),
        body.not_before,
        body.parties,
        tuple(sorted(body.media)),
    )


def _refuse(why: str) -> NoReturn:
    raise Invalid(
        f"This is not the text of a consent: {why}.",
        mend="Take the round's file from the table again; never edit it by hand.",
        code="consent-body",
    )
