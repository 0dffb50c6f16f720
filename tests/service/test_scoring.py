"""The queue before the classifier: batches mix no answers, and nobody waits for ever."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.classifiers.base import ClassifierInfo
from moderation.policy import Policy, Thresholds
from moderation.scorer import Scorer
from moderation.service.engine import Engine
from moderation.service.problems import Problem
from moderation.service.scoring import Judged, Options, ScoringQueue
from moderation.service.settings import Limits
from moderation.types import Comment

INFO = ClassifierInfo("lengths", "1", ("hate",), ("en",))
POLICY = Policy({"hate": Thresholds(0.5)})


class Lengths:
    """Gives each text a probability that tells its length, and remembers its batches; holds them until it is let."""

    info = INFO

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.go = threading.Event()
        self.go.set()

    def probabilities(self, texts: Sequence[str]) -> Any:
        self.go.wait(10)
        self.batches.append(len(texts))
        if "bad" in texts:
            raise RuntimeError("bad")
        return np.array([[len(text) / 1000] for text in texts], np.float32)


def engine_of(classifier: Any, model: str = "m") -> Engine:
    return Engine(Scorer(classifier, POLICY, model), None)  # type: ignore[arg-type]


def run(classifier: Any, work: Callable[[ScoringQueue], Any], **limits: Any) -> Any:
    """Run `work` on a started queue; it gets the queue and returns a coroutine."""

    async def all_of_it() -> Any:
        queue = ScoringQueue(engine_of(classifier), Limits(**limits))
        queue.start()
        try:
            return await work(queue)
        finally:
            await queue.stop()

    return asyncio.run(all_of_it())


def comments(texts: Sequence[str]) -> list[Comment]:
    return [Comment(text) for text in texts]


@settings(max_examples=25)
@given(
    st.lists(st.lists(st.integers(1, 300).map("x".__mul__), min_size=1, max_size=5), min_size=1, max_size=12),
    st.integers(1, 6),
)
def test_every_request_gets_the_verdicts_on_its_own_comments(requests: list[list[str]], batch: int) -> None:
    classifier = Lengths()

    async def ask_all(queue: ScoringQueue) -> list[Judged]:
        return list(await asyncio.gather(*(queue.score(comments(texts), Options()) for texts in requests)))

    answers = run(classifier, ask_all, batch=batch)
    for texts, judged in zip(requests, answers, strict=True):
        found = [verdict.scores["hate"] for verdict in judged.verdicts]
        assert found == pytest.approx([len(text) / 1000 for text in texts])
    assert sum(classifier.batches) == sum(map(len, requests))
    assert max(classifier.batches) <= max(batch, max(map(len, requests)))


def test_what_waits_together_is_classified_together() -> None:
    classifier = Lengths()
    classifier.go.clear()

    async def ask_all(queue: ScoringQueue) -> None:
        first = asyncio.create_task(queue.score(comments(["a"]), Options()))
        await asyncio.sleep(0.05)
        others = [asyncio.create_task(queue.score(comments(["b"]), Options())) for _ in range(20)]
        await asyncio.sleep(0.05)
        assert queue.comments == 20
        classifier.go.set()
        await asyncio.gather(first, *others)

    run(classifier, ask_all)
    assert classifier.batches == [1, 20]


def test_each_request_has_its_own_policy() -> None:
    strict = Policy({"hate": Thresholds(0.0, 0.0)}, "strict")

    async def ask_both(queue: ScoringQueue) -> list[Judged]:
        options = (Options(), Options(strict))
        return list(await asyncio.gather(*(queue.score(comments(["abc"]), option) for option in options)))

    first, second = run(Lengths(), ask_both)
    assert (first.verdicts[0].action, second.verdicts[0].action) == ("allow", "hide")
    assert second.verdicts[0].policy == strict.identity


def test_one_that_fails_takes_no_other_with_it() -> None:
    classifier = Lengths()
    classifier.go.clear()

    async def ask_all(queue: ScoringQueue) -> list[Any]:
        tasks = [asyncio.create_task(queue.score(comments([text]), Options())) for text in ("first", "bad", "good")]
        await asyncio.sleep(0.05)
        classifier.go.set()
        return await asyncio.gather(*tasks, return_exceptions=True)

    first, bad, good = run(classifier, ask_all)
    assert isinstance(bad, RuntimeError)
    assert isinstance(first, Judged) and isinstance(good, Judged)


def test_a_full_queue_refuses_and_a_slow_one_gives_up() -> None:
    classifier = Lengths()
    classifier.go.clear()

    async def ask_all(queue: ScoringQueue) -> list[Any]:
        tasks = [asyncio.create_task(queue.score(comments(["a"]), Options()))]
        await asyncio.sleep(0.05)
        tasks += [asyncio.create_task(queue.score(comments(["b", "c"]), Options())) for _ in range(3)]
        results = await asyncio.gather(*tasks, return_exceptions=True)
        classifier.go.set()
        return results

    *slow, full = run(classifier, ask_all, queue=4, timeout=0.2)
    assert [(p.status, p.kind) for p in slow] == [(503, "timeout")] * 3
    assert isinstance(full, Problem) and (full.status, full.kind) == (429, "busy")
    assert full.headers["Retry-After"] == "1"
    assert sum(classifier.batches) == 1  # nobody judges what nobody waits for any more


def test_an_engine_is_exchanged_between_calls() -> None:
    async def ask_all(queue: ScoringQueue) -> list[str]:
        before = await queue.score(comments(["a"]), Options())
        queue.engine = engine_of(Lengths(), "new")
        after = await queue.score(comments(["a"]), Options())
        return [before.verdicts[0].model, after.verdicts[0].model]

    assert run(Lengths(), ask_all) == ["m", "new"]
