"""Films in a statement: taken in as a stream, bound by the approval, sealed, shown with their captions."""

from __future__ import annotations

import hashlib
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests import cast as people
from tests import make
from tests.cast import Cast
from tests.lib.test_films import mp4
from tests.record.faults import verified

from dragoman.lib.problems import Conflict, Invalid, NotAllowed, NotFound, TooLarge, Unavailable
from dragoman.public import headers
from dragoman.record import queries as record
from dragoman.statements.actions import corrections, drafts, putting_out, releases, upkeep, videos
from dragoman.statements.models import Revision, Video
from dragoman.statements.queries import renditions

pytestmark = pytest.mark.django_db(transaction=True)

VTT = b"WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nGood day.\n"
SRT = "1\n00:00:01,000 --> 00:00:02,000\nДобрый день.\n".encode()


@pytest.fixture
def cast() -> Cast:
    assembled = people.assemble()
    make.make_sheet(assembled)
    return assembled


@pytest.fixture
def draft(cast: Cast) -> Revision:
    return make.make_statement(cast)


def add(cast: Cast, draft: Revision, data: bytes = mp4()) -> Video:
    return videos.add_video(by=cast.editor, revision=draft, chunks=[data[:50], data[50:]], name="film.mp4")


def leftovers(home: Path) -> list[Path]:
    return list((home / "media").glob(".film*"))


def test_a_film_is_kept_under_its_digest_with_its_length(cast: Cast, draft: Revision, home: Path) -> None:
    video = add(cast, draft)
    assert video.sha256 == hashlib.sha256(mp4()).hexdigest()
    assert video.path.read_bytes() == mp4()
    assert (video.media_type, video.seconds, video.size) == ("video/mp4", 65.5, len(mp4()))
    assert video.playtime == "1:06 min"
    assert not leftovers(home)


def test_a_film_of_two_hundred_megabytes_never_lies_in_memory(cast: Cast, draft: Revision) -> None:
    block = bytes(1 << 20)

    def chunks() -> Iterator[bytes]:
        size = 200 << 20
        yield b"\0\0\0\x18ftypisom\0\0\2\0isomiso2" + (size + 8).to_bytes(4, "big") + b"mdat"
        for _ in range(200):
            yield block
        yield mp4()[28 + 108 :]

    tracemalloc.start()
    video = videos.add_video(by=cast.editor, revision=draft, chunks=chunks(), name="long.mp4")
    make.approved(cast, draft)
    release = releases.release_statement(by=cast.director, revision=draft)
    putting_out.put_out_release(by=putting_out.WORKER, release_id=release.pk)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert video.size > 200 << 20
    assert peak < 40 << 20
    sealed = settings.DRAGOMAN.public_dir / "record" / "media" / video.sha256
    assert sealed.stat().st_size == video.size
    assert sealed.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize(
    ("data", "error", "words"),
    [
        (b"<html>", Invalid, "no film"),
        (mp4()[:130], Invalid, "no index"),
        (mp4(pad=1_100_000), TooLarge, "larger than 1 MB"),
    ],
)
def test_what_cannot_be_taken_leaves_nothing_behind(
    cast: Cast,
    draft: Revision,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    data: bytes,
    error: type[Exception],
    words: str,
) -> None:
    monkeypatch.setattr(settings.DRAGOMAN, "largest_film_mb", 1)
    with pytest.raises(error, match=words):
        add(cast, draft, data)
    assert not leftovers(home)
    assert not draft.videos.exists()


def test_the_same_film_twice_and_a_sixth_are_refused(cast: Cast, draft: Revision, home: Path) -> None:
    add(cast, draft)
    with pytest.raises(Conflict, match="already"):
        add(cast, draft)
    for number in range(4):
        add(cast, draft, mp4(number + 1))
    with pytest.raises(TooLarge, match="at most 5"):
        add(cast, draft, mp4(99))
    assert not leftovers(home)


def test_only_those_who_write_for_the_mission_put_films_in(cast: Cast, draft: Revision) -> None:
    with pytest.raises(NotAllowed):
        videos.add_video(by=cast.stranger, revision=draft, chunks=[mp4()], name="x")
    video = add(cast, draft)
    for attempt in (
        lambda: videos.name_video(by=cast.stranger, revision=draft, video_id=video.pk, titles={}),
        lambda: videos.remove_video(by=cast.stranger, revision=draft, video_id=video.pk),
        lambda: videos.add_caption(by=cast.stranger, revision=draft, video_id=video.pk, lang="en", data=VTT),
        lambda: videos.remove_caption(by=cast.stranger, revision=draft, video_id=video.pk, lang="en"),
    ):
        with pytest.raises(NotAllowed):
            attempt()


