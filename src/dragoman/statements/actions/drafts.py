"""Writing: make a statement, change its texts, its facts and its channels."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence

from anyascii import anyascii
from django.db import IntegrityError, transaction

from dragoman.audit import actions as audit
from dragoman.base import clock
from dragoman.channels.models import Channel
from dragoman.lib.problems import Conflict, Invalid, NotAllowed, NotFound
from dragoman.staff.models import Mission, Officer
from dragoman.statements import rules, states
from dragoman.statements.actions.citing import cite_facts
from dragoman.statements.actions.input import TextInput, check_choices, check_texts, check_versions
from dragoman.statements.models import Approval, Revision, Statement, Text
from dragoman.statements.queries import drafting, renditions

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no letter that reads as another


@transaction.atomic
def create_statement(
    *,
    by: Officer,
    mission: Mission,
    kind: str,
    source_language: str,
    texts: Mapping[str, TextInput],
    facts_cited: Sequence[str] = (),
    channels: Sequence[Channel] = (),
    risk: str = "ordinary",
    lane: str = "ordinary",
    sheet: str = "",
) -> Revision:
    """Start a statement: its first revision, a draft. Raises NotAllowed, Invalid, TooLarge, NotFound."""
    _may_write(by, mission)
    check_choices(kind=kind, risk=risk, lane=lane)
    check_texts(texts)
    if source_language not in texts:
        raise Invalid(
            f"There is no text in the source language {source_language!r}.",
            mend=f"Add a text under {source_language!r}, or name another source language.",
            where=[{"field": f"texts.{source_language}", "message": "missing"}],
        )
    now = clock.now()
    ref = fresh_ref(now.year)
    statement = Statement.objects.create(
        ref=ref,
        slug=ref,
        mission=mission,
        kind=kind,
        risk=risk,
        lane=lane,
        source_language=source_language,
        changed=now,
    )
    revision = Revision.objects.create(statement=statement, number=1, state="draft", sheet=sheet)
    Text.objects.bulk_create(
        Text(
            revision=revision,
            lang=lang,
            title=text.title,
            summary=text.summary,
            body=text.body,
            edited_by=by.audit_name,
        )
        for lang, text in texts.items()
    )
    revision.writers.add(by)
    _may_use(by, revision, channels)
    revision.channels.set(channels)
    cite_facts(by=by, revision=revision, named=facts_cited)
    refresh(by=by, revision=revision, verb="statements.create_statement", before="")
    return revision


@transaction.atomic
def edit_texts(*, by: Officer, revision: Revision, texts: Mapping[str, TextInput]) -> Revision:
    """Write texts in place; a language that is new is added. Voids every approval.

    Raises Conflict, with the other writer's text in `where`, when a text has moved on since `version`.
    """
    revision = editable(by, revision)
    check_texts(texts)
    present = {text.lang: text for text in revision.texts.select_for_update()}
    check_versions(texts, present)
    for lang, given in texts.items():
        text = present.get(lang) or Text(revision=revision, lang=lang, version=0)
        if text.pk and (text.title, text.summary, text.body) == (given.title, given.summary, given.body):
            continue
        text.title, text.summary, text.body = given.title, given.summary, given.body
        text.version += 1
        text.edited_by = by.audit_name
        text.save()
    revision.writers.add(by)
    cite_facts(by=by, revision=revision, named=[c.cite for c in revision.citations.filter(inline=False)])
    return refresh(by=by, revision=revision, verb="statements.edit_texts", data={"languages": sorted(texts)})


@transaction.atomic
def remove_language(*, by: Officer, revision: Revision, lang: str) -> Revision:
    """Take a language out of a draft. Never the source language."""
    revision = editable(by, revision)
    if lang == revision.statement.source_language:
        raise Invalid("The source language cannot be removed.", mend="Discard the draft instead.")
    if not revision.texts.filter(lang=lang).delete()[0]:
        raise NotFound(f"There is no text in {lang!r}.")
    revision.writers.add(by)
    return refresh(by=by, revision=revision, verb="statements.remove_language", data={"language": lang})


@transaction.atomic
def set_facts(*, by: Officer, revision: Revision, named: Sequence[str]) -> Revision:
    """Name the facts that the whole statement leans on, beside those cited in its texts."""
    revision = editable(by, revision)
    cite_facts(by=by, revision=revision, named=named)
    revision.writers.add(by)
    return refresh(by=by, revision=revision, verb="statements.set_facts", data={"facts": list(named)})


@transaction.atomic
def set_channels(*, by: Officer, revision: Revision, channels: Sequence[Channel]) -> Revision:
    """Choose where it goes out. Every rendition is part of what is approved, so this voids approvals."""
    revision = editable(by, revision)
    _may_use(by, revision, channels)
    revision.channels.set(channels)
    names = sorted(channel.label for channel in channels)
    return refresh(by=by, revision=revision, verb="statements.set_channels", data={"channels": names})


@transaction.atomic
def describe_statement(
    *,
    by: Officer,
    revision: Revision,
    kind: str | None = None,
    risk: str | None = None,
    lane: str | None = None,
) -> Revision:
    """Change what kind of statement it is, its risk or its lane, before its first release."""
    revision = editable(by, revision)
    statement = revision.statement
    if revision.is_correction:
        raise Conflict("Kind, risk and lane are those of the first release.", code="wrong-state")
    check_choices(kind=kind or statement.kind, risk=risk or statement.risk, lane=lane or statement.lane)
    asked_for = rules.yeses(risk=statement.risk, lane=statement.lane)
    if rules.yeses(risk=risk or statement.risk, lane=lane or statement.lane) < asked_for:
        revision.writers.add(by)  # who asks for fewer approvals gives none of them
    statement.kind = kind or statement.kind
    statement.risk = risk or statement.risk
    statement.lane = lane or statement.lane
    statement.save(update_fields=["kind", "risk", "lane"])
    return refresh(by=by, revision=revision, verb="statements.describe_statement")


@transaction.atomic
def discard_draft(*, by: Officer, revision: Revision, why: str) -> Revision:
    """Give up a revision that was never released. It stays in the house, unseen by the public."""
    _may_write(by, revision.statement.mission)
    revision.move_to("discarded", frm=("draft", "review", "approved"))
    audit.note(
        by=by, verb="statements.discard_draft", target=target_of(revision), before=revision.digest, why=why
    )
    touch(revision)
    return revision


def refresh(
    *,
    by: Officer,
    revision: Revision,
    verb: str,
    before: str | None = None,
    data: dict[str, object] | None = None,
) -> Revision:
    """After any change to a draft, in its transaction: slug, digest, approvals, state, list row, audit."""
    was = revision.digest if before is None else before
    name_it(revision)
    revision.digest = renditions.digest_of(revision)
    revision.rules_version = drafting.rule_set().version
    revision.save(update_fields=["digest", "rules_version", "updated"])
    if revision.digest != was:
        _void_approvals(revision, why=f"{by.audit_name} changed it")
        if revision.state == "approved":
            revision.move_to("review")
    touch(revision)
    audit.note(by=by, verb=verb, target=target_of(revision), before=was, after=revision.digest, data=data)
    return revision


def touch(revision: Revision) -> None:
    """Bring the statement's list row up to its newest revision."""
    statement = revision.statement
    source = revision.texts.filter(lang=statement.source_language).first()
    statement.state = revision.state
    statement.newest = max(statement.newest, revision.number)
    statement.title = source.title if source else statement.title
    statement.changed = clock.now()
    statement.save(update_fields=["state", "newest", "title", "changed"])


