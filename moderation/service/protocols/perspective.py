"""The protocol of Google's Perspective API (Comment Analyzer, v1alpha1), served from our labels.

    POST /v1alpha1/comments:analyze?key=KEY        comment, requestedAttributes, languages, ... -> attributeScores
    POST /v1alpha1/comments:suggestscore?key=KEY   comment, attributeScores, ... -> kept as feedback
    GET  /$discovery/rest?version=v1alpha1         the document that Google's client libraries are built from

Errors are Google's JSON. Offsets count code points, here as everywhere.
"""

import re
from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request
from pydantic_core import to_json
from starlette.responses import Response

from moderation.service.core import Service, answered
from moderation.service.keys import Scope
from moderation.service.languages import guess_language
from moderation.service.problems import Problem
from moderation.service.protocols.perspective_bodies import AnalyzeRequest, Context, SuggestRequest, TextEntry, Wanted
from moderation.service.protocols.perspective_discovery import discovery_document
from moderation.service.scoring import Options
from moderation.types import Comment, Verdict

ATTRIBUTES = {"TOXICITY": "toxicity", "IDENTITY_ATTACK": "hate", "ANTISEMITISM": "antisemitism"}
"""The label that answers for each attribute. What is not in it is unknown here: no label of ours stands behind it."""

LONGEST = 20480
"""Bytes of a comment, as Perspective limits them."""

_ERROR = "type.googleapis.com/google.commentanalyzer.v1alpha1.Error"
_STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    408: "DEADLINE_EXCEEDED",
    413: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
}
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,3}")
_ATTRIBUTE = re.compile(r"[A-Z][A-Z_]{0,63}")
_SENTENCE = re.compile(r"[^\s].*?(?:[.!?…]+[\"'”’)\]]*(?=\s)|(?=\n)|$)", re.MULTILINE)


def router(service: Service) -> APIRouter:
    """Return the routes of the protocol."""
    routes = APIRouter(include_in_schema=False)  # the discovery document describes them
    respond = answered(google_error)

    @routes.post("/v1alpha1/comments:analyze")
    @respond
    async def analyze(request: Request) -> Response:
        _admit(service, request, "score")
        asked = await service.read_json(request, AnalyzeRequest)
        text = _text(asked.comment, asked.context)
        known = {name: label for name, label in ATTRIBUTES.items() if label in service.engine.manifest.labels}
        wanted = _wanted(asked, known)
        guessed = guess_language(text)
        languages = _languages(asked.languages)
        _check_languages(languages, service.engine.manifest.languages, next(iter(wanted)))
        sentences = _sentences(text, service.settings.limits.comments - 1) if asked.span_annotations else []
        comments = [Comment(text), *(Comment(text[begin:end]) for begin, end in sentences)]
        judged = await service.judge(request, comments, Options(explain=False))
        whole, parts = judged.verdicts[0], judged.verdicts[1:]
        if whole.unscored is not None:
            raise _unscored(whole.unscored, guessed, next(iter(wanted)))
        spans = list(zip(sentences, parts, strict=True)) if sentences else [((0, len(text)), whole)]
        answer: dict[str, Any] = {
            "attributeScores": {name: _scores(known[name], how, whole, spans) for name, how in wanted.items()},
            "languages": languages or [guessed],
            "detectedLanguages": [guessed],
        }
        if asked.client_token is not None:
            answer["clientToken"] = asked.client_token
        return Response(to_json(answer), 200, judged.headers, "application/json")

    @routes.post("/v1alpha1/comments:suggestscore")
    @respond
    async def suggest(request: Request) -> Response:
        _admit(service, request, "feedback")
        asked = await service.read_json(request, SuggestRequest)
        text = _text(asked.comment, asked.context)
        for name in asked.attribute_scores:
            if name not in ATTRIBUTES:
                raise _unknown(name)
        languages = _languages(asked.languages)
        await service.feedback.keep("perspective", asked.model_dump(exclude_none=True, by_alias=True))
        answer: dict[str, Any] = {"requestedLanguages": languages, "detectedLanguages": [guess_language(text)]}
        if asked.client_token is not None:
            answer["clientToken"] = asked.client_token
        return Response(to_json(answer), media_type="application/json")

    @routes.get("/$discovery/rest")
    @routes.get("/discovery/v1/apis/commentanalyzer/v1alpha1/rest")
    @respond
    async def discovery(request: Request) -> Response:
        if request.query_params.get("version", "v1alpha1") != "v1alpha1":
            raise Problem(404, "not-found", "Only version v1alpha1 is served here.")
        root = service.settings.public_url or str(request.base_url)
        return Response(to_json(discovery_document(root.rstrip("/") + "/")), media_type="application/json")

    return routes


