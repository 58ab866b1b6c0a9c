"""What the pages are made of: small, in every language, without a script; a difference loses no letter."""

from __future__ import annotations

import re
import string
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from tests.negotiations.table.browsing import browser
from tests.negotiations.table.world import World, sample, sign

import dragoman
from dragoman.lib.tlog.note import SignerKey
from dragoman.negotiations.queries.table import TextShown
from dragoman.negotiations.rules import signing
from dragoman.negotiations.rules.diff import Piece
from dragoman.negotiations.table import forms, shown, words_of
from dragoman.negotiations.templatetags import at_table

Sit = Callable[..., Client]
APP = Path(dragoman.__file__).parent / "negotiations"
TEMPLATES = sorted((APP / "templates" / "table").glob("*.html"))
SOURCES = "\n".join(path.read_text("utf-8") for path in sorted((APP / "table").rglob("*.py")))
LIGHT = 40_000
TALKS = "/table/talks/stonebridge/"
# Keys that are put together: the prefix stands in a template or in a view.
FAMILIES = (
    *("state_", "kind_", "answer_", "objected_", "party_", "process_", "protocol_", "fact_", "severity_"),
    *("deed_", "ask_", "key_", "reason_", "rule_", "terms_", "leave_", "done_", "silence_", "machine_"),
    *("worth_", "problem_", "days_", "hours_", "over"),
)
COMMITS = pytest.mark.django_db(transaction=True)


def own(lang: str) -> dict[str, str]:
    return tomllib.loads((words_of.FOLDER / f"{lang}.toml").read_text("utf-8"))


def gaps(sentence: str) -> list[str]:
    return sorted(str(name) for _, name, _, _ in string.Formatter().parse(sentence) if name)


def asked_for() -> set[str]:
    found = set()
    for path in TEMPLATES:
        text = path.read_text("utf-8")
        found |= set(re.findall(r"\bt\.(\w+)", text)) | set(re.findall(r'{% say "(\w+)"', text))
    return found


def test_every_word_that_a_page_asks_for_is_there() -> None:
    assert asked_for() <= set(own("en"))


def test_no_word_is_kept_that_nobody_asks_for() -> None:
    loose = {
        key
        for key in set(own("en")) - asked_for()
        if not key.startswith(FAMILIES) and f'"{key}"' not in SOURCES and key != "minutes"
    }
    assert not loose, loose


@pytest.mark.parametrize("lang", words_of.languages())
def test_a_language_has_every_word_with_the_same_gaps(lang: str) -> None:
    english, theirs = own("en"), own(lang)
    assert not set(english) - set(theirs)
    assert not {key for key in set(theirs) - set(english) if not key.startswith(("worth_", "why_"))}
    wrong = {key for key, sentence in english.items() if gaps(sentence) != gaps(theirs[key])}
    assert not wrong, wrong


def test_refusals_are_told_in_every_language() -> None:
    """English ones are the rules' own; every other language has words for the same codes."""
    told = {
        lang: {key for key in own(lang) if key.startswith("why_")}
        for lang in words_of.languages()
        if lang != words_of.FALLBACK
    }
    assert all(keys == told["ar"] for keys in told.values())
    assert {"why_unknown_key", "why_no_user_verification", "why_moment_has_come"} <= told["ar"]


def test_a_reader_of_arabic_is_refused_in_arabic(world: World, sit: Sit) -> None:
    about = world.put()
    client = sit(world.north)
    client.get(f"{TALKS}?lang=ar")
    line = signing.sign_ed25519(about.body.encode(), SignerKey("northland.stonebridge", b"\x55" * 32))
    answer = client.post(f"{TALKS}rounds/{about.number}/consent", {"read_all": "1", "line": line})
    assert answer.context["error"].code == "unknown-key"
    assert own("ar")["why_unknown_key"] in answer.content.decode()
    assert own("ar")["problem_404"] in client.get("/table/talks/nowhere/").content.decode()


def test_every_state_has_a_word_and_a_shape() -> None:
    from dragoman.negotiations import states

    english = own("en")
    for prefix, graph in (("state_", states.ROUND), ("process_", states.PROCESS), ("party_", states.PARTY)):
        for state in set(graph.states) - {"drafting"}:
            assert f"{prefix}{state}" in english, state
    assert set(states.ROUND.states) - {"drafting"} <= set(at_table.SHAPES)


def test_the_languages_of_the_public_site_are_the_tables_too() -> None:
    public = {path.stem for path in (APP.parent / "public" / "words").glob("*.toml")}
    assert public == set(words_of.languages())


def test_pages_are_light_and_need_no_script(world: World, sit: Sit) -> None:
    about = world.put()
    styles = sum(
        Path(str(finders.find(name))).stat().st_size for name in ("public/tokens.css", "table/table.css")
    )
    client = sit(world.north)
    paths = [TALKS, *(f"{TALKS}{rest}/" for rest in ("keys", "receipts", "protocol", "corrections", "leave"))]
    paths += [f"{TALKS}rounds/{about.number}/", f"{TALKS}rounds/{about.number}/decline/", "/table/freeze/"]
    for path in paths:
        size = len(client.get(path).content) + styles
        assert size < LIGHT, f"{path}: {size}"
    assert len(browser().get("/table/").content) + styles < LIGHT


