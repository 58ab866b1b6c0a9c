"""What a person typed, pasted or handed in as a file, as the values that deeds take."""

from __future__ import annotations

from collections.abc import Mapping

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, QueryDict

from dragoman.lib.problems import Invalid
from dragoman.negotiations.models import PartyKey, Spokesperson
from dragoman.negotiations.queries.table import TextShown
from dragoman.negotiations.rules import canonical_text, signing, vkeys
from dragoman.statements.actions.input import TextInput

LARGEST = 64_000
NONE = "none"
REASONS = ("wording", "names", "order", "place", "facts", "translation", "time", "mandate", "other")
ARMOR = "-----BEGIN SSH SIGNATURE-----"
OPENSSH = ("ssh-", "ecdsa-", "sk-")


def pasted(request: HttpRequest, name: str, file: str = "file") -> str:
    """What was pasted, or handed in as a file; line ends as in files. Raises Invalid when neither was."""
    given = request.POST.get(name, "")
    held = request.FILES.get(file)
    if not given.strip() and isinstance(held, UploadedFile):
        if (held.size or 0) > LARGEST:
            raise Invalid("The file is too long to be a signature.", code="too-long")
        given = held.read().decode("utf-8", "replace")
    given = given.replace("\r\n", "\n")
    if not given.strip() or len(given) > LARGEST:
        raise Invalid(
            "There is no signature in what was sent.",
            mend="Paste all that the tool wrote, or choose its file.",
            code="nothing-given",
        )
    return given if given.endswith("\n") else f"{given}\n"


def vkey_of(given: str, person: Spokesperson) -> str:
    """The vkey of a pasted public key: a vkey already, or a line of OpenSSH. Raises Invalid."""
    line = given.strip()
    if line.startswith(OPENSSH):
        return vkeys.of_ssh(vkeys.name_of(person.party.name, person.party.process.ref), line)
    kind = vkeys.kind_of(line)
    if kind == "webauthn":
        raise Invalid(
            "A passkey cannot be typed in; its device has to make it here.",
            mend="Use the button that makes a passkey.",
            code="bad-key",
        )
    return line


def line_of(given: str, keys: list[PartyKey]) -> str:
    """The signature line in what was handed in: a line, a whole note, or a signature of OpenSSH."""
    if ARMOR not in given:
        return given
    armored = given[given.index(ARMOR) :]
    error: Invalid | None = None
    for key in keys:
        if key.kind == "ssh" and key.usable:
            try:
                return signing.line_of_ssh(key.vkey, armored)
            except Invalid as problem:
                error = problem
    raise error or Invalid(
        "The party has no OpenSSH key here.", mend="Enrol it on the page of keys first.", code="unknown-key"
    )


def ticked(given: QueryDict, wanted: list[str]) -> bool:
    """Whether every language was said to be read."""
    return given.get("read_all") == "1" or set(wanted) <= set(given.getlist("read"))


def reasons(given: QueryDict) -> list[str]:
    """The reasons that were ticked, of those that there are."""
    return [one for one in REASONS if one in given.getlist("reason")]


def why(chosen: list[str], words: str) -> str:
    """Reasons and words as the one text that is kept: reasons first, each in brackets, in order."""
    words = words.replace("\r\n", "\n").strip()
    head = " ".join(f"[{one}]" for one in chosen) or ("" if words else f"[{NONE}]")
    return "\n".join(part for part in (head, words) if part)


def parted(kept: str) -> tuple[list[str], str]:
    """The reverse: what was ticked, and the words."""
    head, _, rest = kept.partition("\n")
    marks = head.split(" ") if head.startswith("[") else []
    chosen = [mark[1:-1] for mark in marks if mark[:1] == "[" and mark[1:-1] in (*REASONS, NONE)]
    if not chosen or len(chosen) != len(marks):
        return [], kept
    return chosen, rest


def counter_texts(given: QueryDict, texts: tuple[TextShown, ...]) -> Mapping[str, TextInput]:
    """The languages in which other words were written than those that were put."""
    found = {}
    for text in texts:
        parts = [
            canonical_text.mended(given.get(f"{name}-{text.lang}", "")).strip()
            for name in ("title", "summary", "body")
        ]
        put = [part.strip() for part in (text.title, text.summary, text.body)]
        if parts != put and any(parts):
            found[text.lang] = TextInput(title=parts[0], summary=parts[1], body=parts[2])
    return found
