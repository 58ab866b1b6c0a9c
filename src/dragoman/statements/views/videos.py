"""Films of what is being written, and their captions."""

from __future__ import annotations

from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_GET, require_POST

from dragoman.base.access import allow
from dragoman.lib import captions
from dragoman.lib.problems import Invalid, Problem, TooLarge
from dragoman.statements.actions import videos
from dragoman.statements.views.common import officer_of, refused, revision_of, said, to

WRITERS = ("author", "approver", "releaser")


@allow(*WRITERS)
@require_POST
def add(request: HttpRequest, ref: str) -> HttpResponse:
    """Take a film in. What is wrong with it is said on the editor's page."""
    officer, revision = officer_of(request), revision_of(request, ref)
    try:
        given = _file(request, "Choose a film, then press Add.")
        videos.add_video(
            by=officer,
            revision=revision,
            chunks=given.chunks(1 << 20),
            name=str(given.name or "film"),
        )
        said(request, "The film is in. Give it a title, and captions for those who cannot hear it.")
    except Problem as problem:
        refused(request, problem)
    return _back(ref)


@allow(*WRITERS)
@require_POST
def change(request: HttpRequest, ref: str, pk: int) -> HttpResponse:
    """Its title in each language; or take it out."""
    officer, revision = officer_of(request), revision_of(request, ref)
    if request.POST.get("do") == "remove":
        videos.remove_video(by=officer, revision=revision, video_id=pk)
        said(request, "The film is out.")
        return _back(ref)
    prefix = "title."
    titles = {
        name.removeprefix(prefix): str(request.POST[name]).strip()
        for name in request.POST
        if name.startswith(prefix) and str(request.POST[name]).strip()
    }
    try:
        videos.name_video(by=officer, revision=revision, video_id=pk, titles=titles)
        said(request, "The title of the film is kept.")
    except Invalid as problem:
        refused(request, problem)
    return _back(ref, pk)


@allow(*WRITERS)
@require_POST
def add_caption(request: HttpRequest, ref: str, pk: int) -> HttpResponse:
    """Put captions in. A wrong line is named on the editor's page."""
    officer, revision = officer_of(request), revision_of(request, ref)
    try:
        given = _file(request, "Choose a file of captions (.vtt or .srt), then press Add.")
        if given.size is None or given.size > captions.LARGEST:
            raise TooLarge(f"The captions are larger than {captions.LARGEST // 1_000_000} MB.")
        videos.add_caption(
            by=officer,
            revision=revision,
            video_id=pk,
            lang=request.POST.get("lang", "").strip(),
            data=given.read(),
        )
        said(request, "The captions are in.")
    except Problem as problem:
        refused(request, problem)
    return _back(ref, pk)


@allow(*WRITERS)
@require_POST
def remove_caption(request: HttpRequest, ref: str, pk: int, lang: str) -> HttpResponse:
    """Take the captions of one language out."""
    revision = revision_of(request, ref)
    videos.remove_caption(by=officer_of(request), revision=revision, video_id=pk, lang=lang)
    said(request, "The captions are out.")
    return _back(ref, pk)


@allow.officer
@require_GET
def video_file(request: HttpRequest, ref: str, pk: int) -> HttpResponseBase:
    """The film itself, for whoever may see the statement."""
    video = revision_of(request, ref).videos.filter(pk=pk).first()
    if video is None or not video.path.exists():
        raise Http404
    response = FileResponse(video.path.open("rb"), content_type=video.media_type)
    response["Cache-Control"] = "private, max-age=86400"
    return response


def _file(request: HttpRequest, mend: str) -> UploadedFile[bytes]:
    given = request.FILES.get("file")
    if not isinstance(given, UploadedFile):
        raise Invalid("No file was sent.", mend=mend)
    return given


def _back(ref: str, pk: int | None = None) -> HttpResponse:
    response = to("edit", ref)
    response["Location"] += f"#video-{pk}" if pk else "#ev"
    return response
