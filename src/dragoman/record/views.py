"""The record's pages on the desk: the head, the entries, one entry."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from dragoman.base.access import allow
from dragoman.lib.problems import NotFound, Problem
from dragoman.record import actions, keys, queries

PAGE = 50
KEEPERS = ("record_keeper", "auditor", "administrator")


@allow.officer
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    wanted = request.GET.get("id", "").strip()[:64]
    found = queries.page(wanted=wanted, before=_number(request.GET.get("before")), length=PAGE + 1)
    officer: Any = request.user
    context: dict[str, Any] = {
        "rows": found[:PAGE],
        "older": found[PAGE - 1].index if len(found) > PAGE else None,
        "wanted": wanted,
        "address": keys.address(),
        "may_keep": officer.has_role(*KEEPERS),
        "unproved": queries.unproved(),
        "awaiting": queries.awaiting_witnesses(),
    }
    try:
        context |= {
            "head": queries.head(),
            "witnesses": queries.witness_rows(),
            "policy": queries.policy_shown(),
            "keys": queries.verifier_keys(),
        }
    except Problem as problem:
        # A damaged key or policy file is what this page is there to show.
        context["trouble"] = problem
    return render(request, "record/overview.html", context)


@allow.officer
@require_safe
def entry(request: HttpRequest, index: int) -> HttpResponse:
    row = queries.row(index)
    if row is None:
        raise NotFound(f"The record has no entry {index}.")
    context = {
        "row": row,
        "leaf": row.leaf_text,
        "sums": row.sums,
        "proof_path": row.proof_path,
        "chain": queries.page(wanted=row.ref, before=None, length=PAGE)[::-1],
        "address": keys.address(),
    }
    return render(request, "record/entry.html", context)


@allow(*KEEPERS)
@require_POST
def audit(request: HttpRequest) -> HttpResponse:
    officer: Any = request.user
    found = actions.audit_record(by=officer)
    messages.success(
        request,
        f"All {found.entries:,} entries, every tile and every proof agree with what was signed.",
    )
    if found.lost:
        messages.error(
            request, f"{len(found.lost)} sealed texts or pictures are gone or wrong, first {found.lost[0]}."
        )
    return redirect("record:overview")


@allow(*KEEPERS)
@require_POST
def catch_up(request: HttpRequest) -> HttpResponse:
    officer: Any = request.user
    actions.catch_up(by=officer)
    left = queries.awaiting_witnesses()
    if left:
        messages.warning(request, f"{left} proofs still await witnesses; see below what each one answered.")
    else:
        messages.success(request, "Every proof has its witnesses.")
    return redirect("record:overview")


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None
