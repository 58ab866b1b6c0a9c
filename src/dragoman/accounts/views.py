"""Official accounts: the list, one account, and what is done to it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dragoman.accounts import actions, queries, rules, states
from dragoman.accounts.forms import AccountForm, HandForm, NewAccountForm, NoticeForm, RetireForm, WhyForm
from dragoman.accounts.models import OfficialAccount
from dragoman.accounts.notices import template
from dragoman.accounts.verification.names import TOKEN
from dragoman.base import clock
from dragoman.base.access import allow
from dragoman.lib.problems import NotAllowed, Problem
from dragoman.staff.models import Officer
from dragoman.staff.stepup import require_step_up

PROPOSERS = ("author", "approver", "releaser", "administrator")


@allow.officer
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Every account that the officer sees, and what wants a person."""
    officer = _officer(request)
    wanted = request.GET.get("show", "")
    wanted = wanted if wanted in queries.FILTERS else ""
    context = {
        "rows": queries.rows(officer, wanted),
        "wanted": wanted,
        "filters": queries.FILTERS,
        "waiting": queries.waiting_for_a_person(officer),
        "bare": queries.unregistered(officer),
        "may_propose": officer.has_role(*PROPOSERS),
        "newest": queries.newest(),
    }
    return render(request, "accounts/list.html", context)


@allow.officer
@require_safe
def show(request: HttpRequest, ref: str) -> HttpResponse:
    """One account: how it stands, what was seen, what was done, what can be done."""
    officer = _officer(request)
    return _page(request, officer, queries.account(ref, officer))


@allow(*PROPOSERS)
@require_http_methods(["GET", "POST"])
def propose(request: HttpRequest) -> HttpResponse:
    """Propose an account. A second person confirms it."""
    officer = _officer(request)
    form = NewAccountForm(officer, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            mission = form.cleaned_data["mission"]
            account = actions.propose_account(by=officer, mission=mission, values=form.values())
        except Problem as problem:
            form.take(problem)
        else:
            messages.success(request, "Proposed. Check it, then a second person confirms it.")
            return redirect("accounts:show", account.ref)
    return render(request, "accounts/form.html", {"form": form}, status=422 if form.errors else 200)


@allow("administrator")
@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, ref: str) -> HttpResponse:
    """Change what is known of an account."""
    officer = _officer(request)
    account = queries.account(ref, officer)
    form = AccountForm(officer, request.POST or None, account=account)
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_account(by=officer, account=account, values=form.values())
        except Problem as problem:
            form.take(problem)
        else:
            return redirect("accounts:show", ref)
    context = {"form": form, "account": account}
    return render(request, "accounts/form.html", context, status=422 if form.errors else 200)


@allow(*PROPOSERS)
@require_POST
def check(request: HttpRequest, ref: str) -> HttpResponse:
    """Look at it from outside now."""
    officer = _officer(request)
    account = queries.account(ref, officer)
    found = actions.check_account(by=officer, account=account)
    tell = messages.success if found.ok else messages.warning
    tell(request, found.says)
    return redirect("accounts:show", ref)


@allow("administrator")
@require_POST
def by_hand(request: HttpRequest, ref: str) -> HttpResponse:
    """Vouch for it, with a reason and a document."""
    officer = _officer(request)
    account = queries.account(ref, officer)
    given = {name: str(request.POST.get(name, "")) for name in ("why", "document")}
    return _do(
        request, account, lambda: actions.verify_by_hand(by=officer, account=account, **given), "Kept."
    )


@allow("administrator", "releaser")
@require_POST
def confirm(request: HttpRequest, ref: str) -> HttpResponse:
    """The second person's word."""
    officer = _officer(request)
    account = queries.account(ref, officer)
    return require_step_up(request) or _do(
        request,
        account,
        lambda: actions.confirm_account(by=officer, account=account),
        "Confirmed. The public register shows it within a minute.",
    )


@allow("administrator", "releaser")
@require_POST
def discard(request: HttpRequest, ref: str) -> HttpResponse:
    """Refuse the proposal."""
    officer = _officer(request)
    account = queries.account(ref, officer)
    why = str(request.POST.get("why", ""))
    return _do(
        request,
        account,
        lambda: actions.discard_account(by=officer, account=account, why=why),
        "Refused.",
    )


@allow("administrator", "releaser")
@require_POST
def review(request: HttpRequest, ref: str) -> HttpResponse:
    """Still ours."""
    officer = _officer(request)
    account = queries.account(ref, officer)
    return _do(
        request,
        account,
        lambda: actions.review_account(by=officer, account=account),
        "Kept: still ours. You are asked again in a year.",
    )


