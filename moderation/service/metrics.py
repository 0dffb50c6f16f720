"""What the service counts, for Prometheus. No label ever holds anything that a caller sent."""

from collections.abc import Callable, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, ProcessCollector, generate_latest

from moderation.service.engine import Engine
from moderation.service.scoring import Judged
from moderation.types import Comment

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_TENTHS = tuple(n / 10 for n in range(1, 11))


class Metrics:
    """All metrics, in a registry of their own: two services in one process do not mix."""

    def __init__(self, queued: Callable[[], float]) -> None:
        """Make them; `queued` returns how many comments wait."""
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        here = {"registry": self.registry}
        self.requests = Counter("moderation_requests", "Requests answered.", ("route", "status"), **here)
        self.seconds = Histogram("moderation_request_seconds", "Time to answer.", ("route",), buckets=_SECONDS, **here)
        self.actions = Counter("moderation_comments", "Comments judged, by action.", ("action",), **here)
        self.unscored = Counter("moderation_unscored", "Comments that could not be judged.", ("reason",), **here)
        self.scores = Histogram("moderation_scores", "Probabilities.", ("label",), buckets=_TENTHS, **here)
        self.flags = Counter("moderation_flags", "Comments flagged.", ("label",), **here)
        self.reloads = Counter("moderation_reloads", "Reloads of model and policy.", ("result",), **here)
        self.model = Info("moderation_model", "What judges.", **here)
        self.shadow_flags = Counter(
            "moderation_shadow_flags", "Comments that both models judged, by who flags.", ("label", "flagged"), **here
        )
        self.shadow_difference = Histogram(
            "moderation_shadow_difference", "Difference of probabilities.", ("label",), buckets=_TENTHS, **here
        )
        self.shadow_left_out = Counter(
            "moderation_shadow_left_out", "Comments that the shadow had no time for.", **here
        )
        self.shadow_failed = Counter("moderation_shadow_failed", "Comments that the shadow failed on.", **here)
        Gauge("moderation_queued_comments", "Comments that wait.", **here).set_function(queued)

    def watch(self, comments: Sequence[Comment], judged: Judged) -> None:
        """Count the verdicts on a request's comments."""
        del comments
        for verdict in judged.verdicts:
            self.actions.labels(verdict.action).inc()
            if verdict.unscored is not None:
                self.unscored.labels(verdict.unscored).inc()
            for label, score in verdict.scores.items():
                self.scores.labels(label).observe(score)
            for label in verdict.flags:
                self.flags.labels(label).inc()

    def judged_by(self, engine: Engine) -> None:
        """Name the model and policy that judge now."""
        manifest = engine.manifest
        self.model.info(
            {
                "name": manifest.name,
                "version": manifest.version,
                "sha256": manifest.sha256,
                "policy": engine.scorer.policy.identity,
            }
        )

    def text(self) -> bytes:
        """Return all metrics in Prometheus' text format."""
        return generate_latest(self.registry)
