"""A classifier's scores on texts, checked before anything is measured on them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from moderation.classifiers.base import Classifier
from moderation.corpora import Corpus
from moderation.errors import EvaluationError
from moderation.evaluation.metrics import Floats
from moderation.labels import LABEL_NAMES

_BATCH = 4096


@runtime_checkable
class Selective(Protocol):
    """A classifier that does not judge every text: what it refuses is a row of NaN, for the reason `unjudged`."""

    unjudged: str


@dataclass(frozen=True, slots=True, eq=False)
class ScoredCorpus:
    """A corpus with what a classifier says of it: `scores` (n, labels) in the order of `labels`."""

    corpus: Corpus
    labels: tuple[str, ...]
    scores: Floats

    def gold(self, label: str) -> Floats:
        """Return the corpus's own labels, (n,): 1, 0, or NaN where it says nothing."""
        return self.corpus.labels[:, LABEL_NAMES.index(label)].astype(np.float64)

    def of(self, label: str) -> Floats:
        """Return the scores of `label`, (n,)."""
        return self.scores[:, self.labels.index(label)]


def score_texts(classifier: Classifier, texts: Sequence[str]) -> Floats:
    """Return probabilities, float64 (n, labels); a row of NaN is a text that a `Selective` classifier refuses.

    Raises EvaluationError where they have another shape, are NaN otherwise, or lie outside [0, 1].
    """
    selective = isinstance(classifier, Selective)
    labels, name = classifier.info.labels, classifier.info.name
    blocks = [np.empty((0, len(labels)))]
    for start in range(0, len(texts), _BATCH):
        batch = texts[start : start + _BATCH]
        block = np.asarray(classifier.probabilities(batch), dtype=np.float64)
        if block.shape != (len(batch), len(labels)):
            raise EvaluationError(
                f"The classifier {name} answered {len(batch)} texts with an array of shape {block.shape}, "
                f"not {(len(batch), len(labels))}. Correct the classifier."
            )
        # The negated comparison is true for NaN, too.
        bad = ~((block >= 0) & (block <= 1)).all(axis=1)
        wrong = np.flatnonzero(bad & ~np.isnan(block).all(axis=1) if selective else bad)
        if len(wrong):
            raise EvaluationError(
                f"The classifier {name} gave {len(wrong)} of {len(batch)} texts a score that is NaN or outside [0, 1] "
                f"(first: text {start + int(wrong[0])}). Check the bundle with: moderation model check"
            )
        blocks.append(block)
    return np.concatenate(blocks)


def score_corpus(classifier: Classifier, corpus: Corpus) -> ScoredCorpus:
    """Score a corpus; rows that the classifier refuses to judge are left out and counted in the corpus's `drops`.

    Raises EvaluationError where it has no rows or the scores are not what they should be.
    """
    if not corpus.texts:
        raise EvaluationError(
            f"The corpus {corpus.spec.name} has no rows to evaluate on ({_drops(corpus)}). "
            "Leave it out, or check its file."
        )
    scores = score_texts(classifier, corpus.texts)
    if isinstance(classifier, Selective):
        refused = np.isnan(scores[:, 0])
        corpus, scores = corpus.without(refused, f"unscored: {classifier.unjudged}"), scores[~refused]
    return ScoredCorpus(corpus, classifier.info.labels, scores)


def _drops(corpus: Corpus) -> str:
    return ", ".join(f"{reason}: {count}" for reason, count in corpus.drops.most_common()) or "its file is empty"


def score_corpora(classifier: Classifier, corpora: Sequence[Corpus]) -> list[ScoredCorpus]:
    """Score corpora; one of which the classifier judges no row is left out. Raises what `score_corpus` does."""
    scored = [score_corpus(classifier, corpus) for corpus in corpora]
    return [each for each in scored if each.corpus.texts]


def checked_thresholds(classifier: Classifier, thresholds: Mapping[str, float]) -> dict[str, float]:
    """Return the threshold of each of the classifier's labels, in their order.

    Raises EvaluationError where one is missing or not a number from 0 to 1, and for a label of another project.
    """
    for label in classifier.info.labels:
        if label not in LABEL_NAMES:
            raise EvaluationError(f"The classifier scores {label!r}; the labels are {', '.join(LABEL_NAMES)}.")
        if not 0 <= thresholds.get(label, -1) <= 1:
            raise EvaluationError(f"The label {label} has no threshold from 0 to 1. Give one for every label.")
    return {label: float(thresholds[label]) for label in classifier.info.labels}
