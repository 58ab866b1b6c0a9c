"""Reading what is to be approved, and saying yes to exactly that."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from dragoman.base.access import allow
from dragoman.base.templatetags.desk import fours
from dragoman.lib.problems import Conflict, Invalid
from dragoman.staff.stepup import step_up
from dragoman.statements.actions import review as deeds
from dragoman.statements.queries import drafting, editor, pages, renditions
from dragoman.statements.queries import review as reading
from dragoman.statements.views.common import officer_of, refused, revision_of, said, to

READERS = ("approver", "releaser")


@allow.officer
@require_GET
def review(request: HttpRequest, ref: str) -> HttpResponse:
    """Everything that a yes binds, what it changes, and who has said yes."""
    officer, revision = officer_of(request), revision_of(request, ref)
    statement = revision.statement
    before = pages.approved_before(revision)
    shown = renditions.shown(revision)
    findings = drafting.findings(revision, action="approve", shown=shown)
    bound = reading.bound(revision, shown)
    approvals = pages.approvals_of(revision)
    wrote = pages.wrote_in(officer, revision)
    context = {
        "revision": revision,
        "statement": statement,
        "bound": [(item, editor.page_html(item.text, revision.sheet)) for item in bound],
        "rendition_count": sum(len(item.renditions) for item in bound),
        "before": before,
        "differences": reading.differences(before.texts.all(), revision.texts.all()) if before else [],
        "findings": findings,
        "standing_in_way": [item for item in findings if item.stands_in_the_way],
        "approvals": approvals,
        "chain": deeds.standing_of(revision),
        "writers": list(revision.writers.all()),
        "wrote": wrote,
        "may_approve": pages.may_approve(officer, statement),
        "said_yes": any(item.officer == officer and not item.voided_at for item in approvals),
        "citations": list(revision.citations.select_related("fact__sheet")),
    }
    context["whynot"] = _why_not(context)
    return render(request, "statements/review.html", context)


@allow(*READERS)
@step_up
@require_POST
def approve(request: HttpRequest, ref: str) -> HttpResponse:
    """Yes to the digest that was on the page; refused when the text has moved on since."""
    officer, revision = officer_of(request), revision_of(request, ref)
    digest = request.POST.get("digest", "")
    try:
        deeds.approve_statement(by=officer, revision=revision, digest=digest)
    except (Conflict, Invalid) as problem:
        refused(request, problem)
        return to("review", ref)
    revision.refresh_from_db()
    complete = revision.state == "approved"
    then = "It can be released." if complete else "More approvals are wanted."
    said(request, f"You approved {fours(digest[:8])}. {then}")
    return to("plan" if complete and pages.may_release(officer, revision.statement) else "review", ref)


@allow(*READERS)
@require_POST
def take_back(request: HttpRequest, ref: str) -> HttpResponse:
    """Take one's own yes back."""
    why = request.POST.get("why", "").strip()
    deeds.withdraw_approval(by=officer_of(request), revision=revision_of(request, ref), why=why)
    said(request, "Your approval is taken back.")
    return to("review", ref)


def _why_not(context: dict[str, object]) -> str:
    """Why this officer cannot say yes, in words; empty when they can."""
    revision = context["revision"]
    state = getattr(revision, "state", "")
    if state not in ("review", "approved"):
        return "Only what is under review is approved."
    if context["wrote"]:
        return "You wrote in this text, so you cannot approve it. Another approver must."
    if not context["may_approve"]:
        return "You hold no role of its chain. An approver of its mission must."
    if context["said_yes"]:
        return "You have approved exactly this."
    standing = context["standing_in_way"]
    if isinstance(standing, list) and standing:
        count = len(standing)
        return f"{count} finding{'s' if count > 1 else ''} must be mended or given a reason first."
    return ""
