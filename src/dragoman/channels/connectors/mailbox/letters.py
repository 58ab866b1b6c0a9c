"""A mail as a person wrote it: its words without what is quoted and signed, and how it hangs. Pure.

RFC 5322 and 2045 to 2047 in the words; RFC 3834 in what a machine sent; RFC 3464 in what came back. Mail is
written by anybody: whatever is broken is read as far as it goes, and never raises.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from datetime import datetime
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from email.utils import getaddresses, parseaddr
from html import unescape

import nh3

from dragoman.channels.connector import Incoming

MOST_TEXT = 50_000
MOST_PARTS = 200
MOST_ID = 500
ID = re.compile(r"<([^<>\s]{1,990})>")
BLOCK = re.compile(r"<\s*(?:br\s*/?|/p|/div|/li|/tr|/h[1-6]|/blockquote)\s*>", re.IGNORECASE)
QUOTED = re.compile(r"<blockquote\b.*?</blockquote\s*>", re.IGNORECASE | re.DOTALL)
TAG = re.compile(r"<[^>]*>")
ANSWER = re.compile(
    r"^\s*(?:(?:re|fwd?|aw|wg|sv|vs|tr|rv|ref|odp|vl|ha|отв|ответ|пер)\s*(?:\[\d+\])?\s*[:：]\s*)+",
    re.IGNORECASE,
)
DASHES = re.compile(r"^\s*(?:[-_]{3,}.*[-_]{3,}|[-_]{10,})\s*$")
FIELD = re.compile(r"^\s*\*?[^\s:>][^:>]{0,40}\*?[:：]\*?\s*\S")
BY_MACHINE = frozenset({"bulk", "list", "junk", "auto_reply"})


def read(data: bytes, at: datetime, own: frozenset[str]) -> Incoming | None:
    """What somebody wrote; None for our own mail and for what came back. `at`: when the server took it."""
    mail = BytesParser(policy=compat32).parsebytes(data)
    name, address = _writer(mail)
    if address in own or _came_back(mail, address):
        return None
    subject = ANSWER.sub("", _words(mail, "Subject")).strip()
    body, files = _body(mail)
    text = without_quotes(body)
    if subject and subject.casefold() not in text[:400].casefold():
        text = f"{subject}\n\n{text}".strip()
    before, root = _thread(mail)
    return Incoming(
        outside_id=_id(mail, data),
        text=text[:MOST_TEXT],
        at=at,
        lang=_language(mail),
        in_reply_to=before,
        author=f"{name} <{address}>" if name and address else name or address,
        author_id=address,
        conversation=root,
        private=True,
        attachments=files,
        automatic=_by_machine(mail),
        final=True,
    )


def without_quotes(text: str) -> str:
    """The words without the mail that is answered and without the signature. What would leave nothing is
    left as it is: a person who writes between the lines of a quotation is read whole."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for number, line in enumerate(lines):
        if line in ("-- ", "--") and number:  # RFC 3676, 4.3
            lines = lines[:number]
            break
        if _old_mail(lines, number):
            lines = lines[:number]
            break
    lines = _without_last_quote(lines)
    short = "\n".join(line.rstrip() for line in lines).strip()
    return re.sub(r"\n{3,}", "\n\n", short) or text.strip()


def _old_mail(lines: list[str], number: int) -> bool:
    """A line of dashes and, below it, the fields of another mail, in whatever language."""
    if not number or not DASHES.match(lines[number]):
        return False
    following = [line for line in lines[number + 1 : number + 8] if line.strip()][:3]
    return len(following) == 3 and all(FIELD.match(line) for line in following)


def _without_last_quote(lines: list[str]) -> list[str]:
    """The quotation at the end, with the line above it that says who wrote it (it ends with a colon)."""
    end = len(lines)
    while end and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith(">")):
        end -= 1
    if not any(line.lstrip().startswith(">") for line in lines[end:]):
        return lines
    last = lines[end - 1].rstrip() if end else ""
    if last.endswith((":", "：")) and ("@" in last or re.search(r"\d", last)):
        # Such a line is often broken in two: the date stands above, the name below.
        broken = not re.search(r"\d\d", last) and end > 1 and re.search(r"\d", lines[end - 2])
        end -= 2 if broken else 1
    return lines[:end]


def _body(mail: Message) -> tuple[str, int]:
    """The words, and how many files came with them."""
    plain, rich, files = "", "", 0
    for part in _parts(mail):
        kind, inline = part.get_content_type(), part.get_content_disposition() != "attachment"
        if kind == "text/plain" and inline and not part.get_filename():
            plain = plain or _decoded(part)
        elif kind == "text/html" and inline and not part.get_filename():
            rich = rich or _decoded(part)
        elif not part.is_multipart():
            files += 1
    return plain if plain.strip() else _of_html(rich), files


