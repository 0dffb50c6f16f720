"""What all protocols share: who may ask, how comments are judged, and how it is all exchanged while it runs."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from functools import wraps
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from moderation.errors import ModerationError
from moderation.service import logs
from moderation.service.engine import Engine, load_engine
from moderation.service.feedback import Feedback
from moderation.service.keys import Keyring, Scope
from moderation.service.limits import Model, Rates, parse, read_body
from moderation.service.metrics import Metrics
from moderation.service.problems import Problem
from moderation.service.scoring import Judged, Options, ScoringQueue
from moderation.service.settings import Settings, is_loopback
from moderation.service.shadow import Shadow
from moderation.types import Comment

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class Service:
    """A running service. `settings` are those that it was started with; `reload` reads model and policy anew."""

    def __init__(self, settings: Settings) -> None:
        """Load and check everything. Raises ModerationError. Needs a running event loop."""
        self.settings = settings
        self.keyring = Keyring(settings.keys)
        self.feedback = Feedback(settings.feedback)
        self.metrics = Metrics(lambda: self.queue.comments)
        engine = load_engine(settings.model, settings.policy, settings.threads)
        self.shadow = None
        watchers = [self.metrics.watch]
        if settings.shadow_model is not None:
            self.shadow = Shadow(load_engine(settings.shadow_model, settings.policy, settings.threads), self.metrics)
            watchers.append(self.shadow.watch)
        self.queue = ScoringQueue(engine, settings.limits, watchers)
        self.metrics.judged_by(engine)
        self._rates = Rates()
        self._reloading = asyncio.Lock()

    @property
    def engine(self) -> Engine:
        """Return what judges now."""
        return self.queue.engine

    def admit(self, request: Request, scope: Scope, key: str | None = None) -> None:
        """Let a request in that may come in: `key` is what it presents where that is in none of the usual headers.

        Raises Problem: those of `Keyring.owner`, "rate" (429), "not-local" (403).
        """
        if self.keyring.is_open:
            # A page in somebody's browser may send requests to this machine, under a name of its own or from its site.
            origin = request.headers.get("origin")
            if not _is_local(request.headers.get("host", "")) or (origin and not _is_local(origin.partition("//")[2])):
                raise Problem(403, "not-local", "Without keys this service answers to localhost and 127.0.0.1 only.")
            return
        owner = self.keyring.owner(key or presented_key(request), scope)
        if owner is not None:
            request.scope["state"]["noted"]["key"] = owner.name
            self._rates.take(owner)

    async def read(self, request: Request) -> bytes:
        """Return the body of a request. Raises Problem as `read_body` does."""
        return await read_body(request, self.settings.limits)

    async def read_json(self, request: Request, model: type[Model]) -> Model:
        """Return the body of a request as `model`. Raises Problem as `read_body` and `parse` do."""
        return parse(model, await self.read(request))

    async def judge(self, request: Request, comments: Sequence[Comment], options: Options) -> Judged:
        """Judge comments. Raises Problem: "too-many" or "too-long" (422), and what `ScoringQueue.score` raises."""
        limits = self.settings.limits
        if len(comments) > limits.comments:
            raise Problem(422, "too-many", f"{len(comments):,} comments; a request may have {limits.comments:,}.")
        if any(len(comment.text) > limits.characters for comment in comments):
            raise Problem(422, "too-long", f"A comment has more than {limits.characters:,} characters.")
        request.scope["state"]["noted"]["comments"] = len(comments)
        return await self.queue.score(comments, options)

    async def reload(self) -> Engine:
        """Load model and policy anew, check them, and judge with them from the next call on. What is refused changes
        nothing. Raises ModerationError.
        """
        async with self._reloading:
            settings = self.settings
            try:
                engine = await asyncio.to_thread(load_engine, settings.model, settings.policy, settings.threads)
            except ModerationError as error:
                self.metrics.reloads.labels("refused").inc()
                logs.event("reload refused", reason=str(error))
                raise
            self.queue.engine = engine
            self.metrics.judged_by(engine)
            self.metrics.reloads.labels("done").inc()
            logs.event("reloaded", model=engine.scorer.model, policy=engine.scorer.policy.identity)
            return engine

    async def stop(self) -> None:
        """Finish what was taken, and end."""
        await self.queue.stop()
        if self.shadow is not None:
            self.shadow.stop()
        self.feedback.close()


def answered(render: Callable[[Problem], Response]) -> Callable[[Handler], Handler]:
    """Make a handler say its problems, and errors that nobody foresaw, as `render` does."""

    def around(handler: Handler) -> Handler:
        @wraps(handler)
        async def answer(request: Request) -> Response:
            try:
                return await handler(request)
            except Problem as problem:
                request.scope["state"]["noted"]["problem"] = problem.kind
                return render(problem)
            except Exception as error:  # noqa: BLE001  (the caller gets an answer, and no trace)
                logs.failure("unforeseen", error)
                return render(Problem(500, "internal", "The service failed. Its log says where."))

        return answer

    return around


def presented_key(request: Request) -> str | None:
    """Return the key that a request bears in its headers."""
    kind, _, rest = request.headers.get("authorization", "").partition(" ")
    return (rest.strip() if kind.lower() == "bearer" else None) or request.headers.get("x-api-key")


def _is_local(address: str) -> bool:
    """Say whether HOST or HOST:PORT is this machine, by a name that nobody else can give it."""
    host = address[1:].partition("]")[0] if address.startswith("[") else address.partition(":")[0].lower()
    return is_loopback(host) or host.endswith(".localhost")