def test_a_statement_without_films_binds_what_it_bound_before(draft: Revision) -> None:
    assert "videos" not in renditions.binding(draft)


def test_film_title_and_captions_are_bound_and_any_change_voids_the_yes(cast: Cast, draft: Revision) -> None:
    video = add(cast, draft)
    make.approved(cast, draft)
    digests = [draft.digest]
    steps = (
        lambda: videos.name_video(
            by=cast.editor, revision=draft, video_id=video.pk, titles={"en": "Five days"}
        ),
        lambda: videos.add_caption(by=cast.editor, revision=draft, video_id=video.pk, lang="en", data=VTT),
        lambda: videos.add_caption(by=cast.editor, revision=draft, video_id=video.pk, lang="en", data=SRT),
        lambda: videos.remove_caption(by=cast.editor, revision=draft, video_id=video.pk, lang="en"),
        lambda: videos.remove_video(by=cast.editor, revision=draft, video_id=video.pk),
    )
    for deed in steps:
        deed()
        draft.refresh_from_db()
        digests.append(draft.digest)
        assert draft.state == "review"
    assert len(set(digests)) == 5  # taking the captions out again is the film with its title alone
    assert not draft.approvals.filter(voided_at__isnull=True).exists()


def test_captions_are_made_webvtt_and_a_wrong_line_is_named(cast: Cast, draft: Revision) -> None:
    video = add(cast, draft)
    caption = videos.add_caption(by=cast.editor, revision=draft, video_id=video.pk, lang="ru", data=SRT)
    assert caption.text == "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nДобрый день.\n"
    with pytest.raises(Invalid, match="Line 2"):
        videos.add_caption(by=cast.editor, revision=draft, video_id=video.pk, lang="en", data=b"1\nx\n")
    with pytest.raises(Invalid, match="not a language"):
        videos.add_caption(by=cast.editor, revision=draft, video_id=video.pk, lang="<b>", data=VTT)
    with pytest.raises(NotFound):
        videos.remove_caption(by=cast.editor, revision=draft, video_id=video.pk, lang="de")


def test_connectors_get_films_with_title_and_captions(cast: Cast, draft: Revision) -> None:
    video = add(cast, draft)
    videos.name_video(by=cast.editor, revision=draft, video_id=video.pk, titles={"en": "Five days"})
    videos.add_caption(by=cast.editor, revision=draft, video_id=video.pk, lang="en", data=VTT)
    (value,) = renditions.piece_of(draft, draft.texts.get(lang="en")).videos
    assert (value.sha256, value.title, value.seconds) == (video.sha256, "Five days", 65.5)
    assert list(value.captions) == ["en"]
    assert value.path == ""


def out(cast: Cast, draft: Revision) -> Path:
    make.approved(cast, draft)
    release = releases.release_statement(by=cast.director, revision=draft)
    putting_out.put_out_release(by=putting_out.WORKER, release_id=release.pk)
    folder: Path = settings.DRAGOMAN.public_dir
    return folder


def test_a_released_film_is_sealed_and_shown_with_its_captions(
    cast: Cast, draft: Revision, home: Path
) -> None:
    video = add(cast, draft)
    videos.name_video(by=cast.editor, revision=draft, video_id=video.pk, titles={"en": "Five days <x>"})
    caption = videos.add_caption(by=cast.editor, revision=draft, video_id=video.pk, lang="en", data=VTT)
    public = out(cast, draft)
    media = public / "record" / "media"
    assert (media / video.sha256).read_bytes() == mp4()
    assert (media / caption.sha256).read_bytes() == VTT
    page = (public / "en" / "statements" / draft.statement.slug / "index.html").read_text()
    assert f'<source src="/record/media/{video.sha256}" type="video/mp4">' in page
    assert f'src="/record/media/{caption.sha256}" srclang="en"' in page
    assert "Five days &lt;x&gt;" in page
    assert "autoplay" not in page
    assert "media-src" in page
    kind = headers.kind_of(f"/record/media/{caption.sha256}", VTT[:16])
    assert kind.media_type == "text/vtt; charset=utf-8"
    assert verified(home)
    draft.refresh_from_db()
    with pytest.raises(Conflict):
        add(cast, draft, mp4(3))


