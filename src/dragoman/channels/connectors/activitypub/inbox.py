"""What an activity from outside means to us. Pure; whether it is genuine was judged before.

Strict about what we act on, deaf to everything else: an activity that is not understood is no error.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any, Literal

from dragoman.channels.connector import Incoming
from dragoman.channels.connectors.activitypub.names import Names, origin

MOST_BYTES = 256_000
MOST_DEEP = 24
MOST_TEXT = 50_000
MOST_ID = 500
ACTORS = frozenset({"Person", "Service", "Application", "Group", "Organization"})
PUBLIC = frozenset({"https://www.w3.org/ns/activitystreams#Public", "as:Public", "Public"})
TEXTS = frozenset({"Note", "Article", "Question", "Page"})

_BREAK = re.compile(r"<\s*(?:br\s*/?|/p|/div|/li|/blockquote|/h[1-6])\s*>", re.IGNORECASE)
_HIDDEN = re.compile(r"<\s*(script|style)\b.*?<\s*/\s*\1\s*>", re.IGNORECASE | re.DOTALL)
_MARKUP = re.compile(r"<[^>]{0,4000}>")

What = Literal["follow", "unfollow", "undo", "gone", "text", "text-gone", "count", "nothing"]


class BadActivity(ValueError):
    """It is no activity that can be read. The text says why."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What to do. `about` is the note that is liked or shared, the text that is gone, or the id of what is
    undone where only that was said."""

    what: What
    about: str = ""
    count: str = ""
    on: bool = True
    text: Incoming | None = None


NOTHING = Meaning("nothing")


def parse(body: bytes) -> dict[str, Any]:
    """The activity, if it is small, flat, and names itself and its actor by addresses."""
    if len(body) > MOST_BYTES:
        raise BadActivity(f"it is longer than {MOST_BYTES} bytes")
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise BadActivity("it is not JSON") from None
    if not isinstance(found, dict) or _deep(found):
        raise BadActivity("it is not a JSON object, or is nested too deep")
    kind, actor = found.get("type"), address(found.get("actor"))
    if not isinstance(kind, str) or not kind or not kind.isprintable():
        raise BadActivity("it does not say what it is")
    if not actor or not origin(actor):
        raise BadActivity("it does not say by whom it is")
    name = found.get("id")
    if not address(name) or name != address(name) or len(name) > MOST_ID or origin(name) != origin(actor):
        raise BadActivity("its id is missing, too long, or of another server than its actor")
    return found


def concerns(activity: Mapping[str, Any], names: Names) -> bool:
    """Is it for this actor? Anything that names an address of ours, and all that has no address at all."""
    return any(
        text == names.actor or text.startswith((f"{names.actor}/", f"{names.actor}#"))
        for text in _texts(activity)
    )


def read(activity: Mapping[str, Any], names: Names, now: datetime) -> Meaning:
    """What it means to this actor."""
    kind, who, what = activity.get("type"), address(activity.get("actor")), activity.get("object")
    found = NOTHING
    match kind:
        case "Follow" | "Block" if address(what) == names.actor:
            found = Meaning("follow" if kind == "Follow" else "unfollow")
        case "Undo":
            found = _undone(what, who, names)
        case "Delete":
            found = _deleted(address(what), who)
        case "Like" | "Announce":
            found = _counted(str(kind), what, names, on=True)
        case "Create" | "Update":
            found = _said(what, who, names, now, changed=kind == "Update")
    return found


def address(value: Any) -> str:
    """The address of an object that is given by its id or whole."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, Mapping):
        value = value.get("id")
    return value if isinstance(value, str) and len(value) <= 2000 and value.isprintable() else ""


def plain(html: str) -> str:
    """The words of a little HTML, as a person would read them. Nothing of it is ever shown as HTML."""
    text = _BREAK.sub("\n", _HIDDEN.sub("", html))
    text = unescape(_MARKUP.sub("", text)).replace("\x00", "")
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.strip() for line in text.splitlines())).strip()


def _undone(what: Any, who: str, names: Names) -> Meaning:
    """Mastodon and its kin send the whole activity that is undone; some only its id."""
    if isinstance(what, str) and origin(what) == origin(who):
        return Meaning("undo", address(what))
    if not isinstance(what, Mapping) or address(what.get("actor")) not in ("", who):
        return NOTHING
    if what.get("type") == "Follow":
        return Meaning("unfollow") if address(what.get("object")) in ("", names.actor) else NOTHING
    if what.get("type") in ("Like", "Announce"):
        return _counted(str(what["type"]), what.get("object"), names, on=False)
    return NOTHING


def _deleted(what: str, who: str) -> Meaning:
    if what == who:
        return Meaning("gone")
    if what and origin(what) == origin(who):
        return Meaning("text-gone", what)
    return NOTHING


def _counted(kind: str, what: Any, names: Names, *, on: bool) -> Meaning:
    name = names.note_name(address(what))
    return Meaning("count", name, "likes" if kind == "Like" else "shares", on) if name else NOTHING


def _said(what: Any, who: str, names: Names, now: datetime, *, changed: bool) -> Meaning:
    """A text that answers one of our notes, or calls us by name; or its change (its `updated`, else now)."""
    if not isinstance(what, Mapping) or what.get("type") not in TEXTS:
        return NOTHING
    name = address(what)
    if not name or origin(name) != origin(who) or address(what.get("attributedTo")) not in ("", who):
        return NOTHING
    answers = address(what.get("inReplyTo"))
    if not names.note_name(answers) and not _mentions(what, names):
        return NOTHING
    text, lang = _text(what)
    if not text:
        return NOTHING
    url = address(what.get("url")) or name
    files = what.get("attachment")
    said = Incoming(
        name[:MOST_ID],
        text[:MOST_TEXT],
        _moment(what, now),
        lang,
        url[:1000],
        answers,
        author=who,
        author_id=who,
        conversation=answers,
        edited=_moment({"published": what.get("updated")}, now) if changed else None,
        private=not PUBLIC & {each for name in ("to", "cc") for each in _texts(what.get(name))},
        attachments=len(files) if isinstance(files, list) else int(bool(files)),
    )
    return Meaning("text", text=said)


def _mentions(what: Mapping[str, Any], names: Names) -> bool:
    tags = what.get("tag")
    tags = tags if isinstance(tags, list) else [tags]
    return any(
        isinstance(tag, Mapping) and tag.get("type") == "Mention" and tag.get("href") == names.actor
        for tag in tags[:100]
    )


def _text(what: Mapping[str, Any]) -> tuple[str, str]:
    by_language = what.get("contentMap")
    if isinstance(by_language, Mapping) and len(by_language) == 1:
        [(lang, html)] = by_language.items()
        if isinstance(lang, str) and re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", lang):
            return (plain(html) if isinstance(html, str) else ""), lang
    html = what.get("content")
    return (plain(html) if isinstance(html, str) else ""), ""


def _moment(what: Mapping[str, Any], now: datetime) -> datetime:
    """When it says that it was written; never in the future."""
    try:
        moment = datetime.fromisoformat(str(what.get("published")))
    except ValueError:
        return now
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment if now - timedelta(days=3650) < moment < now else now


def _deep(value: Any) -> bool:
    """Nested deeper than any honest activity. Walks without recursion."""
    layer, depth = [value], 0
    while layer:
        depth += 1
        if depth > MOST_DEEP:
            return True
        inner: list[Any] = []
        for each in layer:
            inner += each.values() if isinstance(each, dict) else each if isinstance(each, list) else ()
        layer = inner
    return False


def _texts(value: Any) -> Iterator[str]:
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, Mapping):
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each
