"""Coral's external moderation phase: a signed request for each comment, answered with 204 (no opinion) or what to do.

Protocol: Coral, External Moderation Phases; its requests are signed as its webhooks are.
"""

from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel
from pydantic_core import to_json
from starlette.responses import Response

from moderation.service.core import Service, answered
from moderation.service.limits import parse
from moderation.service.problems import Problem, problem_details
from moderation.service.scoring import Options
from moderation.service.signing import check_signature
from moderation.types import Action, Comment

_FLAG = {"actionType": "FLAG", "reason": "COMMENT_DETECTED_TOXIC"}
ANSWERS: dict[Action, dict[str, Any] | None] = {
    "allow": None,
    "review": {"status": "SYSTEM_WITHHELD", "actions": [_FLAG]},
    "hide": {"status": "REJECTED", "actions": [_FLAG]},
}
"""What Coral is told for each action; None: nothing, and its own rules go on."""

UNJUDGED = {"status": "PREMOD"}
"""What it is told, under fail_closed, of a comment that could not be judged: a person looks at it first."""


class CoralComment(BaseModel):
    """The comment: its text, as Coral's setting has it, plain or HTML."""

    body: str


class CoralRequest(BaseModel):
    """What we read of Coral's request."""

    action: str
    comment: CoralComment


def router(service: Service) -> APIRouter:
    """Return the routes of the protocol."""
    routes = APIRouter(include_in_schema=False)

    @routes.post("/hooks/coral")
    @answered(problem_details)
    async def phase(request: Request) -> Response:
        settings = service.settings
        if not settings.coral.secrets:
            raise Problem(501, "not-set-up", "Set coral.secrets to the signing secret that Coral shows.")
        body = await service.read(request)
        check_signature(body, request.headers.get("x-coral-signature"), settings.coral.secrets)
        asked = parse(CoralRequest, body)
        try:
            judged = await service.judge(request, [Comment(asked.comment.body)], Options(explain=False))
        except Problem as problem:
            request.scope["state"]["noted"]["problem"] = problem.kind
            return _answer(UNJUDGED if settings.on_failure == "fail_closed" else None, {})
        (verdict,) = judged.verdicts
        if verdict.unscored is not None:
            return _answer(UNJUDGED if settings.on_failure == "fail_closed" else None, judged.headers)
        return _answer(ANSWERS[verdict.action], judged.headers)

    return routes


def _answer(what: dict[str, Any] | None, headers: dict[str, str]) -> Response:
    if what is None:
        return Response(status_code=204, headers=headers)
    return Response(to_json(what), 200, headers, "application/json")
