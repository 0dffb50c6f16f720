"""The errors that a classifier is surest of, with the words that caused them: where to look first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from moderation.classifiers.base import Classifier, Explainer
from moderation.evaluation.scoring import ScoredCorpus
from moderation.types import Span

EACH = 8
"""False positives, and false negatives, of each label of a corpus."""

_SPANS = 8


@dataclass(frozen=True, slots=True)
class WorstError:
    """A row that was decided wrongly. `evidence` has the spans that pulled hardest that way, none without an Explainer.

    Holds the comment's text, which neither Markdown nor JSON shows: third-party text, and often hateful.
    """

    corpus: str
    label: str
    kind: Literal["false positive", "false negative"]
    row: str
    score: float
    text: str
    evidence: tuple[Span, ...]


def worst_errors(
    classifier: Classifier, scored: Sequence[ScoredCorpus], thresholds: Mapping[str, float], each: int = EACH
) -> tuple[WorstError, ...]:
    """Return, by corpus and label, the `each` negatives scored highest and positives scored lowest, worst first."""
    found: list[WorstError] = []
    for one in sorted(scored, key=lambda s: s.corpus.spec.name):
        for label in one.labels:
            gold, scores = one.gold(label), one.of(label)
            high = np.flatnonzero((gold == 0) & (scores >= thresholds[label]))
            low = np.flatnonzero((gold == 1) & (scores < thresholds[label]))
            for rows in (high[np.argsort(-scores[high], kind="stable")], low[np.argsort(scores[low], kind="stable")]):
                found += [_error(classifier, one, label, k) for k in rows[:each].tolist()]
    return tuple(found)


def _error(classifier: Classifier, scored: ScoredCorpus, label: str, k: int) -> WorstError:
    text, missed = scored.corpus.texts[k], bool(scored.gold(label)[k] == 1)
    spans = classifier.explain(text) if isinstance(classifier, Explainer) else ()
    sign = -1 if missed else 1
    pulling = sorted((s for s in spans if s.label == label and s.weight * sign > 0 and s.end > s.start), key=_strongest)
    return WorstError(
        corpus=scored.corpus.spec.name,
        label=label,
        kind="false negative" if missed else "false positive",
        row=scored.corpus.ids[k],
        score=float(scored.of(label)[k]),
        text=text,
        evidence=tuple(sorted(pulling[:_SPANS], key=lambda span: (span.start, span.end))),
    )


def _strongest(span: Span) -> tuple[float, int]:
    return -abs(span.weight), span.start