@COMMITS
@pytest.mark.timeout(300)
def test_a_joint_text_with_its_changes_is_light_too(world: World, sit: Sit) -> None:
    world.open()
    first = world.joint()
    second = world.joint(previous=first, one=("set up two", "created two"))
    styles = 13_000
    page = sit(world.north).get(f"{TALKS}rounds/{second.number}/").content
    assert len(page) + styles < LIGHT
    alone = sit(world.north).get(f"{TALKS}rounds/{second.number}/?view=alone").content.decode()
    article = alone.split('<article class="text" id="text-en"', 1)[1].split("</article>", 1)[0]
    assert "<del>" not in article
    assert "created two" in article
    old = sit(world.north).get(f"{TALKS}rounds/{first.number}/").content.decode()
    assert "Replaced by" in old


def test_the_protocol_in_force_is_told_in_words(world: World, sit: Sit) -> None:
    about = world.put()
    page = sit(world.north).get(f"{TALKS}rounds/{about.number}/").content.decode()
    for words in (
        "Every one of the 2 parties.",
        "22:00 to 07:00 (Europe/Minsk)",
        "every 60 minutes, and after 120 minutes of silence; always",
        "the others go on",
        sample()["fallback"]["en"],
        str(world.east.own.verifier).replace("+", "+"),
    ):
        assert words in page.replace("&#x27;", "'"), words
    assert "O. Vale" in page, "each key with its owner"


def test_a_language_that_was_chosen_stays(world: World, sit: Sit) -> None:
    client = sit(world.north)
    assert '<html lang="en"' in client.get(TALKS).content.decode()
    assert '<html lang="ar" dir="rtl"' in client.get(f"{TALKS}?lang=ar").content.decode()
    assert '<html lang="ar" dir="rtl"' in client.get(f"{TALKS}receipts/").content.decode()
    assert '<html lang="ar"' in client.get(f"{TALKS}?lang=tlh").content.decode()


def test_a_browser_is_answered_in_its_own_language(world: World) -> None:
    page = browser().get("/table/", headers={"accept-language": "tlh, ru-RU;q=0.8"})
    assert '<html lang="ru"' in page.content.decode()


def test_what_a_party_wrote_is_text_and_never_markup(world: World, sit: Sit) -> None:
    about = world.put()
    client = sit(world.north)
    client.post(f"{TALKS}rounds/{about.number}/decline/", {"words": "<script>alert(1)</script>"})
    sign(world.east, about)
    page = sit(world.east).get(f"{TALKS}rounds/{about.number}/").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def text(old: str, new: str) -> TextShown:
    return TextShown("en", "", "", new, "", 0, "x", "", old)


PARAGRAPHS = st.lists(st.text("ab .", min_size=1, max_size=8), min_size=1, max_size=5).map("\n\n".join)


@given(PARAGRAPHS, PARAGRAPHS)
def test_a_difference_by_paragraph_loses_no_letter(old: str, new: str) -> None:
    found = shown.language(text(old, new))
    kept = "\n\n".join(
        "".join(piece.text for piece in para.pieces if piece.kind != "gone") for para in found.paragraphs
    )
    assert kept.replace("\n\n", "") == new.replace("\n\n", "")
    gone = "".join(piece.text for para in found.paragraphs for piece in para.pieces if piece.kind != "new")
    assert gone.replace(shown.SIGN, "").replace("\n\n", "") == old.replace("\n\n", "")
    assert (found.changes == 0) == (old == new and found.fresh is False and not _titled(found))


def _titled(found: shown.Language) -> bool:
    return any(piece.kind != "same" for piece in found.title)


def test_joining_two_paragraphs_is_seen() -> None:
    joined = [Piece("same", "One."), Piece("gone", "\n\n"), Piece("new", " "), Piece("same", "Two.")]
    (only,) = shown.paragraphs(joined)
    assert only.changed
    assert any("¶" in piece.text for piece in only.pieces)


@given(st.lists(st.sampled_from(forms.REASONS), unique=True), st.text(max_size=60))
def test_reasons_come_back_as_they_were_given(chosen: list[str], words: str) -> None:
    kept = forms.why(chosen, words)
    again, rest = forms.parted(kept)
    plain = words.replace("\r\n", "\n").strip()
    if chosen:
        assert (again, rest) == (chosen, plain)
    elif not plain:
        assert (again, rest) == ([forms.NONE], "")


@given(st.text(max_size=80))
def test_words_alone_are_never_lost(words: str) -> None:
    kept = forms.why([], words)
    again, rest = forms.parted(kept)
    plain = words.replace("\r\n", "\n").strip()
    assert rest == plain or (again and f"{' '.join(f'[{one}]' for one in again)}\n{rest}".strip() == plain)


@pytest.mark.parametrize(
    ("minutes", "says"), [(0, "0 min"), (59, "59 min"), (108, "1 h 48 min"), (1500, "1 d 1 h"), (-1, "over")]
)
def test_a_stretch_of_time_is_told_in_two_units(minutes: int, says: str) -> None:
    from datetime import timedelta

    assert at_table.span(timedelta(minutes=minutes), "en") == says


def test_a_deed_with_an_object_has_the_deeds_word() -> None:
    context: Any = {"t": words_of.load("en")}
    assert at_table.term(context, "deed_", "ask for a correction of 2026-abcdef-1") == "correction asked for"
    assert at_table.term(context, "deed_", "something new") == "something new"
