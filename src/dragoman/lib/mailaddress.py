"""E-mail addresses as people write them into forms (RFC 5321, 6531, 5890)."""

import re
import unicodedata

MOST = 254  # RFC 5321, 4.5.3.1.3, less the angle brackets
MOST_LOCAL = 64
ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u00a1-\U0010ffff-]+")
LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def read(text: str) -> str:
    """The address in the form that mail is sent to: the domain in small ASCII letters. ValueError otherwise.

    Quoted names, comments and addresses of bare hosts are valid by the book and never what somebody means.
    """
    address = unicodedata.normalize("NFC", text.strip())
    local, sign, domain = address.rpartition("@")
    if not sign or len(local.encode()) > MOST_LOCAL:
        raise ValueError("no name before the @, or too long a one")
    if not all(ATOM.fullmatch(atom) for atom in local.split(".")) or not local.isprintable():
        raise ValueError("the name before the @ has a character that cannot be there")
    try:
        ascii_domain = domain.rstrip(".").encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise ValueError("the domain after the @ is not one") from None
    labels = ascii_domain.split(".")
    if len(labels) < 2 or not all(LABEL.fullmatch(label) for label in labels) or labels[-1].isdigit():
        raise ValueError("the domain after the @ is not one")
    found = f"{local}@{ascii_domain}"
    if len(found.encode()) > MOST:
        raise ValueError("it is too long")
    return found


def identity(address: str) -> str:
    """By what two spellings of one address are known as one: hardly a host tells large letters from small."""
    return address.casefold()
