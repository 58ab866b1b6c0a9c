from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.negotiations.rules import cast

from dragoman.lib.problems import Invalid
from dragoman.lib.tlog import checkpoint, note
from dragoman.lib.tlog.errors import TlogError
from dragoman.negotiations.rules import body as bodies
from dragoman.negotiations.rules import keyring
from dragoman.negotiations.rules.body import ConsentBody, MediaSum, TextSum

HEX = st.text("0123456789abcdef", min_size=64, max_size=64)
REF = st.from_regex(r"[a-z0-9](?:[a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)
LANG = st.from_regex(r"[a-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,2}", fullmatch=True)
SIZE = st.integers(0, 10**9)
YEARS = datetime.fromisoformat("2000-01-01"), datetime.fromisoformat("2099-12-31")
BODIES = st.builds(
    ConsentBody,
    origin=st.from_regex(r"[a-z]{1,9}\.example\.int/[a-z]{1,9}", fullmatch=True),
    process=REF,
    round=st.integers(1, 10**6),
    statement=REF,
    rev=st.integers(1, 10**6),
    texts=st.lists(
        st.builds(TextSum, LANG, HEX, SIZE), min_size=1, max_size=5, unique_by=lambda one: one.lang
    ).map(lambda found: tuple(sorted(found))),
    not_before=st.datetimes(*YEARS).map(lambda at: at.strftime("%Y-%m-%dT%H:%M:%SZ")),
    parties=st.none() | st.integers(0, 10**9),
    media=st.lists(st.builds(MediaSum, HEX, SIZE), max_size=3).map(lambda found: tuple(sorted(found))),
)


def test_a_consent_is_exactly_these_bytes() -> None:
    en, fr = cast.BODY.texts
    assert cast.DATA.decode() == (
        "record.example.int/statements/consent/v1\n"
        "process riverton round 3\n"
        "statement 2026-4f7kq2 rev 1\n"
        f"text en sha256:{en.sha256} 46\n"
        f"text fr sha256:{fr.sha256} 68\n"
        "not-before 2026-11-30T09:00:00Z\n"
        "parties 5\n"
    )


def test_texts_are_sorted_whatever_order_they_come_in() -> None:
    assert bodies.dump(cast.other(texts=cast.BODY.texts[::-1])) == cast.DATA


@given(BODIES)
def test_a_body_reads_back(body: ConsentBody) -> None:
    assert bodies.parse(bodies.dump(body)) == body


@given(BODIES, st.data())
def test_a_body_with_one_other_byte_is_refused_or_says_something_else(
    body: ConsentBody, data: st.DataObject
) -> None:
    whole = bodies.dump(body)
    at = data.draw(st.integers(0, len(whole) - 1))
    changed = whole[:at] + bytes([whole[at] ^ data.draw(st.integers(1, 255))]) + whole[at + 1 :]
    try:
        read = bodies.parse(changed)
    except Invalid:
        return
    assert read != body
    assert bodies.dump(read) == changed


@pytest.mark.parametrize(
    "changed",
    [
        cast.DATA[:-1],
        cast.DATA + b"\n",
        cast.DATA.replace(b"\n", b"\r\n"),
        b"\xef\xbb\xbf" + cast.DATA,
        cast.DATA.replace(b"parties 5", b"parties 05"),
        cast.DATA.replace(b"rev 1", b"rev 0"),
        cast.DATA.replace(b"process riverton round 3\n", b""),
        cast.DATA.replace(b"consent/v1", b"consent/v2"),
        cast.DATA.replace(b"09:00:00Z", b"09:00:00+00:00"),
        cast.DATA.replace(b"text en", b"text fr"),
        cast.DATA.replace(b"text fr", b"text  fr"),
        cast.DATA.replace(b"text en", b"text zh"),  # not sorted any more
        b"",
        b"\xff\xfe",
    ],
)
def test_what_is_not_the_one_form_of_a_body_is_refused(changed: bytes) -> None:
    with pytest.raises(Invalid, match="not the text of a consent") as refusal:
        bodies.parse(changed)
    assert refusal.value.code == "consent-body"


@pytest.mark.parametrize(
    "wrong",
    [
        {"process": "two words"},
        {"process": "riverton\nparties none"},
        {"origin": "a b"},
        {"texts": ()},
        {"texts": (TextSum("en", "0" * 64, 1), TextSum("en", "1" * 64, 1))},
        {"texts": (TextSum("en", "A" * 64, 1),)},
        {"round": 0},
        {"not_before": "2026-11-30 09:00"},
        {"parties": -1},
    ],
)
def test_a_body_that_cannot_be_written_in_one_form_is_not_signed(wrong: dict[str, object]) -> None:
    with pytest.raises(Invalid) as refusal:
        bodies.dump(cast.other(**wrong))
    assert refusal.value.code == "consent-body"


def test_no_other_signed_text_of_the_product_can_be_taken_for_a_consent() -> None:
    head = bytes(checkpoint.Checkpoint(cast.ORIGIN, 7, b"\x00" * 32))
    for text in (head, str(cast.RING).encode(), b"dragoman-entry-v1\nx\n{}\nproof\n"):
        with pytest.raises(Invalid):
            bodies.parse(text)
    with pytest.raises(TlogError):
        checkpoint.parse(cast.DATA)
    with pytest.raises(Invalid):
        keyring.parse(cast.DATA.decode())


def test_a_consent_is_a_signed_note_that_the_plain_reader_checks() -> None:
    line = cast.signed(cast.BODY, cast.NORTH)[0]
    read = note.parse(cast.DATA + b"\n" + line.encode())
    assert note.check(read, [cast.NORTH.verifier, cast.EAST.verifier]) == [cast.NORTH.verifier]
