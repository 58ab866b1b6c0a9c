"""A statement page checks itself in a real browser: green only after proof, red at the first wrong byte."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Page
from tests.public import world
from tests.record.conftest import trust
from tests.record.desk_witness import DeskWitness

from dragoman.public import actions, render
from dragoman.public.values import Edition, Picture
from dragoman.record import healing

pytestmark = pytest.mark.django_db(transaction=True)
SLUG = "five-days-2017-4f7kq2"
EN, AR = f"/en/statements/{SLUG}/", f"/ar/statements/{SLUG}/"
PIXEL = b"\x89PNG\r\n\x1a\n" + bytes(64)
NASTY = {
    "title": "  Two   spaces, é, ﬁ & <b>no tag</b> ",
    "summary": "Right\u200f-to-left: مرحبا",
    "body": (
        "# Top heading\n\nA *b **c*** [d *e*](https://f.example/g?h=1&i=ü) <https://j.example>[F1]  \nk\n\n"
        "### Third\n\n- one\n  two\n- - three\n\n7. seven\n8. eight\n\n> nine\n>\n> ten\\\n> eleven\n\n"
        "`code` &amp; &lt;script&gt; ![p](https://q.example/r.png) \\*s\\* 中文\u00a0t  [F99] [visa-free/F3]"
    ),
}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settings.DRAGOMAN, "home", tmp_path)
    monkeypatch.setattr(settings.DRAGOMAN, "allow_loopback", True)
    healing.forget()
    return tmp_path


@pytest.fixture
def witnesses() -> Iterator[list[DeskWitness]]:
    three = [DeskWitness(f"w{number}.example.int") for number in range(3)]
    yield three
    for one in three:
        one.stop()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    yield context.new_page()
    context.close()


def put_out(edition: Edition | None = None) -> None:
    actions.publish_edition(by=world.BY, edition=edition or world.edition())


def verdict(page: Page, address: str = "") -> str:
    """What the page says of itself in the end."""
    if address:
        page.goto(address)
    page.wait_for_selector("#verify[data-verdict]:not([data-verdict=v_checking])")
    return str(page.evaluate("document.getElementById('verify').dataset.verdict"))


def again(page: Page) -> str:
    page.evaluate(
        "delete document.getElementById('verify').dataset.verdict; dispatchEvent(new Event('dragoman:check'))"
    )
    return verdict(page)


def change(place: Path, old: str, new: str) -> None:
    text = place.read_text()
    assert old in text
    place.write_text(text.replace(old, new, 1))


def test_page_is_green_when_text_proof_signature_and_witnesses_agree(
    public: str, page: Page, witnesses: list[DeskWitness]
) -> None:
    trust(witnesses, 2)
    put_out()
    for path in (EN, AR, f"{EN}1/"):
        assert verdict(page, public + path) == "v_ok"
        assert page.locator("#verdict p.good").is_visible()
    assert page.locator("#signed").inner_text() in ("2 of 3 signed", "3 of 3 signed")


def test_every_form_of_text_rebuilds_to_the_sealed_bytes(
    public: str, page: Page, witnesses: list[DeskWitness]
) -> None:
    trust(witnesses, 1)
    put_out(world.edition(texts={"en": NASTY, "ar": NASTY | {"summary": ""}}))
    assert verdict(page, public + EN) == "v_ok"
    assert verdict(page, public + AR) == "v_ok"


def test_correction_and_earlier_revision_are_each_checked_against_their_own_entry(
    public: str, page: Page, witnesses: list[DeskWitness]
) -> None:
    trust(witnesses, 1)
    put_out()
    put_out(world.corrected())
    for path in (EN, f"{EN}1/", f"{EN}2/", AR):
        assert verdict(page, public + path) == "v_ok"


DEEDS = (
    "document.querySelector('h1').firstChild.data += '!'",
    "document.querySelector('.lead').textContent = 'Other.'",
    "document.querySelector('.lead').remove()",
    "document.querySelector('.body p').firstChild.replaceData(0, 1, 'X')",
    "document.querySelector('.body p').remove()",
    "document.querySelector('.body').insertAdjacentHTML('beforeend', '<p>And more.</p>')",
    "document.querySelector('.body').insertAdjacentHTML('beforeend', '<div>And more.</div>')",
    "document.querySelector('.body').append('And more.')",
    "document.querySelector('.body li').textContent = 'x'",
    "document.querySelector('.body ol').start = 4",
    "document.querySelector('.body a[rel]').href = 'https://evil.example/'",
    "document.querySelector('.body a.f').textContent = 'F2'",
    "document.querySelector('.body h2').outerHTML = '<p>Whom the rule does not cover</p>'",
    "document.querySelector('article').append(document.querySelector('.body').cloneNode(true))",
)


def test_changed_page_turns_red(public: str, page: Page, witnesses: list[DeskWitness]) -> None:
    trust(witnesses, 1)
    put_out()
    for deed in DEEDS:
        assert verdict(page, public + EN) == "v_ok"
        page.evaluate(deed)
        assert again(page) == "v_bad_text", deed
        assert page.locator("#verdict p.bad").is_visible()
        assert page.locator("#verdict p.good").count() == 0
        assert page.locator("article[data-tampered]").count() == 1


def test_wrong_byte_in_any_file_is_never_green(
    public: str, page: Page, home: Path, witnesses: list[DeskWitness]
) -> None:
    trust(witnesses, 1)
    put_out(world.edition("2017-first"))
    put_out()
    site = home / "public"
    html = site / EN.strip("/") / "index.html"
    proof = site / "record/proof/2017-4f7kq2-1.tlog-proof"
    policy = site / "record/policy"
    assert verdict(page, public + EN) == "v_ok"
    lines = proof.read_text().split("\n")
    blank = lines.index("")
    other = DeskWitness("other.example.int")
    other.stop()
    cases: list[tuple[Path, str, str, set[str]]] = [
        (html, "80 countries may enter", "81 countries may enter", {"v_bad_text"}),
        (html, "&quot;rev&quot;:1", "&quot;rev&quot;:2", {"v_bad_entry"}),
        (html, "&quot;prev&quot;:null", "&quot;prev&quot;: null", {"v_bad_proof"}),
        (html, 'data-ref="2017-4f7kq2"', 'data-ref="2017-first"', {"v_bad_entry"}),
        (html, 'data-index="1"', 'data-index="0"', {"v_bad_entry"}),
        (
            proof,
            lines[2],
            lines[2][:5] + ("A" if lines[2][5] != "A" else "B") + lines[2][6:],
            {"v_bad_proof"},
        ),
        (proof, "tlog-proof@v1", "tlog-proof@v2", {"v_bad_proof"}),
        (proof, "index 1", "index 2", {"v_bad_entry"}),
        (proof, lines[blank + 2], "7", {"v_bad_proof"}),
        (proof, lines[blank + 5], _flipped(lines[blank + 5]), {"v_bad_sign"}),
        (proof, lines[blank + 6], _flipped(lines[blank + 6]), {"v_bad_sign"}),
        (policy, "quorum", "quorun", {"v_bad_sign"}),
    ]
    for number, (place, old, new, expected) in enumerate(cases):
        before = place.read_bytes()
        change(place, old, new)
        seen = verdict(page, f"{public}{EN}?{number}")
        assert seen in expected, (place.name, old, new)
        place.write_bytes(before)
    assert verdict(page, f"{public}{EN}?whole") == "v_ok"
    key = re.findall(r"^log (\S+)", policy.read_text(), re.M)[0]
    change(html, f'data-key="{key}"', f'data-key="{other.key.verifier}"')
    assert verdict(page, f"{public}{EN}?key") == "v_bad_sign"


def test_missing_proof_is_a_question_and_no_verdict(
    public: str, page: Page, home: Path, witnesses: list[DeskWitness]
) -> None:
    trust(witnesses, 1)
    put_out()
    (home / "public/record/proof/2017-4f7kq2-1.tlog-proof").unlink()
    assert verdict(page, public + EN) == "v_ask_unread"
    assert page.locator("#verdict p.ask").is_visible()


def test_too_few_witnesses_are_awaited_and_not_green(
    public: str, page: Page, witnesses: list[DeskWitness]
) -> None:
    trust(witnesses, 2)
    for one in witnesses[1:]:
        one.mood = 500
    put_out()
    assert verdict(page, public + EN) == "v_ask_witness"
    assert "1 of the 2 needed" in page.locator("#verdict").inner_text()
    assert page.locator("#verdict p.good").count() == 0


def test_record_without_witnesses_says_that_only_the_ministry_vouches(public: str, page: Page) -> None:
    put_out()
    assert verdict(page, public + EN) == "v_ask_alone"
    assert page.locator("#verdict p.good").count() == 0


def test_browser_without_the_signature_method_says_so(
    public: str, page: Page, witnesses: list[DeskWitness]
) -> None:
    trust(witnesses, 1)
    put_out()
    page.add_init_script(
        "crypto.subtle.importKey = () => Promise.reject(new DOMException('no Ed25519', 'NotSupportedError'))"
    )
    assert verdict(page, public + EN) == "v_ask_browser"


def test_changed_picture_turns_red(public: str, page: Page, home: Path, witnesses: list[DeskWitness]) -> None:
    trust(witnesses, 1)
    digest = hashlib.sha256(PIXEL).hexdigest()
    picture = Picture(digest, "image/png", 4, 4, {"en": "Four pixels"})
    put_out(world.edition(pictures=((picture, PIXEL),)))
    assert verdict(page, public + EN) == "v_ok"
    place = home / "public/record/media" / digest
    place.write_bytes(PIXEL + b"x")
    page.context.clear_cookies()
    fresh = page.context.browser.new_context().new_page()  # type: ignore[union-attr]  # it has one
    assert verdict(fresh, public + EN) == "v_bad_picture"
    fresh.context.close()


def test_long_entry_is_read_from_the_record(
    public: str, page: Page, witnesses: list[DeskWitness], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(render, "LEAF_LIMIT", 0)
    trust(witnesses, 1)
    put_out(world.edition("2017-first"))
    put_out()
    assert page.goto(public + EN)
    assert page.locator("#verify[data-leaf]").count() == 0
    assert verdict(page) == "v_ok"


def test_page_without_script_is_whole_and_says_how_to_check(public: str, browser: Browser) -> None:
    put_out()
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(public + EN)
    assert page.locator("h1").inner_text() == world.EN["title"]
    assert "Nothing was checked yet" in page.locator("#verdict").inner_text()
    assert page.locator("#verify .good").is_hidden()
    assert page.locator("a.proof").get_attribute("href") == "/record/proof/2017-4f7kq2-1.tlog-proof"
    context.close()


def _flipped(line: str) -> str:
    """The signature line with one letter in the middle of its blob changed."""
    place = len(line) - 30
    return line[:place] + ("A" if line[place] != "A" else "B") + line[place + 1 :]
