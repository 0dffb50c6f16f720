"""Around every request: a name for it, its count and time in the metrics, its line in the log."""

import os
import re
import time
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from moderation.service import logs
from moderation.service.metrics import Metrics

_NAME = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


class Watch:
    """Plain ASGI around the application. Routes are named by their pattern, never by what a caller typed."""

    def __init__(self, app: ASGIApp, metrics: Metrics, *, log: bool) -> None:
        self._app = app
        self._metrics = metrics
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        name = given if _NAME.fullmatch(given) else os.urandom(8).hex()
        noted: dict[str, Any] = {}
        scope.setdefault("state", {})["noted"] = noted
        started = time.perf_counter()
        status = 500

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(raw=message["headers"])["X-Request-ID"] = name
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            seconds = time.perf_counter() - started
            route = getattr(scope.get("route"), "path", "unknown")
            self._metrics.requests.labels(route, status).inc()
            self._metrics.seconds.labels(route).observe(seconds)
            if self._log:
                logs.event(
                    "request",
                    request=name,
                    method=scope["method"] if scope["method"] in _METHODS else "other",
                    route=route,
                    status=status,
                    ms=round(seconds * 1000, 2),
                    **noted,
                )


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"})
