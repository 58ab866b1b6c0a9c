"""How a piece looks on X: counted as X counts, cut so that nothing is lost, priced before it is approved."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.channels.connector import Picture, Piece, Rendition
from dragoman.channels.connectors.x.rendering import (
    ENTERPRISE,
    HEADLINE,
    MAX,
    NONE,
    PUBLIC_UTILITY,
    WHOLE,
    count,
    hashtag,
    links,
    plain,
    render,
    thread,
)

FAMILY = "👨‍👩‍👧‍👦"
PAGE = "https://www.mfa.gov.xy/en/statements/five-days/"
LINK = "https://www.diplomatie.gouv.fr/en/statements/five-days/"
PROSE = st.lists(
    st.sampled_from(
        [
            *(
                "Visa",
                "déclaration",
                "визы",
                "签证",
                "政府声明。",
                "تأشيرة",
                "क्षि",
                "e\u0301",
                FAMILY,
                "🇫🇷",
                "👍🏽",
            ),
            *("end.", "Stop!", "\n\n", LINK, "mfa.gov", "(see gov.fr)", "Art. 5", "@name", "#tag", "x" * 90),
        ]
    ),
    max_size=160,
).map(" ".join)


@pytest.mark.parametrize(
    ("text", "weight"),
    [
        ("a" * 280, 280),
        ("签" * 140, 280),
        (FAMILY * 140, 280),
        ("👍🏽", 2),
        ("1⃣", 2),
        ("🏴󠁧󠁢󠁥󠁮󠁧󠁿", 2),
        ("☺", 2),
        ("cafe\u0301", 4),
        ("é", 1),
        ("Ж", 1),
        ("ت", 1),
        ("अ", 1),
        ("ა", 1),
        ("ᄀ", 2),
        ("가", 2),
        ("—", 1),
        ("€", 2),
        ("http://test.co", 23),
        ("Hi http://test.co", 26),
        ("mfa.gov", 23),
        ("https://" + "a" * 40 + ".gov/" + "b" * 200, 23),
        ("https://not-a-domain", 20),
        ("a\r\nb", 3),
    ],
)
def test_it_counts_as_x_counts(text: str, weight: int) -> None:
    assert count(text) == weight


@given(st.text(alphabet=st.sampled_from("aé签ت🇫🇷👍🏽e\u0301 .\n"), max_size=400))
def test_composed_and_decomposed_letters_weigh_the_same(text: str) -> None:
    assert count(text) == count(unicodedata.normalize("NFD", text))


@settings(deadline=None, max_examples=60)
@given(PROSE)
def test_no_post_is_over_the_limit_and_no_word_is_lost(source: str) -> None:
    slices = thread(plain(source), most=10_000)
    assert all(count(each.text) <= MAX for each in slices)
    joined = "".join(plain(source)[each.start : each.end] for each in slices)
    assert "".join(joined.split()) == "".join(plain(source).split())


@settings(deadline=None, max_examples=60)
@given(PROSE)
def test_the_posts_of_a_thread_are_numbered(source: str) -> None:
    slices = thread(plain(source), most=10_000)
    if len(slices) > 1:
        for n, each in enumerate(slices, 1):
            assert each.text.endswith(f" ({n}/{len(slices)})")


@settings(deadline=None, max_examples=60)
@given(PROSE)
def test_no_link_is_cut(source: str) -> None:
    source = plain(source)
    whole = [source[a:b] for a, b in links(source) if source[a:b] == LINK]
    seen = [each.text[a:b] for each in thread(source, most=10_000) for a, b in links(each.text)]
    assert seen.count(LINK) == len(whole)


@pytest.mark.parametrize(
    ("text", "posts"),
    [
        *(
            ("a" * 280, 1),
            ("a" * 281, 2),
            ("签" * 140, 1),
            ("签" * 141, 2),
            (FAMILY * 140, 1),
            (FAMILY * 141, 2),
        ),
        *(("a" * 256 + " " + LINK, 1), ("a" * 257 + " " + LINK, 2)),
        *(("क्षि" * 70, 1), ("क्षि" * 70 + "क", 2)),
        *(("ب" * 280, 1), ("ب" * 281, 2)),
    ],
)
def test_the_limit_holds_and_one_more_makes_a_thread(text: str, posts: int) -> None:
    assert len(thread(plain(text))) == posts


def test_a_single_letter_larger_than_a_post_is_cut_between_its_accents() -> None:
    slices = thread("e" + "\u0316" * 700)
    assert len(slices) > 2
    assert all(count(each.text) <= MAX for each in slices)


def test_a_long_text_is_cut_after_a_sentence() -> None:
    first, second = thread("One two three. " * 25)
    assert first.text.endswith("three. (1/2)")
    assert second.text.startswith("One")


PIECE = Piece("en", "Title", "In short.", "Long. " * 120, LINK, ("visa", "five days", "#travel", "2026"))


def test_the_summary_has_title_summary_tags_and_link() -> None:
    rendition = render(PIECE)
    assert [part.text for part in rendition.parts] == [
        f"Title\n\nIn short.\n\n#visa #FiveDays #travel\n\n{LINK}"
    ]
    assert rendition.note == "The body is not in the post."


def test_the_headline_form_and_no_link() -> None:
    rendition = render(PIECE, form=HEADLINE, link=NONE)
    assert [part.text for part in rendition.parts] == ["Title\n\n#visa #FiveDays #travel"]
    assert "0.015 US dollars" in rendition.warnings[-1]


def test_the_whole_form_is_a_thread_whose_last_post_has_the_link() -> None:
    rendition = render(PIECE, form=WHOLE)
    assert len(rendition.parts) == 3
    assert [LINK in part.text for part in rendition.parts] == [False, False, True]
    assert rendition.note == ""


def test_a_whole_text_that_is_too_long_says_what_it_leaves_out() -> None:
    rendition = render(Piece("en", "T", "S", "Word. " * 3000, LINK), form=WHOLE)
    assert len(rendition.parts) == 1
    assert "more than 25 posts" in rendition.note


def test_a_text_too_long_in_any_form_is_shown_as_over_its_limit() -> None:
    assert render(Piece("en", "T", "", "Word. " * 3000, LINK)).parts[0].over > 0


@pytest.mark.parametrize(
    ("tag", "shown"),
    [
        *(("visa", "#visa"), ("#visa", "#visa"), ("five days", "#FiveDays"), ("5", ""), ("", "")),
        *(("ministère des affaires", "#MinistèreDesAffaires"), ("COVID-19", "#COVID19")),
        *(("виза", "#виза"), ("تأشيرة", "#تأشيرة")),
    ],
)
def test_hashtags_are_readable(tag: str, shown: str) -> None:
    assert hashtag(tag) == shown


# --- what is said before approval ---


@pytest.mark.parametrize(("link", "price"), [("last", "0.230 US dollars"), ("none", "0.045 US dollars")])
def test_the_price_of_a_thread_is_told_before(link: str, price: str) -> None:
    (warning,) = [w for w in render(PIECE, form=WHOLE, link=link).warnings if "charges" in w]
    assert price in warning


def test_a_bare_domain_name_is_a_link_that_costs() -> None:
    rendition = render(Piece("en", "See mfa.gov today", "", "", ""), link=NONE)
    assert "0.200 US dollars" in rendition.warnings[-1]


def test_a_reply_is_warned_of_unless_the_plan_is_enterprise() -> None:
    piece = Piece("en", "Answer", "", "", "", reply_to="17")
    assert "mentioned this account" in render(piece).warnings[0]
    assert "0.010" in render(piece).warnings[-1]
    assert "mentioned this account" in render(piece, plan=PUBLIC_UTILITY).warnings[0]
    assert render(piece, plan=ENTERPRISE).warnings == ()


def test_names_and_two_cashtags_are_warned_of() -> None:
    warnings = render(
        Piece("en", "We thank @UN_Women for $AAA and $BBB", "", "", ""), plan=PUBLIC_UTILITY
    ).warnings
    assert any("@name" in warning for warning in warnings)
    assert any("$TICKER" in warning for warning in warnings)
    assert render(Piece("en", "Mail to press@mfa.gov, 5 $", "", "", ""), plan=PUBLIC_UTILITY).warnings == ()


def test_pictures_keep_their_descriptions_and_what_x_does_not_take_is_said() -> None:
    def picture(n: int, media_type: str = "image/png", alt: str = "Alt") -> Picture:
        return Picture(f"{n:064x}", media_type, 4, 4, alt)

    piece = Piece(
        "en",
        "Title",
        "",
        "",
        "",
        pictures=(picture(0, "image/tiff"), *map(picture, range(1, 5)), picture(5, alt="x" * 1001)),
    )
    rendition = render(piece)
    shown = rendition.parts[0].extra["pictures"]
    assert [each["sha256"][-1] for each in shown] == ["1", "2", "3", "4"]
    assert {each["alt"] for each in shown} == {"Alt"}
    assert "others are left out" in rendition.note
    (long,) = render(Piece("en", "T", "", "", "", pictures=(picture(1, alt="x" * 1001),))).parts
    assert len(long.extra["pictures"][0]["alt"]) == 1000


@settings(deadline=None, max_examples=60)
@given(PROSE)
def test_a_rendition_survives_its_json(source: str) -> None:
    rendition = render(Piece("en", "Title", "", source, LINK), plan=ENTERPRISE)
    assert Rendition.from_json(rendition.as_json()) == rendition


@given(st.text(max_size=300))
def test_any_text_is_made_one_that_x_takes(source: str) -> None:
    text = plain(source)
    assert not re.search("[\ufffe\uffff\ufeff]", text)
    assert unicodedata.is_normalized("NFC", text)
