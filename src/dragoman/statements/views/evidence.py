"""The evidence of a release, to be kept and handed on: JSON for programs, one whole page for people."""

from __future__ import annotations

import json
from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET

from dragoman.base.access import allow
from dragoman.lib.problems import NotFound
from dragoman.statements.models import Release
from dragoman.statements.queries import lists, pages, progress
from dragoman.statements.queries.evidence import evidence_of
from dragoman.statements.views.common import officer_of

LOOK = Path(__file__).parents[1] / "static" / "statements" / "evidence.css"


@allow.officer
@require_GET
def download(request: HttpRequest, ref: str, form: str) -> HttpResponse:
    """`form` is json or html. For every officer who sees the statement; only what has begun to go out."""
    statement = lists.statement(officer=officer_of(request), ref=ref)
    revision = pages.shown_revision(statement, request.GET.get("rev", ""))
    release = pages.release_of(revision)
    if form not in ("json", "html") or release is None or release.state in ("planned", "cancelled"):
        raise NotFound(
            "There is no evidence of it: nothing has gone out.", mend="Look again after its moment."
        )
    body, media = _json(release) if form == "json" else _page(release)
    answer = HttpResponse(body, content_type=media)
    name = f"evidence-{statement.ref}-{revision.number}.{form}"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "no-store"
    return answer


def _json(release: Release) -> tuple[str, str]:
    return json.dumps(evidence_of(release), ensure_ascii=False, indent=2) + "\n", "application/json"


def _page(release: Release) -> tuple[str, str]:
    """One file: its style is within it, for there is no desk where it will be read."""
    lines = progress.lines_of(release.revision)
    context = {"evidence": evidence_of(release), "release": release, "lines": lines}
    context["plot"] = progress.plot_of(lines)
    body = render_to_string("statements/evidence.html", context)
    look = mark_safe(f"<style>{LOOK.read_text(encoding='utf-8')}</style>")  # noqa: S308 - a file of ours
    title = f"Evidence of {release.revision.statement.ref}, revision {release.revision.number}"
    page = format_html(
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>{}</title>{}</head>'
        "<body>{}</body></html>\n",
        title,
        look,
        body,
    )
    return page, "text/html; charset=utf-8"