def _parts(mail: Message) -> Iterator[Message]:
    """Every part but what is inside a mail that was sent along, which counts as one file."""
    waiting, seen = [mail], 0
    while waiting and seen < MOST_PARTS:
        part = waiting.pop(0)
        seen += 1
        if part.is_multipart() and part.get_content_maintype() == "multipart":
            inner = part.get_payload()
            waiting[:0] = (
                [each for each in inner if isinstance(each, Message)] if isinstance(inner, list) else []
            )
        yield part


def _decoded(part: Message) -> str:
    data = part.get_payload(decode=True)
    return decoded(data if isinstance(data, bytes) else b"", part.get_content_charset() or "")


def decoded(data: bytes, charset: str) -> str:
    """Bytes as they were meant: as they say, else as UTF-8; what fits nothing is shown as replaced."""
    for name in (charset, "utf-8"):
        try:
            return _clean(data.decode(name)) if name else _clean(data.decode("utf-8"))
        except (LookupError, ValueError):
            continue
    try:
        return _clean(data.decode(charset or "utf-8", "replace"))
    except (LookupError, ValueError):
        return _clean(data.decode("utf-8", "replace"))


def _clean(text: str) -> str:
    """Without the signs that no writer types; line breaks and tabs stay, joiners of scripts as well."""
    return "".join(
        sign if sign in "\n\r\t" or unicodedata.category(sign) != "Cc" else ""
        for sign in text.replace("\ufeff", "")
    )


def _of_html(html: str) -> str:
    """The words of HTML. nh3 takes out what is no text (scripts, styles); nothing of it is shown as HTML."""
    tags = {"br", "p", "div", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote"}
    safe = QUOTED.sub("", nh3.clean(html, tags=tags, attributes={}))
    text = unescape(TAG.sub("", BLOCK.sub("\n", re.sub(r"\s*\n\s*", " ", safe)))).replace("\xa0", " ")
    return "\n".join(line.strip() for line in text.split("\n")).strip()


def _words(mail: Message, name: str) -> str:
    """A header as it was meant (RFC 2047), on one line."""
    given = mail.get(name)
    if given is None:
        return ""
    try:
        parts = decode_header(str(given) if not isinstance(given, str) else given)
    except (HeaderParseError, ValueError):
        return " ".join(str(given).split())
    text = "".join(
        decoded(part, charset or "") if isinstance(part, bytes) else part for part, charset in parts
    )
    return " ".join(_clean(text.encode("utf-8", "replace").decode()).split())


def _writer(mail: Message) -> tuple[str, str]:
    found = getaddresses([_words(mail, "From")]) or [("", "")]
    name, address = found[0]
    return " ".join(name.split())[:200], address.strip().lower()[:320]


def _id(mail: Message, data: bytes) -> str:
    """Its Message-ID; for a mail that has none, or one that is not well formed, a digest of the mail."""
    found = ID.search(str(mail.get("Message-ID") or ""))
    name = found.group(1) if found else ""
    return name if name and len(name) <= MOST_ID else f"sha256:{hashlib.sha256(data).hexdigest()}"


def _thread(mail: Message) -> tuple[str, str]:
    """What it answers, and the first mail of the thread (RFC 5322, 3.6.4)."""
    answers, names = (
        ID.findall(str(mail.get("In-Reply-To") or "")),
        ID.findall(str(mail.get("References") or "")),
    )
    before = (answers or names or [""])[-1] if not answers else answers[0]
    return before[:MOST_ID], (names[0] if names else before)[:MOST_ID]


def _language(mail: Message) -> str:
    found = re.match(r"\s*([A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*)", str(mail.get("Content-Language") or ""))
    return found.group(1) if found else ""


def _came_back(mail: Message, address: str) -> bool:
    """A report of the mail system (RFC 3464, 8098), or what it sends under its own names."""
    if mail.get_content_type() == "multipart/report":
        return True
    sender = str(mail.get("Return-Path") or "").strip()
    local = address.partition("@")[0]
    return sender == "<>" and local in ("mailer-daemon", "postmaster")


def _by_machine(mail: Message) -> bool:
    """An answering machine, a list, a newsletter: it is shown, and not counted as a question of a person."""
    auto = str(mail.get("Auto-Submitted") or "no").split(";")[0].strip().lower()
    weight = str(mail.get("Precedence") or "").strip().lower()
    named = any(mail.get(name) for name in ("List-Id", "List-Unsubscribe", "X-Autoreply", "X-Autorespond"))
    empty = parseaddr(str(mail.get("Return-Path") or "x@x"))[1] == "" and bool(mail.get("Return-Path"))
    return auto != "no" or weight in BY_MACHINE or named or empty
