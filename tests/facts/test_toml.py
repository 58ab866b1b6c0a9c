"""Sheets as files: what is sound comes back the same, what is not is named line by line."""

from __future__ import annotations

from datetime import date
from importlib import resources

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dragoman.facts import rules, toml
from dragoman.facts.values import FactDraft, SheetDraft
from dragoman.lib.problems import Invalid, TooLarge

SAMPLE = (resources.files("dragoman.sample") / "visa-free.toml").read_text("utf-8")

LANGUAGES = st.sampled_from(["en", "be", "ru", "de", "ar", "zh", "pt-BR", "zh-Hant", "es-419"])
TEXTS = (
    st.text(min_size=1, max_size=40)
    .map(rules.clean)
    .filter(lambda text: text != "" and not rules.hidden_characters(text))
)
BY_LANGUAGE = st.dictionaries(LANGUAGES, TEXTS, max_size=4).flatmap(
    lambda more: TEXTS.map(lambda text: {**more, "en": text})
)
URLS = st.lists(
    st.sampled_from(["https://example.org/a?b=c#d", "http://пример.бел/", "https://a.example:8443/"])
)
DAYS = st.dates(min_value=date(1900, 1, 1), max_value=date(2100, 1, 1))


@st.composite
def fact_drafts(draw: st.DrawFn, number: str) -> FactDraft:
    days = sorted(draw(st.lists(DAYS, max_size=2)))
    return FactDraft(
        number=number,
        texts=draw(BY_LANGUAGE),
        basis=draw(BY_LANGUAGE),
        sources=tuple(draw(URLS)[: rules.MAX_SOURCES]),
        valid_from=days[0] if days else None,
        valid_to=days[1] if len(days) == 2 else None,
        owner=draw(st.sampled_from(["", "berlin"])),
    )


@st.composite
def sheet_drafts(draw: st.DrawFn) -> SheetDraft:
    numbers = sorted(draw(st.sets(st.integers(1, 9999), max_size=4)))
    return SheetDraft(
        slug=draw(st.sampled_from(["visa-free", "a", "x-1-y"])),
        source_language="en",
        titles=draw(BY_LANGUAGE),
        summaries=draw(st.one_of(st.just({}), BY_LANGUAGE)),
        zone=draw(st.sampled_from(["UTC", "Europe/Minsk"])),
        demonstration=draw(st.booleans()),
        facts=tuple(draw(fact_drafts(f"F{n}")) for n in numbers),
    )


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(sheet_drafts())
def test_what_is_exported_is_imported_the_same(sheet: SheetDraft) -> None:
    assert rules.faults_of_sheet(sheet) == []
    assert toml.parse(toml.dump(sheet)) == rules.tidy_sheet(sheet)


@settings(deadline=None)
@given(st.text(max_size=200))
def test_no_text_makes_the_reader_fall_over(source: str) -> None:
    lines = source.replace("\r\n", "\n").count("\n") + 1
    with pytest.raises(Invalid) as caught:  # no text this short is a whole sheet
        toml.parse(source)
    assert all(1 <= place["line"] <= lines for place in caught.value.where)


def test_sample_sheet_is_sound_and_whole() -> None:
    sheet = toml.parse(SAMPLE)
    assert [fact.number for fact in sheet.facts] == [f"F{n}" for n in range(1, 10)]
    wanted = {"en", "be", "ru", "de", "ar", "zh"}
    assert all(set(fact.texts) == set(fact.basis) == wanted and fact.sources for fact in sheet.facts)
    assert sheet.demonstration


HEAD = 'slug = "s"\nsource_language = "en"\n[titles]\nen = "T"\n'
FACT = '[[facts]]\nnumber = "F1"\nbasis = "Law"\ntexts = "One"\n'


def faults(source: str) -> list[tuple[int, int, str]]:
    with pytest.raises(Invalid) as caught:
        toml.parse(source)
    return [(place["line"], place["column"], place["message"]) for place in caught.value.where]


@pytest.mark.parametrize(
    ("added", "line", "column", "words"),
    [
        ('[[facts]]\nnumber = "F1"\nbasis = "B"\ntexts = "Two"', 10, 1, "F1 stands here a second time"),
        (
            '[[facts]]\nnumber = "F2"\nbasis = "B"\n[facts.texts]\nar = "واحد"',
            12,
            1,
            "no text in the source language",
        ),
        ('[[facts]]\nnumber = "F2"\ntexts = "B"', 9, 1, "no legal basis in the source language"),
        ('[[facts]]\ntexts = "B"\nbasis = "B"', 9, 1, "number is missing"),
        ('valid_from = "2017-02-12"', 9, 1, "must be a date, not text"),
        ("valid_from = 2017-02-12T10:00:00", 9, 1, "not a date with an hour"),
        ("valid_from = 2017-02-12\nvalid_to = 2017-02-11", 10, 1, "is before valid_from"),
        ('source = "https://a.example"', 9, 1, "“source” is not known"),
        ("sources = 5", 9, 1, "not a number"),
        ('sources = [\n"https://a.example",\n  "ftp://b.example"]', 11, 3, "not a web address"),
        ('sources = "https://user:pw@a.example/"', 9, 1, "not a web address"),
        ('sources = "https://[bad/"', 9, 1, "not a web address"),
        ("[facts.wrong]\nx = 1", 9, 1, "“wrong” is not known"),
    ],
)
def test_each_fault_is_named_where_it_stands(added: str, line: int, column: int, words: str) -> None:
    found = faults(HEAD + FACT + added)
    assert [(at, where) for at, where, _ in found] == [(line, column)]
    assert words in found[0][2]


@pytest.mark.parametrize("hidden", ["\u202e", "\u200b", "\u2066", "\\u0000", "\\u0007", "\ufeff"])
def test_hidden_characters_are_refused_by_name(hidden: str) -> None:
    found = faults(HEAD + f'[[facts]]\nnumber = "F1"\nbasis = "Law"\ntexts = "a{hidden}b"\n')
    assert found[0][0] == 8
    assert "U+" in found[0][2]


def test_all_faults_come_at_once_in_the_order_of_the_file() -> None:
    head = 'slug = "Bad Slug"\nsource_language = "en"\nzone = "Europe"\ncolour = 1\n[titles]\nen = "T"\n'
    source = head + "[[facts]]\nnumber = 7\n"
    assert [line for line, _, _ in faults(source)] == [1, 3, 4, 7, 7, 8]


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ('slug = "a\n', 1),
        ('slug = "a"\nslug = "b"\n', 2),
        ("a = 2017-02-30\n", 1),
        ("x = " + "9" * 5000, 1),
        ("[title\n", 1),
    ],
)
def test_what_is_no_toml_is_named_by_its_line(source: str, line: int) -> None:
    assert [at for at, _, _ in faults(source)] == [line]


def test_deep_nesting_is_refused_without_a_crash() -> None:
    with pytest.raises(Invalid, match="too deeply"):
        toml.parse("a = " + "[" * 5000 + "]" * 5000)


def test_file_of_ten_megabytes_is_refused_with_its_size() -> None:
    with pytest.raises(TooLarge, match=r"10\.0 MB"):
        toml.decode(b"#" * 10_000_000)
    with pytest.raises(TooLarge, match=r"10\.0 MB"):
        toml.parse("#" * 10_000_000)


def test_wrong_bytes_are_named_by_line() -> None:
    with pytest.raises(Invalid) as caught:
        toml.decode('slug = "a"\ntitle = "\xe9"'.encode("latin-1"))
    assert caught.value.where[0]["line"] == 2
    assert toml.decode(b"\xef\xbb\xbfslug") == "slug"
