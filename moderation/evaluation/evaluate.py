"""The evaluation: a classifier, corpora and thresholds in, figures out."""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

import moderation
from moderation.classifiers.base import Classifier, ClassifierInfo
from moderation.corpora import Corpus
from moderation.errors import EvaluationError
from moderation.evaluation.bias import BiasResult, measure_bias
from moderation.evaluation.bootstrap import Resampling
from moderation.evaluation.cases import Suite
from moderation.evaluation.contamination import Contamination
from moderation.evaluation.measuring import CorpusResult, measure_corpus
from moderation.evaluation.metrics import Floats
from moderation.evaluation.robustness import CleanResult, RobustnessResult, measure_clean, measure_robustness
from moderation.evaluation.scoring import ScoredCorpus, checked_thresholds, score_corpora, score_texts
from moderation.evaluation.suite_results import SuiteResult, score_suite
from moderation.evaluation.years import YearResult, measure_years


@dataclass(frozen=True, slots=True)
class Options:
    """How to measure: bootstrap resamples and their seed, bins of the calibration error.

    `robustness` perturbs and scores up to 14 times 500 texts more for each label of a corpus: not for slow classifiers.
    """

    resamples: int = 1000
    seed: int = 20250101
    bins: int = 15
    robustness: bool = True

    def resampling(self) -> Resampling:
        """Return what the bootstrap reads of it."""
        return Resampling(self.resamples, self.seed)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Everything measured, and what is needed to measure it again.

    `name` is what tables call the classifier, `contamination` what was left out because it trained it (None: nobody
    looked), `unscored` how many cases of a suite it refused to judge.
    """

    classifier: ClassifierInfo
    thresholds: Mapping[str, float]
    options: Options
    versions: Mapping[str, str]
    corpora: tuple[CorpusResult, ...]
    suites: tuple[SuiteResult, ...]
    bias: tuple[BiasResult, ...]
    robustness: tuple[RobustnessResult, ...]
    clean: tuple[CleanResult, ...]
    years: tuple[YearResult, ...]
    name: str = ""
    notes: tuple[str, ...] = ()
    unscored: Mapping[str, int] = field(default_factory=dict)
    contamination: Contamination | None = None


def evaluate(
    classifier: Classifier,
    corpora: Sequence[Corpus],
    thresholds: Mapping[str, float],
    options: Options | None = None,
    suites: Sequence[Suite] = (),
) -> Evaluation:
    """Measure `classifier` on `corpora` and `suites`, flagging at or over `thresholds` (one for each of its labels).

    Load the corpora with `load_corpora(..., for_training=False)`: all their rows are measured. A suite on a label that
    the classifier does not have is left out.

    Raises EvaluationError where there is nothing to measure on, for empty corpora, missing thresholds, and scores that
    are no probabilities.
    """
    return evaluate_scored(classifier, score_corpora(classifier, corpora), thresholds, options, suites)


def evaluate_scored(
    classifier: Classifier,
    scored: Sequence[ScoredCorpus],
    thresholds: Mapping[str, float],
    options: Options | None = None,
    suites: Sequence[Suite] = (),
) -> Evaluation:
    """Do what `evaluate` does, with corpora that `score_corpora` has scored: for callers that need the scores, too."""
    options = options or Options()
    thresholds = checked_thresholds(classifier, thresholds)
    if not scored and not suites:
        raise EvaluationError("There is no corpus and no suite to evaluate on. Name at least one.")
    resampling, bins = options.resampling(), options.bins
    judged = [(s, _suite_scores(classifier, s)) for s in suites if s.spec.label in thresholds]
    refused = {s.spec.title or s.spec.name: int(np.isnan(scores).sum()) for s, scores in judged}
    scored = sorted(scored, key=lambda each: each.corpus.spec.name)
    perturbed = scored if options.robustness else []
    return Evaluation(
        classifier=classifier.info,
        thresholds=thresholds,
        options=options,
        versions=versions(),
        corpora=tuple(measure_corpus(each, thresholds, resampling, bins) for each in scored),
        # A case that the classifier refuses is NaN, which is at or over no threshold: it is not flagged.
        suites=tuple(score_suite(s, (scores >= thresholds[s.spec.label]).tolist()) for s, scores in judged),
        bias=tuple(result for each in scored for result in measure_bias(each, thresholds, resampling, bins)),
        robustness=tuple(
            result for each in perturbed for result in measure_robustness(classifier, each, thresholds, resampling)
        ),
        clean=measure_clean(classifier, thresholds, resampling) if options.robustness else (),
        years=tuple(result for each in scored for result in measure_years(each, thresholds, resampling, bins)),
        name=f"{classifier.info.name} {classifier.info.version}",
        unscored={name: n for name, n in refused.items() if n},
    )


def _suite_scores(classifier: Classifier, suite: Suite) -> Floats:
    column = classifier.info.labels.index(suite.spec.label)
    return score_texts(classifier, [case.text for case in suite.cases])[:, column]


def versions() -> dict[str, str]:
    """Return the versions of what computes the figures."""
    return {"moderation": moderation.__version__, "python": platform.python_version(), "numpy": np.__version__}
