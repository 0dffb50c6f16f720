"""Settings of the service: from the command line, else the environment, else a TOML file, else these defaults."""

import ipaddress
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from moderation.errors import SettingsError
from moderation.service.keys import Key

ENVIRONMENT = "MODERATION_SERVE_"

_Strict = ConfigDict(extra="forbid", frozen=True)


class Limits(BaseModel):
    """What one request, one caller, and all of them together may take. Times are seconds."""

    model_config = _Strict

    body: int = Field(default=1 << 20, ge=1 << 10, description="bytes of a request's body")
    comments: int = Field(default=100, ge=1, description="comments of a request")
    characters: int = Field(default=100_000, ge=1, description="characters of a comment")
    queue: int = Field(default=2000, ge=1, description="comments that wait to be judged")
    batch: int = Field(default=256, ge=1, description="comments that are judged in one call")
    timeout: float = Field(default=10.0, gt=0, description="seconds until a request is judged")
    body_timeout: float = Field(default=10.0, gt=0, description="seconds until a request's body is there")
    header_timeout: float = Field(default=10.0, gt=0, description="seconds until a request's headers are there")
    headers: int = Field(default=32 << 10, ge=1 << 10, description="bytes of a request's headers")
    connections: int = Field(default=1000, ge=1, description="connections at once")
    shutdown: int = Field(default=30, ge=1, description="seconds that a stopping service has to finish what it took")


class Coral(BaseModel):
    """Coral's external moderation phase: the signing secret that it shows, and the old one while it is replaced."""

    model_config = _Strict

    secrets: tuple[SecretStr, ...] = ()


class Discourse(BaseModel):
    """Discourse's webhook: its secret; and, where flagged posts are to go to its review queue, how to reach it."""

    model_config = _Strict

    secret: SecretStr | None = None
    url: str | None = None
    api_key: SecretStr | None = None
    api_user: str = "system"

    @model_validator(mode="after")
    def _whole(self) -> "Discourse":
        if (self.url is None) != (self.api_key is None):
            raise ValueError("url and api_key go together")
        if self.url is not None and not self.url.startswith(("http://", "https://")):
            raise ValueError("url must begin with http:// or https://")
        return self


class Settings(BaseSettings):
    """All that the service can be told."""

    model_config = SettingsConfigDict(
        env_prefix=ENVIRONMENT, env_nested_delimiter="__", extra="forbid", frozen=True, hide_input_in_errors=True
    )

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    model: str = "default"
    policy: Path | None = None
    shadow_model: str | None = None
    threads: int = Field(default=0, ge=0)
    keys: tuple[Key, ...] = ()
    on_failure: Literal["fail_open", "fail_closed"] = "fail_closed"
    feedback: Path | None = None
    public_url: str | None = Field(default=None, pattern=r"^https?://[^/?#\s]+(/[^?#\s]*)?$")
    log_requests: bool = True
    limits: Limits = Field(default_factory=Limits)
    coral: Coral = Field(default_factory=Coral)
    discourse: Discourse = Field(default_factory=Discourse)

    @model_validator(mode="after")
    def _guarded(self) -> "Settings":
        names = [key.name for key in self.keys]
        if len(set(names)) < len(names):
            raise ValueError("two keys have the same name")
        if not self.keys and not is_loopback(self.host):
            raise ValueError(
                "without keys the service answers this machine only; keep host = 127.0.0.1, or make a key with "
                "`moderation serve --new-key NAME`"
            )
        return self

    def shown(self) -> str:
        """Return the settings as JSON, with every secret hidden."""
        return self.model_dump_json(indent=2)


def read_settings(file: Path | None = None, **given: Any) -> Settings:
    """Read the settings: `given`, over the environment, over `file` (TOML), over the defaults.

    Raises SettingsError, which names the settings that are wrong and never their values.
    """

    class Sourced(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            del dotenv_settings, file_secret_settings
            return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, file)

    if file is not None and not file.is_file():
        raise SettingsError(f"{file}: no such file. Name a TOML file, or leave out --config.")
    try:
        return Sourced(**given)
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, e['loc'])) or 'settings'}: {e['msg']}"
            for e in error.errors(include_url=False, include_context=False, include_input=False)
        )
        raise SettingsError(f"The settings make no sense ({wrong}). See docs/service.md.") from None
    except (OSError, ValueError) as error:  # a file that is no TOML; an environment variable that is no JSON
        raise SettingsError(f"{file or ENVIRONMENT + '*'}: cannot be read ({type(error).__name__}).") from None


def is_loopback(host: str) -> bool:
    """Say whether only this machine reaches `host`."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
