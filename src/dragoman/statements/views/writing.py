"""Beginning a statement, and all that is done to it while it is written, but for its words and pictures."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST

from dragoman.base.access import allow
from dragoman.lib.problems import Problem
from dragoman.statements.actions import drafts, review
from dragoman.statements.actions.input import TextInput
from dragoman.statements.forms import LanguageForm, NewForm, ReasonForm, SettingsForm
from dragoman.statements.views.common import officer_of, refused, revision_of, said, to

WRITERS = ("author", "approver", "releaser")


@allow(*WRITERS)
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """What is fixed before the first word."""
    officer = officer_of(request)
    form = NewForm(officer, request.POST or None, initial=_first_choices(request))
    problem: Problem | None = None
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        langs = [data["source_language"], *data["languages"]]
        try:
            revision = drafts.create_statement(
                by=officer,
                mission=data["mission"],
                kind=data["kind"],
                source_language=data["source_language"],
                texts={lang: TextInput() for lang in dict.fromkeys(langs)},
                channels=list(data["channels"]),
                risk=data["risk"],
                lane=data["lane"],
                sheet=data["sheet"],
            )
            return to("edit", revision.statement.ref)
        except Problem as refusal:
            problem = refusal
    context = {"form": form, "problem": problem}
    return render(request, "statements/new.html", context, status=422 if problem or form.errors else 200)


@allow(*WRITERS)
@require_http_methods(["GET", "POST"])
def settings(request: HttpRequest, ref: str) -> HttpResponse:
    """Kind, risk, lane, channels and facts. Every change voids approvals, for it changes what goes out."""
    officer, revision = officer_of(request), revision_of(request, ref)
    form = SettingsForm(officer, revision, request.POST or None)
    problem: Problem | None = None
    if request.method == "POST" and form.is_valid():
        try:
            _apply(officer, revision, form.cleaned_data)
            said(request, "Kept.")
            return to("edit", ref)
        except Problem as refusal:
            problem = refusal
    context = {"form": form, "problem": problem, "revision": revision, "statement": revision.statement}
    return render(request, "statements/settings.html", context, status=422 if problem or form.errors else 200)


@allow(*WRITERS)
@require_POST
def add_language(request: HttpRequest, ref: str) -> HttpResponse:
    """One more language, empty."""
    form = LanguageForm(request.POST)
    if not form.is_valid():
        said_wrong = " ".join(str(error) for errors in form.errors.values() for error in errors)
        refused(request, Problem(said_wrong, title="That language was not added"))
        return to("edit", ref)
    lang = form.cleaned_data["lang"]
    revision = revision_of(request, ref)
    if not revision.texts.filter(lang=lang).exists():
        drafts.edit_texts(by=officer_of(request), revision=revision, texts={lang: TextInput()})
    response = to("edit", ref)
    response["Location"] += f"?right={lang}"
    return response


@allow(*WRITERS)
@require_POST
def remove_language(request: HttpRequest, ref: str) -> HttpResponse:
    """Take a language out of a draft."""
    lang = request.POST.get("lang", "")
    drafts.remove_language(by=officer_of(request), revision=revision_of(request, ref), lang=lang)
    said(request, f"{lang} is no longer part of it. The audit keeps that it was.")
    return to("edit", ref)


@allow(*WRITERS)
@require_POST
def submit(request: HttpRequest, ref: str) -> HttpResponse:
    """Hand it in for review."""
    review.submit_statement(by=officer_of(request), revision=revision_of(request, ref))
    said(request, "Handed in for review. Any edit from here on voids the approvals given so far.")
    return to("edit", ref)


@allow(*WRITERS)
@require_POST
def give_back(request: HttpRequest, ref: str) -> HttpResponse:
    """Send it back to its author, with a reason."""
    form = ReasonForm(request.POST)
    if not form.is_valid():
        refused(request, Problem("A reason is needed, so that the author knows what to mend."))
        return to("review", ref)
    why = form.cleaned_data["why"]
    review.return_statement(by=officer_of(request), revision=revision_of(request, ref), why=why)
    said(request, "Sent back to its author, with your reason.")
    return to("edit", ref)


@allow(*WRITERS)
@require_POST
def discard(request: HttpRequest, ref: str) -> HttpResponse:
    """Give up what was never released."""
    form = ReasonForm(request.POST)
    why = form.cleaned_data["why"] if form.is_valid() else ""
    drafts.discard_draft(by=officer_of(request), revision=revision_of(request, ref), why=why)
    said(request, "Given up. It was never released, and stays in the house.")
    return to("list")


@allow(*WRITERS)
@require_POST
def clear_finding(request: HttpRequest, ref: str, key: str) -> HttpResponse:
    """Record why a finding is let stand."""
    revision = revision_of(request, ref)
    reason = request.POST.get("reason", "")
    review.clear_finding(by=officer_of(request), revision=revision, key=key, reason=reason)
    if getattr(request, "htmx", False):
        answer = HttpResponse(status=204)
        answer["HX-Trigger"] = "saved"
        return answer
    said(request, "Your reason is recorded.")
    return to("edit", ref)


def _first_choices(request: HttpRequest) -> dict[str, Any]:
    return {"source_language": "en", "lane": "ordinary", "sheet": request.GET.get("sheet", "")}


def _apply(officer: Any, revision: Any, data: dict[str, Any]) -> None:
    statement = revision.statement
    told = {name: data[name] for name in ("kind", "risk", "lane") if name in data}
    if any(getattr(statement, name) != value for name, value in told.items()):
        drafts.describe_statement(
            by=officer, revision=revision, kind=told["kind"], risk=told["risk"], lane=told["lane"]
        )
    if set(revision.channels.all()) != set(data["channels"]):
        drafts.set_channels(by=officer, revision=revision, channels=list(data["channels"]))
    named = set(revision.citations.filter(inline=False).values_list("cite", flat=True))
    if named != set(data["facts"]):
        drafts.set_facts(by=officer, revision=revision, named=data["facts"])
