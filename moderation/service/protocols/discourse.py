"""Discourse's webhook: each new or edited post comes here, signed; what is flagged goes to Discourse's review queue.

Discourse does nothing with the answer but to show it to administrators. So where `discourse.url` is set, a flagged post
is reported through Discourse's API, before the webhook is answered: what could not be reported is answered with an
error, and Discourse sends it again.
"""

import asyncio
import json
import urllib.error
import urllib.request
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel
from pydantic_core import to_json
from starlette.responses import Response

from moderation.service import logs
from moderation.service.core import Service, answered
from moderation.service.limits import parse
from moderation.service.problems import Problem, problem_details
from moderation.service.scoring import Judged, Options
from moderation.service.settings import Discourse
from moderation.service.signing import check_signature
from moderation.types import Comment

EVENTS = ("post_created", "post_edited")
NOTIFY_MODERATORS = 7
"""The type of a report that goes to moderators with a message (Discourse's post action types)."""

_TIMEOUT = 8.0  # seconds; Discourse itself waits longer
_DONE = 422  # Discourse's answer to a report that was made before


class Post(BaseModel):
    """What we read of a post."""

    id: int
    raw: str


class PostEvent(BaseModel):
    """The payload of a post's events."""

    post: Post


def router(service: Service) -> APIRouter:
    """Return the routes of the protocol."""
    routes = APIRouter(include_in_schema=False)

    @routes.post("/hooks/discourse")
    @answered(problem_details)
    async def webhook(request: Request) -> Response:
        settings = service.settings
        if settings.discourse.secret is None:
            raise Problem(501, "not-set-up", "Set discourse.secret to the webhook's secret.")
        body = await service.read(request)
        check_signature(body, request.headers.get("x-discourse-event-signature"), [settings.discourse.secret])
        if request.headers.get("x-discourse-event", "") not in EVENTS:
            return Response(b'{"status":"ignored"}', media_type="application/json")
        post = parse(PostEvent, body).post
        judged = await service.judge(request, [Comment(post.raw, str(post.id))], Options(explain=False))
        (verdict,) = judged.verdicts
        doubtful = verdict.action != "allow"
        if verdict.unscored is not None:
            doubtful = settings.on_failure == "fail_closed"
        reported = doubtful and settings.discourse.url is not None
        if reported:
            await asyncio.to_thread(_report, settings.discourse, post.id, _reason(judged))
        answer = {
            "status": "judged",
            "post_id": post.id,
            "action": verdict.action,
            "scores": {name: round(p, 6) for name, p in verdict.scores.items()},
            "flags": verdict.flags,
            "unscored": verdict.unscored,
            "reported": reported,
        }
        return Response(to_json(answer), 200, judged.headers, "application/json")

    return routes


def _reason(judged: Judged) -> str:
    """Say to moderators why a post was reported, in numbers and without a word of it."""
    (verdict,) = judged.verdicts
    why = ", ".join(f"{name} {verdict.scores[name]:.2f}" for name in verdict.flags)
    return (
        f"Please look at this post: {why or f'it could not be judged ({verdict.unscored})'}. Judged by {verdict.model}."
    )


def _report(settings: Discourse, post: int, message: str) -> None:
    """Report a post to the moderators. Raises Problem (502) where Discourse does not take it."""
    form: dict[str, Any] = {"id": post, "post_action_type_id": NOTIFY_MODERATORS, "message": message}
    secret = settings.api_key.get_secret_value() if settings.api_key else ""
    request = urllib.request.Request(  # noqa: S310  (the settings take http and https only)
        f"{(settings.url or '').rstrip('/')}/post_actions.json",
        json.dumps(form).encode(),
        {"Content-Type": "application/json", "Api-Key": secret, "Api-Username": settings.api_user},
    )
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT):  # noqa: S310
            return
    except urllib.error.HTTPError as error:
        with error:
            if error.code == _DONE:
                return
        what = f"HTTP {error.code}"
    except OSError as error:
        what = type(error).__name__
    logs.event("discourse took no report", reason=what, post=post)
    raise Problem(502, "not-reported", f"The post was judged, but Discourse did not take the report ({what}).")
