"""The scorer: comments in, verdicts out. What a forum embeds."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from moderation.bundle import load_bundle
from moderation.classifiers import load_classifier
from moderation.classifiers.base import Classifier, Explainer
from moderation.policy import Policy, Thresholds
from moderation.text import profiles
from moderation.types import Comment, Span, Verdict

_LONGEST_EXPLAINED = 1 << 16  # code points; explaining takes some 500 bytes for each, and nobody reads that far
_MAX_EVIDENCE = 8  # words shown for one label: past that, "the whole comment" says it better


class Scorer:
    """Judges comments with one classifier under one policy. Immutable: share one between threads."""

    def __init__(self, classifier: Classifier, policy: Policy, model: str) -> None:
        self.classifier = classifier
        self.policy = policy
        self.model = model

    @classmethod
    def load(cls, model: Path | str | None = None, *, policy: Policy | None = None, threads: int = 0) -> "Scorer":
        """Load a bundle: "default", "fast" or "accurate" (None: "default"), which ship with the project, or a folder,
        under `policy` (None: the thresholds that the bundle suggests). An encoder in it judges with `threads` threads
        (0: one for each core).

        Raises BundleError (its kinds say what is wrong and what to do).
        """
        bundle = load_bundle(model)
        if policy is None:
            suggested = {label: Thresholds(review) for label, review in bundle.manifest.thresholds.items()}
            policy = Policy(suggested, name="suggested")
        return cls(load_classifier(bundle, threads), policy, bundle.identity)

    def score(self, comments: Sequence[str | Comment]) -> list[Verdict]:
        """Judge comments, in their order; a plain string is a comment without an id.

        A comment that cannot be judged (nothing to read, a language that the model does not know) is unscored and
        goes to review. Raises TypeError for a single string: put it in a list.
        """
        if isinstance(comments, str | Comment):
            raise TypeError("score() takes a list of comments; for a single one: scorer.score([comment])")
        items = [Comment(c) if isinstance(c, str) else c for c in comments]
        return self.decide(items, self.classifier.probabilities([c.text for c in items]))

    def decide(
        self,
        comments: Sequence[Comment],
        probabilities: NDArray[np.float32],
        policy: Policy | None = None,
        *,
        explain: bool = True,
    ) -> list[Verdict]:
        """Give the verdicts on comments whose `probabilities`, (len(comments), labels), the classifier has given, under
        `policy` (None: the scorer's own), with evidence or without: what was classified once can be decided again.
        """
        policy = policy or self.policy
        reasons = self._unscored(comments, profiles([c.text for c in comments]))
        labels = self.classifier.info.labels
        verdicts = []
        for comment, row, reason in zip(comments, probabilities.tolist(), reasons, strict=True):
            if reason is None:
                scores = dict(zip(labels, row, strict=True))
                action, flags = policy.decide(scores)
                evidence = self._evidence(comment.text, flags, policy) if flags and explain else ()
                verdict = Verdict(action, scores, self.model, policy.identity, comment.id, flags, evidence)
            else:
                verdict = Verdict("review", {}, self.model, policy.identity, comment.id, unscored=reason)
            verdicts.append(verdict)
        return verdicts

    async def score_async(self, comments: Sequence[str | Comment]) -> list[Verdict]:
        """Judge comments as `score` does, in a thread: the event loop goes on meanwhile."""
        return await asyncio.to_thread(self.score, comments)

    def _unscored(self, items: Sequence[Comment], counts: NDArray[np.int32]) -> list[str | None]:
        """Say for each comment why it cannot be judged, or None. `counts` is what `profiles` returns."""
        languages = self.classifier.info.languages
        reasons: list[str | None] = [None] * len(items)
        foreign = counts[:, 2] * 2 < counts[:, 1]  # all the languages so far are written in Latin letters
        for at in np.flatnonzero(foreign):
            reasons[at] = "unsupported script"
        for at in np.flatnonzero(counts[:, 0] == 0):
            reasons[at] = "empty"
        for i, comment in enumerate(items):
            if (
                comment.lang
                and reasons[i] is None
                and comment.lang.lower().replace("_", "-").split("-")[0] not in languages
            ):
                reasons[i] = "unsupported language"
        return reasons

    def _evidence(self, text: str, flags: Sequence[str], policy: Policy) -> tuple[Span, ...]:
        """Return for each flagged label the fewest words without whose weight it would not be flagged, side by side
        ones joined. Of a text longer than a novel's chapter only the opening is looked at.
        """
        if not isinstance(self.classifier, Explainer):
            return ()
        found: list[Span] = []
        explained = self.classifier.explain(text[:_LONGEST_EXPLAINED])
        for label in flags:
            spans = [s for s in explained if s.label == label]
            threshold = policy.thresholds[label].review
            surplus = (
                sum(s.weight for s in spans) - float(np.log(threshold / (1 - threshold))) if 0 < threshold < 1 else 0.0
            )
            chosen: list[Span] = []
            for span in sorted((s for s in spans if s.end > s.start), key=lambda s: -s.weight)[:_MAX_EVIDENCE]:
                if span.weight <= 0 or (chosen and surplus < 0):
                    break
                chosen.append(span)
                surplus -= span.weight
            found += _joined(text, sorted(chosen, key=lambda s: s.start))
        return tuple(found)


def _joined(text: str, spans: Sequence[Span]) -> list[Span]:
    """Join spans of one label with nothing but blanks between them."""
    result: list[Span] = []
    for span in spans:
        if result and not text[result[-1].end : span.start].strip():
            last = result.pop()
            span = Span(last.start, max(last.end, span.end), span.label, last.weight + span.weight)
        result.append(span)
    return result
