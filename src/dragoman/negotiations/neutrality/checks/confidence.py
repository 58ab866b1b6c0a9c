"""CNF-1 and CNF-2: names that are withheld, and words that say who spoke (the Chatham House Rule)."""

from __future__ import annotations

from collections.abc import Iterator

from dragoman.negotiations.neutrality.finding import Hit
from dragoman.negotiations.neutrality.patterns import Spans, find
from dragoman.negotiations.neutrality.reading import Reading
from dragoman.negotiations.neutrality.rulebook import Rule

_LEAST_LETTERS = 4


def withheld_names(reading: Reading, _rule: Rule) -> Iterator[Hit]:
    """Names of people who are not public, whole; parts of them need a reason, for they may be another's."""
    whole = tuple(name for name in reading.withheld if name.strip())
    parts = {
        part for name in whole for part in name.split() if _LEAST_LETTERS <= len(part) < len(name.strip())
    }
    for field, text in reading.fields:
        names = list(find(whole, reading.lang, text))
        spans = Spans((name.start, name.end) for name in names)
        for name in names:
            yield Hit(reading.lang, field, name.start, name.end, name.words, severity="blocks")
        for match in find(sorted(parts), reading.lang, text):
            a_name = not match.words[0].islower()
            if (
                a_name
                and not spans.hold(match.start, match.end)
                and not reading.in_a_name(field, match.start, match.end)
            ):
                yield Hit(
                    reading.lang, field, match.start, match.end, match.words,
                    why="This is part of a name that is withheld.",
                    mend="Leave it out, or say that another person is meant.",
                    severity="reason",
                )  # fmt: skip


def attribution(reading: Reading, rule: Rule) -> Iterator[Hit]:
    """A verb of saying in a sentence with a speaker or with one party alone. Silent where talks are open."""
    if not reading.sheet.chatham_house:
        return
    speakers = (
        *rule.listed(reading.lang, "speakers"),
        *(name for title in reading.sheet.titles for name in title.names.get(reading.lang, ())),
    )
    for sentence in reading.sentences:
        parties = {mention.party for mention in reading.within(sentence)}
        speaker = next(find(speakers, reading.lang, sentence.text), None)
        if speaker is None and len(parties) != 1:
            continue
        said = next(find(rule.listed(reading.lang, "said"), reading.lang, sentence.text), None)
        if said is not None:
            who = f"“{speaker.words}”" if speaker else ", ".join(map(reading.name, parties))
            at = sentence.start + said.start
            yield Hit(
                reading.lang, sentence.field, at, at + len(said.words), said.words,
                why=f"The sentence says who spoke ({who}); under the Chatham House Rule neither the speaker "
                "nor whom the speaker belongs to is told.",
            )  # fmt: skip
