"""A desk with one page that needs step-up, for the tests beside it."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from dragoman.base.access import allow
from dragoman.config.urls import handler403, handler404, handler500
from dragoman.config.urls import urlpatterns as desk
from dragoman.staff.stepup import step_up

__all__ = ["handler403", "handler404", "handler500"]


@allow("approver")
@step_up
def approve(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"done {request.POST.getlist('digest')}")


def forgotten(request: HttpRequest) -> HttpResponse:
    return HttpResponse("nobody may see this")


urlpatterns = [
    path("tests/approve/", approve),
    path("tests/forgotten/", forgotten),
    path("", include(desk)),
]
