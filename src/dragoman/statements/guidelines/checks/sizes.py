"""LEN-1 and SIZ-1: what fits a channel, and what is too much for any reader."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dragoman.lib.text.languages import language_name
from dragoman.statements.guidelines.model import Hit, PartView, RenditionView, Rule, Severity
from dragoman.statements.guidelines.reading import Reading


def channel_length(reading: Reading, rule: Rule) -> Iterator[Hit]:
    """LEN-1: every part of every rendition is within its channel's limit; threads are told beforehand."""
    most = rule.parameters.get("most_parts", 10)
    groups: dict[tuple[str, str], list[tuple[RenditionView, str]]] = {}
    for rendition in reading.draft.renditions:
        verdict, said = _verdict(rendition, most)
        if verdict:
            groups.setdefault((rendition.channel, verdict), []).append((rendition, said))
    for (channel, verdict), entries in groups.items():
        yield _hit(channel, verdict, entries)


def _verdict(rendition: RenditionView, most: int) -> tuple[str, str]:
    name = language_name(rendition.lang)
    over = next(
        (part for part in rendition.parts if part.limit is not None and part.count > part.limit), None
    )
    if over is not None:
        return "over", f"{name} {_count(over)}"
    if len(rendition.parts) > most:
        return "long", f"{name} {len(rendition.parts)} posts"
    if len(rendition.parts) > 1:
        return "thread", f"{name} {len(rendition.parts)} posts"
    return "", ""


def _count(part: PartView) -> str:
    return f"{part.count:,} of {part.limit:,} {part.unit}"


_VERDICTS: dict[str, tuple[Severity | None, str, str]] = {
    "over": (
        None,
        "{channel} takes no part that long, and it cannot be cut.",
        "Shorten the title or the body.",
    ),
    "long": (
        "reason",
        "{channel} will show a thread of more posts than people read.",
        "Shorten it, or say why.",
    ),
    "thread": ("warns", "{channel} will show a thread.", "Shorten it if one post should do."),
}


def _hit(channel: str, verdict: str, entries: Sequence[tuple[RenditionView, str]]) -> Hit:
    severity, why, mend = _VERDICTS[verdict]
    langs = [rendition.lang for rendition, _ in entries]
    said = [said for _, said in entries]
    shown = ", ".join(said[:5]) + (f" and {len(said) - 5} more languages" if len(said) > 5 else "")
    return Hit(
        words=f"{channel}: {shown}",
        lang=langs[0] if len(langs) == 1 else "",
        field="channel",
        why=why.format(channel=channel),
        mend=mend,
        severity=severity,
        # the reason given for a thread of three does not cover one of nine
        beside="|".join(f"{rendition.lang}{len(rendition.parts)}" for rendition, _ in entries),
    )


def text_size(reading: Reading, rule: Rule) -> Iterator[Hit]:
    """SIZ-1: titles and bodies stay within what people, channels and machines can take."""
    limits = {
        "title": rule.parameters.get("title", 300),
        "summary": rule.parameters.get("summary", 1000),
        "body": rule.parameters.get("body", 200_000),
    }
    for text in reading.draft.languages:
        for field, limit in limits.items():
            size = len(getattr(text, field))
            if size > limit:
                name = language_name(text.lang)
                yield Hit(
                    words=f"{name}, {field}: {size:,} of {limit:,} characters",
                    lang=text.lang,
                    field=field,
                    start=limit,
                    end=size,
                    why=f"The {field} in {name} has {size:,} characters; {limit:,} are taken.",
                    mend=f"Shorten the {field}; attach a long document as a link.",
                )
