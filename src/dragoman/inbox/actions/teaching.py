"""What officers decide about the machine's judgements: written down, and used at once."""

from __future__ import annotations

from django.db import transaction

from dragoman.audit import actions as audit
from dragoman.inbox.actions.counting import recount
from dragoman.inbox.models import Decision, Message
from dragoman.inbox.triage.values import KINDS
from dragoman.lib.problems import Invalid, NotAllowed
from dragoman.staff.models import Officer

WHAT = ("kind", "language", "match", "help")


@transaction.atomic
def decide(
    *, by: Officer, what: str, message: Message, decided: str, features: dict[str, object] | None = None
) -> Decision:
    """An officer says what a message is: its kind, its language, whether an answer fits, whether it is a call
    for help. Changes the message where the two differ; the decision teaches either way.
    """
    if what not in WHAT:
        raise Invalid(f"{what!r} is not something to decide about a message.", where=[{"field": "what"}])
    if not any(by.may(role, message.mission) for role in ("author", "approver", "releaser")):
        raise NotAllowed("This needs a role at the message's mission.", mend="Ask its administrator.")
    message = Message.objects.select_for_update(of=("self",)).select_related("mission").get(pk=message.pk)
    said, model = _said(message, what)
    # What the machine believed, before the officer's word takes its place.
    seen = {"confidence": message.confidence, "help_score": message.help_score}
    _apply(message, what, decided)
    row = Decision.objects.create(
        what=what,
        message=message,
        question=message.question,
        said=said,
        decided=decided,
        right=said == decided,
        features={**(features or {}), **seen},
        model=model,
        by=by.audit_name,
    )
    if message.question_id:
        recount([message.question_id])
    audit.note(
        by=by,
        verb="inbox.decide",
        target=f"message:{message.pk}",
        data={"what": what, "said": said, "decided": decided},
        mission=message.mission.slug,
    )
    return row


def _said(message: Message, what: str) -> tuple[str, str]:
    return {
        "kind": (message.kind, message.kind_model),
        "language": (message.lang, message.lang_model),
        "match": (message.match, message.match_model),
        "help": ("help" if message.is_help else "not help", message.help_model),
    }[what]


def _apply(message: Message, what: str, decided: str) -> None:
    if what == "kind":
        if decided not in KINDS:
            raise Invalid(f"{decided!r} is no kind of message.", mend=f"One of {', '.join(KINDS)}.")
        message.kind, message.kind_score = decided, 1.0
        message.save(update_fields=["kind", "kind_score", "updated"])
    elif what == "language":
        if not (2 <= len(decided) <= 35 and decided.replace("-", "").isalnum()):
            raise Invalid(f"{decided!r} is no language tag.", mend="Such as be, ru or zh-Hant.")
        message.lang, message.lang_confidence = decided, 1.0
        message.save(update_fields=["lang", "lang_confidence", "updated"])
    elif what == "match":
        message.match, message.confidence = decided, 1.0 if decided else 0.0
        message.save(update_fields=["match", "confidence", "updated"])
    elif what == "help" and decided not in ("help", "not help"):
        raise Invalid("It is a call for help or it is not.", mend="Say 'help' or 'not help'.")