def test_a_film_lost_from_the_public_folder_is_put_back(cast: Cast, draft: Revision) -> None:
    video = add(cast, draft)
    place = out(cast, draft) / "record" / "media" / video.sha256
    place.unlink()
    lost = record.lost_blobs()
    assert lost == [f"media/{video.sha256} of {draft.statement.ref}-1"]
    assert upkeep.restore_sealed(by=putting_out.WORKER, lost=lost) == 1
    assert place.read_bytes() == mp4()


def test_a_film_that_was_damaged_on_the_desk_stops_the_release_in_words(cast: Cast, draft: Revision) -> None:
    video = add(cast, draft)
    video.path.write_bytes(b"other")
    with pytest.raises(Unavailable):
        out(cast, draft)
    upkeep.sweep(by=putting_out.WORKER)
    release = draft.releases.get()
    assert "gone from the desk's folder, or damaged" in release.last_trouble
    video.path.write_bytes(mp4())
    upkeep.sweep(by=putting_out.WORKER)
    release.refresh_from_db()
    assert release.state == "done"


def test_a_correction_begins_with_the_films_of_what_it_corrects(cast: Cast, draft: Revision) -> None:
    video = add(cast, draft)
    videos.add_caption(by=cast.editor, revision=draft, video_id=video.pk, lang="en", data=VTT)
    out(cast, draft)
    new = corrections.start_correction(by=cast.editor, statement=draft.statement, note={"en": "A typo."})
    (copy,) = new.videos.all()
    assert (copy.sha256, copy.captions.get().text) == (video.sha256, VTT.decode())


@pytest.fixture
def client(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.editor)
    return client


def test_the_editor_page_takes_films_and_captions(client: Client, cast: Cast, draft: Revision) -> None:
    ref = draft.statement.ref
    page = client.get(f"/statements/{ref}/edit/").content.decode()
    assert "A film is shown on the statement" in page
    film = SimpleUploadedFile("film.mp4", mp4(), "video/mp4")
    client.post(f"/statements/{ref}/videos/", {"file": film})
    video = draft.videos.get()
    address = f"/statements/{ref}/videos/{video.pk}/"
    wrong = SimpleUploadedFile("x.srt", b"1\nnothing\n")
    said = client.post(f"{address}captions/", {"file": wrong, "lang": "en"}, follow=True).content.decode()
    assert "Line 2 of the captions" in said
    client.post(f"{address}captions/", {"file": SimpleUploadedFile("x.vtt", VTT), "lang": "en"})
    client.post(address, {"do": "name", "title.en": "Five days"})
    page = client.get(f"/statements/{ref}/edit/").content.decode()
    assert 'value="Five days"' in page
    assert "Take the captions in English out" in page
    assert b"".join(client.get(f"{address}file")) == mp4()
    client.post(f"{address}captions/en/")
    client.post(address, {"do": "remove"})
    assert not draft.videos.exists()


def test_what_is_no_film_is_said_on_the_page(client: Client, draft: Revision) -> None:
    ref = draft.statement.ref
    film = SimpleUploadedFile("film.mp4", b"GIF89a", "video/mp4")
    page = client.post(f"/statements/{ref}/videos/", {"file": film}, follow=True).content.decode()
    assert "neither MP4 nor WebM" in page
    assert "No file was sent" in client.post(f"/statements/{ref}/videos/", follow=True).content.decode()


def test_strangers_see_no_film(cast: Cast, draft: Revision) -> None:
    video = add(cast, draft)
    client = Client()
    client.force_login(cast.stranger)
    answer = client.get(f"/statements/{draft.statement.ref}/videos/{video.pk}/file")
    assert answer.status_code == 404


def test_a_discarded_language_keeps_its_captions(cast: Cast, draft: Revision) -> None:
    video = add(cast, draft)
    videos.add_caption(by=cast.editor, revision=draft, video_id=video.pk, lang="ru", data=SRT)
    drafts.remove_language(by=cast.editor, revision=draft, lang="ru")
    assert video.captions.count() == 1
