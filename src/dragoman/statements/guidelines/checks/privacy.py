"""PII-1: no personal data in what goes out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from dragoman.lib.text.digits import fold_digits
from dragoman.lib.text.unicode_re import regex
from dragoman.statements.guidelines.model import Hit, Rule, Severity
from dragoman.statements.guidelines.reading import Reading

_EMAIL = regex.compile(r"(?<![\w.+-])([\w.+-]{1,64})@((?:[\p{L}\d-]+\.)+\p{L}{2,})", regex.IGNORECASE)
_PHONE = re.compile(r"(?<![\w+])\+\d[\d\s().\u2011-]{6,18}\d(?!\d)")
_PASSPORT = re.compile(r"(?<![A-Za-z0-9])[A-Z]{1,2}[ ]?\d{6,8}(?![\dA-Za-z])|(?<![\dA-Za-z])\d{9}(?!\d)")
_PASSPORT_WORDS = regex.compile(
    r"passport|pass(?:nummer|nr)|reisepass|passeport|pasaporte|passaporto|paszport|паспорт|пашпарт|جواز|护照|pasport|paso\b",
    regex.IGNORECASE,
)
_PERSONAL_NUMBER = re.compile(r"(?<![\dA-Za-z])\d{7}[A-Z]\d{3}[A-Z]{2}\d(?![\dA-Za-z])")
_IBAN = re.compile(r"(?<![A-Z0-9])[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]){11,30}(?![A-Z0-9])")
_CARD = re.compile(r"(?<![\d+])\d(?:[ -]?\d){12,18}(?!\d)")
_OFFICES = """
info contact press media office mail mission embassy consulate consular consul visa visas passport
passports help helpdesk support service services secretariat protocol post hotline emergency crisis
opendata webmaster privacy dpo security presse botschaft konsulat ambassade consulat embajada
consulado pressa mfa noreply
"""
_ROLES = frozenset(_OFFICES.split())


@dataclass(frozen=True, slots=True)
class _Seen:
    start: int
    end: int
    why: str
    mend: str
    severity: Severity | None = None


def personal_data(reading: Reading, rule: Rule) -> Iterator[Hit]:
    """PII-1 over all texts, and the alternative texts of pictures."""
    draft = reading.draft
    official = {_bare(contact) for contact in (*rule.parameters.get("official", ()), *draft.listed_contacts)}
    domains = {domain.casefold() for domain in draft.listed_domains}
    for text in draft.languages:
        for field, block in reading.places(text):
            for seen in _look(block.text, official, domains):
                yield Hit(
                    words=_masked(block.text[seen.start : seen.end]),
                    lang=text.lang,
                    field=field,
                    paragraph=block.number or None,
                    start=block.start + seen.start,
                    end=block.start + seen.end,
                    why=seen.why,
                    mend=seen.mend,
                    severity=seen.severity,
                )


def _look(text: str, official: set[str], domains: set[str]) -> Iterator[_Seen]:
    folded = fold_digits(text)
    if "@" in text:
        yield from _emails(text, official, domains)
    if not re.search(r"\d{3}", folded):
        return
    taken: list[tuple[int, int]] = []
    for seen in (*_numbers(folded), *_phones(folded)):
        if _bare(text[seen.start : seen.end]) in official or any(
            a < seen.end and seen.start < b for a, b in taken
        ):
            continue
        taken.append((seen.start, seen.end))
        yield seen


def _emails(text: str, official: set[str], domains: set[str]) -> Iterator[_Seen]:
    for match in _EMAIL.finditer(text):
        name, domain = match[1].casefold(), match[2].casefold()
        if _bare(match.group()) in official:
            continue
        of_office = bool(_ROLES & set(re.split(r"[._+-]", name)))
        listed = any(domain == one or domain.endswith(f".{one}") for one in domains)
        if of_office and (listed or not domains):
            continue
        yield _Seen(
            match.start(),
            match.end(),
            "This looks like a person's own address."
            if not of_office
            else "This domain is not among the listed ones.",
            "Give the address of an office, or add this one to the official contacts, or give the reason.",
            severity="reason",
        )


def _numbers(folded: str) -> Iterator[_Seen]:
    for match in _IBAN.finditer(folded):
        if _is_iban(match.group()):
            yield _Seen(
                *match.span(), "This is the number of a bank account.", "Take the account number out."
            )
    for match in _PERSONAL_NUMBER.finditer(folded):
        yield _Seen(*match.span(), "This is a personal identification number.", "Take the number out.")
    for match in _CARD.finditer(folded):
        if _is_card(match.group()):
            yield _Seen(*match.span(), "This is the number of a payment card.", "Take the card number out.")
    for match in _PASSPORT.finditer(folded):
        near = folded[max(0, match.start() - 40) : match.end() + 40]
        if _PASSPORT_WORDS.search(near):
            yield _Seen(*match.span(), "This looks like the number of a passport.", "Take the number out.")


def _phones(folded: str) -> Iterator[_Seen]:
    for match in _PHONE.finditer(folded):
        if 8 <= sum(character.isdigit() for character in match.group()) <= 15:
            yield _Seen(
                *match.span(),
                "This telephone number is not among the official ones; it may be a person's.",
                "Add it to the official contacts, take it out, or give the reason.",
                severity="reason",
            )


def _is_iban(text: str) -> bool:
    plain = text.replace(" ", "")
    if not 15 <= len(plain) <= 34:
        return False
    turned = plain[4:] + plain[:4]
    return int("".join(str(int(character, 36)) for character in turned)) % 97 == 1


def _is_card(text: str) -> bool:
    digits = [int(character) for character in text if character.isdigit()]
    if not 13 <= len(digits) <= 19 or digits[0] not in (2, 3, 4, 5, 6):
        return False
    doubled = [
        digit if place % 2 == 0 else sum(divmod(digit * 2, 10))
        for place, digit in enumerate(reversed(digits))
    ]
    return sum(doubled) % 10 == 0


def _bare(contact: str) -> str:
    folded = fold_digits(contact).casefold()
    return folded if "@" in folded else re.sub(r"[^\d]", "", folded)


def _masked(words: str) -> str:
    """Findings are stored and shown to many: enough to find the place, not the datum itself."""
    if "@" in words:
        name, _, domain = words.partition("@")
        return f"{name[:1]}…@{domain}"
    return f"{words[:3]}…{words[-2:]}"