def google_error(problem: Problem) -> Response:
    """Return a problem as Google's services have it."""
    status, message, details = problem.status, problem.detail, list(problem.extra.get("details", ()))
    if problem.kind == "no-key":
        status = 403
        message = (
            "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or "
            "other form of API consumer identity to call this API."
        )
    elif problem.kind == "unknown-key":
        status, message = 400, "API key not valid. Please pass a valid API key."
        info = "type.googleapis.com/google.rpc.ErrorInfo"
        details = [{"@type": info, "reason": "API_KEY_INVALID", "domain": "googleapis.com"}]
    elif status == 422 or problem.kind == "not-json":
        status = 400
        details = details or [{"@type": _ERROR, "errorType": "INVALID_REQUEST"}]
    error: dict[str, Any] = {"code": status, "message": message, "status": _STATUS.get(status, "UNKNOWN")}
    if details:
        error["details"] = details
    headers = {name: value for name, value in problem.headers.items() if name != "WWW-Authenticate"}
    return Response(to_json({"error": error}), status, headers, "application/json")


def _admit(service: Service, request: Request, scope: Scope) -> None:
    service.admit(request, scope, request.query_params.get("key") or request.headers.get("x-goog-api-key"))


def _refused(message: str, kind: str = "INVALID_REQUEST", **more: Any) -> Problem:
    return Problem(400, kind.lower(), message, {"details": [{"@type": _ERROR, "errorType": kind, **more}]})


def _text(comment: TextEntry, context: Context | None) -> str:
    """Return the text of a comment. Raises Problem where it is empty, too long, or of another type."""
    for entry in (comment, *((context.entries or ()) if context else ())):
        if entry.type == "HTML":
            raise _refused("Currently, only 'PLAIN_TEXT' comments are supported")
        if entry.type not in ("PLAIN_TEXT", "TEXT_TYPE_UNSPECIFIED"):
            raise _refused("Unknown text type")
    if context and context.entries is not None and context.article_and_parent_comment is not None:
        raise _refused("Context can have either entries or article_and_parent_comment, but both fields were populated.")
    if not comment.text.strip():
        raise _refused("Comment must be non-empty.", "COMMENT_EMPTY")
    if len(comment.text.encode()) > LONGEST:
        raise _refused("Comment text too long.", "COMMENT_TOO_LONG")
    return comment.text


def _wanted(asked: AnalyzeRequest, known: dict[str, str]) -> dict[str, Wanted]:
    """Return what is asked of each attribute. Raises Problem where there is none, or one that is not known."""
    if not asked.requested_attributes:
        raise _refused("Missing requested_attributes", "NO_REQUESTED_ATTRIBUTES")
    wanted = {}
    for name, how in asked.requested_attributes.items():
        how = how or Wanted()
        if name not in known:
            if asked.drop_unsupported_attributes:
                continue
            raise _unknown(name)
        if how.score_type not in ("PROBABILITY", "SCORE_TYPE_UNSPECIFIED"):
            raise _refused(f"Requested score type is not supported by attribute {name}")
        wanted[name] = how
    if not wanted:
        raise _refused("Missing requested_attributes", "NO_REQUESTED_ATTRIBUTES")
    return wanted


def _unknown(name: str) -> Problem:
    return _refused(f"Unknown requested attribute: {name if _ATTRIBUTE.fullmatch(name) else '?'}")


def _languages(asked: Sequence[str]) -> list[str]:
    if len(asked) > 16 or not all(_LANGUAGE.fullmatch(language) for language in asked):
        raise _refused("Languages must be BCP 47 tags.")
    return list(asked)


def _check_languages(asked: Sequence[str], known: Sequence[str], attribute: str) -> None:
    foreign = [language for language in asked if language.lower().partition("-")[0] not in known]
    if foreign:
        error = {"requestedLanguages": list(asked), "attribute": attribute}
        raise _not_supported(foreign, attribute, error)


def _not_supported(languages: Sequence[str], attribute: str, error: dict[str, Any]) -> Problem:
    return _refused(
        f"Attribute {attribute} does not support request languages: {', '.join(languages)}",
        "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE",
        languageNotSupportedByAttributeError=error,
    )


def _unscored(reason: str, guessed: str, attribute: str) -> Problem:
    if reason == "empty":
        return _refused("Comment must be non-empty.", "COMMENT_EMPTY")
    return _not_supported([guessed], attribute, {"detectedLanguages": [guessed], "attribute": attribute})


def _sentences(text: str, most: int) -> list[tuple[int, int]]:
    """Return where each sentence of a text begins and ends. What is past the last of `most` belongs to it."""
    found = [match.span() for match in _SENTENCE.finditer(text)]
    if len(found) > most:
        found = [*found[: most - 1], (found[most - 1][0], found[-1][1])]
    return found


def _scores(
    label: str, how: Wanted, whole: Verdict, spans: Sequence[tuple[tuple[int, int], Verdict]]
) -> dict[str, Any]:
    """Return the scores of one attribute, without those below its threshold."""
    least = how.score_threshold if how.score_threshold is not None else 0.0
    answer: dict[str, Any] = {}
    parts = [
        {"begin": begin, "end": end, "score": {"value": verdict.scores[label], "type": "PROBABILITY"}}
        for (begin, end), verdict in spans
        if verdict.unscored is None and verdict.scores[label] >= least
    ]
    if parts:
        answer["spanScores"] = parts
    if whole.scores[label] >= least:
        answer["summaryScore"] = {"value": whole.scores[label], "type": "PROBABILITY"}
    return answer
