"""`dragoman facts` and the sample, as the command line runs them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cast import Cast
from tests.facts.conftest import SAMPLE
from typer.testing import CliRunner

from dragoman.audit.models import Event
from dragoman.cli.facts import facts
from dragoman.cli.sample import load_sample
from dragoman.facts import queries
from dragoman.facts.models import Sheet
from dragoman.lib.problems import Invalid, NotFound, TooLarge
from dragoman.staff.models import Mission, Officer
from dragoman.statements.models import Revision
from dragoman.statements.queries import drafting

pytestmark = pytest.mark.django_db


def run(*words: str) -> str:
    result = CliRunner().invoke(facts, list(words), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_file_is_imported_and_comes_back_the_same(cast: Cast, tmp_path: Path) -> None:
    path, out = tmp_path / "in.toml", tmp_path / "out.toml"
    path.write_text(SAMPLE)
    assert "Nothing was changed" in run("import", str(path), "--dry-run")
    assert not Sheet.objects.exists()
    assert "Imported visa-free" in run("import", str(path))
    assert Event.objects.filter(verb="facts.import_sheet", actor="command line", face="cli").count() == 1
    run("export", "visa-free", "--to", str(out))
    assert "unchanged" in run("import", str(out), "--dry-run")
    assert out.read_text() == run("export", "visa-free")


def test_wrong_words_are_answered_in_words(cast: Cast, tmp_path: Path) -> None:
    big = tmp_path / "big.toml"
    big.write_bytes(b"#" * 10_000_000)
    with pytest.raises(TooLarge, match=r"10\.0 MB"):
        run("import", str(big))
    with pytest.raises(Invalid, match="cannot be read"):
        run("import", str(tmp_path / "none.toml"))
    with pytest.raises(Invalid, match="cannot be read"):
        run("import", str(tmp_path))
    with pytest.raises(NotFound):
        run("export", "none")


# ---- the sample -----------------------------------------------------------------------------------------


def test_sample_loads_once_and_is_what_it_says(
    django_capture_on_commit_callbacks: Callable[..., object],
) -> None:
    steps: list[str] = []
    report = load_sample(progress=steps.append)
    assert set(report.passwords) == {"editor", "approver", "director", "embassy", "auditor", "admin"}
    assert set(Mission.objects.values_list("slug", flat=True)) == {"capital", "berlin", "vilnius", "beijing"}
    assert all(Officer.objects.values_list("sample", flat=True))
    assert [fact.number for fact in queries.current_facts(queries.sheet_named("visa-free"))][-1] == "F9"
    assert len(report.statements) == 3
    assert len(steps) > 10
    assert load_sample().nothing_new
    assert not any(
        password in json.dumps(list(Event.objects.values("data", "words")))
        for password in report.passwords.values()
    )


def test_sample_draft_teaches_and_the_others_are_clean() -> None:
    load_sample()
    found = {
        revision.texts.get(lang="en").title: [item.finding.rule for item in drafting.findings(revision)]
        for revision in Revision.objects.all()
    }
    draft = found.pop("How the five days are counted")
    assert {"FCT-1", "LNG-2", "ACS-3"} <= set(draft)
    assert [rules for rules in found.values() if rules] == []


def test_sample_does_not_touch_what_is_there() -> None:
    load_sample()
    mission = Mission.objects.get(slug="berlin")
    Mission.objects.filter(pk=mission.pk).update(name="Berlin, renamed")
    load_sample()
    mission.refresh_from_db()
    assert mission.name == "Berlin, renamed"
