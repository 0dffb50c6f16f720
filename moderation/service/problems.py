"""What goes wrong with a request. Each protocol says it in its own words; ours are problem details (RFC 9457)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from pydantic_core import to_json
from starlette.responses import Response

TYPES = "urn:moderation:problem:"


@dataclass(slots=True)
class Problem(Exception):
    """A request that is not answered as asked.

    `kind` names it for programs, `detail` says what happened and what to do, without any text of a comment. `extra`
    stands in the answer beside them, `headers` above it.
    """

    status: int
    kind: str
    detail: str
    extra: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


def busy(status: int, kind: str, detail: str, seconds: int = 1) -> Problem:
    """Return the problem of a service that cannot answer now, and may in `seconds`."""
    return Problem(status, kind, detail, headers={"Retry-After": str(seconds)})


def problem_details(problem: Problem) -> Response:
    """Return a problem as RFC 9457 has it."""
    details = {
        "type": TYPES + problem.kind,
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        **problem.extra,
    }
    return Response(to_json(details), problem.status, dict(problem.headers), "application/problem+json")
