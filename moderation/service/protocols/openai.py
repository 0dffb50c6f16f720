"""The protocol of OpenAI's moderations: POST /v1/moderations, a string or a list of them to categories and scores.

Categories that none of our labels stands behind are false, with score 0, and named in `unsupported`.
"""

import secrets
from collections.abc import Sequence
from typing import Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import to_json
from starlette.responses import Response

from moderation.service.core import Service, answered
from moderation.service.problems import Problem
from moderation.service.scoring import Options
from moderation.types import Comment, Verdict

CATEGORIES = (
    "harassment",
    "harassment/threatening",
    "hate",
    "hate/threatening",
    "illicit",
    "illicit/violent",
    "self-harm",
    "self-harm/instructions",
    "self-harm/intent",
    "sexual",
    "sexual/minors",
    "violence",
    "violence/graphic",
)
"""The official names."""

LABELS = {"hate": "hate", "harassment": "toxicity", "antisemitism": "antisemitism"}
"""The label that answers for each category; "antisemitism" is none of OpenAI's, and stands beside theirs."""


class Part(BaseModel):
    """A part of an input that may hold text or an image. There is nothing here that judges images."""

    model_config = ConfigDict(extra="ignore")

    type: str
    text: str | None = None


class ModerationRequest(BaseModel):
    """The body. `model` is taken and not used: the service has the one that it has, and names it in the answer."""

    model_config = ConfigDict(extra="ignore")

    input: str | list[str] | list[Part]
    model: str | None = Field(default=None)


def router(service: Service) -> APIRouter:
    """Return the routes of the protocol."""
    routes = APIRouter(include_in_schema=False)

    @routes.post("/v1/moderations")
    @answered(openai_error)
    async def moderations(request: Request) -> Response:
        service.admit(request, "score")
        asked = await service.read_json(request, ModerationRequest)
        texts = _texts(asked.input)
        judged = await service.judge(request, [Comment(text) for text in texts], Options(explain=False))
        manifest = judged.engine.manifest
        answer = {
            "id": f"modr-{secrets.token_hex(16)}",
            "model": judged.engine.scorer.model,
            "results": [_result(v, manifest.labels, service.settings.on_failure) for v in judged.verdicts],
        }
        return Response(to_json(answer), 200, judged.headers, "application/json")

    return routes


def openai_error(problem: Problem) -> Response:
    """Return a problem as OpenAI's services have it."""
    status = 400 if problem.status == 422 else problem.status
    kinds = {401: "invalid_request_error", 403: "invalid_request_error", 429: "rate_limit_error"}
    code = {"no-key": "invalid_api_key", "unknown-key": "invalid_api_key"}.get(problem.kind, problem.kind)
    error = {
        "message": problem.detail,
        "type": kinds.get(status, "invalid_request_error" if status < 500 else "server_error"),
        "param": None,
        "code": code,
    }
    return Response(to_json({"error": error}), status, dict(problem.headers), "application/json")


def _texts(given: str | Sequence[str | Part]) -> list[str]:
    """Return the texts to judge: one for a string, one for each of a list, one for all parts of a mixed input."""
    if isinstance(given, str):
        return [given]
    if not given:
        raise Problem(422, "empty", "The input is an empty list.")
    parts = [item for item in given if isinstance(item, Part)]
    if not parts:
        return [item for item in given if isinstance(item, str)]
    if any(part.type != "text" or part.text is None for part in parts):
        raise Problem(422, "image", "Only text can be judged here; leave images out.")
    return ["\n".join(part.text or "" for part in parts)]


def _result(verdict: Verdict, labels: Sequence[str], on_failure: Literal["fail_open", "fail_closed"]) -> dict[str, Any]:
    supported = {category: label for category, label in LABELS.items() if label in labels}
    names = [*CATEGORIES, *(category for category in supported if category not in CATEGORIES)]
    flagged = bool(verdict.flags) if verdict.unscored is None else on_failure == "fail_closed"
    result: dict[str, Any] = {
        "flagged": flagged,
        "categories": {name: supported.get(name) in verdict.flags for name in names},
        "category_scores": {name: verdict.scores.get(supported.get(name, ""), 0.0) for name in names},
        "category_applied_input_types": {name: ["text"] if name in supported else [] for name in names},
        "unsupported": [name for name in CATEGORIES if name not in supported],
    }
    if verdict.unscored is not None:
        result["unscored"] = verdict.unscored
    return result
