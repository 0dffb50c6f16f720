"""What operators and their machines ask for: is it alive, is it ready, what did it count."""

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import PlainTextResponse, Response

from moderation.service.core import Service, answered
from moderation.service.problems import busy, problem_details


def router(service: Service) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(tags=["operation"])
    respond = answered(problem_details)

    @routes.get("/healthz", response_class=PlainTextResponse, summary="Is the process alive?")
    @respond
    async def healthz(request: Request) -> Response:
        del request
        return PlainTextResponse("ok\n")

    @routes.get("/readyz", response_class=PlainTextResponse, summary="Can it take requests?")
    @respond
    async def readyz(request: Request) -> Response:
        del request
        if service.queue.comments >= service.settings.limits.queue:
            raise busy(503, "busy", "The queue is full.")
        return PlainTextResponse("ready\n", headers=service.engine.headers())

    @routes.get("/metrics", response_class=PlainTextResponse, summary="Counts, for Prometheus")
    @respond
    async def metrics(request: Request) -> Response:
        service.admit(request, "metrics")
        return Response(service.metrics.text(), media_type=CONTENT_TYPE_LATEST)

    return routes
