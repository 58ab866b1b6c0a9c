"""What may not be in the repository: hosts in lock files, machine paths, secrets; and what must be."""

from __future__ import annotations

import json
import re

import pytest
from tests.house import code

from dragoman.config.env import Settings

LOCKS = ("requirements.lock", "requirements-dev.lock")
GLOSSARY = (
    "officer",
    "mission",
    "fact sheet",
    "fact",
    "statement",
    "rendition",
    "guideline",
    "finding",
    "approval",
    "release",
    "correction",
    "withdrawal",
    "channel",
    "connector",
    "delivery",
    "record",
    "entry",
    "checkpoint",
    "witness",
    "audit",
)  # fmt: skip - as a paragraph
# Written in pieces, so that this file does not hold what it looks for.
MACHINE_PATHS = re.compile("/" + "(?:root|home/[a-z]+|Users/[A-Za-z]+)/|/" + "work/(?:main|shared)\\b")
REGISTRIES = re.compile(
    "|".join(("files\\.pythonhosted" + "\\.org", "pypi" + "\\.org/simple", "registry\\.npmjs" + "\\.org"))
)
KEYS = re.compile("-----BEGIN (?:[A-Z]+ )?PRIVATE " + "KEY-----")


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_file_has_a_hash_for_every_package_and_no_address(lock: str) -> None:
    text = (code.ROOT / lock).read_text(encoding="utf-8")
    assert not re.search(r"https?://|^\s*(--index-url|--extra-index-url|--find-links|-i|-f)\b", text, re.M)
    entries = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.M)[1:]
    assert len(entries) > 30
    for entry in entries:
        assert re.match(r"[\w.\[\],-]+==[^\s;\\]+", entry), entry[:80]
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry[:80]


def test_test_lock_holds_the_run_lock_whole() -> None:
    def pinned(lock: str) -> set[str]:
        return set(re.findall(r"^([\w.-]+==[^\s;\\]+)", (code.ROOT / lock).read_text("utf-8"), re.M))

    assert pinned(LOCKS[0]) <= pinned(LOCKS[1])


def test_npm_lock_files_carry_digests_and_no_address() -> None:
    locks = [path for path in code.tracked() if path.name == "package-lock.json"]
    assert locks
    for path in locks:
        packages = json.loads(path.read_text(encoding="utf-8"))["packages"]
        for place, entry in packages.items():
            assert "resolved" not in entry, f"{code.name(path)}: {place}"
            if place and not entry.get("link"):
                assert entry.get("integrity", "").startswith("sha512-"), f"{code.name(path)}: {place}"


@pytest.mark.parametrize(
    ("what", "pattern"),
    [("a path of one machine", MACHINE_PATHS), ("a registry", REGISTRIES), ("a key", KEYS)],
)
def test_no_file_names(what: str, pattern: re.Pattern[str]) -> None:
    found = [
        f"{code.name(path)}:{text[: match.start()].count(chr(10)) + 1} {match[0]}"
        for path, text in code.texts()
        for match in pattern.finditer(text)
    ]
    assert not found, f"{what}: {found}"


def test_nothing_that_is_made_is_in_version_control() -> None:
    made = {".venv", "node_modules", "var", "__pycache__", ".pytest_cache", ".mypy_cache"}
    wrong = [code.name(path) for path in code.tracked() if made & set(path.relative_to(code.ROOT).parts)]
    assert not wrong, wrong


def test_glossary_explains_every_word_of_the_house() -> None:
    text = (code.ROOT / "docs/glossary.md").read_text(encoding="utf-8").lower()
    missing = [word for word in GLOSSARY if not re.search(rf"(?<!\w){word}s?(?!\w)", text)]
    assert not missing, missing


def test_every_setting_is_described() -> None:
    text = (code.ROOT / "docs/settings.md").read_text(encoding="utf-8")
    names = ["DATABASE_URL", *(f"DRAGOMAN_{name.upper()}" for name in Settings.model_fields)]
    missing = [name for name in names if name not in text and name != "DRAGOMAN_DATABASE_URL"]
    assert not missing, missing


def test_every_direct_dependency_is_explained_with_its_licence() -> None:
    import tomllib

    project = tomllib.loads((code.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [
        *project["dependencies"],
        *(name for group in project["optional-dependencies"].values() for name in group),
    ]
    names = {re.split(r"[\[=<>~ ]", entry)[0] for entry in wanted}
    for path in code.tracked():
        if path.name == "package.json":
            listed = json.loads(path.read_text(encoding="utf-8"))
            names |= {*listed.get("dependencies", {}), *listed.get("devDependencies", {})}
    text = (code.ROOT / "docs/decisions/dependencies.md").read_text(encoding="utf-8")
    missing = sorted(name for name in names if f"| {name} |" not in text)
    assert not missing, missing


def test_licence_is_the_eupl() -> None:
    text = (code.ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "EUROPEAN UNION PUBLIC LICENCE v. 1.2" in text
    assert "Article 15" in text or "15. Applicable Law" in text or "15.Applicable Law" in text
