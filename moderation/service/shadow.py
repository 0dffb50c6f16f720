"""A shadow model: judges what the live one judged, beside it and after it, and is compared with it in the metrics.

Nobody waits for it. Where it cannot keep up, comments are left out, and counted.
"""

import threading
from collections import deque
from collections.abc import Sequence

from moderation.service.engine import Engine
from moderation.service.metrics import Metrics
from moderation.service.scoring import Judged
from moderation.types import Comment

_MOST = 1000  # comments that wait for the shadow
_BATCH = 64


class Shadow:
    """Compares `engine` with the live one, in a thread of its own."""

    def __init__(self, engine: Engine, metrics: Metrics) -> None:
        self.engine = engine
        self._metrics = metrics
        self._waiting: deque[tuple[Comment, frozenset[str], dict[str, float]]] = deque()
        self._ready = threading.Condition()
        self._stopped = False
        self._thread = threading.Thread(target=self._work, name="shadow", daemon=True)
        self._thread.start()

    def watch(self, comments: Sequence[Comment], judged: Judged) -> None:
        """Take the comments of a request, with the live verdicts, to be compared."""
        with self._ready:
            for comment, verdict in zip(comments, judged.verdicts, strict=True):
                if verdict.unscored is not None:
                    continue
                if len(self._waiting) >= _MOST:
                    self._metrics.shadow_left_out.inc()
                    continue
                self._waiting.append((comment, frozenset(verdict.flags), dict(verdict.scores)))
            self._ready.notify()

    def stop(self) -> None:
        """End, and leave what waits."""
        with self._ready:
            self._stopped = True
            self._ready.notify()
        self._thread.join()

    def _work(self) -> None:
        while True:
            with self._ready:
                self._ready.wait_for(lambda: self._waiting or self._stopped)
                if self._stopped:
                    return
                batch = [self._waiting.popleft() for _ in range(min(_BATCH, len(self._waiting)))]
            try:
                self._compare(batch)
            except Exception:  # noqa: BLE001  (a shadow that fails must not fail the live model)
                self._metrics.shadow_failed.inc(len(batch))

    def _compare(self, batch: Sequence[tuple[Comment, frozenset[str], dict[str, float]]]) -> None:
        scorer = self.engine.scorer
        comments = [comment for comment, _, _ in batch]
        probabilities = scorer.classifier.probabilities([comment.text for comment in comments])
        verdicts = scorer.decide(comments, probabilities, explain=False)
        for (_, flags, scores), verdict in zip(batch, verdicts, strict=True):
            if verdict.unscored is not None:
                continue
            for label in scores.keys() & verdict.scores.keys():
                live, shadow = label in flags, label in verdict.flags
                outcome = {(1, 1): "both", (1, 0): "live only", (0, 1): "shadow only", (0, 0): "neither"}[live, shadow]
                self._metrics.shadow_flags.labels(label, outcome).inc()
                self._metrics.shadow_difference.labels(label).observe(abs(scores[label] - verdict.scores[label]))
