"""The evaluation: a classifier, corpora and thresholds in, figures out."""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

import moderation
from moderation.classifiers.base import Classifier, ClassifierInfo
from moderation.corpora import Corpus
from moderation.errors import EvaluationError
from moderation.evaluation.bootstrap import Resampling
from moderation.evaluation.measuring import CorpusResult, measure_corpus
from moderation.evaluation.scoring import ScoredCorpus, checked_thresholds, score_corpus


@dataclass(frozen=True, slots=True)
class Options:
    """How to measure: bootstrap resamples and their seed, bins of the calibration error."""

    resamples: int = 1000
    seed: int = 20250101
    bins: int = 15

    def resampling(self) -> Resampling:
        """Return what the bootstrap reads of it."""
        return Resampling(self.resamples, self.seed)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Everything measured, and what is needed to measure it again."""

    classifier: ClassifierInfo
    thresholds: Mapping[str, float]
    options: Options
    versions: Mapping[str, str]
    corpora: tuple[CorpusResult, ...]


def evaluate(
    classifier: Classifier,
    corpora: Sequence[Corpus],
    thresholds: Mapping[str, float],
    options: Options | None = None,
) -> Evaluation:
    """Measure `classifier` on the rows of `corpora`, flagging at or over `thresholds` (one for each of its labels).

    Load the corpora with `load_corpora(..., for_training=False)`: all their rows are measured.

    Raises EvaluationError for no or empty corpora, missing thresholds, and scores that are no probabilities.
    """
    options = options or Options()
    thresholds = checked_thresholds(classifier, thresholds)
    if not corpora:
        raise EvaluationError("There is no corpus to evaluate on. Name at least one that lies in the directory.")
    return evaluate_scored(classifier.info, [score_corpus(classifier, c) for c in corpora], thresholds, options)


def evaluate_scored(
    info: ClassifierInfo, scored: Sequence[ScoredCorpus], thresholds: Mapping[str, float], options: Options
) -> Evaluation:
    """Measure what has been scored already."""
    return Evaluation(
        classifier=info,
        thresholds=dict(thresholds),
        options=options,
        versions=versions(),
        corpora=tuple(
            measure_corpus(each, thresholds, options.resampling(), options.bins)
            for each in sorted(scored, key=lambda each: each.corpus.spec.name)
        ),
    )


def versions() -> dict[str, str]:
    """Return the versions of what computes the figures."""
    return {"moderation": moderation.__version__, "python": platform.python_version(), "numpy": np.__version__}
