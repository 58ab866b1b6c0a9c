"""Networks that call when something comes in."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from dragoman.base import limits
from dragoman.base.access import allow
from dragoman.base.actor import System
from dragoman.channels import actions
from dragoman.lib.problems import NotAllowed, TooLarge

RECEPTION = System("reception")
LARGEST = 1_000_000
# A network calls from few addresses, and in a burst as often as people write: what it signs is counted only
# against a flood. What turns out not to be signed by it is counted apart, and soon enough.
A_MINUTE = 30_000
FORGED_A_MINUTE = 120


@allow.anyone
@require_http_methods(["GET", "POST"])
def hook(request: HttpRequest, slug: str) -> HttpResponse:
    """One call to a channel's address. GET: the network asks whether the address is ours.

    A call that was taken before is answered as if it were new, and changes nothing: a network that hears
    anything else calls again and again. Never says what became of a text.
    """
    limits.look(request, "forged hooks", a_minute=FORGED_A_MINUTE)
    limits.check(request, "hooks", a_minute=A_MINUTE)
    if request.method == "GET":
        answer = actions.answer_challenge(by=RECEPTION, slug=slug, query=request.GET.dict())
        media = "application/json" if answer.startswith("{") else "text/plain; charset=utf-8"
        return HttpResponse(answer, content_type=media)
    if len(request.body) > LARGEST:
        raise TooLarge(f"A call may have {LARGEST:,} bytes.")
    try:
        actions.take_call(by=RECEPTION, slug=slug, headers=dict(request.headers), body=request.body)
    except NotAllowed:
        limits.check(request, "forged hooks", a_minute=FORGED_A_MINUTE)
        raise
    return HttpResponse(status=200, content_type="text/plain")
