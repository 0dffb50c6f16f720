"""The scorer: comments in, verdicts out. What a forum embeds."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from moderation.bundle import load_bundle
from moderation.classifiers import load_classifier
from moderation.classifiers.base import Classifier, Explainer
from moderation.policy import Policy, Thresholds
from moderation.text import profiles
from moderation.types import ACTIONS, Comment, Span, Verdict

_LONGEST_EXPLAINED = 1 << 16  # code points; explaining takes some 500 bytes for each, and nobody reads that far
_MAX_EVIDENCE = 8  # words shown for one label: past that, "the whole comment" says it better


@dataclass(frozen=True, slots=True, eq=False)
class Judgements:
    """What is decided of n comments, by column.

    `probabilities` float32 (n, labels); `flags` bool (n, k), a column for each label that the policy judges; `actions`
    int8 (n,), places in ACTIONS; `unscored` says by row why a comment could not be judged: it has no flags, its action
    is "review", and its probabilities mean nothing.
    """

    probabilities: NDArray[np.float32]
    flags: NDArray[np.bool_]
    actions: NDArray[np.int8]
    unscored: Mapping[int, str]


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
        unscored = self._unscored([c.lang for c in comments], profiles([c.text for c in comments]))
        verdicts = []
        for i, (comment, row) in enumerate(zip(comments, probabilities.tolist(), strict=True)):
            reason = unscored.get(i)
            if reason is None:
                scores = dict(zip(self.labels, row, strict=True))
                action, flags = policy.decide(scores)
                evidence = self.evidence(comment.text, flags, policy) if explain else ()
                verdict = Verdict(action, scores, self.model, policy.identity, comment.id, flags, evidence)
            else:
                verdict = Verdict("review", {}, self.model, policy.identity, comment.id, unscored=reason)
            verdicts.append(verdict)
        return verdicts

    def judge(self, texts: Sequence[str], langs: Sequence[str | None] | None = None) -> Judgements:
        """Judge comments as `score` does, by column and without evidence: what dumps of millions are scored with.

        langs: the language of each as a BCP 47 tag, None where unknown.
        """
        probabilities = self.classifier.probabilities(texts)
        unscored = self._unscored(langs, profiles(texts))
        flags, actions = self.policy.decide_all(self.labels, probabilities)
        rows = list(unscored)
        flags[rows] = False
        actions[rows] = ACTIONS.index("review")
        return Judgements(probabilities, flags, actions, unscored)

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels, in the order of the columns of probabilities."""
        return self.classifier.info.labels

    async def score_async(self, comments: Sequence[str | Comment]) -> list[Verdict]:
        """Judge comments as `score` does, in a thread: the event loop goes on meanwhile."""
        return await asyncio.to_thread(self.score, comments)

    def _unscored(self, langs: Sequence[str | None] | None, counts: NDArray[np.int32]) -> dict[int, str]:
        """Say by row why a comment cannot be judged. `counts` is what `profiles` returns."""
        languages = self.classifier.info.languages
        known: dict[str | None, bool] = {None: True, "": True}
        reasons: dict[int, str] = {}
        for i, lang in enumerate(langs or ()):
            if lang not in known:
                known[lang] = str(lang).lower().replace("_", "-").split("-")[0] in languages
            if not known[lang]:
                reasons[i] = "unsupported language"
        foreign = counts[:, 2] * 2 < counts[:, 1]  # all the languages so far are written in Latin letters
        reasons |= dict.fromkeys(np.flatnonzero(foreign).tolist(), "unsupported script")
        return reasons | dict.fromkeys(np.flatnonzero(counts[:, 0] == 0).tolist(), "empty")

    def evidence(self, text: str, flags: Sequence[str], policy: Policy | None = None) -> tuple[Span, ...]:
        """Return for each flagged label the fewest words without whose weight it would not be flagged under `policy`
        (None: the scorer's own), side by side ones joined. Of a text longer than a novel's chapter only the opening is
        looked at.
        """
        if not flags or not isinstance(self.classifier, Explainer):
            return ()
        found: list[Span] = []
        explained = self.classifier.explain(text[:_LONGEST_EXPLAINED])
        for label in flags:
            spans = [s for s in explained if s.label == label]
            threshold = (policy or self.policy).thresholds[label].review
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
