"""Secrets at rest."""

import stat
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.lib.vault import Vault, VaultError


def test_what_is_sealed_opens_again_and_is_not_readable(tmp_path: Path) -> None:
    vault = Vault(tmp_path / "keys" / "vault.key")
    sealed = vault.seal({"password": "abcd-efgh"})
    assert "abcd" not in sealed
    assert Vault(vault.key_path).open(sealed) == {"password": "abcd-efgh"}


def test_the_key_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    vault = Vault(tmp_path / "keys" / "vault.key")
    vault.seal({})
    assert stat.S_IMODE(vault.key_path.stat().st_mode) == 0o600
    vault.rotate()
    assert stat.S_IMODE(vault.key_path.stat().st_mode) == 0o600


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    vault = Vault(tmp_path / "vault.key")
    vault.seal({})
    vault.key_path.chmod(0o644)
    with pytest.raises(VaultError, match="chmod 600"):
        vault.seal({})


def test_a_rotation_keeps_old_secrets_readable_until_they_are_renewed(tmp_path: Path) -> None:
    vault = Vault(tmp_path / "vault.key")
    old = vault.seal({"a": "b"})
    vault.rotate()
    assert vault.open(old) == {"a": "b"}
    renewed = vault.renew(old)
    vault.forget_old()
    assert vault.open(renewed) == {"a": "b"}
    with pytest.raises(VaultError):
        vault.open(old)


def test_another_database_with_another_key_says_how_to_mend_it(tmp_path: Path) -> None:
    sealed = Vault(tmp_path / "one.key").seal({"a": "b"})
    with pytest.raises(VaultError, match="Put back the key file"):
        Vault(tmp_path / "two.key").open(sealed)


@given(st.text(min_size=1, max_size=80))
def test_any_text_that_was_not_sealed_is_refused_in_words(text: str) -> None:
    with pytest.raises(VaultError):
        _VAULT.open(text)


@pytest.fixture(scope="module", autouse=True)
def _one_vault(tmp_path_factory: pytest.TempPathFactory) -> None:
    global _VAULT  # noqa: PLW0603 - hypothesis runs the test body many times with one fixture
    _VAULT = Vault(tmp_path_factory.mktemp("keys") / "vault.key")


_VAULT: Vault


@pytest.mark.parametrize("content", [b"", b"\n", b"not a key\n"])
def test_a_spoilt_key_file_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "vault.key"
    path.touch(0o600)
    path.write_bytes(content)
    with pytest.raises(VaultError, match=r"vault\.key"):
        Vault(path).seal({})


def test_two_that_start_at_once_use_one_key(tmp_path: Path) -> None:
    vaults = [Vault(tmp_path / "vault.key") for _ in range(8)]
    sealed: list[str] = []
    threads = [threading.Thread(target=lambda v=v: sealed.append(v.seal({"n": 1}))) for v in vaults]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(vaults[0].open(each) == {"n": 1} for each in sealed)


def test_repr_shows_no_path_and_no_key(tmp_path: Path) -> None:
    assert repr(Vault(tmp_path / "vault.key")) == "Vault('vault.key')"
