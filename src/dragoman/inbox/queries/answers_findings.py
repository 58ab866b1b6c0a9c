"""An answer as the guidelines read it, what they find, and what a yes binds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings

from dragoman.base import clock
from dragoman.facts import queries as facts
from dragoman.inbox import answer_rules
from dragoman.inbox.models import AnswerVersion, Question
from dragoman.inbox.queries.answers import today_of
from dragoman.lib import canonical, markdown
from dragoman.lib.text.languages import language_name
from dragoman.statements.guidelines import engine, loader
from dragoman.statements.guidelines.model import (
    Action,
    ApprovalView,
    Draft,
    DraftText,
    FactView,
    Finding,
    RuleSet,
    Severity,
)
from dragoman.statements.queries.drafting import Judged

# These judge a release of a statement; an answer's chain is asked where it is approved.
NOT_FOR_ANSWERS = frozenset({"APP-1", "APP-4", "EMB-1", "DEL-1", "ACS-1", "LEN-1"})


def rule_set() -> RuleSet:
    """The house's rules, the very ones that statements are held to."""
    return loader.load_rules(override=settings.DRAGOMAN.home / "guidelines")


def findings(version: AnswerVersion, *, action: Action = "edit") -> list[Judged]:
    """What the rules find now, each with the reason that was given for it, if any."""
    reasons = {one.key: one for one in version.clearances.select_related("officer")}
    found = [
        *(one for one in engine.check(draft_of(version, action=action), rule_set())
          if one.rule not in NOT_FOR_ANSWERS),
        *_own(version),
    ]  # fmt: skip
    return [
        Judged(
            finding=one,
            reason=reasons[one.key].reason if one.key in reasons else "",
            by=reasons[one.key].officer.audit_name if one.key in reasons else "",
        )
        for one in found
    ]


def draft_of(version: AnswerVersion, *, action: Action = "edit") -> Draft:
    """The version as plain values."""
    answer = version.answer
    texts = list(version.texts.all())
    writer = version.writers.order_by("id").first()
    return Draft(
        ref=answer.ref,
        kind="answer",
        risk=answer.risk,
        mission=answer.mission.slug,
        source_language=answer.source_language,
        required_languages=tuple(text.lang for text in texts),
        languages=tuple(DraftText(lang=text.lang, title=text.question, body=text.body) for text in texts),
        facts=tuple(_facts(version)),
        action=action,
        author=writer.audit_name if writer else "",
        digest=version.digest,
        approvals=tuple(
            ApprovalView(
                officer=one.officer.audit_name,
                role=(one.roles or [""])[0],
                digest=one.digest,
                given=one.at,
                roles=tuple(one.roles or ()),
            )
            for one in version.approvals.filter(voided_at__isnull=True).select_related("officer")
        ),
        now=clock.now(),
    )


def _facts(version: AnswerVersion) -> Sequence[FactView]:
    found = []
    for citation in version.citations.select_related("fact__sheet"):
        fact = citation.fact
        newest = facts.newest_version(fact)
        found.append(
            FactView(
                cite=citation.cite,
                version=fact.version,
                texts=fact.texts,
                superseded=newest > fact.version,
                valid_from=fact.valid_from,
                valid_to=fact.valid_to,
                newest_version=newest,
                demonstration=fact.sheet.demonstration,
            )
        )
    return found


def missing_languages(version: AnswerVersion, asked: dict[str, int]) -> dict[str, int]:
    """Languages in which people ask and in which there is no text: language -> how many ask in it."""
    ready = {text.lang for text in version.texts.all() if text.body.strip()}
    wanted = {lang: many for lang, many in asked.items() if lang not in ("", "und")}
    return {lang: many for lang, many in wanted.items() if not answer_rules.language(lang, ready)}


def _own(version: AnswerVersion) -> list[Finding]:
    """What is asked of answers alone."""
    found = [
        _uncited(text.lang) for text in version.texts.all() if text.body.strip() and not _cites(text.body)
    ]
    last = answer_rules.ends_on([one.fact.valid_to for one in version.citations.select_related("fact")])
    today = today_of(version.answer)
    if answer_rules.has_ended(last, today):
        found.append(_ending("blocks", f"A fact that it cites held until {last}.", str(last)))
    elif answer_rules.ends_soon(last, today):
        why = f"A fact that it cites holds until {last} and no longer. After that day nobody is told this."
        found.append(_ending("warns", why, str(last)))
    question = Question.objects.filter(ref=version.question).first() if version.question else None
    if question is not None:
        found += [
            _missing(lang, many)
            for lang, many in missing_languages(version, dict(question.languages)).items()
        ]
    return found


def _cites(body: str) -> bool:
    return bool(markdown.citations(body))


def _uncited(lang: str) -> Finding:
    return _finding(
        "ANS-1",
        "blocks",
        "An answer leans on facts",
        f"The {language_name(lang)} text cites no fact.",
        "Cite the fact behind it, such as [F2]. What no fact says is not known, and a person must say so.",
        lang=lang,
        field="body",
    )


def _ending(severity: Severity, why: str, day: str) -> Finding:
    mend = "Cite the fact that holds from then on, or tell who owns the sheet."
    return _finding(
        "ANS-2", severity, "An answer holds as long as its facts", why, mend, field="facts", words=day
    )


def _missing(lang: str, many: int) -> Finding:
    people = "person asks" if many == 1 else "people ask"
    why = f"{many} {people} in {language_name(lang)}, and there is no text in it."
    mend = "Write it, or choose the language to answer them in when you send."
    return _finding("ANS-3", "warns", "Everybody is answered in their language", why, mend, words=lang)


def _finding(
    rule: str, severity: Severity, title: str, why: str, mend: str, *,
    lang: str = "", field: str = "statement", words: str = "",
) -> Finding:  # fmt: skip
    return Finding(
        rule=rule,
        severity=severity,
        title=title,
        lang=lang,
        field=field,
        paragraph=None,
        start=None,
        end=None,
        words=words,
        why=why,
        source="The house's own rule for answers",
        mend=mend,
        suggestion="",
        key=canonical.digest([rule, lang, field, words])[:32],
    )


def sealed_bytes(question: str, body: str) -> bytes:
    """The bytes of one language whose digest goes into the public record."""
    return markdown.canonical(question, "", body)


def binding(version: AnswerVersion) -> dict[str, Any]:
    """Everything that a yes binds, as plain values."""
    answer = version.answer
    return {
        "v": 1,
        "ref": answer.ref,
        "number": version.number,
        "mission": [answer.mission.slug, answer.mission.name],
        "sheet": answer.sheet,
        "risk": answer.risk,
        "source": answer.source_language,
        "note": version.note,
        "texts": [
            {"lang": text.lang, "says": canonical.digest([text.question, text.body])}
            for text in version.texts.order_by("lang")
        ],
        "wordings": [[one.lang, one.text] for one in version.wordings.order_by("lang", "text")],
        "facts": [
            {"cite": one.cite, "version": one.fact.version, "says": one.fact.content_digest()}
            for one in version.citations.select_related("fact__mission").order_by("cite")
        ],
    }


def digest_of(version: AnswerVersion) -> str:
    """SHA-256 of the canonical JSON of the binding."""
    return canonical.digest(binding(version))
