"""The shortest way to a handler: every address is fixed, so one look into a table finds it.

FastAPI keeps the document of the routes, and answers what is not in the table (its own routes, wrong methods, unknown
addresses). Its layers around a handler cost more than judging a comment does, and ours need none of them: a handler
reads its request and words its errors itself.
"""

from collections.abc import Iterable

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send


class Paths:
    """Plain ASGI: calls the endpoint of one of `routes`, each of which takes a Request and returns a Response."""

    def __init__(self, app: ASGIApp, routes: Iterable[APIRoute]) -> None:
        self._app = app
        self._routes = {(method, route.path): route for route in routes for method in route.methods or ()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or hand it on."""
        route = self._routes.get((scope.get("method", ""), scope.get("path", "")))
        if route is None:
            await self._app(scope, receive, send)
            return
        scope["route"] = route
        response = await route.endpoint(Request(scope, receive, send))
        await response(scope, receive, send)
