"""One message per recipient, from a form that is made once (RFC 5322, 2045, 2369, 2919, 3834, 8058).

All that differs between two copies is put into slots, so that a copy costs a few joins of bytes and no second
walk through the text. No slot takes a line break, and no value comes into a header but through `_header`.
"""

from __future__ import annotations

import hashlib
import html
import quopri
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.utils import format_datetime, formataddr

from dragoman.channels import wording
from dragoman.channels.connector import Post
from dragoman.channels.connectors.email.rendering import one_line

SLOT = re.compile(rb"\x00([a-z_]+)\x00")
LINK = re.compile(r"https://[^\s<>\"'()\[\]{}]+[^\s<>\"'()\[\]{}.,;:!?]")
UNSAFE = re.compile(r"[\x00-\x20\x7f<>\"]")
MESSAGE_ID = re.compile(r"[!-;=?-~]{1,400}@[!-;=?-~]{1,200}")
CHUNK = 60
INK, SOFT, LINE, ACCENT = "#1b1f24", "#5a6470", "#d9dee3", "#0b4f8a"


@dataclass(frozen=True, slots=True)
class Sender:
    """Whose mail it is. `list_name` is what the list is called by those who receive it."""

    address: str
    name: str
    reply_to: str
    domain: str
    list_id: str
    list_name: str


class Form:
    """The message as it is for everybody, with slots: `to`, `id`, and for lists `leave` and `one_click`."""

    def __init__(self, post: Post, sender: Sender, at: datetime) -> None:
        part = post.rendition.parts[0]
        self.post = post
        self.sender = sender
        self.list = bool(part.extra.get("list", True))
        self.subject = str(part.extra.get("subject", ""))
        headers = self._headers(at)
        body = self._body(part.text, str(part.extra.get("title", "")), str(part.extra.get("summary", "")))
        self.headers = SLOT.split(headers)
        self.body = SLOT.split(body)

    def message(self, values: Mapping[str, str]) -> tuple[bytes, bytes]:
        """Headers and body for one recipient, to be joined by an empty line."""
        safe = {}
        for name, value in values.items():
            if UNSAFE.search(value):
                raise ValueError(f"{name} has a character that cannot be in a mail")
            safe[name] = value
        return _filled(self.headers, safe, _bare), _filled(self.body, safe, _soft)

    def message_id(self, ref: str) -> str:
        """Made of the key and the recipient alone: the same copy has the same name for ever."""
        digest = hashlib.sha256(f"{self.post.key}\x00{ref}".encode()).hexdigest()[:32]
        return f"{digest}@{self.sender.domain}"

    def _headers(self, at: datetime) -> bytes:
        who = self.sender
        lines = [
            b"From: " + formataddr((one_line(who.name), who.address)).encode("ascii"),
            b"To: \x00to\x00",
            *([_header("Reply-To", who.reply_to)] if who.reply_to else []),
            _header("Subject", self.subject),
            b"Date: " + format_datetime(at).encode("ascii"),
            b"Message-ID: <\x00id\x00>",
            *self._thread(),
            b"MIME-Version: 1.0",
            _header("Content-Language", self.post.lang),
            b"Auto-Submitted: auto-generated",
            b"X-Auto-Response-Suppress: All",
        ]
        if self.list:
            name = "".join(each for each in one_line(who.list_name) if each not in '<>"')
            lines += [
                b"List-Id: " + _encoded("List-Id", name) + f" <{who.list_id}>".encode("ascii"),
                b"List-Unsubscribe: <\x00one_click\x00>",
                b"List-Unsubscribe-Post: List-Unsubscribe=One-Click",
                b"Precedence: bulk",
            ]
        lines.append(f'Content-Type: multipart/alternative; boundary="{self._boundary}"'.encode("ascii"))
        return b"\r\n".join(lines) + b"\r\n"

    def _thread(self) -> list[bytes]:
        """The mail that this one answers (RFC 5322, 3.6.4), when its name is one that a header can hold."""
        name = self.post.reply_to.strip("<> ")
        if not MESSAGE_ID.fullmatch(name):
            return []
        return [f"{field}: <{name}>".encode("ascii") for field in ("In-Reply-To", "References")]

    @property
    def _boundary(self) -> str:
        # the underscore and the equals sign never stand together in quoted-printable text
        return "=_" + hashlib.sha256(self.post.key.encode()).hexdigest()[:24]

    def _body(self, text: str, title: str, summary: str) -> bytes:
        w = wording.load(self.post.lang)
        foot = f"\n\n-- \n{w['mail_why']}\n{w['mail_leave']}\n\x00leave\x00\n" if self.list else "\n"
        page = _page(self.post.lang, self.subject, _inner(text, title, summary), w if self.list else None)
        mark = f"--{self._boundary}".encode("ascii")
        out = []
        for kind, content in (("plain", text + foot), ("html", page)):
            out += [
                mark,
                f"Content-Type: text/{kind}; charset=utf-8".encode("ascii"),
                b"Content-Transfer-Encoding: quoted-printable",
                b"",
                _quoted(content),
            ]
        return b"\r\n".join([*out, mark + b"--", b""])


