"""What letters and small words say of a language: the second opinion beside the model.

Letters rule out: a language that does not write a letter is rarely the language of a text that has it.
Small words speak for: those that hold sentences together are few, frequent and differ between near
languages. The tables were written for this project and lie in `data/languages.json`.
"""

from __future__ import annotations

from . import parameters

_TABLES, DIGEST = parameters.table("languages.json")

# Ranges of code points by script, in order
SCRIPTS: tuple[tuple[int, int, str], ...] = (
    (0x0041, 0x024F, "Latn"), (0x0370, 0x03FF, "Grek"), (0x0400, 0x052F, "Cyrl"), (0x0530, 0x058F, "Armn"),
    (0x0590, 0x05FF, "Hebr"), (0x0600, 0x06FF, "Arab"), (0x0750, 0x077F, "Arab"), (0x0900, 0x097F, "Deva"),
    (0x0980, 0x09FF, "Beng"), (0x0A00, 0x0A7F, "Guru"), (0x0A80, 0x0AFF, "Gujr"), (0x0B00, 0x0B7F, "Orya"),
    (0x0B80, 0x0BFF, "Taml"), (0x0C00, 0x0C7F, "Telu"), (0x0C80, 0x0CFF, "Knda"), (0x0D00, 0x0D7F, "Mlym"),
    (0x0D80, 0x0DFF, "Sinh"), (0x0E00, 0x0E7F, "Thai"), (0x0E80, 0x0EFF, "Laoo"), (0x0F00, 0x0FFF, "Tibt"),
    (0x1000, 0x109F, "Mymr"), (0x10A0, 0x10FF, "Geor"), (0x1100, 0x11FF, "Hang"), (0x1200, 0x139F, "Ethi"),
    (0x1780, 0x17FF, "Khmr"), (0x1C90, 0x1CBF, "Geor"), (0x1E00, 0x1EFF, "Latn"), (0x1F00, 0x1FFF, "Grek"),
    (0x3040, 0x30FF, "Kana"), (0x3130, 0x318F, "Hang"), (0x31F0, 0x31FF, "Kana"), (0x3400, 0x9FFF, "Hani"),
    (0xAC00, 0xD7AF, "Hang"), (0xF900, 0xFAFF, "Hani"), (0xFB50, 0xFDFF, "Arab"), (0xFE70, 0xFEFF, "Arab"),
    (0xFF21, 0xFF5A, "Latn"), (0xFF66, 0xFF9D, "Kana"), (0x20000, 0x323AF, "Hani"),
)  # fmt: skip

# The languages of a script; where there is one, the script decides by itself
LANGUAGES_OF_SCRIPT: dict[str, tuple[str, ...]] = {
    script: tuple(tags) for script, tags in _TABLES["scripts"].items()
}
# Labels of the model that the desk files under another tag: dialects with the standard language
SAME: dict[str, str] = _TABLES["same"]
# Languages that people write to ministries in, and what speaks for each beforehand, as a logarithm: of two
# near languages the one with more writers. The rest are not excluded, only asked for stronger signs.
PRIORS: dict[str, float] = _TABLES["priors"]
# A letter and the languages that write it; every other language is made unlikely by it
LETTERS: tuple[tuple[str, frozenset[str]], ...] = tuple(
    (letter, frozenset(tags.split())) for letter, tags in _TABLES["letters"].items()
)
# The small words of each language. Russian, Hindi and Arabic also as they are typed in Latin letters.
WORDS: dict[str, frozenset[str]] = {tag: frozenset(words.split()) for tag, words in _TABLES["words"].items()}
# How infinitives end: what tells the East Slavic three apart where a text mixes their letters
ENDINGS: dict[str, str] = _TABLES["endings"]
