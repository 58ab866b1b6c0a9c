"""Digits of control: Luhn (ISO/IEC 7812-1), accounts (ISO 13616), and the national ids that carry
them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

# How long an account number of each country is: the public IBAN registry
IBAN_LENGTHS = {
    code: length
    for length, codes in {
        15: "NO", 16: "BE", 18: "DK FI FO GL NL SD", 19: "MK SI", 20: "AT BA EE KZ LT LU MN XK",
        21: "CH HR LI LV", 22: "BG BH CR DE GB GE IE ME RS VA", 23: "AE GI IL IQ OM SO TL",
        24: "AD CZ ES MD PK RO SA SE SK TN VG", 25: "LY PT ST", 26: "IS TR", 27: "BI DJ FR GR IT MC MR SM",
        28: "AL AZ BY CY DO GT HU LB NI PL SV", 29: "BR EG PS QA UA", 30: "JO KW MU YE",
        31: "MT SC", 33: "RU",
    }.items()
    for code in codes.split()
}  # fmt: skip


def digits_of(text: str) -> str:
    """The ASCII digits of `text`."""
    return "".join(char for char in text if "0" <= char <= "9")


def luhn(digits: str) -> bool:
    """Whether the last digit is the one that Luhn's sum asks for."""
    total = 0
    for place, char in enumerate(reversed(digits)):
        value = int(char) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def iban_end(text: str, start: int) -> int:
    """Where the account number that begins at `start` ends, or 0 when it is none (country, length,
    remainder 1)."""
    length = IBAN_LENGTHS.get(text[start : start + 2].upper(), 0)
    taken: list[str] = []
    place = start
    while length and place < len(text) and len(taken) < length:
        char = text[place]
        if char.isascii() and char.isalnum():
            taken.append(char.upper())
        elif char != " ":
            return 0
        place += 1
    if not length or len(taken) < length or (place < len(text) and text[place].isalnum()):
        return 0
    turned = "".join(str(int(char, 36)) for char in taken[4:] + taken[:4])
    return place if int(turned) % 97 == 1 else 0


def _weighted(digits: str, weights: tuple[int, ...]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False))


def _born(year: str, month: int, day: str) -> bool:
    """Whether the two-digit `year`, `month` and `day` are a day that exists."""
    try:
        dt.date(2000 + int(year), month, int(day))
    except ValueError:
        return False
    return True


def pesel(text: str) -> bool:
    """Poland: date of birth with the century in the month, weights 1 3 7 9."""
    if not _born(text[:2], int(text[2:4]) % 20, text[4:6]):
        return False
    return (10 - _weighted(text[:10], (1, 3, 7, 9) * 3) % 10) % 10 == int(text[10])


def baltic(text: str) -> bool:
    """Lithuania and Estonia: sex and century, date of birth, two rounds of weights modulo 11."""
    if text[0] not in "123456" or not _born(text[1:3], int(text[3:5]), text[5:7]):
        return False
    for weights in ((1, 2, 3, 4, 5, 6, 7, 8, 9, 1), (3, 4, 5, 6, 7, 8, 9, 1, 2, 3)):
        rest = _weighted(text[:10], weights) % 11
        if rest < 10:
            return rest == int(text[10])
    return text[10] == "0"


def turkish(text: str) -> bool:
    """Turkey: the tenth and the eleventh digit are sums of those before."""
    digits = [int(char) for char in text]
    tenth = (sum(digits[0:9:2]) * 7 - sum(digits[1:8:2])) % 10
    return digits[0] != 0 and digits[9] == tenth and digits[10] == sum(digits[:10]) % 10


def eleven(text: str) -> bool:
    """Eleven digits by themselves: one of the three ids that have this shape."""
    return pesel(text) or baltic(text) or turkish(text)


def romanian(text: str) -> bool:
    """Romania: sex and century, date, weights 279146358279 modulo 11."""
    if text[0] == "0" or not _born(text[1:3], int(text[3:5]), text[5:7]):
        return False
    rest = _weighted(text[:12], (2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9)) % 11
    return (1 if rest == 10 else rest) == int(text[12])


def spanish(text: str) -> bool:
    """Spain: eight digits (or X, Y, Z and seven) and the letter of their remainder by 23."""
    upper = text.upper().replace("-", "").replace(" ", "")
    number = upper[:-1].translate(str.maketrans("XYZ", "012"))
    return "TRWAGMYFPDXBNJZSQVHLCKE"[int(number) % 23] == upper[-1]


def chinese(text: str) -> bool:
    """China: region, date of birth, GB 11643 weights modulo 11."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    if not 1 <= int(text[10:12]) <= 12 or not 1 <= int(text[12:14]) <= 31:
        return False
    return "10X98765432"[_weighted(text[:17], weights) % 11] == text[17].upper()


def brazilian(text: str) -> bool:
    """Brazil: two digits of control modulo 11."""
    digits = digits_of(text)
    if len(set(digits)) == 1:
        return False
    for count in (9, 10):
        rest = _weighted(digits[:count], tuple(range(count + 1, 1, -1))) * 10 % 11 % 10
        if rest != int(digits[count]):
            return False
    return True


def finnish(text: str) -> bool:
    """Finland: the letter of the remainder by 31."""
    number = int(text[:6] + text[7:10])
    return (
        _born(text[4:6], int(text[2:4]), text[:2])
        and "0123456789ABCDEFHJKLMNPRSTUVWXY"[number % 31] == text[10]
    )


def nordic_dash(text: str) -> bool:
    """Sweden: date, dash, four digits with Luhn's sum."""
    return _born(text[:2], int(text[2:4]), text[4:6]) and luhn(digits_of(text))


def latvian(text: str) -> bool:
    """Latvia: a date of birth, a dash, the century 0 to 2, or 32 and no date."""
    if text.startswith("32"):
        return True
    return text[7] in "012" and _born(
        text[4:6], int(text[2:4]) if 1 <= int(text[2:4]) <= 12 else 13, text[:2]
    )


def always(_text: str) -> bool:
    """The shape alone is enough."""
    return True


def _shape(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w+.,/\-])(?:{pattern})(?![\w/\-])", re.IGNORECASE)


NATIONAL_IDS: tuple[tuple[re.Pattern[str], Callable[[str], bool]], ...] = (
    # Belarus: seven digits, the letter of the region, three digits, two letters of citizenship, one digit
    (_shape(r"[1-6]\d{6}[ABCHKEM]\d{3}(?:PB|BA|BI)\d"), always),
    (_shape(r"\d{11}"), eleven),
    (_shape(r"[1-8]\d{12}"), romanian),
    (_shape(r"(?:\d{8}|[XYZ]\d{7})[ -]?[A-Z]"), spanish),
    (_shape(r"\d{17}[\dX]"), chinese),
    (_shape(r"\d{3}\.\d{3}\.\d{3}-\d{2}"), brazilian),
    (_shape(r"\d{6}[-+A-F]\d{3}[0-9A-Y]"), finnish),
    (_shape(r"\d{6}[-+]\d{4}"), nordic_dash),
    (_shape(r"\d{6}-\d{5}"), latvian),
    # Italy: letters and digits of the tax code; Korea: date, dash, sex and century; Russia's insurance
    # number
    (_shape(r"[A-Z]{6}\d\d[ABCDEHLMPRST]\d\d[A-Z]\d{3}[A-Z]"), always),
    (_shape(r"\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])-[1-8]\d{6}"), always),
    (_shape(r"\d{3}-\d{3}-\d{3} \d{2}"), always),
)
