"""The editor: two languages side by side, saved as one writes, judged as it is saved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dragoman.base import clock
from dragoman.base.access import allow
from dragoman.base.templatetags.desk import moment
from dragoman.facts import queries as facts
from dragoman.lib.problems import Conflict, NotFound, Problem
from dragoman.staff.models import Officer
from dragoman.statements import rules, states
from dragoman.statements.actions import drafts
from dragoman.statements.actions.input import TextInput
from dragoman.statements.actions.review import standing_of
from dragoman.statements.forms import COMMON_LANGUAGES, LanguageForm
from dragoman.statements.models import Revision, Text
from dragoman.statements.queries import drafting, editor, pages, renditions
from dragoman.statements.views.common import officer_of, revision_of, said, to

KEPT = 60 * 60 * 24 * 30
WRITERS = ("author", "approver", "releaser")


@dataclass(frozen=True)
class Choice:
    """Which two languages are on the page."""

    texts: tuple[Text, ...]
    left: Text
    right: Text | None

    @property
    def langs(self) -> tuple[str, ...]:
        return (self.left.lang, self.right.lang) if self.right else (self.left.lang,)


@allow.officer
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, ref: str) -> HttpResponse:
    """The page; its POST is the way to save without script."""
    officer, revision = officer_of(request), revision_of(request, ref)
    choice = _choice(revision, request)
    if request.method == "POST":
        given = {text.lang: _given(request, text.lang) for text in (choice.left, choice.right) if text}
        try:
            drafts.edit_texts(by=officer, revision=revision, texts=given)
        except Conflict as conflict:
            if not any("version" in place for place in conflict.where):
                raise
            context = {"revision": revision, "statement": revision.statement, "problem": conflict}
            context["mine"] = [(lang, text, _theirs(conflict, lang)) for lang, text in given.items()]
            return render(request, "statements/conflict.html", context, status=409)
        said(request, f"Saved {clock.now():%H:%M:%S} UTC.")
        response = to("edit", ref)
        response["Location"] += f"?left={choice.left.lang}&right={choice.right.lang if choice.right else ''}"
        return response
    context = _context(officer, revision, choice, meant="edit" in request.GET)
    context |= {
        "pairs": editor.pairs(choice.left.body, choice.right.body if choice.right else ""),
        "facts": _facts(officer, revision, choice.left.lang),
        "pictures": list(revision.pictures.select_related("media")),
        "videos": renditions.videos_of(revision),
        "largest_film": settings.DRAGOMAN.largest_film_mb,
        "language_form": LanguageForm(),
        "known_languages": COMMON_LANGUAGES,
    }
    return render(request, "statements/edit.html", context)


@allow.officer
@require_GET
def panel(request: HttpRequest, ref: str) -> HttpResponse:
    """What depends on the text: findings, lengths, previews, digest. Fetched after each save."""
    officer, revision = officer_of(request), revision_of(request, ref)
    context = _context(
        officer,
        revision,
        _choice(revision, request),
        show=request.GET.get("show", ""),
        meant="edit" in request.GET,
    )
    name = "_preview" if request.GET.get("part") == "preview" else "_panel"
    return render(request, f"statements/{name}.html", {**context, "fragment": True})


@allow(*WRITERS)
@require_POST
def save(request: HttpRequest, ref: str, lang: str) -> JsonResponse:
    """Autosave of one language. 409 with the other's text when someone else saved since; nothing is lost."""
    revision = revision_of(request, ref)
    try:
        drafts.edit_texts(by=officer_of(request), revision=revision, texts={lang: _given(request, lang)})
    except Problem as problem:
        return JsonResponse(_problem(problem, lang), status=problem.status)
    text = Text.objects.get(revision=revision, lang=lang)
    revision.refresh_from_db()
    return JsonResponse(
        {
            "version": text.version,
            "saved": str(moment(clock.now(), revision.statement.mission.zone, "clock")),
            "digest": revision.digest,
            "state": revision.state,
        }
    )


