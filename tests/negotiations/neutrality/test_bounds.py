"""Texts of any kind: empty, huge, built to be slow, in any script. Nothing crashes, nothing passes unseen."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.lib.problems import Invalid
from dragoman.negotiations.neutrality import Finding, alternat, check
from dragoman.negotiations.neutrality.examples import example_sheet

SHEET = example_sheet()
WORDS = st.text(max_size=60).map(lambda text: unicodedata.normalize("NFC", text))
SLOW = {
    "one word": "a",
    "beginnings of listed words": "claim",
    "stops": ".",
    "quotation marks": "“",
    "apostrophes": "’",
    "spaces": " ",
    "lines": "x\n",
    "half a phrase of the sheet": "between ",
    "half a contested word": "border ",
    "lists without an end": "Northland and ",
    "names in one sentence": "Northland Minister ",
    "harm in one sentence": "were killed Eastmark ",
    "withheld": "Anna Orrin ",
    "vowel signs": "و\u064e",
    "Arabic letters written on": "وبال",
    "Chinese": "诺斯兰和",
    "numbers": "12 ",
    "places": "Stonebridge ",
    "mixed scripts": "Nо",
    "stars within words": "re*gi**",
    "signs by number": "&#1",
    "emoji": "👩‍👩‍👧 ",
}


def spent(piece: str, size: int) -> float:
    """Processor time of the fastest of two runs, of all languages in which words are parted otherwise."""
    text = piece * (size // len(piece))
    texts = dict.fromkeys(("en", "ru", "ar", "zh"), ("", "", text))
    runs = []
    for _ in range(2):
        begun = time.process_time()
        check(texts, SHEET, 1, withheld=("Anna Orrin",))
        runs.append(time.process_time() - begun)
    return min(runs)


@pytest.mark.parametrize("piece", SLOW.values(), ids=SLOW.keys())
def test_four_times_the_text_takes_no_more_than_about_four_times_the_work(piece: str) -> None:
    spent(piece, 1_000)
    # a quadratic step would make it sixteen times; the floor takes out what is too short to measure
    assert spent(piece, 24_000) < 10 * max(spent(piece, 6_000), 0.01)


def test_text_of_100_kilobytes_is_read() -> None:
    text = "Northland and Eastmark met at Stonebridge. The road is open. " * 1_700
    assert len(text) > 100_000
    assert check({"en": ("", "", text)}, example_sheet({"languages": ["en"]}), 1) == ()
    version = alternat.version({"en": ("", "", text)}, SHEET, 1, "eastmark")
    assert alternat.prove({"en": ("", "", text)}, version, SHEET, "eastmark", 1).ok


@pytest.mark.parametrize("text", ["", " ", "\n", "😀 🎉", "👩‍👩‍👧", "…", "123", "\u0301"])
def test_language_without_a_word_does_not_pass_in_silence(text: str) -> None:
    found = check({"en": (text, text, text)}, example_sheet({"languages": ["en"]}), 1)
    assert [finding.why for finding in found if finding.rule == "SHT-1"] == [
        "There is not one word in en, so there was nothing to check."
    ]


def test_no_language_at_all_finds_nothing_and_does_not_fail() -> None:
    assert check({}, SHEET, 1) == ()


def test_language_without_lists_is_told_rule_by_rule_and_never_passed_over() -> None:
    found = check({"fi": ("Neuvottelut", "", "Hän väitti ja tunnusti.")}, SHEET, 1)
    told = [finding for finding in found if finding.why.startswith("Not checked in fi: ")]
    assert {finding.rule for finding in told} == {"BLM-1", "CNF-2", "JDG-1", "SAY-1", "SHT-1", "TTL-1"}
    assert all(finding.severity == "note" for finding in told)
    assert any("nothing in fi" in finding.why and finding.severity == "reason" for finding in found)


def test_region_of_a_language_uses_the_words_of_the_language() -> None:
    found = check({"en-GB": ("", "", "Both sides claimed it.")}, SHEET, 1)
    assert ("SAY-1", "claimed") in {(finding.rule, finding.words) for finding in found}


def test_scripts_side_by_side_keep_their_places() -> None:
    text = "عُقد الاجتماع بين نورثلاند وإيستمارك (Northland and Eastmark) في Riverton. وزعمت إيستمارك ذلك."
    found = check({"ar": ("", "", text)}, example_sheet({"languages": ["ar"]}), 1)
    assert [finding.words for finding in found if finding.rule == "SAY-1"] == ["زعمت"]
    for finding in found:
        assert text[finding.start : finding.end] == finding.words


def test_text_that_is_not_in_nfc_is_refused_for_its_words_would_not_be_found() -> None:
    with pytest.raises(Invalid, match="NFC"):
        check({"fr": ("re\u0301gime", "", "")}, SHEET, 1)


def test_release_number_that_no_release_has_is_refused() -> None:
    with pytest.raises(Invalid, match="count from 1"):
        check({"en": ("A road.", "", "")}, SHEET, 0)


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["en", "fr", "ru", "ar", "zh", "he", "x-y"]),
        st.tuples(WORDS, WORDS, WORDS),
        max_size=3,
    ),
    st.integers(1, 9),
)
def test_findings_of_any_text_lie_within_it(texts: dict[str, tuple[str, str, str]], number: int) -> None:
    for finding in check(texts, SHEET, number, withheld=("Anna Orrin", " ", "")):
        if finding.field:
            text = texts[finding.lang][("title", "summary", "body").index(finding.field)]
            assert 0 <= finding.start <= finding.end <= len(text)
        assert finding.why
        assert finding.mend
        assert finding.source


def test_key_of_a_finding_outlives_a_word_before_it_and_not_a_change_of_its_words() -> None:
    def key(text: str) -> str:
        found = check({"en": ("", "", text)}, example_sheet({"languages": ["en"]}), 1)
        return next(finding.key for finding in found if finding.rule == "JDG-1")

    assert key("The unacceptable road.") == key("Today: the unacceptable road.")
    assert key("The unacceptable road.") != key("The shameful road.")


def test_finding_as_json_has_everything_that_a_page_shows() -> None:
    [finding] = check({"en": ("", "", "A brutal day.")}, example_sheet({"languages": ["en"]}), 1)
    assert finding.as_json() == {
        "rule": "JDG-1",
        "lang": "en",
        "field": "body",
        "start": 2,
        "end": 8,
        "words": "brutal",
        "severity": "reason",
        "why": finding.why,
        "mend": finding.mend,
        "source": finding.source,
        "key": finding.key,
    }


def test_part_of_a_withheld_name_within_an_agreed_name_is_the_names() -> None:
    found = check(
        {"en": ("", "", "Northland and Eastmark met. Orrin was not there; an orrin is a bird.")},
        example_sheet({"languages": ["en"]}),
        1,
        withheld=("Northland Orrin",),
    )
    assert [(finding.words, finding.severity) for finding in found if finding.rule == "CNF-1"] == [
        ("Orrin", "reason")
    ]


def test_finding_that_was_kept_is_read_back() -> None:
    [finding] = check({"en": ("", "", "A brutal day.")}, example_sheet({"languages": ["en"]}), 1)
    assert Finding.from_json(finding.as_json() | {"reason": "Agreed."}) == finding
