"""Akismet's protocol: forms in, a word out. Whoever can point an Akismet client at another host can point it here.

    POST /1.1/verify-key      key or api_key, blog                            -> valid | invalid
    POST /1.1/comment-check   api_key, blog, user_ip, comment_content, ...    -> true | false
    POST /1.1/submit-spam, /1.1/submit-ham                                    -> thanks, once it is kept

The key is the field `api_key`, or the first part of the host's name, as Akismet's older clients have it. Here "true"
says "flagged under the policy", not "spam". What went wrong stands in the header X-akismet-debug-help.
"""

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from starlette.responses import PlainTextResponse, Response

from moderation.service.core import Service, answered
from moderation.service.keys import Scope
from moderation.service.problems import Problem
from moderation.service.scoring import Options
from moderation.types import Comment

THANKS = "Thanks for making the web a better place."

KEPT = ("blog", "permalink", "comment_type", "comment_content", "blog_lang")
"""Fields of a correction that are kept. Who wrote it, and from where, is not."""

_FIELDS = 200
_HOST_KEY = re.compile(r"([a-z0-9]{12,63})\.")
_NOT_ASCII = re.compile(rb"[\x80-\xff]")
_CHARSETS = {"iso-8859-1", "iso-8859-15", "windows-1252"}


def router(service: Service) -> APIRouter:
    """Return the routes of the protocol."""
    routes = APIRouter(prefix="/1.1", include_in_schema=False)
    respond = answered(debug_help)

    @routes.post("/verify-key")
    @respond
    async def verify(request: Request) -> Response:
        form = _form(await service.read(request))
        try:
            _admit(service, request, form, "score")
        except Problem as problem:
            if problem.kind not in ("no-key", "unknown-key", "scope"):
                raise
            return PlainTextResponse("invalid", headers={"X-akismet-debug-help": problem.detail})
        return PlainTextResponse("valid")

    @routes.post("/comment-check")
    @respond
    async def check(request: Request) -> Response:
        form = _form(await service.read(request))
        _admit(service, request, form, "score")
        _require(form, "blog", "user_ip")
        languages = [part.strip() for part in form.get("blog_lang", "").split(",") if part.strip()]
        comment = Comment(form.get("comment_content", ""), lang=languages[0] if len(languages) == 1 else None)
        unjudged = "true" if service.settings.on_failure == "fail_closed" else "false"
        try:
            judged = await service.judge(request, [comment], Options(explain=False))
        except Problem as problem:
            request.scope["state"]["noted"]["problem"] = problem.kind
            return PlainTextResponse(unjudged, headers={"X-akismet-debug-help": problem.detail})
        (verdict,) = judged.verdicts
        headers = dict(judged.headers)
        if verdict.unscored is not None:
            return PlainTextResponse(unjudged, headers=headers | {"X-akismet-debug-help": verdict.unscored})
        if verdict.action == "hide":
            headers["X-akismet-pro-tip"] = "discard"
        return PlainTextResponse("false" if verdict.action == "allow" else "true", headers=headers)

    async def submit(request: Request, what: str) -> Response:
        form = _form(await service.read(request))
        _admit(service, request, form, "feedback")
        _require(form, "blog", "comment_content")
        kept = {name: form[name] for name in KEPT if name in form}
        await service.feedback.keep("akismet", {"verdict": what, **kept})
        return PlainTextResponse(THANKS)

    @routes.post("/submit-spam")
    @respond
    async def spam(request: Request) -> Response:
        return await submit(request, "spam")

    @routes.post("/submit-ham")
    @respond
    async def ham(request: Request) -> Response:
        return await submit(request, "ham")

    return routes


def debug_help(problem: Problem) -> Response:
    """Return a problem as Akismet has it: the word "invalid", and why in a header."""
    status = 200 if problem.status in (400, 401, 403, 422) else problem.status
    headers = {**problem.headers, "X-akismet-debug-help": problem.detail.encode("ascii", "replace").decode()}
    return PlainTextResponse("invalid", status, headers)


def _admit(service: Service, request: Request, form: Mapping[str, str], scope: Scope) -> None:
    in_host = _HOST_KEY.match(request.headers.get("host", ""))
    service.admit(request, scope, form.get("api_key") or form.get("key") or (in_host[1] if in_host else None))


def _require(form: Mapping[str, str], *names: str) -> None:
    for name in names:
        if not form.get(name):
            raise Problem(422, "missing", f'Empty "{name}" value')


def _form(body: bytes) -> dict[str, str]:
    """Return the fields of a form, in UTF-8 or in the charset that it names. Raises Problem (422)."""
    try:
        fields = dict(_fields(body, "utf-8"))
        charset = fields.get("blog_charset", "").lower()
        if charset in _CHARSETS and any("\ufffd" in value for value in fields.values()):
            fields = dict(_fields(body, charset))
    except ValueError:
        raise Problem(422, "form", f"The body is not a form of at most {_FIELDS} fields.") from None
    return fields


def _fields(body: bytes, charset: str) -> list[tuple[str, str]]:
    quoted = _NOT_ASCII.sub(lambda match: b"%%%02X" % match[0][0], body).decode("ascii")
    return parse_qsl(quoted, keep_blank_values=True, encoding=charset, errors="replace", max_num_fields=_FIELDS)
