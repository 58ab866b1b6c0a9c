"""`dragoman neutrality`: a party reads a text and proves a version by itself, without a desk."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from dragoman.cli.main import run
from dragoman.negotiations.neutrality.finding import FIELDS

Texts = dict[str, tuple[str, str, str]]


@pytest.fixture
def terms(tmp_path: Path) -> str:
    path = tmp_path / "terms.json"
    path.write_bytes((resources.files("dragoman.sample") / "stonebridge-terms.json").read_bytes())
    return str(path)


@pytest.fixture
def put(tmp_path: Path, joint: Callable[[str], Texts]) -> Callable[..., str]:
    """A file of a joint text of the sample, as JSON; with words changed in English if asked."""

    def write(name: str, old: str = "", new: str = "") -> str:
        value = {lang: dict(zip(FIELDS, fields, strict=True)) for lang, fields in joint(name).items()}
        value["en"] = {key: text.replace(old, new) if old else text for key, text in value["en"].items()}
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(value), encoding="utf-8")
        return str(path)

    return write


def test_good_text_has_no_findings_and_its_limits_are_told(
    put: Callable[..., str], terms: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["neutrality", put("crossing"), "--terms", terms, "--release", "2"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("No findings, read as release 2. What these checks cannot see:\n  - ")
    assert "They do not understand what a text means." in told


def test_wrong_order_blocks_with_its_place_and_how_to_mend(
    put: Callable[..., str], terms: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["neutrality", put("crossing"), "--terms", terms]) == 1
    told = capsys.readouterr().out
    assert "BLOCKS  ORD-1  (en, title, sign 19) “Eastmark and Northland”" in told
    assert "Write them in this order: Northland, Eastmark." in told


def test_what_needs_a_reason_has_a_code_of_its_own(put: Callable[..., str], terms: str) -> None:
    texts = put("opening", "Riverton was the host.", "Riverton was, unfortunately, the host.")
    assert run(["neutrality", texts, "--terms", terms]) == 3


def test_note_alone_stands_in_nobodys_way(put: Callable[..., str], terms: str) -> None:
    texts = put("opening", "Riverton was the host.", "Riverton was the generous host.")
    assert run(["neutrality", texts, "--terms", terms]) == 0


def test_answer_in_json(put: Callable[..., str], terms: str, capsys: pytest.CaptureFixture[str]) -> None:
    run(["neutrality", put("opening", "Each group", "The so-called group"), "--terms", terms, "--json"])
    answer = json.loads(capsys.readouterr().out)
    assert [(one["rule"], one["words"], one["severity"]) for one in answer["findings"]] == [
        ("JDG-1", "so-called", "reason")
    ]
    assert answer["limits"]


def test_withheld_name_is_found_and_its_file_is_only_read(
    put: Callable[..., str], terms: str, tmp_path: Path
) -> None:
    names = tmp_path / "names"
    names.write_text("Anna Orrin\n\n", encoding="utf-8")
    texts = put("opening", "Riverton was the host.", "Anna Orrin was the host.")
    assert run(["neutrality", texts, "--terms", terms, "--withheld", str(names)]) == 1
    assert run(["neutrality", put("opening"), "--terms", terms, "--withheld", str(names)]) == 0


def test_version_is_made_proved_and_refused_when_a_word_is_changed(
    put: Callable[..., str],
    terms: str,
    tmp_path: Path,
    joint: Callable[[str], Texts],
    capsys: pytest.CaptureFixture[str],
) -> None:
    agreed, made = put("crossing"), tmp_path / "version.json"
    ask = ["neutrality", agreed, "--terms", terms, "--release", "2", "--party", "northland"]
    assert run([*ask, "--out", str(made)]) == 0
    assert run([*ask, "--version", str(made)]) == 0
    assert "going back restores the agreed text byte for byte" in capsys.readouterr().out
    made.write_text(
        made.read_text(encoding="utf-8").replace("six officers", "ten officers"), encoding="utf-8"
    )
    assert run([*ask, "--version", str(made)]) == 1
    told = capsys.readouterr().out
    at = joint("crossing")["en"][2].index("six officers") + 1
    assert f"REFUSED  (en, body, sign {at})" in told
    assert "This is not the agreed text in the version of northland." in told


def test_file_of_a_round_is_read_as_it_is_handed_out(
    terms: str, tmp_path: Path, joint: Callable[[str], Texts]
) -> None:
    texts = {
        lang: f"# {title}\n\n{summary}\n\n{body}\n" for lang, (title, summary, body) in joint("river").items()
    }
    path = tmp_path / "round.json"
    path.write_text(json.dumps({"format": "dragoman-round-v1", "texts": texts}), encoding="utf-8")
    assert run(["neutrality", str(path), "--terms", terms, "--release", "3"]) == 0
    assert run(["neutrality", str(path), "--terms", terms, "--release", "2"]) == 1


def test_rules_of_ones_own_are_read(put: Callable[..., str], terms: str, tmp_path: Path) -> None:
    (tmp_path / "JDG-1.toml").write_text(
        '[words.en]\njudging = ["working"]\npraising = []\n', encoding="utf-8"
    )
    assert run(["neutrality", put("opening"), "--terms", terms, "--rules", str(tmp_path)]) == 3


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[]", "it has no languages"),
        ("{", "it is not JSON"),
        ('{"en": 5}', "“en” is not a text"),
        ('{"en": {"titel": "x"}}', "“en” is not a text"),
    ],
)
def test_file_without_texts_is_refused_in_words(
    terms: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, words: str
) -> None:
    path = tmp_path / "texts.json"
    path.write_text(content, encoding="utf-8")
    assert run(["neutrality", str(path), "--terms", terms]) == 1
    assert words in capsys.readouterr().err


def test_file_that_cannot_be_read_has_a_code_of_its_own(terms: str, tmp_path: Path) -> None:
    assert run(["neutrality", str(tmp_path / "none.json"), "--terms", terms]) == 2


def test_party_is_asked_for_where_a_version_is_named(put: Callable[..., str], terms: str) -> None:
    assert run(["neutrality", put("river"), "--terms", terms, "--out", "x.json"]) == 1
    assert not Path("x.json").exists()
    assert run(["neutrality", put("river"), "--terms", terms, "--party", "riverton"]) == 1


def test_signs_that_command_the_screen_are_shown_and_not_obeyed(
    put: Callable[..., str], terms: str, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = put("opening", "Northland and Eastmark at", "Eastmark,\u001b[2J Northland at")
    run(["neutrality", texts, "--terms", terms])
    told = capsys.readouterr().out
    assert "\u001b" not in told


def test_no_django_is_loaded(put: Callable[..., str], terms: str) -> None:
    program = (
        "import sys; from dragoman.cli.main import run; "
        f"run(['neutrality', {put('opening')!r}, '--terms', {terms!r}]); "
        "bad = {'django', 'psycopg', 'procrastinate'} & {name.split('.')[0] for name in sys.modules}; "
        "sys.exit(f'loaded: {bad}' if bad else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr


def test_sample_has_what_the_loader_of_the_sample_reads(sample: Mapping[str, Any]) -> None:
    assert {"process", "pulse", "fallback", "publishable", "releases", "texts", "protocol"} == set(sample)
