"""The environment, typed. Every wrong value is reported at once, by name."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from dragoman.lib.problems import Invalid


class Settings(BaseSettings):
    """All optional. `DRAGOMAN_` before each name, but for DATABASE_URL."""

    model_config = SettingsConfigDict(env_prefix="DRAGOMAN_", extra="ignore")

    home: Path = Path("var")
    public_port: int = Field(8000, ge=1, le=65535)
    desk_port: int = Field(8001, ge=1, le=65535)
    live_port: int = Field(8002, ge=1, le=65535)
    public_url: str = ""
    desk_url: str = ""
    live_url: str = ""
    database_url: str = Field("", validation_alias="DATABASE_URL")
    sample: bool = True
    debug: bool = False
    allow_loopback: bool = False

    @field_validator("home")
    @classmethod
    def _absolute(cls, home: Path) -> Path:
        return home.expanduser().absolute()

    @field_validator("public_url", "desk_url", "live_url")
    @classmethod
    def _origin(cls, url: str) -> str:
        parts = urlsplit(url)
        if url and (
            parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/")
        ):
            raise ValueError("must be an origin such as https://desk.example.int")
        return url.rstrip("/")

    def model_post_init(self, context: object) -> None:
        self.public_url = self.public_url or f"http://localhost:{self.public_port}"
        self.desk_url = self.desk_url or f"http://localhost:{self.desk_port}"
        self.live_url = self.live_url or f"http://localhost:{self.live_port}"

    @property
    def public_dir(self) -> Path:
        return self.home / "public"

    @property
    def keys_dir(self) -> Path:
        return self.home / "keys"

    @property
    def origin(self) -> str:
        """The log's name: the public host (and port when there is one), then /record."""
        return f"{urlsplit(self.public_url).netloc}/record"


def read() -> Settings:
    """Raises Invalid naming every wrong variable."""
    try:
        return Settings()  # type: ignore[call-arg]  # the fields come from the environment
    except ValidationError as error:
        where = [
            {
                "field": _name(str(item["loc"][0])),
                "message": item["msg"],
                "given": os.environ.get(_name(str(item["loc"][0])), ""),
            }
            for item in error.errors()
        ]
        lines = "; ".join(f"{place['field']}={place['given']!r}: {place['message']}" for place in where)
        raise Invalid(f"The environment is wrong: {lines}", code="settings", where=where) from None


def _name(field: str) -> str:
    return field if field == "DATABASE_URL" else f"DRAGOMAN_{field.upper()}"
