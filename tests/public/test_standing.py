"""The record's page shows whom the policy asks for, and who has signed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tests.lib.witnessing.logs import KEY, Log, numbered

from dragoman.base.actor import System
from dragoman.lib.tlog import cosign, note
from dragoman.public import actions, press, render, site
from dragoman.public.standing import Standing, standing

pytestmark = pytest.mark.django_db

HEAD = Log(numbered(3)).head()
WITNESSES = {name: note.SignerKey(name, name.encode().ljust(32, b"."), note.COSIGNATURE) for name in "abcd"}
LINES = [f"log {KEY.verifier}", *(f"witness {name} {key.verifier}" for name, key in WITNESSES.items())]
POLICY = "\n".join([*LINES, "group parties all a b", "group both 2 parties c", "quorum both", ""])


def signed(*names: str) -> str:
    body = note.parse(HEAD).text
    return HEAD.decode() + "".join(str(cosign.sign(WITNESSES[name], body, 1_484_000_000)) for name in names)


def page(checkpoint: str, policy: str, lang: str = "en") -> str:
    context = {
        "checkpoint": checkpoint,
        "record_policy": policy,
        "size": 3,
        "as_of": datetime(2017, 1, 9, 12, 0, tzinfo=UTC),
        "witness_names": ["a"],
        "signers": standing(checkpoint, policy),
    }
    data = render.page("public/record.html", lang, langs=(lang,), url="/{}/record/".format, **context)
    return data.decode().partition("<main")[2]


def test_a_nested_policy_is_drawn_with_what_is_missing() -> None:
    found = standing(signed("a", "c"), POLICY)
    assert found.rule is not None
    assert (found.rule.holds, found.rule.held, found.rule.count) == (False, 1, 2)
    text = page(signed("a", "c"), POLICY)
    assert "Not enough have signed yet" in text
    assert "signed: 1 of 2; needed: 2" in text
    assert "9 January 2017" in text
    assert "has not signed this head yet" in text
    assert "Named as well, but not needed" in text
    assert "count as one" in text


def test_enough_is_said_when_the_quorum_stands() -> None:
    text = page(signed("a", "b", "c"), POLICY)
    assert "Enough have signed." in text
    assert text.count('class="holds"') == 5


@pytest.mark.parametrize(
    ("checkpoint", "policy"),
    [
        ("", ""),
        ("nonsense", POLICY),
        (signed("a"), "nonsense"),
        (signed("a"), f"log {KEY.verifier}\nquorum none\n"),
    ],
)
def test_what_cannot_be_read_or_asks_for_nobody_is_drawn_as_nothing(checkpoint: str, policy: str) -> None:
    assert standing(checkpoint, policy) == Standing(None, ())


@pytest.mark.parametrize("lang", ["ar", "be", "de", "es", "fr", "pl", "ru", "uk", "zh"])
def test_every_language_has_its_words(lang: str) -> None:
    text = page(signed("a"), POLICY, lang)
    assert text.count('class="lacks"') == 5
    assert "{" not in text


@pytest.mark.django_db(transaction=True)
def test_a_late_witness_comes_to_the_records_page_and_nothing_is_written_without_need() -> None:
    folder = site.root() / "record"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "policy").write_text(POLICY)
    (folder / "checkpoint").write_text(signed("a"))
    actions.refresh_record(by=System("test"))
    place = site.root() / press.default() / "record" / "index.html"
    assert "Not enough have signed yet" in place.read_text()
    before = place.stat().st_ino, place.stat().st_mtime_ns
    actions.refresh_record(by=System("test"))
    assert (place.stat().st_ino, place.stat().st_mtime_ns) == before
    (folder / "checkpoint").write_text(signed("a", "b", "c"))
    actions.refresh_record(by=System("test"))
    assert "Enough have signed." in place.read_text()
