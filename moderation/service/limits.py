"""Reading a request within limits of size and time, and counting a caller's requests."""

import asyncio
import json
import time
from functools import cache
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from starlette.requests import ClientDisconnect, Request

from moderation.service.keys import Key
from moderation.service.problems import Problem, busy
from moderation.service.settings import Limits

Model = TypeVar("Model", bound=BaseModel)

_SHOWN = 5  # errors of a body that are named


async def read_body(request: Request, limits: Limits) -> bytes:
    """Return the body of a request.

    Raises Problem: "too-large" (413), "too-slow" (408), "gone" (400) where the caller went away.
    """
    declared = request.headers.get("content-length", "0")
    if declared.isdecimal() and int(declared) > limits.body:
        raise _too_large(limits)
    pieces, size = [], 0
    try:
        async with asyncio.timeout(limits.body_timeout):
            async for piece in request.stream():
                size += len(piece)
                if size > limits.body:
                    raise _too_large(limits)
                pieces.append(piece)
    except TimeoutError:
        detail = f"The body did not come within {limits.body_timeout:g} seconds."
        raise Problem(408, "too-slow", detail, headers=_CLOSE) from None
    except ClientDisconnect:
        raise Problem(400, "gone", "The connection was closed before the body was there.") from None
    return b"".join(pieces)


def parse(model: type[Model], body: bytes) -> Model:
    """Return the JSON `body` as `model`.

    A lone surrogate, which JavaScript makes of half an emoji, becomes "?": one code point for one.

    Raises Problem: "not-json" (400), "invalid" (422). Neither holds anything of the body but names of known fields.
    """
    try:
        try:
            return model.model_validate_json(body)
        except ValidationError as error:
            if error.errors(include_url=False, include_input=False)[0]["type"] != "json_invalid":
                raise
            try:
                whole = json.dumps(json.loads(body), ensure_ascii=False).encode("utf-8", "replace")
            except (ValueError, RecursionError):
                raise error from None
            return model.model_validate_json(whole)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        if found[0]["type"] == "json_invalid":
            raise Problem(400, "not-json", f"The body is not JSON in UTF-8 ({_place(found[0]['msg'])}).") from None
        errors = [{"field": _field(e, _names(model)), "reason": e["msg"]} for e in found[:_SHOWN]]
        named = "; ".join(f"{e['field'] or 'body'}: {e['reason']}" for e in errors)
        raise Problem(422, "invalid", f"The body is not what is asked for ({named}).", {"errors": errors}) from None


class Rates:
    """How many requests each key may still make: a bucket for each that fills at its rate, and holds one second's."""

    def __init__(self) -> None:
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, key: Key) -> None:
        """Take one request. Raises Problem (429) where none is left."""
        if key.rate is None:
            return
        now = time.monotonic()
        most = max(1.0, key.rate)
        left, since = self._buckets.get(key.name, (most, now))
        left = min(most, left + (now - since) * key.rate)
        self._buckets[key.name] = (max(left - 1, 0.0) if left >= 1 else left, now)
        if left < 1:
            wait = max(1, round((1 - left) / key.rate + 0.5))
            raise busy(429, "rate", f"This key may make {key.rate:g} requests a second.", wait)


_CLOSE = {"Connection": "close"}


def _too_large(limits: Limits) -> Problem:
    detail = f"The body has more than {limits.body:,} bytes. Send fewer comments at once."
    return Problem(413, "too-large", detail)


def _place(message: str) -> str:
    """Return where the parser stopped, without what it found there."""
    at = message.rfind(" at line ")
    return message[at + 1 :] if at >= 0 else "it cannot be read"


def _field(error: ErrorDetails, names: frozenset[str]) -> str:
    """Return where in a body an error is. A field that nobody knows is the caller's text, and is not shown."""
    parts = [str(part) for part in error["loc"] if isinstance(part, int) or part in names]
    return ".".join([*parts, "?"] if error["type"] == "extra_forbidden" else parts)


@cache
def _names(model: type[BaseModel]) -> frozenset[str]:
    """Return the names of all fields that a body may have."""
    schema = model.model_json_schema(mode="validation")
    return frozenset(
        name for part in (schema, *schema.get("$defs", {}).values()) for name in part.get("properties", ())
    )
