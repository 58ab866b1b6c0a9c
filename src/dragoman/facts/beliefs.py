"""What a sound known wrong belief is, and what differs between two. Plain values only.

A belief is a claim, never a person: it says what goes round, not who said it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from dragoman.facts import rules, states
from dragoman.facts.values import BeliefDraft, Change, Fault, Path

CODE = re.compile(r"M[1-9][0-9]{0,3}")
MAX_BELIEFS = 500
# A belief is compared with what people write: one short sentence, not an essay.
MAX_SENTENCE = 300
MAX_SOURCE = 500


def position(code: str) -> int:
    """The place of M12 in the order of a sheet: 12."""
    return int(code[1:])


def tidy(draft: BeliefDraft) -> BeliefDraft:
    """The same belief with clean sentences, its facts in order and each once."""
    sound = all(rules.NUMBER.fullmatch(number) for number in draft.facts)
    facts = sorted(set(draft.facts), key=rules.position) if sound else list(draft.facts)
    return replace(
        draft,
        code=draft.code.strip(),
        title=rules.clean(draft.title),
        facts=tuple(facts),
        statements=rules.clean_all(draft.statements),
        corrections=rules.clean_all(draft.corrections),
        source=rules.clean(draft.source),
    )


def tidy_all(drafts: tuple[BeliefDraft, ...]) -> tuple[BeliefDraft, ...]:
    """Sound beliefs tidied, in the order of their codes."""
    return tuple(sorted((tidy(draft) for draft in drafts), key=lambda draft: position(draft.code)))


def faults_of_beliefs(drafts: tuple[BeliefDraft, ...], source_language: str) -> list[Fault]:
    """Everything wrong in the beliefs of a sheet. Paths begin at the sheet: ("beliefs", 2, "code")."""
    faults: list[Fault] = []
    if len(drafts) > MAX_BELIEFS:
        what = f"{len(drafts)} beliefs; a sheet holds at most {MAX_BELIEFS}"
        faults.append(Fault(("beliefs", MAX_BELIEFS), what, "Leave out what has faded."))
    first: dict[str, int] = {}
    for n, draft in enumerate(drafts):
        at: Path = ("beliefs", n)
        if draft.code and first.setdefault(draft.code, n) != n:
            what = f"belief {draft.code} stands here a second time"
            faults.append(Fault((*at, "code"), what, "Give each belief of a sheet its own code."))
        inner = faults_of_belief(draft, source_language)
        faults += [Fault((*at, *fault.path), fault.what, fault.mend) for fault in inner]
    return faults


def faults_of_belief(draft: BeliefDraft, source_language: str) -> list[Fault]:
    """Everything wrong in one belief. Paths are inside it: ("statements", "ar")."""
    faults = []
    if not CODE.fullmatch(draft.code):
        what = f"“{rules.short(draft.code)}” is not a code for a belief"
        faults.append(Fault(("code",), what, "Write M and a number from 1 to 9999, such as M3."))
    if not draft.title.strip() or len(draft.title) > rules.MAX_TITLE:
        mend = f"Write a short title, at most {rules.MAX_TITLE} characters."
        faults.append(Fault(("title",), "there is no title, or it is too long", mend))
    if len(draft.source) > MAX_SOURCE:
        what = f"{len(draft.source):,} characters; at most {MAX_SOURCE} are taken"
        faults.append(Fault(("source",), what, "Shorten it: one address, or a few words."))
    if draft.state not in states.BELIEF.states:
        what = f"“{rules.short(draft.state)}” is not a state of a belief"
        faults.append(Fault(("state",), what, f"Write one of: {', '.join(states.BELIEF.states)}."))
    faults += _faults_of_facts(draft.facts)
    for name, texts in (("statements", draft.statements), ("corrections", draft.corrections)):
        faults += rules.faults_of_texts((name,), texts, MAX_SENTENCE)
        if rules.LANGUAGE.fullmatch(source_language) and not texts.get(source_language, "").strip():
            thing = "wrong sentence" if name == "statements" else "correct sentence"
            what = f"there is no {thing} in the source language, {source_language}"
            faults.append(Fault((name, source_language), what, "Write it."))
    return faults


def _faults_of_facts(numbers: tuple[str, ...]) -> list[Fault]:
    if not numbers:
        return [Fault(("facts",), "no fact is named", "Name the facts that the belief clashes with.")]
    return [
        Fault(("facts", n), f"“{rules.short(number)}” is not a fact number", "Write it as F3.")
        for n, number in enumerate(numbers)
        if not rules.NUMBER.fullmatch(number)
    ]


def differences(old: BeliefDraft, new: BeliefDraft) -> tuple[str, ...]:
    """Names of what differs between two drafts of a belief, its state included: "statements.ar", "facts"."""
    found = rules.differing("statements", old.statements, new.statements)
    found += rules.differing("corrections", old.corrections, new.corrections)
    plain = [
        name for name in ("title", "facts", "source", "state") if getattr(old, name) != getattr(new, name)
    ]
    return (*found, *plain)


def plan_changes(have: Mapping[str, BeliefDraft], drafts: tuple[BeliefDraft, ...]) -> tuple[Change, ...]:
    """What an import does to each belief; it deletes none, and one that the file leaves out stays."""
    changes = []
    for draft in drafts:
        if draft.code not in have:
            changes.append(Change(draft.code, "add", ("new",)))
            continue
        fields = differences(have[draft.code], draft)
        changes.append(Change(draft.code, "amend" if fields else "same", fields))
    mentioned = {draft.code for draft in drafts}
    changes += [Change(code, "keep") for code in have if code not in mentioned]
    return tuple(sorted(changes, key=lambda change: position(change.number)))
