"""After the release: corrections, withdrawals, and the history of it all."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_http_methods

from dragoman.base.access import allow
from dragoman.lib.problems import Problem
from dragoman.staff.stepup import require_step_up
from dragoman.statements.actions import corrections
from dragoman.statements.forms import WordsForm
from dragoman.statements.models import Revision
from dragoman.statements.queries import lists, pages, progress
from dragoman.statements.queries import review as reading
from dragoman.statements.views.common import officer_of, said, to

WRITERS = ("author", "approver", "releaser")


@allow(*WRITERS)
@require_http_methods(["GET", "POST"])
def correct(request: HttpRequest, ref: str) -> HttpResponse:
    """Begin a correction: say what was wrong, then write the new text."""
    officer = officer_of(request)
    statement = lists.statement(officer=officer, ref=ref)
    revision = pages.shown_revision(statement, "")
    langs = _langs(revision)
    form = WordsForm(langs, "What was wrong", request.POST or None)
    problem: Problem | None = None
    if request.method == "POST" and form.is_valid():
        try:
            corrections.start_correction(by=officer, statement=statement, note=form.cleaned_data["words"])
            said(
                request,
                "The correction has begun with the old text. What you change here becomes the new one.",
            )
            return to("edit", ref)
        except Problem as refusal:
            problem = refusal
    context = {"statement": statement, "revision": revision, "form": form, "problem": problem}
    return render(request, "statements/correct.html", context, status=422 if problem or form.errors else 200)


@allow("releaser")
@require_http_methods(["GET", "POST"])
def withdraw(request: HttpRequest, ref: str) -> HttpResponse:
    """Take it back: the page becomes a tombstone, the record keeps that it was."""
    officer = officer_of(request)
    statement = lists.statement(officer=officer, ref=ref)
    revision = pages.shown_revision(statement, "")
    form = WordsForm(_langs(revision), "Reason that the public reads", request.POST or None)
    problem: Problem | None = None
    if request.method == "POST" and form.is_valid():
        first = require_step_up(request)
        if first is not None:
            return first
        try:
            corrections.withdraw_statement(
                by=officer, statement=statement, reasons=form.cleaned_data["words"]
            )
            said(request, "It is being withdrawn. What cannot be taken back is listed below.")
            return to("release", ref)
        except Problem as refusal:
            problem = refusal
    context = {
        "statement": statement,
        "revision": revision,
        "form": form,
        "problem": problem,
        "lines": progress.lines_of(revision),
    }
    return render(request, "statements/withdraw.html", context, status=422 if problem or form.errors else 200)


@allow.officer
@require_GET
def history(request: HttpRequest, ref: str) -> HttpResponse:
    """Every revision, and word by word what each changed in the one before it."""
    statement = lists.statement(officer=officer_of(request), ref=ref)
    revisions = list(lists.history(statement))
    steps = []
    for at, revision in enumerate(revisions):
        before = next((old for old in revisions[at + 1 :] if old.state != "discarded"), None)
        changes = reading.differences(before.texts.all(), revision.texts.all()) if before else []
        steps.append((revision, before, changes))
    context = {"statement": statement, "steps": steps, "revision": revisions[0] if revisions else None}
    return render(request, "statements/history.html", context)


def _langs(revision: Revision) -> list[str]:
    """The languages it was said in, the source first."""
    source = revision.statement.source_language
    return sorted((text.lang for text in revision.texts.all()), key=lambda lang: (lang != source, lang))
