"""Settings: every wrong value at once, by name, and no secret repeated."""

from __future__ import annotations

import pytest

from dragoman.config import env
from dragoman.lib.problems import Invalid


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("DRAGOMAN_HOME", raising=False)


def test_everything_is_optional() -> None:
    settings = env.read()
    assert (settings.public_port, settings.desk_port, settings.live_port) == (8000, 8001, 8002)
    assert settings.home.is_absolute()
    assert settings.home.name == "var"
    assert settings.public_url == "http://localhost:8000"
    assert settings.sample is True


def test_every_wrong_value_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = {
        "DRAGOMAN_DESK_PORT": "70000",
        "DRAGOMAN_LIVE_PORT": "x",
        "DRAGOMAN_PUBLIC_URL": "https://www.example.int/with/path",
        "DRAGOMAN_BIND": "everywhere",
        "DRAGOMAN_SAMPLE": "perhaps",
        "DATABASE_URL": "sqlite:///here",
    }
    for name, value in wrong.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(Invalid) as refused:
        env.read()
    assert {place["field"] for place in refused.value.where} == set(wrong)
    assert all(value in refused.value.detail for value in wrong.values())


def test_no_secret_is_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "mysql://me:hush-hush@db/desk")
    monkeypatch.setenv("DRAGOMAN_DESK_PORT", "0")
    with pytest.raises(Invalid) as refused:
        env.read()
    assert "hush-hush" not in refused.value.detail
    assert "db/desk" in refused.value.detail


def test_origin_follows_the_public_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRAGOMAN_PUBLIC_URL", "https://www.example.int/")
    settings = env.read()
    assert settings.public_url == "https://www.example.int"
    assert settings.origin == "www.example.int/record"


def test_encoder_is_one_that_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    assert env.read().encoder == ""
    monkeypatch.setenv("DRAGOMAN_ENCODER", "word2vec")
    monkeypatch.setenv("DRAGOMAN_ENCODER_THREADS", "0")
    monkeypatch.setenv("DRAGOMAN_ENCODER_URL", "http://models.example.int/v1")
    with pytest.raises(Invalid) as refused:
        env.read()
    assert {place["field"] for place in refused.value.where} == {
        "DRAGOMAN_ENCODER",
        "DRAGOMAN_ENCODER_THREADS",
        "DRAGOMAN_ENCODER_URL",
    }


def test_encoder_service_may_be_on_this_machine_without_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRAGOMAN_ENCODER_URL", "http://127.0.0.1:8080/v1/")
    monkeypatch.setenv("DRAGOMAN_ENCODER_KEY", "hush-hush")
    settings = env.read()
    assert settings.encoder_url == "http://127.0.0.1:8080/v1"
    assert "hush-hush" not in repr(settings)