def target_of(revision: Revision) -> str:
    """The name of a revision in the audit."""
    return f"statement:{revision.statement.ref}:{revision.number}"


def _void_approvals(revision: Revision, *, why: str) -> None:
    standing = Approval.objects.filter(revision=revision, voided_at__isnull=True)
    standing.update(voided_at=clock.now(), void_reason=why[:300])


def name_it(revision: Revision) -> None:
    """The address follows the title until the first release fixes it."""
    statement = revision.statement
    if revision.number > 1:
        return
    titles = {text.lang: text.title for text in revision.texts.all()}
    title = titles.get("en") or titles.get(statement.source_language, "")
    base = (
        re.sub(r"[^a-z0-9]+", "-", anyascii(title[:200]).lower()).strip("-")[:80].strip("-") or statement.ref
    )
    if Statement.objects.filter(slug=base).exclude(pk=statement.pk).exists():
        base = f"{base}-{statement.ref}"
    if base != statement.slug:
        statement.slug = base
        try:
            with transaction.atomic():
                statement.save(update_fields=["slug"])
        except IntegrityError:  # another draft took the name in this moment
            statement.slug = f"{base}-{statement.ref}"
            statement.save(update_fields=["slug"])


def editable(by: Officer, revision: Revision) -> Revision:
    """The revision, locked, if this officer may change it now."""
    revision = Revision.objects.select_for_update().select_related("statement__mission").get(pk=revision.pk)
    _may_write(by, revision.statement.mission)
    if revision.is_joint:
        raise Conflict(
            "Parties signed these words, so nobody may change them here.",
            mend="Put another text to the parties, as a new round.",
            code="joint",
        )
    if revision.state == "armed":
        raise Conflict(
            "It is planned for release, so its text is held.",
            mend="Take the plan back first; then edit and have it approved again.",
            code="wrong-state",
        )
    if revision.state not in states.EDITABLE:
        raise Conflict(
            f"Revision {revision.number} is {revision.state}; what was released is never edited.",
            mend="Start a correction.",
            code="wrong-state",
        )
    return revision


def _may_write(by: Officer, mission: Mission) -> None:
    if not any(by.may(role, mission) for role in ("author", "approver", "releaser")):
        raise NotAllowed(
            f"You may not write for {mission.name}.", mend="Ask its administrator for the role of author."
        )


def _may_use(by: Officer, revision: Revision, channels: Sequence[Channel]) -> None:
    """Channels that the writer sees, or that were chosen before. Whose they are is asked at the release."""
    new = {channel.pk for channel in channels} - set(revision.channels.values_list("pk", flat=True))
    if Channel.objects.visible_to(by).filter(pk__in=new).count() != len(new):
        raise NotAllowed("One of the channels is none of your missions'.", mend="Choose among those listed.")


def fresh_ref(year: int) -> str:
    """A name that nobody can guess and that does not tell how many drafts there are."""
    while True:
        ref = f"{year}-{''.join(secrets.choice(_ALPHABET) for _ in range(6))}"
        if not Statement.objects.filter(ref=ref).exists():
            return ref