def _bare(value: str) -> bytes:
    return value.encode()


def _filled(pieces: list[bytes], values: Mapping[str, str], shape: Callable[[str], bytes]) -> bytes:
    out = [piece if place % 2 == 0 else shape(values[piece.decode()]) for place, piece in enumerate(pieces)]
    return b"".join(out)


def _header(name: str, value: str) -> bytes:
    return name.encode("ascii") + b": " + _encoded(name, one_line(value))


def _encoded(name: str, value: str) -> bytes:
    if value.isascii() and len(name) + len(value) < 74 and "=?" not in value:
        return value.encode("ascii")
    charset = "us-ascii" if value.isascii() and "=?" not in value else "utf-8"
    return Header(value, charset, header_name=name).encode(linesep="\r\n").encode("ascii")


def _quoted(text: str) -> bytes:
    """Quoted-printable (RFC 2045, 6.7), slots left open and each on lines of its own."""
    pieces = SLOT.split(text.encode())
    out = [
        quopri.encodestring(piece).replace(b"\n", b"\r\n")
        if place % 2 == 0
        else b"=\r\n\x00" + piece + b"\x00=\r\n"
        for place, piece in enumerate(pieces)
    ]
    return b"".join(out).rstrip(b"\r\n")


def _soft(value: str) -> bytes:
    """A long address in quoted-printable: broken softly, as no line may have more than 76 characters."""
    chunks = [value[at : at + CHUNK] for at in range(0, len(value), CHUNK)]
    return b"=\r\n".join(chunk.encode().replace(b"=", b"=3D") for chunk in chunks)


def _inner(text: str, title: str, summary: str) -> str:
    """The text's blocks as HTML: a block is a paragraph, a line break stays one, addresses become links."""
    out: list[str] = []
    for block in re.split(r"\n{2,}", text):
        said = LINK.sub(lambda found: _link(found.group(0)), html.escape(block, quote=False))
        said = said.replace("\n", "<br>\n")
        if title and block == title and not out:
            out.append(f'<h1 style="font-size:22px;line-height:1.3;margin:0 0 12px">{said}</h1>')
        elif summary and block == summary.strip():
            out.append(f'<p style="font-size:17px;color:{SOFT};margin:0 0 16px">{said}</p>')
        else:
            out.append(f'<p style="margin:0 0 14px">{said}</p>')
    return "\n".join(out)


def _link(url: str) -> str:
    return f'<a dir="ltr" href="{url}" style="color:{ACCENT}">{url}</a>'


def _page(lang: str, title: str, inner: str, words: wording.Words | None) -> str:
    turn = wording.direction(lang)
    foot = ""
    if words is not None:
        leave = html.escape(words["mail_leave"].rstrip(":： "))
        foot = (
            f'\n<hr style="border:0;border-top:1px solid {LINE};margin:24px 0 12px">\n'
            f'<p lang="{words.lang}" dir="{words.direction}" style="font-size:13px;color:{SOFT};margin:0">'
            f"{html.escape(words['mail_why'])}<br>\n"
            f'<a href="\x00leave\x00" style="color:{SOFT}">{leave}</a></p>'
        )
    lang = html.escape(lang)
    style = (
        f"max-width:600px;margin:0 auto;padding:20px;color:{INK};background:#ffffff;"
        "font:16px/1.55 Georgia,'Noto Naskh Arabic','Noto Serif',serif"
    )
    return (
        f'<!doctype html>\n<html lang="{lang}" dir="{turn}"><head><meta charset="utf-8">'
        f"<title>{html.escape(title)}</title></head>\n"
        f'<body style="margin:0;background:#ffffff"><div lang="{lang}" dir="{turn}" style="{style}">\n'
        f"{inner}{foot}\n</div></body></html>\n"
    )
