"""How a piece looks on Telegram: counted, cut so that nothing is lost, with a title in bold."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.channels.connector import Picture, Piece, Rendition
from dragoman.channels.connectors.telegram.rendering import MAX, SUMMARY, WHOLE, hashtag, messages, render
from dragoman.lib.text.measures import utf16_units

FAMILY = "👨‍👩‍👧‍👦"
LINK = "https://www.mfa.example/en/statements/x/"
PROSE = st.lists(
    st.sampled_from(
        [
            *(
                "Visa " * 60,
                "визы",
                "签证" * 90,
                "政府声明。",
                "تأشيرة",
                "क्षि" * 100,
                "e\u0301",
                FAMILY * 40,
                "🇫🇷",
            ),
            *(
                FAMILY * 40,
                "🇫🇷",
                "end.",
                "Stop!",
                "\n\n",
                LINK,
                "<b>&amp;",
                "*_[x](y)",
                "𝔉𝔯𝔞𝔨" * 70,
                "x" * 900,
            ),
        ]
    ),
    max_size=60,
).map(" ".join)


@settings(deadline=None, max_examples=60)
@given(PROSE)
def test_no_message_is_over_the_limit_in_either_measure_and_no_word_is_lost(source: str) -> None:
    found = messages(source, most=10_000)
    assert all(len(text) <= MAX and utf16_units(text) <= MAX for text in found)
    bare = [text.removesuffix(f" ({n}/{len(found)})") for n, text in enumerate(found, 1)]
    assert "".join("".join(bare).split()) == "".join(source.split())


@pytest.mark.parametrize(
    ("text", "count"),
    [
        *(
            ("a" * 4096, 1),
            ("a" * 4097, 2),
            ("签" * 4096, 1),
            ("签" * 4097, 2),
            ("ب" * 4096, 1),
            ("ب" * 4097, 2),
        ),
        *(("क्षि" * 1024, 1), ("क्षि" * 1024 + "क", 2)),
        *(("😀" * 2048, 1), ("😀" * 2049, 2)),
    ],
)
def test_the_limit_holds_and_one_more_makes_another_message(text: str, count: int) -> None:
    assert len(messages(text)) == count


def test_a_single_letter_larger_than_a_message_is_cut_between_its_accents() -> None:
    found = messages("e" + "\u0316" * 9000)
    assert len(found) == 3


PIECE = Piece("en", "Title <&>", "In short.", "Long. " * 120, LINK, ("visa", "five days"))


def test_the_whole_text_is_one_message_with_a_bold_title_and_a_card_of_our_page() -> None:
    (part,) = render(PIECE).parts
    assert part.text.startswith("Title <&>\n\nIn short.\n\nLong.")
    assert part.text.endswith(f"#visa #FiveDays\n\n{LINK}")
    assert part.extra["entities"] == [{"type": "bold", "offset": 0, "length": 9}]
    assert part.extra["preview"] == {"url": LINK}
    assert (part.count, part.limit) == (len(part.text), 4096)


def test_the_summary_says_that_the_body_is_elsewhere() -> None:
    rendition = render(PIECE, form=SUMMARY)
    assert [part.text for part in rendition.parts] == [f"Title <&>\n\nIn short.\n\n#visa #FiveDays\n\n{LINK}"]
    assert "body is not" in rendition.note


@pytest.mark.parametrize("title", ["Plain", "Déclaration 🇫🇷", "𝔉𝔯𝔞𝔨", "عنوان", FAMILY])
def test_the_title_is_bold_to_its_last_utf_16_unit(title: str) -> None:
    (part,) = render(Piece("en", title, "", "Text", "")).parts
    (bold,) = part.extra["entities"]
    units = part.text.encode("utf-16-le")[: 2 * bold["length"]]
    assert units.decode("utf-16-le") == title


def test_a_long_text_has_its_card_with_the_link_and_no_other_card() -> None:
    parts = render(Piece("en", "T", "S", "Word http://other.example/. " * 300, LINK)).parts
    assert len(parts) > 1
    assert [part.extra["preview"] for part in parts[:-1]] == [{"is_disabled": True}] * (len(parts) - 1)
    assert parts[-1].extra["preview"] == {"url": LINK}


def test_a_text_too_long_in_any_form_is_shown_as_over_its_limit() -> None:
    rendition = render(Piece("en", "T", "", "Word. " * 9000, LINK))
    assert rendition.parts[0].over > 0
    assert "Shorten it" in rendition.note
    rendition = render(Piece("en", "T", "S", "Word. " * 9000, LINK), form=WHOLE)
    assert len(rendition.parts) == 1
    assert "only the summary" in rendition.note


def picture(n: int = 0, media_type: str = "image/png", alt: str = "Alt", width: int = 4) -> Picture:
    return Picture(f"{n:064x}", media_type, width, 4, alt)


def test_a_short_text_goes_under_its_picture() -> None:
    (part,) = render(Piece("en", "Title", "S", "B", LINK, pictures=(picture(),))).parts
    assert part.text == f"Title\n\nS\n\nB\n\n{LINK}"
    assert part.limit == 1024
    assert [each["sha256"] for each in part.extra["pictures"]] == ["0" * 64]


@pytest.mark.parametrize(("size", "parts"), [(1017, 1), (1018, 2)])
def test_a_caption_of_one_too_many_makes_a_message_of_its_own(size: int, parts: int) -> None:
    found = render(Piece("en", "Title", "", "x" * size, "", pictures=(picture(),))).parts
    assert len(found) == parts
    assert found[0].count <= 1024
    if parts == 2:
        assert found[0].text == "Title"


def test_what_is_left_out_is_said() -> None:
    many = (picture(1, "image/tiff"), picture(2, width=100), *map(picture, range(3, 15)))
    rendition = render(Piece("en", "Title", "", "", LINK, pictures=many))
    assert len(rendition.parts[0].extra["pictures"]) == 10
    assert "left out" in rendition.note
    assert "no descriptions" in rendition.note


@pytest.mark.parametrize(
    ("tag", "shown"), [("visa", "#visa"), ("five days", "#FiveDays"), ("2026", ""), ("", "")]
)
def test_hashtags_are_readable(tag: str, shown: str) -> None:
    assert hashtag(tag) == shown


@settings(deadline=None, max_examples=40)
@given(PROSE)
def test_a_rendition_survives_its_json(source: str) -> None:
    rendition = render(Piece("en", "Title", "", source, LINK, pictures=(picture(),)))
    assert Rendition.from_json(rendition.as_json()) == rendition