@allow("administrator")
@require_http_methods(["GET", "POST"])
def retire(request: HttpRequest, ref: str) -> HttpResponse:
    """Take it out of use, with the one that follows it."""
    officer = _officer(request)
    account = queries.account(ref, officer)
    form = RetireForm(officer, account, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.retire_account(by=officer, account=account, **form.cleaned_data)
        except Problem as problem:
            form.take(problem)
        else:
            messages.success(request, "Retired. It stays listed.")
            return redirect("accounts:show", ref)
    context = {"form": form, "account": account}
    return render(request, "accounts/retire.html", context, status=422 if form.errors else 200)


@allow("administrator", "releaser")
@require_http_methods(["GET", "POST"])
def compromised(request: HttpRequest, ref: str) -> HttpResponse:
    """Somebody else may be speaking on it: what will happen, and the words of the notice."""
    officer = _officer(request)
    account = queries.account(ref, officer)
    since = _drawn(request)
    zone = account.mission.zone
    texts = template(account, queries.languages(), since=since)
    form = NoticeForm(texts, zone, request.POST or None, initial={"since": _wall(since, zone)})
    if request.method == "POST" and form.is_valid():
        first = require_step_up(request)
        if first is not None:
            return first
        try:
            actions.report_compromised(
                by=officer,
                account=account,
                since=form.moment(),
                why=form.cleaned_data["why"],
                texts=form.texts(),
            )
        except Problem as problem:
            form.take(problem)
        else:
            messages.success(request, "Reported. The notice goes out now.")
            return redirect("accounts:show", ref)
    context = {
        "form": form,
        "account": account,
        "drawn": since.isoformat(),
        "others": queries.others(account),
        "later_posts": queries.later_posts(account, clock.now() - timedelta(days=7)),
    }
    return render(request, "accounts/compromised.html", context, status=422 if form.errors else 200)


@allow("administrator", "releaser")
@require_http_methods(["GET", "POST"])
def lift(request: HttpRequest, ref: str) -> HttpResponse:
    """It is ours again."""
    officer = _officer(request)
    account = queries.account(ref, officer)
    notice = queries.notice_of(account)
    if notice is None:
        messages.error(request, "No notice about it stands.")
        return redirect("accounts:show", ref)
    drawn = _drawn(request)
    texts = template(account, queries.in_order(notice.texts), since=notice.since, until=drawn)
    form = NoticeForm(texts, account.mission.zone, request.POST or None, lifting=True)
    if request.method == "POST" and form.is_valid():
        first = require_step_up(request)
        if first is not None:
            return first
        try:
            why, given = form.cleaned_data["why"], form.texts()
            actions.lift_compromise(by=officer, account=account, why=why, texts=given)
        except Problem as problem:
            form.take(problem)
        else:
            messages.success(request, "Lifted. The banner goes now; the channel stays switched off.")
            return redirect("accounts:show", ref)
    context = {"form": form, "account": account, "notice": notice, "drawn": drawn.isoformat()}
    return render(request, "accounts/lift.html", context, status=422 if form.errors else 200)


def _page(
    request: HttpRequest, officer: Officer, account: OfficialAccount, problem: Problem | None = None
) -> HttpResponse:
    day = clock.now().date()
    administers = officer.may("administrator", account.mission)
    decides = administers or officer.may("releaser", account.mission)
    context: dict[str, Any] = {
        "account": account,
        "method": rules.WORDS.get(account.method, account.method),
        "checks": [(one, rules.WORDS.get(one.method, one.method)) for one in queries.checks(account)],
        "history": queries.history(account),
        "notice": queries.notice_of(account),
        "review_due": account.review_is_due(day),
        "administers": administers,
        "decides": decides,
        "proposed_it": account.proposer == officer.pk,
        "checks_it": account.state in ("proposed", *states.LIVE) and officer.has_role(*PROPOSERS),
        "record_name": f"{TOKEN}{account.token}",
        "hand_form": HandForm(),
        "why_form": WhyForm(),
        "problem": problem,
    }
    return render(request, "accounts/account.html", context, status=problem.status if problem else 200)


def _do(
    request: HttpRequest,
    account: OfficialAccount,
    deed: Callable[[], object],
    words: str,
) -> HttpResponse:
    """Do a deed and go back to the account's page, or show there why not."""
    try:
        deed()
    except NotAllowed:
        raise
    except Problem as problem:
        return _page(request, _officer(request), account, problem)
    messages.success(request, words)
    return redirect("accounts:show", account.ref)


def _drawn(request: HttpRequest) -> datetime:
    """The moment for which the words of the form were drawn up: what is posted is held against the words of
    then, so that those left alone follow the moment that was entered."""
    now = clock.now().replace(second=0, microsecond=0)
    try:
        drawn = datetime.fromisoformat(str(request.POST.get("drawn", "")))
    except ValueError:
        return now
    return min(drawn, now) if drawn.tzinfo is not None else now


def _wall(moment: datetime, zone: str) -> datetime:
    """What a clock on the wall shows there."""
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def _officer(request: HttpRequest) -> Officer:
    if not isinstance(request.user, Officer):
        raise NotAllowed("Sign in first.")
    return request.user
