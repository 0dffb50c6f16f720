"""The application: all routes, what OpenAPI says of them, and its beginning and end."""

import asyncio
import contextlib
import signal
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

from fastapi import FastAPI, Request
from fastapi.routing import APIRoute
from pydantic.json_schema import models_json_schema
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp

from moderation import __version__
from moderation.errors import ModerationError
from moderation.service import operation
from moderation.service.core import Service
from moderation.service.paths import Paths
from moderation.service.problems import Problem, problem_details
from moderation.service.protocols import akismet, coral, discourse, openai, perspective, v1
from moderation.service.protocols.v1_bodies import ScoreRequest
from moderation.service.watch import Watch

_DESCRIPTION = """Judges reader comments: probabilities of hate speech, antisemitism and toxicity, a decision, and the \
words that caused it. Every answer names the model, its sha256 and the policy in its headers, whatever the protocol."""

_PROBLEM = {
    "description": "Problem details (RFC 9457)",
    "content": {
        "application/problem+json": {
            "schema": {"$ref": "#/components/schemas/Problem"},
            "example": {
                "type": "urn:moderation:problem:too-many",
                "title": "Unprocessable Entity",
                "status": 422,
                "detail": "120 comments; a request may have 100.",
            },
        }
    },
}
_PROBLEM_SCHEMA = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    },
}


def build_app(service: Service) -> ASGIApp:
    """Return the application around a service, which it starts and stops."""

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        del app
        service.queue.start()
        with _reloads_on_hangup(service):
            yield
        await service.stop()

    app = FastAPI(
        title="moderation",
        version=__version__,
        description=_DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,  # their pages load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
    )
    routers = [part.router(service) for part in (v1, perspective, openai, coral, akismet, discourse, operation)]
    for router in routers:
        app.include_router(router)
    routes = [route for router in routers for route in router.routes if isinstance(route, APIRoute)]

    @app.exception_handler(HTTPException)
    async def unknown(request: Request, error: HTTPException) -> Response:
        del request
        kind = {404: "not-found", 405: "method"}.get(error.status_code, "http")
        detail = {404: "There is nothing at this address.", 405: "This address takes another method."}
        return problem_details(
            Problem(error.status_code, kind, detail.get(error.status_code, "Refused."), headers=error.headers or {})
        )

    app.openapi = lambda: _described(app)  # type: ignore[method-assign]
    return Watch(Paths(app, routes), service.metrics, log=service.settings.log_requests)


def _described(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document: FastAPI's, and the bodies and problems, which our handlers read and write
    themselves.
    """
    if app.openapi_schema is None:
        document = FastAPI.openapi(app)
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        template = "#/components/schemas/{model}"
        _, bodies = models_json_schema([(ScoreRequest, "validation")], ref_template=template)
        schemas.update(bodies["$defs"])
        schemas["Problem"] = _PROBLEM_SCHEMA
        for path, methods in document["paths"].items():
            for operation_ in methods.values():
                operation_["responses"].pop("422", None)
                if path.startswith("/v1/"):
                    operation_["responses"]["4XX"] = operation_["responses"]["5XX"] = _PROBLEM
        app.openapi_schema = document
    return app.openapi_schema


@contextlib.contextmanager
def _reloads_on_hangup(service: Service) -> Iterator[None]:
    """Load model and policy anew at every SIGHUP, where this system and thread can hear one."""
    loop = asyncio.get_running_loop()
    running: set[asyncio.Task[None]] = set()

    async def reload() -> None:
        with contextlib.suppress(ModerationError):  # it is in the log, and the old ones go on
            await service.reload()

    def heard() -> None:
        task = asyncio.create_task(reload())
        running.add(task)
        task.add_done_callback(running.discard)

    able = hasattr(signal, "SIGHUP") and threading.current_thread() is threading.main_thread()
    if able:
        loop.add_signal_handler(signal.SIGHUP, heard)
    try:
        yield
    finally:
        if able:
            loop.remove_signal_handler(signal.SIGHUP)
