"""A film goes into a draft, is captioned, and plays on the public page, in a real browser."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect
from tests import make
from tests.browser.conftest import Desk, overflow, violations
from tests.cast import Cast

from dragoman.staff.models import Officer
from dragoman.statements.actions import releases
from dragoman.statements.models import Revision

# A second of a moving square, recorded by the browser itself.
RECORD = """async () => {
  const canvas = Object.assign(document.createElement("canvas"), {width: 320, height: 180});
  const pen = canvas.getContext("2d");
  const recorder = new MediaRecorder(canvas.captureStream(25), {mimeType: "video/webm"});
  const pieces = [];
  recorder.ondataavailable = (event) => pieces.push(event.data);
  recorder.start();
  for (let step = 0; step < 25; step++) {
    pen.fillStyle = "#174a5c"; pen.fillRect(0, 0, 320, 180);
    pen.fillStyle = "#e8b23a"; pen.fillRect(step * 10, 60, 60, 60);
    await new Promise((done) => setTimeout(done, 40));
  }
  await new Promise((done) => { recorder.onstop = done; recorder.stop(); });
  const bytes = new Uint8Array(await new Blob(pieces).arrayBuffer());
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}"""
SRT = "1\n00:00:00,100 --> 00:00:00,900\nFive days, both ends counted.\n"
RU = "WEBVTT\n\n00:00.100 --> 00:00.900\nПять дней, считая оба.\n"


@pytest.fixture
def revision(cast: Cast) -> Revision:
    return make.make_statement(cast)


def shoot(page: Page, name: str) -> None:
    folder = os.environ.get("FILM_PICTURES")
    if folder:
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def editor(desk: Desk, revision: Revision, **kwargs: bool | int) -> Page:
    page = desk.seat(Officer.objects.get(username="editor"), **kwargs)
    desk.open(page, f"/statements/{revision.statement.ref}/edit/")
    return page


def test_a_film_is_put_in_captioned_released_and_played(
    desk: Desk, cast: Cast, revision: Revision, public: str, work: Callable[[], None], tmp_path: Path
) -> None:
    page = editor(desk, revision)
    expect(page.get_by_text("A film is shown on the statement")).to_be_visible()
    shoot(page, "empty")
    film = tmp_path / "five-days.webm"
    film.write_bytes(base64.b64decode(page.evaluate(RECORD)))
    page.set_input_files("#film-file", film)
    page.locator("form:has(#film-file) button").click()
    expect(page.get_by_text("The film is in.")).to_be_visible()
    expect(page.get_by_text("people who cannot hear")).to_be_visible()
    video = revision.videos.get()
    page.fill(f"#title-{video.pk}-en", "Five days, explained")
    page.get_by_role("button", name="Keep the title").click()
    for lang, text in (("en", SRT), ("ru", RU)):
        page.select_option(f"#cap-lang-{video.pk}", lang)
        place = tmp_path / f"captions.{lang}"
        place.write_text(text, "utf-8")
        page.set_input_files(f"#cap-file-{video.pk}", place)
        page.get_by_role("button", name="Add captions").click()
        expect(page.get_by_text("The captions are in.")).to_be_visible()
    expect(page.get_by_role("button", name="Take the captions in Russian out")).to_be_visible()
    assert page.evaluate(
        "() => { const v = document.querySelector('.picture video'); v.load(); return !!v; }"
    )
    shoot(page, "editor")
    assert not violations(page)
    narrow = editor(desk, revision, width=380, dark=True)
    shoot(narrow, "editor-narrow")
    assert not overflow(narrow)

    make.approved(cast, revision)
    releases.release_statement(by=cast.director, revision=revision)
    work()
    reader = desk.page()
    reader.goto(f"{public}/en/statements/{revision.statement.slug}/")
    plays = "() => document.querySelector('.films video').readyState >= 2"
    reader.evaluate("() => { const v = document.querySelector('.films video'); v.muted = true; v.play(); }")
    reader.wait_for_function(plays)
    reader.evaluate("() => { document.querySelector('.films video').textTracks[0].mode = 'showing'; }")
    cue = "() => document.querySelector('.films video').textTracks[0].cues?.[0]?.text"
    reader.wait_for_function(cue)
    assert reader.evaluate(cue) == "Five days, both ends counted."
    assert reader.locator(".films track").nth(0).get_attribute("srclang") == "en"
    shoot(reader, "public")
    reader.wait_for_selector("#verify[data-verdict]:not([data-verdict=v_checking])")
    assert "bad" not in str(reader.evaluate("document.getElementById('verify').dataset.verdict"))
    assert not violations(reader)
    phone = desk.page(width=380, dark=True)
    phone.goto(f"{public}/ru/statements/{revision.statement.slug}/")
    phone.wait_for_selector(".films video")
    assert phone.locator(".films track").nth(0).get_attribute("srclang") == "ru"
    shoot(phone, "public-narrow")
    assert not overflow(phone)
    assert (Path(settings.DRAGOMAN.public_dir) / "record" / "media" / video.sha256).is_file()
    assert desk.errors == []
