"""FCT-1 and FCT-2: what is claimed is cited, agrees with the fact, and the fact is the one in force."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from dragoman.lib.text.languages import language_name
from dragoman.lib.text.lexicon import fold_word, lexicon
from dragoman.lib.text.mentions import Mention
from dragoman.lib.text.unicode_re import regex
from dragoman.statements.guidelines.agreement import contradicts
from dragoman.statements.guidelines.blocks import CITATION, Block
from dragoman.statements.guidelines.model import Draft, DraftText, FactView, Hit, Rule, Severity
from dragoman.statements.guidelines.reading import Reading

_TOKEN = regex.compile(r"[\p{L}\p{M}]+(?:[-'’][\p{L}\p{M}]+)*")


def claims_cite_facts(reading: Reading, rule: Rule) -> Iterator[Hit]:
    """FCT-1: claims without a fact, facts that do not exist or hold, figures that differ from the fact."""
    draft = reading.draft
    yield from _facts_out_of_force(draft)
    for text in draft.languages:
        yield from _unknown_citations(reading, text)
        yield from _different_figures(reading, text)
    source = draft.text(draft.source_language)
    if source is not None and draft.kind in rule.parameters.get("kinds", ()):
        yield from _uncited_claims(reading, source, rule)
        yield from _citations_differ(reading, source)


def newest_version(reading: Reading, rule: Rule) -> Iterator[Hit]:
    """FCT-2: a fact that has a newer version is cited in its newer version."""
    for fact in reading.draft.facts:
        newer = fact.newest_version is not None and fact.newest_version > fact.version
        if newer or fact.superseded:
            name = f"version {fact.newest_version}" if newer else "a newer version"
            yield Hit(
                words=f"{fact.cite}, version {fact.version}",
                field="facts",
                why=f"{fact.cite} has {name}; this text leans on version {fact.version}.",
                mend=f"Read {name} of {fact.cite}, mend the text, and cite it anew.",
                beside=str(fact.newest_version or ""),
            )


def _facts_out_of_force(draft: Draft) -> Iterator[Hit]:
    moment = draft.moment
    if moment is None:
        return
    day = moment.date()
    for fact in draft.facts:
        why = "" if fact.demonstration else _out_of_force(fact, day)
        if why:
            yield Hit(
                words=fact.cite,
                field="facts",
                why=why,
                mend="Cite the fact that holds at that time, or give the reason for telling of it now.",
                severity="reason",
                beside=f"{fact.valid_from} {fact.valid_to}",
            )


def _out_of_force(fact: FactView, day: date) -> str:
    # a fact that will hold from a later day is no fault: to announce it is what announcements are for
    if fact.valid_to is not None and fact.valid_to < day:
        return f"{fact.cite} held until {fact.valid_to}; this goes out on {day}."
    return ""


def _unknown_citations(reading: Reading, text: DraftText) -> Iterator[Hit]:
    if not reading.draft.facts and not CITATION.search(text.body):
        return
    for block in reading.blocks(text):
        for match in CITATION.finditer(block.text):
            if not _cited(match[1], reading.draft.facts):
                yield Hit(
                    words=match.group(),
                    lang=text.lang,
                    field="body",
                    paragraph=block.number,
                    start=block.start + match.start(),
                    end=block.start + match.end(),
                    why=f"There is no fact {match[1]} for this statement.",
                    mend="Correct the number, or write the sheet with it, such as [visa-free/F1].",
                )


def _cited(cite: str, facts: Sequence[FactView]) -> FactView | None:
    exact = next((fact for fact in facts if fact.cite == cite), None)
    if exact or "/" in cite:
        return exact
    return next((fact for fact in facts if fact.cite.rpartition("/")[2] == cite), None)


def _uncited_claims(reading: Reading, source: DraftText, rule: Rule) -> Iterator[Hit]:
    draft = reading.draft
    blocks = reading.blocks(source)
    inline = any(CITATION.search(block.text) for block in blocks)
    for block in blocks:
        if block.kind == "heading" or CITATION.search(block.text):
            continue
        claim = _claim(
            reading, block, source.lang, dates=draft.kind in rule.parameters.get("dates_in_kinds", ())
        )
        if claim:
            start, end = claim
            severity: Severity | None = None if inline or not draft.facts else "warns"
            yield Hit(
                words=f"“{block.text[start:end]}”",
                lang=source.lang,
                field="body",
                paragraph=block.number,
                start=block.start + start,
                end=block.start + end,
                why="This claim cites no fact."
                if draft.facts
                else "This claim cites no fact, nor does any other.",
                severity=severity,
                beside=block.text,
            )


def _claim(reading: Reading, block: Block, lang: str, *, dates: bool) -> tuple[int, int] | None:
    """Where a paragraph claims something that a fact should carry: a quantity, a duty, perhaps a date."""
    for mention in reading.mentions(block, lang):
        if (mention.kind == "number" and mention.unit) or (dates and mention.kind == "date"):
            return mention.start, mention.end
    words = lexicon(lang)
    if words.joined:
        found = [block.prose.find(word) for word, _ in words.duty.items() if word in block.prose]
        return (min(found), min(found) + 1) if found else None
    for match in _TOKEN.finditer(block.prose):
        if any(words.duty.get(form) for form in words.forms(fold_word(match.group()))):
            return match.start(), match.end()
    return None


def _citations_differ(reading: Reading, source: DraftText) -> Iterator[Hit]:
    """A translation cites the same facts in the same paragraphs."""
    ours = reading.blocks(source)
    for text in reading.draft.languages:
        theirs = reading.blocks(text)
        if text.lang == source.lang or len(theirs) != len(ours):
            continue
        for one, other in zip(ours, theirs, strict=True):
            missing = _cites(one) - _cites(other)
            if missing and one.kind != "heading":
                marks = " ".join(f"[{cite}]" for cite in sorted(missing))
                name = language_name(text.lang)
                yield Hit(
                    words=marks,
                    lang=text.lang,
                    field="body",
                    paragraph=other.number,
                    start=other.start + len(other.text),
                    end=other.start + len(other.text),
                    why=f"{language_name(source.lang)} cites {marks} here; {name} does not.",
                    mend=f"Add {marks} to the paragraph in {name}.",
                    severity="reason",
                    beside=one.text,
                )


def _cites(block: Block) -> set[str]:
    return {match[1] for match in CITATION.finditer(block.text)}


def _different_figures(reading: Reading, text: DraftText) -> Iterator[Hit]:
    for block in reading.blocks(text):
        for start, end, facts in _cited_stretches(block, reading.draft.facts):
            known = [mention for fact in facts for mention in _fact_mentions(fact, text.lang, reading)]
            if not known:
                continue
            inside = [m for m in reading.mentions(block, text.lang) if start <= m.start and m.end <= end]
            for mention in inside:
                rival = contradicts(mention, known)
                if rival is not None:
                    yield _figure_hit(text.lang, block, mention, rival, facts)


def _figure_hit(lang: str, block: Block, mention: Mention, rival: Mention, facts: Sequence[FactView]) -> Hit:
    names = ", ".join(fact.cite for fact in facts)
    return Hit(
        words=f"“{mention.words}”",
        lang=lang,
        field="body",
        paragraph=block.number,
        start=block.start + mention.start,
        end=block.start + mention.end,
        why=f"The text says “{mention.words}”; {names} says “{rival.words}”.",
        mend=f"Say what {names} says, cite another fact, or give the reason for the difference.",
        source=f"Facts {names}",
        severity="reason",
        beside=" ".join(f"{fact.cite}v{fact.version}" for fact in facts),
    )


def _cited_stretches(
    block: Block, facts: Sequence[FactView]
) -> Iterator[tuple[int, int, tuple[FactView, ...]]]:
    """Each stretch of text up to a run of citations, with the facts of that run."""
    start = 0
    run: list[FactView] = []
    run_start = run_end = 0
    for match in CITATION.finditer(block.text):
        if run and block.text[run_end : match.start()].strip():
            yield start, run_start, tuple(run)
            start, run = run_end, []
        if not run:
            run_start = match.start()
        run_end = match.end()
        fact = _cited(match[1], facts)
        if fact is not None:
            run.append(fact)
    if run:
        yield start, run_start, tuple(run)


def _fact_mentions(fact: FactView, lang: str, reading: Reading) -> tuple[Mention, ...]:
    """The figures of a fact, in the text's language if it has one, else in the source language or any."""
    for one in (lang, lang.partition("-")[0], reading.draft.source_language, *fact.texts):
        if fact.texts.get(one):
            return reading.fact_mentions(fact.texts[one], one)
    return ()
