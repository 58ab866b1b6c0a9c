"""`dragoman neutrality`: the checks of a joint text and the proof of a version, on anybody's own machine.

It reads the file of a round as the party's page hands it out, or plain JSON: {"en": {"title": ..., "summary":
..., "body": ...}}. No desk, no network, no Django; nothing is written but the file that was asked for.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from dragoman.lib.problems import Invalid, Problem
from dragoman.negotiations import neutrality as neutral
from dragoman.negotiations.neutrality import Finding, alternat
from dragoman.negotiations.neutrality.finding import FIELDS

GOOD, REFUSED, UNREADABLE, ASKED = 0, 1, 2, 3
LARGEST = 20_000_000

Texts = dict[str, tuple[str, str, str]]
_MARKS = {"blocks": "BLOCKS", "reason": "REASON", "note": "NOTE"}


def neutrality(
    texts: Annotated[
        Path, typer.Argument(help="The texts: the file of a round, or JSON.", metavar="TEXTS.json")
    ],
    *,
    terms: Annotated[Path, typer.Option("--terms", help="The term sheet.", metavar="SHEET.json")],
    release: Annotated[
        int,
        typer.Option("--release", min=1, help="Which release of the talks this is: the order turns."),
    ] = 1,
    party: Annotated[str, typer.Option("--party", help="Whose version to make or prove.")] = "",
    version: Annotated[
        Path | None, typer.Option("--version", help="A version from anywhere, to prove.", metavar="JSON")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Write the party's version here.")] = None,
    withheld: Annotated[
        Path | None, typer.Option("--withheld", help="Names that stay out, one a line. Never published.")
    ] = None,
    rules: Annotated[Path | None, typer.Option("--rules", help="A folder of rule files of your own.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Check a joint text in every language; with --party, make that party's version, or prove one.

    Exit code 0: nothing stands in the way; notes may. 1: something blocks, or the version is refused. 2: a
    file could not be read. 3: findings that need to be mended or a reason.
    """
    sheet = neutral.parse_terms(_read(terms))
    agreed = _texts(_read(texts), texts)
    if party:
        sheet.name(party, sheet.languages[0])
        made = _texts(_read(version), version) if version else alternat.version(agreed, sheet, release, party)
        _prove(alternat.prove(agreed, made, sheet, party, release), made, out=out, as_json=as_json)
        return
    if version or out:
        raise Invalid("Whose version? Say --party.", mend=f"Parties: {', '.join(sheet.order)}.")
    names = _read(withheld).decode("utf-8", "replace").splitlines() if withheld else ()
    found = neutral.check(
        agreed, sheet, release, withheld=names, rules=neutral.load_rules(rules) if rules else None
    )
    _tell(found, release, as_json=as_json)
    severities = {finding.severity for finding in found}
    raise typer.Exit(REFUSED if "blocks" in severities else ASKED if "reason" in severities else GOOD)


def _tell(found: tuple[Finding, ...], release: int, *, as_json: bool) -> None:
    if as_json:
        _print({"findings": [finding.as_json() for finding in found], "limits": neutral.limits()})
        return
    for finding in found:
        place = _place(finding.lang, finding.field, finding.start)
        words = f" “{' '.join(finding.words.split())[:80]}”" if finding.words else ""
        _say(f"{_MARKS[finding.severity]}  {finding.rule}  ({place}){words}")
        for line in (finding.why, finding.mend, f"Source: {finding.source}"):
            _say(f"    {line}")
    _say(f"{len(found) or 'No'} findings, read as release {release}. What these checks cannot see:")
    for limit in neutral.limits():
        _say(f"  - {limit}")


def _prove(proof: alternat.Proof, made: Texts, *, out: Path | None, as_json: bool) -> None:
    if out and proof.ok:
        value = {lang: dict(zip(FIELDS, fields, strict=True)) for lang, fields in made.items()}
        out.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    if as_json:
        _print(proof.as_json())
    else:
        for one in proof.differences:
            place = _place(one.lang, one.field, one.start)
            _say(f"ALLOWED  ({place}) “{one.agreed}” → “{one.version}”  {one.entry}")
        for bad in proof.refusals:
            place = _place(bad.lang, bad.field, bad.start)
            _say(f"REFUSED  ({place}) “{bad.agreed}” | “{bad.version}”")
            _say(f"    {bad.why}")
        _say(_verdict(proof))
    raise typer.Exit(GOOD if proof.ok else REFUSED)


def _verdict(proof: alternat.Proof) -> str:
    if not proof.ok:
        return f"This is not the agreed text in the version of {proof.party}."
    return (
        f"The version of {proof.party} differs in {len(proof.differences)} places, each allowed by the term "
        "sheet, and going back restores the agreed text byte for byte."
    )


def _place(lang: str, field: str, start: int) -> str:
    return f"{lang}, {field}, sign {start + 1}" if field else lang


def _say(line: str) -> None:
    """Shows what cannot be seen: a text from elsewhere may hold signs that command the screen."""
    typer.echo("".join(f"\\u{{{ord(s):04x}}}" if unicodedata.category(s)[0] == "C" else s for s in line))


def _print(value: object) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=1))


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        typer.echo(f"COULD NOT READ  {path}: {error.strerror or error}", err=True)
        raise typer.Exit(UNREADABLE) from error
    if len(data) > LARGEST:
        raise Invalid(f"{path} is too long to be one of these files.", code="too-large")
    return data


def _texts(data: bytes, path: Path) -> Texts:
    """Texts by language, of plain JSON or of the file of a round."""
    try:
        value = json.loads(data.decode("utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise _no_texts(path, f"it is not JSON in UTF-8 ({error})") from error
    if isinstance(value, dict) and isinstance(value.get("texts"), dict):
        value = value["texts"]
    if not isinstance(value, dict) or not value:
        raise _no_texts(path, "it has no languages")
    return {str(lang): _fields(fields, path, str(lang)) for lang, fields in value.items()}


def _fields(fields: Any, path: Path, lang: str) -> tuple[str, str, str]:
    """Title, summary and body. A consented text is one Markdown text: its heading is the title."""
    if isinstance(fields, str):
        first, _, rest = fields.partition("\n")
        return (first[2:], "", rest.strip("\n")) if first.startswith("# ") else ("", "", fields)
    if (
        isinstance(fields, dict)
        and set(fields) <= set(FIELDS)
        and all(isinstance(v, str) for v in fields.values())
    ):
        return fields.get("title", ""), fields.get("summary", ""), fields.get("body", "")
    raise _no_texts(path, f"“{lang}” is not a text with {', '.join(FIELDS)}")


def _all_words(values: Iterable[object]) -> bool:
    return all(isinstance(value, str) for value in values)


def _no_texts(path: Path, why: str) -> Problem:
    return Invalid(
        f"{path} holds no texts: {why}.",
        mend='Give the file of a round, or JSON such as {"en": {"title": "…", "summary": "…", "body": "…"}}.',
        code="texts-file",
    )
