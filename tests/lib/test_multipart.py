from __future__ import annotations

from email.parser import BytesParser
from email.policy import HTTP

from hypothesis import given
from hypothesis import strategies as st

from dragoman.lib.multipart import File, encode


@given(
    st.dictionaries(st.text('abcé"\r\n -', min_size=1, max_size=8), st.text(max_size=40), max_size=4),
    st.binary(max_size=200),
)
def test_what_goes_in_is_what_a_reader_finds(fields: dict[str, str], data: bytes) -> None:
    kind, body = encode(fields, {"file": File('a "b".png', "image/png", data)})
    message = BytesParser(policy=HTTP).parsebytes(f"content-type: {kind}\r\n\r\n".encode() + body)
    parts = list(message.iter_parts())
    assert len(parts) == len(fields) + 1
    assert body.count(b"--part-") == len(fields) + 2
    assert b"\r\n\r\n" + data + b"\r\n--part-" in body
    for value in fields.values():
        assert b"\r\n\r\n" + value.encode() + b"\r\n--part-" in body


def test_the_same_form_gives_the_same_bytes() -> None:
    form = ({"a": "1"}, {"b": File("x", "image/png", b"\0\1")})
    assert encode(*form) == encode(*form)
    assert encode({"a": "2"}, form[1]) != encode(*form)


def test_a_name_cannot_end_its_line() -> None:
    _, body = encode({}, {"f": File('x"\r\nevil: 1', "image/png\r\nevil: 2", b"")})
    assert b"\nevil" not in body
