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
        registry = self.registry
        self.requests = Counter("moderation_requests", "Requests answered.", ("route", "status"), registry=registry)
        self.seconds = Histogram(
            "moderation_request_seconds", "Time to answer.", ("route",), buckets=_SECONDS, registry=registry
        )
        self.actions = Counter("moderation_comments", "Comments judged, by action.", ("action",), registry=registry)
        self.unscored = Counter("moderation_unscored", "Comments not judged, by why.", ("reason",), registry=registry)
        self.scores = Histogram("moderation_scores", "Probabilities.", ("label",), buckets=_TENTHS, registry=registry)
        self.flags = Counter("moderation_flags", "Comments flagged.", ("label",), registry=registry)
        self.reloads = Counter("moderation_reloads", "Reloads of model and policy.", ("result",), registry=registry)
        self.model = Info("moderation_model", "What judges.", registry=registry)
        self.shadow_flags = Counter(
            "moderation_shadow_flags",
            "Comments that both judged, by who flags.",
            ("label", "flagged"),
            registry=registry,
        )
        self.shadow_difference = Histogram(
            "moderation_shadow_difference", "Differences.", ("label",), buckets=_TENTHS, registry=registry
        )
        self.shadow_left_out = Counter("moderation_shadow_left_out", "Comments left out.", registry=registry)
        self.shadow_failed = Counter("moderation_shadow_failed", "Comments that it failed on.", registry=registry)
        Gauge("moderation_queued_comments", "Comments that wait.", registry=registry).set_function(queued)

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
