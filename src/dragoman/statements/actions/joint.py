"""Joint texts: what parties signed elsewhere goes out here word by word, or not at all (rule JNT-1)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from dragoman.audit import actions as audit
from dragoman.base import clock
from dragoman.base.actor import Actor
from dragoman.channels import actions as channel_actions
from dragoman.channels.models import Channel
from dragoman.lib import markdown
from dragoman.lib.problems import Conflict, Invalid, NotAllowed
from dragoman.public.values import ConsentShown, as_json
from dragoman.staff.models import Mission, Officer
from dragoman.statements import rules
from dragoman.statements.actions.drafts import fresh_ref, name_it, target_of, touch
from dragoman.statements.actions.input import TextInput, check_texts
from dragoman.statements.actions.releases import plan_release
from dragoman.statements.models import Agreement, Release, Revision, Statement, Text
from dragoman.statements.queries import drafting, renditions


@dataclass(frozen=True)
class AgreedNote:
    """What the parties signed, verified by the caller: see `Agreement`.

    With `process` (the ref of talks whose page is published) the text is an entry of those talks; `consents`
    says who signed with what, and `keyring` is the text of the keyring that they were judged by.
    """

    note: str
    parties: int
    digests: Mapping[str, str]
    process: str = ""
    consents: tuple[ConsentShown, ...] = ()
    keyring: str = ""


def new_ref() -> str:
    """A name for a text to come. It is nowhere until the text is released."""
    return fresh_ref(clock.now().year)


def sealed_bytes(text: TextInput) -> bytes:
    """The bytes of one language that are signed, and later sealed."""
    return markdown.canonical(text.title, text.summary, text.body)


@transaction.atomic
def release_joint(
    *,
    by: Officer,
    mission: Mission,
    ref: str,
    rev: int,
    source_language: str,
    texts: Mapping[str, TextInput],
    agreement: AgreedNote,
    channels: Sequence[Channel] = (),
    at: datetime | None = None,
    zone: str = "",
    note: Mapping[str, str] | None = None,
) -> Release:
    """Put out, now or at a moment, exactly the texts that the parties signed.

    `rev` above 1 replaces the revision before it, and `note` says by language what was put right. Raises
    NotAllowed without the role of releaser, Invalid when a text is not the one that was signed or is not one
    that can be released, Conflict when the same revision is out or planned already.
    """
    if not by.may("releaser", mission):
        raise NotAllowed(f"This needs the role of releaser at {mission.name}.", mend="Ask a releaser.")
    check_texts(texts)
    _must_be_signed(texts, agreement.digests)
    statement = _statement(mission, ref, rev, source_language)
    revision = _revision(by, statement, rev, texts, dict(note or {}))
    revision.channels.set(channels)
    name_it(revision)
    revision.digest = renditions.digest_of(revision)
    revision.rules_version = drafting.rule_set().version
    revision.save(update_fields=["digest", "rules_version", "updated"])
    Agreement.objects.update_or_create(
        revision=revision,
        defaults={
            "note": agreement.note,
            "parties": agreement.parties,
            "digests": dict(agreement.digests),
            "process": agreement.process,
            "shown": {
                "consents": [as_json(one) for one in agreement.consents],
                "keyring": agreement.keyring,
            },
            "revoked_at": None,
        },
    )
    return plan_release(by=by, revision=revision, at=at, zone=zone)


@transaction.atomic
def cancel_joint(*, by: Actor, ref: str, rev: int, why: str) -> None:
    """Take a planned joint release back because the agreement is gone. Anyone whose consent it needs may.

    Raises Conflict when its moment has come: from then on nothing can be taken back. A plan that was taken
    back on the statement's own page a moment before is only noted as gone.
    """
    release = (
        Release.objects.select_for_update()
        .filter(revision__statement__ref=ref, revision__number=rev, state__in=("planned", "running", "done"))
        .first()
    )
    if release is None:
        Agreement.objects.filter(revision__statement__ref=ref, revision__number=rev).update(
            revoked_at=clock.now()
        )
        return
    revision = Revision.objects.select_for_update().select_related("statement").get(pk=release.revision_id)
    release.move_to("cancelled", frm="planned")
    revision.move_to("approved", frm="armed")
    Agreement.objects.filter(revision=revision).update(revoked_at=clock.now())
    channel_actions.cancel_deliveries(by=by, source=ref, rev=rev, why=why)
    touch(revision)
    audit.note(by=by, verb="statements.cancel_joint", target=target_of(revision), why=why)


def _must_be_signed(texts: Mapping[str, TextInput], digests: Mapping[str, str]) -> None:
    for lang in sorted({*texts, *digests}):
        text = texts.get(lang)
        digest = hashlib.sha256(sealed_bytes(text)).hexdigest() if text else ""
        if digest != digests.get(lang):
            raise Invalid(
                f"The {lang} text is not the one that the parties signed.",
                mend="Put the new text to the parties as another round.",
                code="not-what-was-signed",
                where=[{"field": f"texts.{lang}", "message": "another digest than the one signed"}],
            )


def _statement(mission: Mission, ref: str, rev: int, source_language: str) -> Statement:
    statement = Statement.objects.select_for_update().filter(ref=ref).first()
    if statement is None and rev == 1:
        return Statement.objects.create(
            ref=ref,
            slug=ref,
            mission=mission,
            kind=rules.JOINT,
            source_language=source_language,
            changed=clock.now(),
        )
    if statement is None or statement.kind != rules.JOINT or statement.mission.pk != mission.pk:
        raise Conflict(f"{ref} is no joint text of {mission.name}.", code="other-kind")
    return statement


def _revision(
    by: Officer, statement: Statement, rev: int, texts: Mapping[str, TextInput], note: dict[str, str]
) -> Revision:
    """A fresh one, or the one whose planned release was taken back."""
    revision = statement.revisions.filter(number=rev).first()
    if revision is None:
        revision = Revision.objects.create(statement=statement, number=rev, state="approved", note=note)
    elif revision.state != "approved":
        raise Conflict(f"It is {revision.state} already.", code="released-already")
    revision.texts.all().delete()
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
    return revision
