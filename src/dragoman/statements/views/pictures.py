"""Pictures of what is being written."""

from __future__ import annotations

from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_GET, require_POST

from dragoman.base.access import allow
from dragoman.lib.problems import Invalid, Problem, TooLarge
from dragoman.statements.actions import pictures
from dragoman.statements.views.common import officer_of, refused, revision_of, said, to

WRITERS = ("author", "approver", "releaser")
LARGEST = 20_000_000


@allow(*WRITERS)
@require_POST
def add(request: HttpRequest, ref: str) -> HttpResponse:
    """Take a picture in. What is wrong with it is said on the editor's page."""
    revision = revision_of(request, ref)
    try:
        name, data = _file(request)
        pictures.add_picture(by=officer_of(request), revision=revision, data=data, name=name, alt={})
        said(request, "The picture is in. Write words for those who cannot see it.")
    except Problem as problem:
        refused(request, problem)
    response = to("edit", ref)
    response["Location"] += "#ep"
    return response


@allow(*WRITERS)
@require_POST
def change(request: HttpRequest, ref: str, pk: int) -> HttpResponse:
    """Its words in each language, its credit; or take it out."""
    officer, revision = officer_of(request), revision_of(request, ref)
    if request.POST.get("do") == "remove":
        pictures.remove_picture(by=officer, revision=revision, picture_id=pk)
        said(request, "The picture is out.")
        return to("edit", ref)
    prefix = "alt."
    alt = {
        name.removeprefix(prefix): str(request.POST[name]).strip()
        for name in request.POST
        if name.startswith(prefix) and str(request.POST[name]).strip()
    }
    try:
        pictures.describe_picture(
            by=officer,
            revision=revision,
            picture_id=pk,
            alt=alt,
            credit=request.POST.get("credit", "").strip(),
            decorative=bool(request.POST.get("decorative")),
        )
        said(request, "The words of the picture are kept.")
    except Invalid as problem:
        refused(request, problem)
    response = to("edit", ref)
    response["Location"] += f"#picture-{pk}"
    return response


@allow.officer
@require_GET
def picture_file(request: HttpRequest, ref: str, pk: int) -> HttpResponseBase:
    """The picture itself, for whoever may see the statement."""
    revision = revision_of(request, ref)
    picture = revision.pictures.select_related("media").filter(pk=pk).first()
    if picture is None or not picture.media.path.exists():
        raise Http404
    response = FileResponse(picture.media.path.open("rb"), content_type=picture.media.media_type)
    response["Cache-Control"] = "private, max-age=86400"
    return response


def _file(request: HttpRequest) -> tuple[str, bytes]:
    given = request.FILES.get("file")
    if not isinstance(given, UploadedFile):
        raise Invalid("No file was sent.", mend="Choose a picture, then press Add.")
    if given.size is None or given.size > LARGEST:
        raise TooLarge(
            f"The file is larger than {LARGEST // 1_000_000} MB.", mend="Save it smaller, then add it again."
        )
    return str(given.name or "picture")[:200], given.read()
