"""Signatures of webhooks: HMAC-SHA256 of the body, as Coral and Discourse send them."""

import hashlib
import hmac
from collections.abc import Sequence

from pydantic import SecretStr

from moderation.service.problems import Problem

_PREFIX = "sha256="


def check_signature(body: bytes, header: str | None, secrets: Sequence[SecretStr]) -> None:
    """Raise Problem (401) unless `header`, one or more of "sha256=HEX" with commas between them, holds the signature of
    `body` under one of `secrets`.
    """
    if not header:
        raise Problem(401, "no-signature", "The request bears no signature.")
    given = [part.strip().removeprefix(_PREFIX).encode() for part in header.split(",")[:8]]
    right = [hmac.new(s.get_secret_value().encode(), body, hashlib.sha256).hexdigest().encode() for s in secrets]
    matches = [hmac.compare_digest(a, b) for a in given for b in right]  # all of them: the time must not tell which
    if not any(matches):
        raise Problem(401, "signature", "The signature is not that of this body under the secret that is set here.")
