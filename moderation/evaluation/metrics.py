"""The measures, each over weighted rows: weights of one give the estimate, a bootstrap's weights its resamples.

So there is one definition of each measure, and a thousand resamples are one pass over arrays.
Shapes: n rows, b sets of weights. A measure that a set of weights leaves undefined is NaN.
"""

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

RANKING = ("auc", "average_precision")
DECISION = ("f1", "precision", "recall", "flag_rate", "false_positive_rate")
CALIBRATION = ("ece", "brier")
METRICS = (*RANKING, *DECISION, *CALIBRATION)
"""Every measure, in the order in which tables show them."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """What a measure sees of n rows: `labels` (n,) 0 or 1, `scores` (n,) in [0, 1], flagged at `threshold` or over."""

    labels: Floats
    scores: Floats
    threshold: float


def measure(rows: Rows, weights: Floats, bins: int) -> dict[str, Floats]:
    """Return every one of METRICS, (b,), for weights (b, n); the bins are those of `equal_mass_bins`."""
    return ranking(rows.labels, rows.scores, weights) | decision(rows, weights) | calibration(rows, weights, bins)


def ranking(labels: Floats, scores: Floats, weights: Floats) -> dict[str, Floats]:
    """Return the area under the ROC curve, ties counting half, and average precision.

    Average precision is the sum over distinct scores of the gain in recall times the precision there (not
    interpolated; Manning, Raghavan and Schütze 2008, ch. 8), as scikit-learn computes it.
    """
    order = np.argsort(-scores, kind="stable")
    ordered = scores[order]
    ends = np.append(ordered[1:] != ordered[:-1], True)
    area, precise, positives, negatives = _ranked(weights, order, labels[order], ends)
    return {"auc": _share(area, positives * negatives), "average_precision": _share(precise, positives)}


@numba.njit(cache=True, nogil=True)
def _ranked(weights, order, labels, ends):  # type: ignore[no-untyped-def]
    """Go through the rows from the highest score to the lowest; `ends` says where each run of equal scores ends.

    Returns (4, b): the unscaled areas under the ROC curve and of precision, the weights of positives and of negatives.
    """
    found = np.zeros((4, len(weights)))
    for b in range(len(weights)):
        hits = misses = hits_before = misses_before = area = precise = 0.0
        for k in range(len(order)):
            weight = weights[b, order[k]]
            hits += weight * labels[k]
            misses += weight * (1 - labels[k])
            if ends[k]:
                gained = hits - hits_before
                area += (misses - misses_before) * (hits - gained / 2)
                if gained > 0:
                    precise += gained * hits / (hits + misses)
                hits_before, misses_before = hits, misses
        found[0, b], found[1, b], found[2, b], found[3, b] = area, precise, hits, misses
    return found


def decision(rows: Rows, weights: Floats) -> dict[str, Floats]:
    """Return F1, precision, recall, the share of rows flagged, and the share of negatives flagged.

    Without positives the first three say nothing about the classifier and are undefined.
    """
    flags = (rows.scores >= rows.threshold).astype(np.float64)
    columns = np.stack([flags, 1 - rows.labels, flags * (1 - rows.labels), np.ones_like(flags)], axis=1)
    flagged, negatives, misses, total = (weights @ columns).T
    positives, hits = total - negatives, flagged - misses
    hits, positives = (np.where(positives > 0, found, np.nan) for found in (hits, positives))
    return {
        "f1": _share(2 * hits, flagged + positives),
        "precision": _share(hits, flagged),
        "recall": _share(hits, positives),
        "flag_rate": _share(flagged, total),
        "false_positive_rate": _share(misses, negatives),
    }


def calibration(rows: Rows, weights: Floats, bins: int) -> dict[str, Floats]:
    """Return the expected calibration error over bins of equal mass, and the Brier score.

    Naeini, Cooper and Hauskrecht (2015), Obtaining well calibrated probabilities using Bayesian binning, with the
    equal-mass bins of Nguyen and O'Connor (2015), Posterior calibration and exploratory analysis for NLP models.
    """
    inside = np.eye(bins)[equal_mass_bins(rows.scores, bins)]
    gaps = rows.labels - rows.scores
    total = weights.sum(axis=1)
    return {
        "ece": _share(np.abs(weights @ (inside * gaps[:, None])).sum(axis=1), total),
        "brier": _share(weights @ gaps**2, total),
    }


def equal_mass_bins(scores: Floats, bins: int) -> Ints:
    """Return each row's bin, (n,) in 0..bins-1, by rank; equal scores share a bin: that of their middle rank."""
    _, which, counts = np.unique(scores, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - counts / 2
    return np.minimum((bins * middle / max(1, len(scores))).astype(np.int64), bins - 1)[which]


def calibration_noise(scores: Floats, bins: int) -> float:
    """Return the ECE that a perfectly calibrated classifier is expected to show on these scores by chance alone.

    A bin's gap is then a sum of independent Bernoulli deviations, near normal, of mean absolute value sd * sqrt(2/pi).
    """
    variances = np.bincount(equal_mass_bins(scores, bins), weights=scores * (1 - scores), minlength=bins)
    return float(np.sqrt(variances * 2 / np.pi).sum() / max(1, len(scores)))


def _share(part: Floats, whole: Floats, empty: float = np.nan) -> Floats:
    return np.divide(part, whole, out=np.full_like(part, empty), where=~(whole == 0))
