"""The queue before the classifier: comments of requests that wait at the same time are classified in one call.

One call runs at a time, in a thread. What comes in meanwhile waits, and makes the next call: the busier the service,
the larger its batches, and an idle one waits for nobody.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from moderation.policy import Policy
from moderation.service.engine import Engine
from moderation.service.problems import busy
from moderation.service.settings import Limits
from moderation.types import Comment, Verdict

_CHARACTERS = 1000  # of a comment in the queue, on average: longer ones take the place of several
_BATCH_CHARACTERS = 1 << 18


@dataclass(frozen=True, slots=True)
class Options:
    """How to decide a request's comments: under which policy (None: the engine's), and whether with evidence."""

    policy: Policy | None = None
    explain: bool = True


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdicts on a request's comments, in their order, and the engine that gave them."""

    verdicts: Sequence[Verdict]
    engine: Engine

    @property
    def headers(self) -> dict[str, str]:
        """Name what judged, for the head of the answer."""
        return self.engine.headers(self.verdicts[0].policy if self.verdicts else None)


@dataclass(frozen=True, slots=True)
class _Waiting:
    comments: Sequence[Comment]
    options: Options
    answer: asyncio.Future[Judged]

    @property
    def characters(self) -> int:
        return sum(len(comment.text) for comment in self.comments)


Watcher = Callable[[Sequence[Comment], Judged], None]
"""Told of each request's comments and verdicts, in the scoring thread."""


class ScoringQueue:
    """Judges comments with `engine`, which may be exchanged at any time: a call of the classifier uses one."""

    def __init__(self, engine: Engine, limits: Limits, watchers: Sequence[Watcher] = ()) -> None:
        self.engine = engine
        self._limits = limits
        self._watchers = watchers
        self._waiting: deque[_Waiting] = deque()
        self._comments = 0
        self._characters = 0
        self._wake = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="scoring")
        self._worker: asyncio.Task[None] | None = None

    @property
    def comments(self) -> int:
        """Return how many comments wait."""
        return self._comments

    def start(self) -> None:
        """Begin to judge. Needs a running event loop."""
        self._worker = asyncio.create_task(self._work())

    async def stop(self) -> None:
        """Judge what waits, and end."""
        while self._waiting:
            await asyncio.sleep(0.01)
        if self._worker is not None:
            self._worker.cancel()
            await asyncio.gather(self._worker, return_exceptions=True)
        self._thread.shutdown()

    async def score(self, comments: Sequence[Comment], options: Options) -> Judged:
        """Judge the comments of one request.

        Raises Problem: "busy" (429) where too much waits already, "timeout" (503) where it takes too long.
        """
        if self._waiting and (
            self._comments + len(comments) > self._limits.queue or self._characters > self._limits.queue * _CHARACTERS
        ):
            raise busy(429, "busy", f"{self._comments:,} comments wait to be judged. Send this again in a second.")
        waiting = _Waiting(comments, options, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        self._comments += len(comments)
        self._characters += waiting.characters
        self._wake.set()
        try:
            async with asyncio.timeout(self._limits.timeout):
                return await waiting.answer
        except TimeoutError:
            seconds = self._limits.timeout
            raise busy(503, "timeout", f"The comments were not judged within {seconds:g} seconds.") from None

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._wake.wait()
            batch = self._take()
            if not batch:
                self._wake.clear()
                continue
            results = await loop.run_in_executor(self._thread, self._judge, self.engine, batch)
            for waiting, result in zip(batch, results, strict=True):
                if waiting.answer.done():  # the caller has given up meanwhile
                    continue
                if isinstance(result, Judged):
                    waiting.answer.set_result(result)
                else:
                    waiting.answer.set_exception(result)

    def _take(self) -> list[_Waiting]:
        """Take the requests of the next call: one at least, and as many as fit."""
        batch: list[_Waiting] = []
        comments = characters = 0
        while self._waiting:
            first = self._waiting[0]
            size = first.characters
            if batch and (comments + len(first.comments) > self._limits.batch or characters + size > _BATCH_CHARACTERS):
                break
            self._waiting.popleft()
            self._comments -= len(first.comments)
            self._characters -= size
            if not first.answer.done():
                batch.append(first)
                comments += len(first.comments)
                characters += size
        return batch

    def _judge(self, engine: Engine, batch: Sequence[_Waiting]) -> list[Judged | Exception]:
        """Classify the comments of all requests in one call, decide each request's. Where the call fails, each request
        gets one of its own: none fails because of another.
        """
        try:
            probabilities = engine.scorer.classifier.probabilities([c.text for w in batch for c in w.comments])
        except Exception as error:  # noqa: BLE001  (whatever it is, it belongs to the request that caused it)
            if len(batch) == 1:
                return [error]
            return [self._judge(engine, [waiting])[0] for waiting in batch]
        results: list[Judged | Exception] = []
        start = 0
        for waiting in batch:
            rows = probabilities[start : start + len(waiting.comments)]
            start += len(waiting.comments)
            try:
                options = waiting.options
                verdicts = engine.scorer.decide(waiting.comments, rows, options.policy, explain=options.explain)
                judged = Judged(verdicts, engine)
                for watch in self._watchers:
                    watch(waiting.comments, judged)
                results.append(judged)
            except Exception as error:  # noqa: BLE001  (the others' verdicts must not be lost with it)
                results.append(error)
        return results
