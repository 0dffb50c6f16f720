"""What stands behind one figure: the reliability curve, the precision-recall curve, and what each threshold gives."""

from dataclasses import dataclass

import numpy as np

from moderation.evaluation.bootstrap import wilson
from moderation.evaluation.metrics import Floats, Ints, Rows, decision, equal_mass_bins

THRESHOLDS = (*(k / 20 for k in range(1, 20)), 0.98, 0.99)
PRECISIONS = (0.5, 0.7, 0.8, 0.9, 0.95)
WORKLOADS = (0.001, 0.005, 0.01, 0.02, 0.05, 0.1)
_POINTS = 200


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """`n` rows: their mean score, the share of them that is positive, and its Wilson interval."""

    score: float
    share: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Flagging at `threshold` or over finds `recall` of the positives; `precision` of what it flags is positive."""

    threshold: float
    precision: float
    recall: float


@dataclass(frozen=True, slots=True)
class ThresholdRow:
    """What flagging at `threshold` or over gives. `wanted` names what the threshold was looked for, or is ''.

    `precision` is None where nothing is flagged, `recall` and `f1` where no row is positive.
    """

    threshold: float
    precision: float | None
    recall: float | None
    f1: float | None
    flag_rate: float
    wanted: str = ""


@dataclass(frozen=True, slots=True)
class Curves:
    """The curves of one label on one corpus."""

    reliability: tuple[ReliabilityBin, ...]
    precision_recall: tuple[CurvePoint, ...]
    thresholds: tuple[ThresholdRow, ...]


def curves(rows: Rows, bins: int) -> Curves:
    """Return the curves of rows; the precision-recall curve is empty where no row is positive."""
    wanted = [(rows.threshold, "shipped")]
    wanted += [(t, f"precision {p:g}") for p in PRECISIONS if (t := threshold_for_precision(rows, p)) is not None]
    wanted += [
        (t, f"flags {100 * w:g} %") for w in WORKLOADS if (t := threshold_for_workload(rows.scores, w)) is not None
    ]
    table = [_threshold_row(rows, t, "") for t in THRESHOLDS] + [_threshold_row(rows, t, why) for t, why in wanted]
    return Curves(
        reliability=reliability(rows, bins),
        precision_recall=precision_recall(rows),
        thresholds=tuple(sorted(table, key=lambda row: (row.threshold, row.wanted))),
    )


def reliability(rows: Rows, bins: int) -> tuple[ReliabilityBin, ...]:
    """Return the bins of equal mass from low scores to high (DeGroot and Fienberg 1983); empty bins are left out."""
    which = equal_mass_bins(rows.scores, bins)
    found = []
    for k in np.unique(which):
        inside = which == k
        n, share = int(inside.sum()), float(rows.labels[inside].mean())
        found.append(ReliabilityBin(float(rows.scores[inside].mean()), share, *wilson(share, n), n))
    return tuple(found)


def precision_recall(rows: Rows) -> tuple[CurvePoint, ...]:
    """Return the curve from the highest score to the lowest, thinned to at most 200 points evenly spaced in recall."""
    scores, flagged, hits = _cumulated(rows)
    if not len(hits) or hits[-1] == 0:
        return ()
    recall = hits / hits[-1]
    keep = np.unique(np.searchsorted(recall, np.linspace(recall[0], 1, _POINTS)))
    return tuple(CurvePoint(float(scores[k]), float(hits[k] / flagged[k]), float(recall[k])) for k in keep)


def threshold_for_precision(rows: Rows, precision: float) -> float | None:
    """Return the lowest threshold that reaches `precision` on these rows, or None where none does.

    The precision that it will have on others is lower: this is the best of many thresholds on the rows that chose it.
    """
    scores, flagged, hits = _cumulated(rows)
    reached = np.flatnonzero(hits >= precision * flagged)
    return float(scores[reached[-1]]) if len(reached) and hits[-1] > 0 else None


def threshold_for_workload(scores: Floats, share: float) -> float | None:
    """Return the lowest threshold that flags at most `share` of the rows, or None where none does."""
    values, counts = np.unique(scores, return_counts=True)
    flagged = np.cumsum(counts[::-1])[::-1]
    allowed = np.flatnonzero(flagged <= share * len(scores))
    return float(values[allowed[0]]) if len(allowed) else None


def _cumulated(rows: Rows) -> tuple[Floats, Ints, Floats]:
    """Return the distinct scores, falling, and how many rows and positives each flags."""
    values, which, counts = np.unique(-rows.scores, return_inverse=True, return_counts=True)
    return -values, np.cumsum(counts), np.cumsum(np.bincount(which, weights=rows.labels, minlength=len(values)))


def _threshold_row(rows: Rows, threshold: float, wanted: str) -> ThresholdRow:
    found = decision(Rows(rows.labels, rows.scores, threshold), np.ones((1, len(rows.labels))))
    plain = {name: None if np.isnan(value[0]) else float(value[0]) for name, value in found.items()}
    return ThresholdRow(threshold, plain["precision"], plain["recall"], plain["f1"], plain["flag_rate"] or 0.0, wanted)
