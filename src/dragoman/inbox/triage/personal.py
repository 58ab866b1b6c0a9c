"""Personal data that people write in public: passports, national ids, phones, addresses of e-mail,
cards, accounts.

Shapes are checked wherever a check exists (Luhn, ISO 13616 for accounts, the digits of control of
national ids); what has none needs a word beside it that says what it is. A date, a price, a flight or a
law's number is none.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence

from . import personal_checks as checks
from .values import PersonalData

# Longer texts are searched in their beginning: what is hidden there already moves the whole message
LIMIT = 20_000
HIDDEN = "•"
# the word that says "what follows is a passport", as stems in the languages of the desk
PASSPORT_WORDS = (
    "passport passeport pasaporte passaporte passaport paspoort reisepass pass-nr passnummer passnr pasport"
    " паспорт пашпарт пасош paszport passi pass pase pasas paso pasapota pasaport pašaport pas útlevél"
    " διαβατηρ პასპორტ անձնագ דרכון جواز گذرنامه پاسپورت پاسپورٹ पासपोर्ट পাসপোর্ট 护照 護照 旅券 パスポート"
    " 여권 หนังสือเดินทาง chiếu chieu paspor vegabréf pasiporti төлқұжат pas-no pasaporto"
)
PHONE_WORDS = (
    "phone tel telefon teléfono telefono téléphone puhelin mobile mob cell call whatsapp viber telegram"
    " handy number numer номер тел телефон вайбер ватсап звонит пазван нумар дзвон telefón puh τηλ טלפון"
    " هاتف جوال رقم تلفن شماره फोन मोबाइल नंबर 电话 電話 手机 微信 전화 โทร thoại sđt nomor no.hp hp"
)


def _words(stems: str) -> str:
    return "|".join(sorted((re.escape(stem) for stem in stems.split()), key=len, reverse=True))


_BEFORE = r"(?<![\w+])"
_AFTER = r"(?!\w)"
EMAIL = re.compile(
    r"(?<![\w.+\-])[\w.+\-]{1,64}@(?:[\w\-]{1,63}\.){1,6}[a-z\u0080-\uffff]{2,24}(?![\w@])", re.I
)
CARD = re.compile(r"(?<![\w.,/])[2-6]\d{3}(?:[ \-]?\d{2,6}){2,4}(?![\w/])")
IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]{2,4}){3,8}", re.I)
PHONE = re.compile(
    r"(?<![\w.])(?<!\d )(?:\+|00)\s?[1-9]\d{0,3}[ \-.(/]{0,2}\d(?:[ \-.()/]{0,2}\d){5,12}(?![\w])"
)
LOCAL_PHONE = re.compile(
    r"(?<![\w.,])(?:8[ \-]?)?\(0?\d{2,4}\)[ \-]?\d{2,4}[ \-]?\d{2}[ \-]?\d{2}(?!\w)"
    r"|(?<![\w.,/\-])8[ \-]?0(?:17|25|29|33|44)[ \-]?\d{3}[ \-]?\d{2}[ \-]?\d{2}(?!\w)"
)
NAMED_PHONE = re.compile(
    rf"(?:{_words(PHONE_WORDS)})[^\d\n+]{{0,12}}(\(?\d(?:[ \-.()]?\d){{6,13}})(?!\w)", re.I
)
PASSPORT_LINE = re.compile(r"P[A-Z<][A-Z]{3}[A-Z<]{5,}(?:\s*[A-Z0-9<]{9,44})?")
NAMED_PASSPORT = re.compile(
    rf"(?:{_words(PASSPORT_WORDS)})\w*[^\d\n]{{0,24}}?(?<![A-Z0-9])"
    r"([A-Z]{1,3} ?[-–№#]? ?\d{5,9}[A-Z]?|\d{2} ?\d{2} ?№? ?\d{6}|\d{2}[A-Z]{2}\d{5}|\d{7,9}"
    r"|[CFGHJK][0-9CFGHJKLMNPRTVWXYZ]{8})(?![\w.,/]\d|\w)",
    re.I,
)
BARE_PASSPORT = re.compile(r"(?<![\w\-/])[A-Z]{2} ?\d{7}(?![\w\-/])")
# Cyrillic capitals that look like Latin ones: "МР1234567" is typed in both
LOOKALIKES = str.maketrans("АВЕКМНОРСТХІ", "ABEKMHOPCTXI")
DATE_LIKE = re.compile(
    r"(?:0?[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])(?:19|20)\d\d|(?:19|20)\d\d(?:0[1-9]|1[0-2])[0-3]\d"
)

Finder = Callable[[str], Iterator[PersonalData]]


def personal_data(text: str) -> tuple[PersonalData, ...]:
    """What stands in `text`, in order, without overlap; places are counted in characters of `text`."""
    shadow = _latin_digits(text[:LIMIT])
    if not any(char.isdigit() or char in {"@", "<"} for char in shadow):
        return ()
    found: list[PersonalData] = []
    for finder in FINDERS:
        for item in finder(shadow):
            if not any(item.start < other.end and other.start < item.end for other in found):
                found.append(item)
    return tuple(sorted(found, key=lambda item: item.start))


def mask(text: str, found: Sequence[PersonalData]) -> str:
    """`text` with every letter and digit of what was found hidden; its length, and so all places,
    stay."""
    chars = list(text)
    for item in found:
        for place in range(max(item.start, 0), min(item.end, len(chars))):
            if not chars[place].isspace():
                chars[place] = HIDDEN
    return "".join(chars)


def _latin_digits(text: str) -> str:
    """The same length: digits of every script as 0 to 9."""
    if text.isascii():
        return text
    return "".join(_latin_digit(char) for char in text)


def _latin_digit(char: str) -> str:
    if char.isdigit() and not char.isascii():
        value = unicodedata.decimal(char, None)
        return char if value is None else str(value)
    return "+" if char == "＋" else char


def _emails(text: str) -> Iterator[PersonalData]:
    if "@" in text:
        for hit in EMAIL.finditer(text):
            yield PersonalData("email", hit.start(), hit.end())


def _ibans(text: str) -> Iterator[PersonalData]:
    for hit in IBAN.finditer(text):
        end = checks.iban_end(text, hit.start())
        if end:
            yield PersonalData("iban", hit.start(), end)


def _cards(text: str) -> Iterator[PersonalData]:
    for hit in CARD.finditer(text):
        digits = checks.digits_of(hit.group())
        if len(digits) in {13, 15, 16, 19} and len(set(digits)) > 1 and checks.luhn(digits):
            yield PersonalData("card", hit.start(), hit.end())


def _phones(text: str) -> Iterator[PersonalData]:
    for pattern, group in ((PHONE, 0), (LOCAL_PHONE, 0), (NAMED_PHONE, 1)):
        for hit in pattern.finditer(text):
            digits = checks.digits_of(hit.group(group))
            if 7 <= len(digits) <= 15 and not DATE_LIKE.fullmatch(digits):
                yield PersonalData("phone", hit.start(group), hit.end(group))


def _passports(text: str) -> Iterator[PersonalData]:
    latin = text.translate(LOOKALIKES)
    for hit in PASSPORT_LINE.finditer(latin):
        if hit.group().count("<") >= 2:
            yield PersonalData("passport", hit.start(), hit.end())
    # the word beside may be Cyrillic, so only the letters of the number are read in their Latin likeness
    for hit in NAMED_PASSPORT.finditer(_upper_runs_latin(text)):
        yield from _numbered(hit, 1)
    for hit in BARE_PASSPORT.finditer(latin):
        yield PersonalData("passport", hit.start(), hit.end())


def _numbered(hit: re.Match[str], group: int) -> Iterator[PersonalData]:
    number = hit.group(group)
    if not DATE_LIKE.fullmatch(checks.digits_of(number)) and sum(char.isdigit() for char in number) >= 4:
        yield PersonalData("passport", hit.start(group), hit.end(group))


def _upper_runs_latin(text: str) -> str:
    return re.sub(
        r"(?<!\w)[АВЕКМНОРСТХІ]{1,3}(?= ?[-–№#]? ?\d)", lambda hit: hit.group().translate(LOOKALIKES), text
    )


def _national_ids(text: str) -> Iterator[PersonalData]:
    latin = text.translate(LOOKALIKES)
    for pattern, check in checks.NATIONAL_IDS:
        for hit in pattern.finditer(latin):
            if check(hit.group()):
                yield PersonalData("national_id", hit.start(), hit.end())


FINDERS: tuple[Finder, ...] = (_emails, _ibans, _national_ids, _cards, _passports, _phones)
