"""Reads for an answer's page: its texts as shown, what each version changed, where it was sent."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q

from dragoman.inbox.models import Answer, AnswerApproval, AnswerVersion, AutoSend, Reply, Send
from dragoman.inbox.queries.answers_panel import Progress, progress
from dragoman.lib import markdown
from dragoman.statements.queries.review import Change, TextChanges, compare


@dataclass(frozen=True)
class Step:
    """One version in the history, with what it changed in the one before."""

    version: AnswerVersion
    approvals: tuple[AnswerApproval, ...]
    before: AnswerVersion | None
    differences: tuple[TextChanges, ...]
    told: int


def html_of(body: str, sheet: str) -> str:
    """The body as the public page shows it; citations lead to the facts on the desk."""

    def address(cite: str) -> str:
        slug, slash, number = cite.rpartition("/")
        return f"/facts/{slug if slash else sheet}/{number}/"

    return str(markdown.to_html(body, fact_url=address))


def history_of(answer: Answer) -> list[Step]:
    """Every version that was not given up, the newest first."""
    rows = answer.versions.exclude(state="discarded").prefetch_related("texts", "approvals__officer")
    told = Count("replies", filter=Q(replies__state="sent"))
    versions = list(rows.annotate(told_count=told).order_by("-number"))
    found = []
    for place, version in enumerate(versions):
        before = versions[place + 1] if place + 1 < len(versions) else None
        changes = differences(before, version) if before is not None and version.texts.all() else []
        approvals = tuple(version.approvals.all())
        found.append(Step(version, approvals, before, tuple(changes), int(getattr(version, "told_count", 0))))
    return found


def differences(old: AnswerVersion, new: AnswerVersion) -> list[TextChanges]:
    """Language by language, what the new texts changed in the old, word by word."""
    olds = {text.lang: (text.question, text.body) for text in old.texts.all()}
    news = {text.lang: (text.question, text.body) for text in new.texts.all()}
    found = []
    for lang in sorted(olds | news):
        before, after = olds.get(lang, ("", "")), news.get(lang, ("", ""))
        kind = "new" if lang not in olds else "removed" if lang not in news else "changed"
        if kind == "changed" and before == after:
            kind = "same"
        changes = (
            Change("Question", compare(before[0], after[0])),
            Change("Answer", compare(before[1], after[1])),
        )
        found.append(TextChanges(lang, kind, changes))
    return found


def sends_of(answer: Answer, limit: int = 20) -> list[Progress]:
    """The presses of an answer, the newest first; those of the clock beside those of people."""
    rows = Send.objects.filter(version__answer=answer).exclude(state="undone")
    return progress(
        rows.select_related("version__answer__mission", "question", "officer").order_by("-id")[:limit]
    )


def auto_of(answer: Answer) -> AutoSend | None:
    """The leave that stands, if there is one."""
    return AutoSend.objects.filter(answer=answer, stopped_at__isnull=True).select_related("officer").first()


def auto_replies(answer: Answer, limit: int = 50) -> list[Reply]:
    """What went by itself, the newest first: each of them is listed."""
    rows = Reply.objects.filter(send__auto__answer=answer).select_related("message__channel", "send")
    return list(rows.order_by("-pk")[:limit])
