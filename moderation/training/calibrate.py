"""Calibration and thresholds, fitted on rows that trained no weight."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation.labels import LABEL_NAMES
from moderation.training.rows import Rows

Score = Callable[[NDArray[np.int64]], NDArray[np.float64]]
"""Uncalibrated scores, (n,), of n rows by their numbers."""

PRECISION = MappingProxyType({"hate": 0.35, "antisemitism": 0.72, "toxicity": 0.4})
"""Precision that the thresholds aim at. Where a label's corpora are hard and adversarial, asking for more would miss
nearly all."""


@dataclass(frozen=True, slots=True)
class Aim:
    """What thresholds promise: a precision for each label where one comment in 1 / `prevalence` carries it."""

    precision: Mapping[str, float] = field(default_factory=lambda: PRECISION)
    prevalence: float = 0.1


@dataclass(frozen=True, slots=True)
class Platt:
    """probability = 1 / (1 + exp(-(slope * score + intercept))); fitted on `rows` rows."""

    slope: float
    intercept: float
    rows: int

    def probabilities(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the probabilities of scores (n,)."""
        result: NDArray[np.float64] = 1.0 / (1.0 + np.exp(-(self.slope * scores + self.intercept)))
        return result


@dataclass(frozen=True, slots=True)
class Calibrated:
    """How the scores of one label become probabilities, from which probability on a comment is flagged, and what was
    measured on the validation rows, by corpus.
    """

    platt: Platt
    threshold: float
    metrics: dict[str, Any]


def calibrate(score: Score, rows: Rows, label: int, aim: Aim) -> Calibrated:
    """Fit one label's calibration and threshold on the calibration rows, each corpus counting the same, and measure
    both on the validation rows.
    """
    check, held_out = rows.of(label, "calibration"), rows.of(label, "validation")
    scores, target = score(check), rows.labels[check, label]
    platt = fit_platt(scores, target, corpus_weights(rows.corpus[check]))
    threshold = threshold_for_precision(
        platt.probabilities(scores), target, rows.corpus[check], aim.precision[LABEL_NAMES[label]], aim.prevalence
    )
    measured = platt.probabilities(score(held_out))
    return Calibrated(
        platt, threshold, measured_by_corpus(measured, rows.labels[held_out, label], rows, held_out, threshold)
    )


def measured_by_corpus(
    probabilities: NDArray[np.float64],
    target: NDArray[np.float32],
    rows: Rows,
    numbers: NDArray[np.int64],
    threshold: float,
) -> dict[str, Any]:
    """Return by corpus what a manifest says of the rows `numbers` (n,), by their probabilities and targets (n,)."""
    metrics = {}
    for corpus in np.unique(rows.corpus[numbers]):
        own = rows.corpus[numbers] == corpus
        metrics[rows.names[corpus]] = _measured(probabilities[own], target[own], threshold)
    return metrics


def _measured(probabilities: NDArray[np.float64], target: NDArray[np.float32], threshold: float) -> dict[str, Any]:
    """Return the few figures that a manifest carries; `moderation evaluate` gives them all, with intervals."""
    from sklearn.metrics import f1_score, roc_auc_score

    both = 0 < target.sum() < len(target)
    flagged = probabilities >= threshold
    return {
        "rows": len(target),
        "positives": int(target.sum()),
        "auc": round(float(roc_auc_score(target, probabilities)), 4) if both else None,
        "f1": round(float(f1_score(target, flagged)), 4) if both else None,
        "flag_rate": round(float(flagged.mean()), 4),
    }


def corpus_weights(corpora: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return row weights (n,) that make every corpus count the same, with mean 1."""
    counts = np.bincount(corpora)
    weights = 1.0 / counts[corpora]
    result: NDArray[np.float64] = weights / weights.mean()
    return result


def fit_platt(scores: NDArray[np.float64], target: NDArray[np.float32], weights: NDArray[np.float64]) -> Platt:
    """Fit a logistic curve to scores (n,) by weighted maximum likelihood (Platt 1999, with his smoothed targets)."""
    from sklearn.linear_model import LogisticRegression

    positives = float((weights * target).sum())
    negatives = float(weights.sum() - positives)
    high, low = (positives + 1) / (positives + 2), 1 / (negatives + 2)
    soft = np.where(target == 1, high, low)
    spread = float(scores.std()) or 1.0
    doubled = np.concatenate((scores, scores))[:, None] / spread
    sides = np.concatenate((np.ones(len(scores)), np.zeros(len(scores))))
    model = LogisticRegression(C=1e6, max_iter=1000)
    model.fit(doubled, sides, sample_weight=np.concatenate((weights * soft, weights * (1 - soft))))
    return Platt(float(model.coef_[0, 0]) / spread, float(model.intercept_[0]), len(scores))


def threshold_for_precision(
    probabilities: NDArray[np.float64],
    target: NDArray[np.float32],
    corpora: NDArray[np.int64],
    precision: float,
    prevalence: float,
) -> float:
    """Return the lowest threshold from which on the standardised precision is at least `precision` (1 where there is
    none).

    Corpora differ in how common a label is, and all hold far more of it than a comment section, so precision is
    computed for a stated `prevalence` p from rates that do not depend on it: p * TPR / (p * TPR + (1 - p) * FPR),
    with the true and false positive rates averaged over the corpora that have at least 5 such rows. The highest step
    that is tried still catches a tenth of the positives: a lucky top of the list does not count.
    """
    grid = np.unique(np.quantile(probabilities, np.linspace(0, 1, 2001)))
    rates = {side: _rates(probabilities, target == side, corpora, grid) for side in (1.0, 0.0)}
    hits, alarms = prevalence * rates[1.0], (1 - prevalence) * rates[0.0]
    found = hits / np.maximum(hits + alarms, 1e-12)
    good = np.flatnonzero((found >= precision) & (rates[1.0] >= 0.1))
    return float(grid[good[0]]) if len(good) else 1.0


def _rates(
    probabilities: NDArray[np.float64], side: NDArray[np.bool_], corpora: NDArray[np.int64], grid: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the share of the rows in `side` at or over each threshold of `grid`, averaged over corpora."""
    rates = []
    for corpus in np.unique(corpora):
        ordered = np.sort(probabilities[side & (corpora == corpus)])
        if len(ordered) >= 5:
            rates.append(1 - np.searchsorted(ordered, grid) / len(ordered))
    return np.mean(rates, axis=0) if rates else np.zeros(len(grid))
