"""API keys: drawn at random, kept as hashes, compared in constant time."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from moderation.errors import SettingsError
from moderation.service.problems import Problem

Scope = Literal["score", "feedback", "metrics", "admin"]

_BYTES = 25  # 200 random bits: 40 characters of base32, and a host name's label may have 63


class Key(BaseModel):
    """A key as the settings hold it: whose it is, the sha256 of it, what it may be used for, and how often.

    A plain hash is enough: what is hashed was drawn at random from 2 ** 200 keys, and cannot be guessed as a
    password can.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[A-Za-z0-9_.-]{1,40}$")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$", repr=False, exclude=True)
    scopes: tuple[Scope, ...] = ("score",)
    rate: float | None = Field(default=None, gt=0, description="requests a second; None: as many as come")


def new_key(name: str, scopes: Sequence[str]) -> tuple[str, str]:
    """Return a key, and the table of TOML that lets it in. Small letters and digits only: Akismet's clients put it into
    a host name. Raises SettingsError for a name or scope that cannot be.
    """
    key = base64.b32encode(secrets.token_bytes(_BYTES)).decode().lower()
    try:
        kept = Key.model_validate({"name": name, "sha256": key_hash(key), "scopes": scopes})
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)[0]
        raise SettingsError(f"A key's {found['loc'][0]}: {found['msg']}.") from None
    listed = ", ".join(f'"{scope}"' for scope in kept.scopes)
    return key, f'[[keys]]\nname = "{kept.name}"\nsha256 = "{kept.sha256}"\nscopes = [{listed}]'


def key_hash(key: str) -> str:
    """Return the sha256 of a key, as the settings hold it."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


class Keyring:
    """All keys. An empty ring opens to everybody, which the settings allow on loopback only."""

    def __init__(self, keys: Sequence[Key]) -> None:
        self._keys = tuple(keys)

    @property
    def is_open(self) -> bool:
        """Say whether no key is asked for."""
        return not self._keys

    def owner(self, presented: str | None, scope: Scope) -> Key | None:
        """Return the key that was presented (None: the ring is open).

        Raises Problem: "no-key" (401), "unknown-key" (401), "scope" (403).
        """
        if self.is_open:
            return None
        if not presented:
            raise Problem(401, "no-key", "A key is needed. Send it as `Authorization: Bearer KEY`.", headers=_ASK)
        digest = key_hash(presented)
        found = None
        for key in self._keys:  # all of them, whatever is found: the time must not tell how far the search went
            if hmac.compare_digest(digest, key.sha256):
                found = key
        if found is None:
            raise Problem(
                401, "unknown-key", "This key is not known here. Check it, or ask for a new one.", headers=_ASK
            )
        if scope not in found.scopes:
            raise Problem(403, "scope", f"This key may not be used for this; it needs the scope {scope!r}.")
        return found


_ASK = {"WWW-Authenticate": "Bearer"}