def _given(request: HttpRequest, lang: str) -> TextInput:
    """One language from a form: `title`, `summary`, `body` (or one `block` for each paragraph), `version`."""
    data = request.POST
    prefix = "" if "version" in data or "title" in data else f"{lang}."
    blocks = data.getlist(f"{prefix}block")
    body = editor.join([_lf(block) for block in blocks]) if blocks else _lf(data.get(f"{prefix}body", ""))
    version = data.get(f"{prefix}version", "")
    return TextInput(
        title=" ".join(data.get(f"{prefix}title", "").split()),
        summary=_lf(data.get(f"{prefix}summary", "")).strip(),
        body=body,
        version=int(version) if version.isdecimal() and len(version) < 10 else None,
    )


def _lf(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _problem(problem: Problem, lang: str) -> dict[str, Any]:
    return {
        "code": problem.code,
        "detail": problem.detail,
        "mend": problem.mend,
        "theirs": _theirs(problem, lang),
    }


def _theirs(problem: Problem, lang: str) -> dict[str, Any] | None:
    """The other writer's text out of a conflict."""
    return next(
        (place for place in problem.where if place.get("field") == f"texts.{lang}" and "version" in place),
        None,
    )


def _choice(revision: Revision, request: HttpRequest) -> Choice:
    texts = list(revision.texts.all())
    if not texts:
        raise NotFound("It has no text.")
    by_lang = {text.lang: text for text in texts}
    source = by_lang.get(revision.statement.source_language, texts[0])
    data = request.POST if request.method == "POST" else request.GET
    left = by_lang.get(data.get("left", ""), source)
    rest = [text for text in texts if text is not left]
    right = by_lang.get(data.get("right", ""))
    if right is None or right is left:
        right = rest[0] if rest else None
    ordered = sorted(texts, key=lambda text: (text is not source, text.lang))
    return Choice(tuple(ordered), left, right)


def _context(
    officer: Officer, revision: Revision, choice: Choice, *, show: str = "", meant: bool = False
) -> dict[str, Any]:
    """What page and panel share. `show`: the preview's language; `meant`: asked to edit all the same."""
    shown_text = next((text for text in choice.texts if text.lang == show), choice.left)
    statement = revision.statement
    shown = renditions.shown(revision)
    findings = drafting.findings(revision, shown=shown)
    standing = [item for item in findings if item.stands_in_the_way]
    cache.set(pages.standing_key(revision), len(standing), KEPT)  # the front page tells it
    writers = list(revision.writers.order_by("id"))
    wrote = officer in writers
    may_edit = revision.state in states.EDITABLE and pages.may_write(officer, statement)
    return {
        "revision": revision,
        "statement": statement,
        "choice": choice,
        # Who has not written in a text under review only reads it: a stray key would cost them their yes.
        "editable": may_edit and (wrote or revision.state == "draft" or meant),
        "could_edit": may_edit,
        "findings": findings,
        "standing_in_way": standing,
        "lengths": editor.lengths(shown, choice.langs),
        "words": [(text.lang, editor.words_in(text)) for text in (choice.left, choice.right) if text],
        "shown_text": shown_text,
        "previews": editor.previews(shown, shown_text.lang),
        "page_html": editor.page_html(shown_text, revision.sheet),
        "rendition_count": len(shown),
        "statuses": editor.statuses(revision, choice.texts),
        "approvals": pages.approvals_of(revision),
        "chain": standing_of(revision),
        "needs": rules.chain(risk=statement.risk, lane=statement.lane),
        "writers": writers,
        "wrote": wrote,
        "may_approve": pages.may_approve(officer, statement),
        "may_release": pages.may_release(officer, statement),
        "release": pages.release_of(revision) if revision.state in ("armed", "releasing") else None,
    }


def _facts(officer: Officer, revision: Revision, lang: str) -> list[dict[str, str]]:
    """The facts this officer may cite, for the picker: those of the statement's own sheet by bare number."""
    found = facts.facts_for(officer)
    if revision.sheet:
        found = found.filter(sheet__slug=revision.sheet)
    return [
        {
            "sheet": fact.sheet.slug,
            "number": fact.number,
            "cite": fact.number if revision.sheet else f"{fact.sheet.slug}/{fact.number}",
            "text": fact.texts.get(lang) or next(iter(fact.texts.values()), ""),
            "lang": lang if lang in fact.texts else next(iter(fact.texts), ""),
        }
        for fact in found[:300]
    ]
