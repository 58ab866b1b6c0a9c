"""Lengths of time in words, where `lib.text` has no words of the language: "năm ngày", "pekan", "a week".

Only small numbers, and only next to a unit of time: a word for a number by itself means other things, too.
"""

from __future__ import annotations

import re
from functools import cache

_ENDING = r"[\w\u0300-\u036f]*"
# Days in each unit, and what people of each language call it; a trailing * stands for any ending.
_UNITS = {
    "hi": {1.0: "दिन दिनों", 7.0: "हफ़्ते हफ्ते हफ़्ता हफ्ता सप्ताह", 30.0: "महीने महीना माह", 1 / 24: "घंटे घंटा"},
    "vi": {1.0: "ngày", 7.0: "tuần", 30.0: "tháng", 1 / 24: "giờ tiếng", 365.0: "năm"},
    "id": {1.0: "hari", 7.0: "minggu pekan", 30.0: "bulan", 1 / 24: "jam", 365.0: "tahun"},
    "sw": {1.0: "siku", 7.0: "wiki", 30.0: "mwezi miezi", 1 / 24: "saa", 365.0: "mwaka miaka"},
    "fi": {
        1.0: "päivä*",
        7.0: "viikko* viikon",
        30.0: "kuukau*",
        1 / 24: "tunti* tunnin",
        365.0: "vuosi* vuotta",
    },
    "hu": {1.0: "nap*", 7.0: "hét hetet héten hétig", 30.0: "hónap*", 1 / 24: "óra* órát", 365.0: "év*"},
    "kk": {1.0: "күн*", 7.0: "апта*", 30.0: "ай*", 1 / 24: "сағат*", 365.0: "жыл*"},
    "ka": {1.0: "დღ*", 7.0: "კვირ*", 30.0: "თვ*", 1 / 24: "საათ*", 365.0: "წელ*"},
    "en": {
        7.0: "week weeks",
        30.0: "month months",
        365.0: "year years",
        1.0: "day days",
        1 / 24: "hour hours",
    },
    "de": {7.0: "woche*", 30.0: "monat*", 365.0: "jahr*", 1.0: "tag*", 1 / 24: "stunde*"},
    "fr": {7.0: "semaine", 30.0: "mois", 365.0: "an année", 1.0: "jour jours", 1 / 24: "heure heures"},
    "es": {7.0: "semana", 30.0: "mes", 365.0: "año", 1.0: "día días", 1 / 24: "hora horas"},
    "it": {7.0: "settimana", 30.0: "mese", 365.0: "anno", 1.0: "giorno giorni", 1 / 24: "ora ore"},
    "pt": {7.0: "semana", 30.0: "mês", 365.0: "ano", 1.0: "dia dias", 1 / 24: "hora horas"},
    "ru": {7.0: "недел*", 30.0: "месяц*", 365.0: "год*"},
    "uk": {7.0: "тижд* тиждень", 30.0: "місяц* місяць", 365.0: "рік року"},
    "be": {7.0: "тыдн* тыдзень", 30.0: "месяц*", 365.0: "год*"},
    "pl": {7.0: "tydzień tygodni*", 30.0: "miesiąc*", 365.0: "rok*"},
    "tr": {1.0: "gün*", 7.0: "hafta*", 30.0: "ay", 1 / 24: "saat*", 365.0: "yıl*"},
}
_NUMBERS = {
    "hi": "एक दो तीन चार पाँच|पांच छह|छः सात आठ नौ दस",
    "vi": "một hai ba bốn năm sáu bảy tám chín mười",
    "id": "satu|se dua tiga empat lima enam tujuh delapan sembilan sepuluh",
    "fi": "yksi|yhden kaksi|kahden kolme|kolmen neljä|neljän viisi|viiden kuusi|kuuden seitsemän kahdeksan "
    "yhdeksän kymmenen",
    "hu": "egy két|kettő három négy öt hat hét nyolc kilenc tíz",
    "kk": "бір екі үш төрт бес алты жеті сегіз тоғыз он",
    "ka": "ერთი|ერთ ორი|ორ სამი|სამ ოთხი|ოთხ ხუთი|ხუთ ექვსი|ექვს შვიდი|შვიდ რვა ცხრა ათი|ათ",
    "en": "a|one",
    "de": "eine|ein|einen|einem|einer",
    "fr": "une|un",
    "es": "una|un",
    "it": "una|un",
    "pt": "uma|um",
    "ru": "одна|одну|один|одной",
    "uk": "один|одного|одна|одну",
    "be": "адзін|аднаго|адну",
    "pl": "jeden|jednego|jedną",
    "tr": "bir iki üç dört beş altı yedi sekiz dokuz on",
}
# The unit comes first here: "siku tano".
_AFTER = {"sw": "moja|mmoja mbili|miwili tatu|mitatu nne|minne tano|mitano sita saba nane tisa|kenda kumi"}


def days(text: str, lang: str) -> list[float]:
    """The lengths of time that the text spells out, in days."""
    if lang not in _UNITS:
        return []
    pattern, sizes = _pattern(lang)
    found = []
    for match in pattern.finditer(text.casefold()):
        value = next(int(name[1:]) for name, word in match.groupdict().items() if word and name[0] == "n")
        unit = next(int(name[1:]) for name, word in match.groupdict().items() if word and name[0] == "u")
        found.append(value * sizes[unit])
    return found


@cache
def _pattern(lang: str) -> tuple[re.Pattern[str], list[float]]:
    """One expression for a language, with a group for each number and unit, and the size of each unit."""
    words = _NUMBERS.get(lang) or _AFTER[lang]
    numbers = "|".join(f"(?P<n{value}>{word})" for value, word in enumerate(words.split(), 1))
    units = "|".join(
        f"(?P<u{place}>{'|'.join(name.replace('*', _ENDING) for name in names.split())})"
        for place, names in enumerate(_UNITS[lang].values())
    )
    first, second = (units, numbers) if lang in _AFTER else (numbers, units)
    whole = re.compile(rf"(?<!\w)(?<!half )(?:{first})\s+(?:{second})(?!\w)")
    return whole, list(_UNITS[lang])
