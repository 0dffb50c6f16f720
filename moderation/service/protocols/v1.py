"""Our own protocol, version 1: comments to verdicts. Errors are problem details (RFC 9457)."""

from typing import Any

from fastapi import APIRouter, Request
from pydantic_core import to_json
from starlette.responses import Response

from moderation.errors import ModerationError, PolicyError
from moderation.labels import LABELS
from moderation.policy import Policy, Thresholds
from moderation.service.core import Service, answered
from moderation.service.engine import Engine
from moderation.service.problems import Problem, problem_details
from moderation.service.protocols.v1_bodies import (
    EXAMPLES,
    CommentIn,
    LabelsResponse,
    ModelResponse,
    OptionsIn,
    ReloadResponse,
    ScoreRequest,
    ScoreResponse,
)
from moderation.service.scoring import Options
from moderation.types import Comment, Verdict


def router(service: Service) -> APIRouter:
    """Return the routes of the protocol."""
    routes = APIRouter(prefix="/v1", tags=["v1"])
    respond = answered(problem_details)

    @routes.post(
        "/score", response_model=ScoreResponse, openapi_extra=_takes("ScoreRequest", EXAMPLES), summary="Judge comments"
    )
    @respond
    async def score(request: Request) -> Response:
        service.admit(request, "score")
        asked = await service.read_json(request, ScoreRequest)
        comments = [_comment(item) for item in asked.comments]
        options = _options(asked.options, service.engine)
        judged = await service.judge(request, comments, options)
        wanted = asked.options.labels
        results = [_result(v, c.text, wanted) for v, c in zip(judged.verdicts, comments, strict=True)]
        policy = judged.verdicts[0].policy
        return _json({"results": results, "model": _model(judged.engine), "policy": policy}, judged.headers)

    @routes.get("/labels", response_model=LabelsResponse, summary="What each label means")
    @respond
    async def labels(request: Request) -> Response:
        service.admit(request, "score")
        engine = service.engine
        thresholds = engine.scorer.policy.thresholds
        known = {label.name: label for label in LABELS}
        found = [
            {
                "name": name,
                "title": known[name].title if name in known else name,
                "definition": known[name].definition if name in known else "",
                "source": known[name].source if name in known else "",
                "url": known[name].url if name in known else "",
                "threshold": thresholds[name].review if name in thresholds else None,
            }
            for name in engine.manifest.labels
        ]
        policy = engine.scorer.policy.identity
        return _json({"labels": found, "model": _model(engine), "policy": policy}, engine.headers())

    @routes.get("/model", response_model=ModelResponse, summary="What judges")
    @respond
    async def model(request: Request) -> Response:
        service.admit(request, "score")
        engine, shadow = service.engine, service.shadow
        manifest, policy = engine.manifest, engine.scorer.policy
        answer = {
            "model": _model(engine),
            "kind": manifest.kind,
            "labels": manifest.labels,
            "languages": manifest.languages,
            "licence": manifest.licence,
            "normaliser": manifest.normaliser,
            "policy": policy.identity,
            "thresholds": {name: {"review": t.review, "hide": t.hide} for name, t in policy.thresholds.items()},
            "shadow": None if shadow is None else _model(shadow.engine),
        }
        return _json(answer, engine.headers())

    @routes.post("/admin/reload", response_model=ReloadResponse, summary="Load model and policy anew")
    @respond
    async def reload(request: Request) -> Response:
        service.admit(request, "admin")
        try:
            engine = await service.reload()
        except ModerationError as error:
            raise Problem(409, "refused", f"Nothing was changed: {error}") from None
        return _json({"model": _model(engine), "policy": engine.scorer.policy.identity}, engine.headers())

    return routes


def _takes(model: str, examples: dict[str, Any]) -> dict[str, Any]:
    """Describe the body of a route for OpenAPI."""
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{model}"}, "examples": examples}}
    return {"requestBody": {"required": True, "content": content}}


def _comment(item: str | CommentIn) -> Comment:
    return Comment(item) if isinstance(item, str) else Comment(item.text, item.id, lang=item.lang)


def _options(asked: OptionsIn, engine: Engine) -> Options:
    """Return how to decide. Raises Problem (422) for labels that the model does not have."""
    known = engine.manifest.labels
    for name in (*(asked.labels or ()), *(asked.policy or ())):
        if name not in known:
            raise Problem(422, "unknown-label", f"No such label; the model has {', '.join(known)}.")
    own = engine.scorer.policy
    thresholds = dict(own.thresholds)
    if asked.policy is not None:
        thresholds = {name: Thresholds(pair.review, pair.hide) for name, pair in asked.policy.items()}
    if asked.labels is not None:
        thresholds = {name: pair for name, pair in thresholds.items() if name in asked.labels}
    if not thresholds:
        raise Problem(422, "policy", "No threshold is set for these labels; give some in options.policy.")
    if thresholds == own.thresholds:
        return Options(None, asked.explain)
    try:
        return Options(Policy(thresholds, "request"), asked.explain)
    except PolicyError as error:
        raise Problem(422, "policy", str(error)) from None


def _result(verdict: Verdict, text: str, labels: list[str] | None) -> dict[str, Any]:
    scores = {name: round(p, 6) for name, p in verdict.scores.items() if labels is None or name in labels}
    return {
        "id": verdict.comment_id,
        "action": verdict.action,
        "scores": scores,
        "flags": verdict.flags,
        "evidence": [
            {"start": s.start, "end": s.end, "label": s.label, "text": text[s.start : s.end]} for s in verdict.evidence
        ],
        "unscored": verdict.unscored,
    }


def _model(engine: Engine) -> dict[str, str]:
    manifest = engine.manifest
    return {"name": manifest.name, "version": manifest.version, "sha256": manifest.sha256}


def _json(answer: dict[str, Any], headers: dict[str, str]) -> Response:
    return Response(to_json(answer), 200, headers, "application/json")
