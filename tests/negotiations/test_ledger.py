"""The evenness ledger: made from plain values, and worked out again by an outsider from public files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from tests.public import world
from tests.public.talks_world import FOLDER, REF, Talks
from typer.testing import CliRunner

from dragoman.cli import ledger as face
from dragoman.negotiations.neutrality import terms
from dragoman.negotiations.rules import ledger
from dragoman.negotiations.rules.ledger import Asks, Consent, Copy, Release
from dragoman.public import actions
from dragoman.record import healing

SHEET = terms.parse((FOLDER / "stonebridge-terms.json").read_bytes())
EVEN = {"en": ("Talks", "", "Northland and Eastmark met. Northland and Eastmark will meet again.")}


def release(texts: ledger.Texts = EVEN, **more: Any) -> Release:
    given: dict[str, Any] = {
        "process": "stonebridge",
        "entry": 4,
        "ref": "2026-abc",
        "rev": 1,
        "index": 7,
        "released": "2026-12-14T07:00:00Z",
        "order_number": 1,
        "languages": tuple(texts),
        "texts": texts,
        "consents": (Consent("northland", "ed25519", "2026-12-14T06:40:00Z"),),
        "asks": {"northland": Asks(2, 1, 1), "eastmark": Asks()},
    }
    return Release(**given | more)


def built(texts: ledger.Texts = EVEN, **more: Any) -> dict[str, Any]:
    return ledger.build(release(texts, **more), SHEET, number=1, at="2026-12-14T07:02:00Z")


def codes(value: Mapping[str, Any]) -> list[str]:
    return [one["code"] for one in value["uneven"]]


def test_even_release_has_nothing_outside() -> None:
    value = built(copies=[Copy("Bluesky", "bluesky", "en", "sent", 40)])
    assert value["uneven"] == []
    assert value["mentions"]["en"] == {"northland": 2, "eastmark": 2}
    assert value["order"]["found"]["en"] == value["order"]["agreed"]["en"] == ["northland", "eastmark"]


def test_order_turns_with_the_number() -> None:
    assert codes(built(order_number=2)) == ["order", "order-of-lists"]
    turned = {"en": ("Talks", "", "Eastmark and Northland met.")}
    assert codes(built(turned, order_number=2)) == []


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"copies": [Copy("Bluesky", "bluesky", "en", "sent", 5_001)]}, "channel"),
        ({"copies": [Copy("Bluesky", "bluesky", "en", "unsure")]}, "channel"),
        ({"copies": [Copy("Bluesky", "bluesky", "en", "sent", -1)]}, "ahead"),
        ({"languages": ("en", "fr")}, "languages"),
        ({"texts": {"en": ("T", "", "Northland met. Northland left. Northland, and Eastmark.")}}, "mentions"),
    ],
)
def test_what_is_outside_is_named(more: dict[str, Any], code: str) -> None:
    texts = more.pop("texts", EVEN)
    assert code in codes(built(texts, **more))


@given(
    st.lists(st.integers(-10_000, 10_000_000) | st.none(), max_size=4),
    st.integers(0, 50),
    st.integers(1, 9),
)
def test_ledger_has_one_form_and_says_the_same_of_itself(
    delays: list[int | None], asked: int, number: int
) -> None:
    copies = [Copy(f"c{n}", "sandbox", "en", "sent", ms) for n, ms in enumerate(delays)]
    value = built(copies=copies, asks={"northland": Asks(asked, 0, 0)}, order_number=number)
    again = json.loads(ledger.dump(value))
    assert ledger.dump(again) == ledger.dump(value)
    assert [one.__dict__ for one in ledger.uneven(again)] == value["uneven"]


# ------------------------------------------------ the audit, over really sealed and signed files


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Path:
    monkeypatch.setattr(settings.DRAGOMAN, "home", tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    healing.forget()
    return tmp_path


@pytest.fixture
def site(home: Path, transactional_db: None) -> Path:
    """Talks with a notice, an agreed text, a pulse and a ledger, as a folder of public files."""
    talks = Talks()
    talks.publish()
    actions.publish_talks_entry(by=world.BY, entry=talks.notice())
    edition = talks.joint("opening")
    actions.publish_edition(by=world.BY, edition=edition)
    copies = [Copy("Bluesky", "bluesky", "en", "sent", 40)]
    times = {"sealed": "2026-12-14T06:26:00.100Z", "page": "2026-12-14T06:26:00.400Z"}
    actions.publish_ledger(by=world.BY, ledger=talks.ledger(edition, copies=copies, times=times))
    actions.publish_talks_entry(by=world.BY, entry=talks.pulse())
    return home / "public"


def audited(site: Path, *more: str) -> tuple[int, str]:
    app = typer.Typer()
    app.command()(face.audit)
    done = CliRunner().invoke(app, [str(site), "--talks", REF, *more])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def test_audit_agrees_with_what_is_true(site: Path) -> None:
    code, said = audited(site)
    assert code == 0, said
    assert "signed by eastmark (ed25519), northland (ed25519)" in said
    assert "the order of naming, in the text and by the term sheet" in said
    assert "when the consents came" in said
    assert said.count("word ") >= 3
    assert "DIFFERS" not in said


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        (f"talks/{REF}/ledger.json", '"northland":3', '"northland":4', "does not hold these words"),
        (f"talks/{REF}/entries.json", "deputy ministers", "ministers", "not the words that were sealed"),
        (f"talks/{REF}/entries.json", '"number":2', '"number":9', "missing"),
        (
            f"talks/{REF}/entries.json",
            '"party":"eastmark","kind":"ed25519"',
            '"party":"eastmark","kind":"ssh"',
            "signed by",
        ),
        (f"ar/talks/{REF}/1/index.html", 'id="e3"', 'id="x3"', "missing: [3]"),
        (f"feeds/talks/{REF}.ru.atom", "<title>2. ", "<title>x. ", "missing: [2]"),
    ],
)
def test_audit_finds_what_was_changed(site: Path, file: str, old: str, new: str, told: str) -> None:
    if file.endswith("entries.json"):  # both files say it, and a host who lies would change both
        change(site / file.replace("entries.json", "entries-1.json"), old, new)
    change(site / file, old, new)
    code, said = audited(site)
    assert code == 1, said
    assert any("DIFFERS" in line and told in line for line in said.splitlines()), said


def test_audit_finds_an_entry_that_is_kept_back(site: Path) -> None:
    file = site / "talks" / REF / "entries.json"
    data = json.loads(file.read_text("utf-8"))
    data["entries"] = [one for one in data["entries"] if one["number"] != 4]
    data["newest"] = 3
    file.write_text(json.dumps(data), "utf-8")
    code, said = audited(site)
    assert code == 1
    assert "is not shown" in said


def test_audit_refuses_a_record_that_was_changed(site: Path) -> None:
    tile = sorted((site / "record/tile/entries").rglob("*"))[-1]
    tile.write_bytes(tile.read_bytes().replace(b"stonebridge-line", b"stonebridge-lime"))
    code, said = audited(site)
    assert code == 1
    assert "DIFFERS  record" in said


def test_audit_says_when_nothing_is_there(tmp_path: Path) -> None:
    (tmp_path / "public").mkdir()
    code, _ = audited(tmp_path / "public")
    assert code == 2
