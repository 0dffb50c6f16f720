"""Unintended bias by identity: where a classifier is worse on, or harsher to, texts that mention a group.

Borkan, Dixon, Sorensen, Thain and Vasserman (2019), Nuanced metrics for measuring unintended bias with real data for
text classification; the false-positive rate after Dixon et al. (2018). Identity means that a text *mentions* the group.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from moderation.evaluation.bootstrap import Estimate, Resampling, estimates, group_numbers, widened
from moderation.evaluation.identities import identities
from moderation.evaluation.metrics import Floats, Ints, Rows, calibration, decision, ranking
from moderation.evaluation.scoring import ScoredCorpus

POWER = -5.0
RESAMPLES = 200
"""Fewer than for the main figures: there are some fifty times as many of these."""

FEWEST = 10
"""Of positives, and of negatives; an area from fewer says nothing. Without them the reason is given instead."""

AREAS = ("subgroup_auc", "bpsn_auc", "bnsp_auc")
IDENTITY_METRICS = (*AREAS, "false_positive_rate", "target_recall", "ece", "gap")
"""What there is of each group, in the order in which tables show it."""

_TOO_FEW = f"fewer than {FEWEST} rows of a kind"
_ROWS_PER_BIN = 25

_Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class IdentityResult:
    """One group in one corpus: `n` rows mention it, `positives` of them carry the label.

    `metrics`: subgroup_auc (within the group), bpsn_auc (benign with, hateful without the group: low where mention
    alone raises scores), bnsp_auc (benign without, hateful with: low where mention lowers them), false_positive_rate on
    benign mention, ece (in fewer bins where rows are few), gap (mean score less share of positives), and target_recall
    (of the positives that the corpus says attack the group).
    """

    identity: str
    n: int
    positives: int
    targeted: int
    metrics: Mapping[str, Estimate]


@dataclass(frozen=True, slots=True)
class BiasResult:
    """One label on one corpus.

    `means` has the generalised mean (power -5) of each of AREAS over the groups that have it, `auc` and
    `false_positive_rate` are those of all rows; the group with the lowest bpsn_auc comes first.
    """

    corpus: str
    label: str
    auc: float | None
    false_positive_rate: float | None
    means: Mapping[str, float | None]
    identities: tuple[IdentityResult, ...]


def measure_bias(
    scored: ScoredCorpus, thresholds: Mapping[str, float], resampling: Resampling, bins: int
) -> tuple[BiasResult, ...]:
    """Return the bias on each label of a corpus; nothing where no group is mentioned often enough to tell."""
    found = identities(scored.corpus) if scored.corpus.spec.labels else None
    if found is None:
        return ()
    draw = Resampling(min(RESAMPLES, resampling.resamples), resampling.seed, scored.corpus.spec.name)
    carried = [label for label in scored.labels if label in scored.corpus.spec.labels]
    results = [_measure_label(scored, label, thresholds[label], found, draw, bins) for label in carried]
    return tuple(result for result in results if result.identities)


def generalised_mean(values: Sequence[float], power: float = POWER) -> float | None:
    """Return the power mean, which a negative power draws to the lowest values; None of none, 0 where one is 0."""
    if not values:
        return None
    array = np.array(values)
    if (array == 0).any() and power < 0:
        return 0.0
    return float(np.mean(array**power) ** (1 / power))


def _measure_label(
    scored: ScoredCorpus,
    label: str,
    threshold: float,
    mentions: list[frozenset[str]],
    draw: Resampling,
    bins: int,
) -> BiasResult:
    gold, corpus = scored.gold(label), scored.corpus
    known = np.flatnonzero(~np.isnan(gold)).tolist()
    rows = Rows(gold[known], scored.of(label)[known], threshold)
    groups = group_numbers([corpus.groups[k] for k in known])
    names = sorted({name for k in known for name in (*mentions[k], *corpus.targets[k])})
    results = []
    for name in names:
        inside = np.array([name in mentions[k] for k in known], dtype=bool)
        target = np.array([name in corpus.targets[k] for k in known], dtype=bool) & (rows.labels == 1)
        if max(inside.sum(), target.sum()) >= FEWEST:
            results.append(
                _measure_identity(name, rows, groups, (inside, target), replace(draw, salt=f"{draw.salt} {name}"), bins)
            )
    everything = np.ones((1, len(known)))
    areas = {area: [e.value for r in results if (e := r.metrics[area]).value is not None] for area in AREAS}
    return BiasResult(
        corpus=corpus.spec.name,
        label=label,
        auc=_plain(ranking(rows.labels, rows.scores, everything)["auc"]) if known else None,
        false_positive_rate=_plain(decision(rows, everything)["false_positive_rate"]),
        means={area: generalised_mean([v for v in values if v is not None]) for area, values in areas.items()},
        identities=tuple(sorted(results, key=_harshest_first)),
    )


def _measure_identity(
    name: str, rows: Rows, groups: Ints, masks: tuple[_Mask, _Mask], draw: Resampling, bins: int
) -> IdentityResult:
    inside, target = masks
    hateful = rows.labels == 1
    parts = {
        "subgroup_auc": (inside & hateful, inside & ~hateful),
        "bpsn_auc": (~inside & hateful, inside & ~hateful),
        "bnsp_auc": (inside & hateful, ~inside & ~hateful),
    }
    metrics = {}
    for area, (positive, negative) in parts.items():
        enough = min(positive.sum(), negative.sum()) >= FEWEST
        metrics[area] = _area(rows, groups, positive | negative, draw) if enough else Estimate(None, reason=_TOO_FEW)
    metrics["false_positive_rate"] = _rate(rows, groups, inside & ~hateful, draw)
    metrics["target_recall"] = _rate(rows, groups, target, draw)
    fewer = max(1, min(bins, int(inside.sum()) // _ROWS_PER_BIN))
    if inside.sum() >= FEWEST:
        part = Rows(rows.labels[inside], rows.scores[inside], rows.threshold)

        def gaps(weights: Floats) -> dict[str, Floats]:
            gap = weights @ (part.scores - part.labels) / weights.sum(axis=1)
            return {"ece": calibration(part, weights, fewer)["ece"], "gap": gap}

        metrics |= estimates(gaps, _renumbered(groups[inside]), draw)
    else:
        metrics |= dict.fromkeys(("ece", "gap"), Estimate(None, reason=_TOO_FEW))
    return IdentityResult(name, int(inside.sum()), int((inside & hateful).sum()), int(target.sum()), metrics)


def _area(rows: Rows, groups: Ints, part: _Mask, draw: Resampling) -> Estimate:
    labels, scores = rows.labels[part], rows.scores[part]
    return estimates(lambda weights: {"auc": ranking(labels, scores, weights)["auc"]}, _renumbered(groups[part]), draw)[
        "auc"
    ]


def _rate(rows: Rows, groups: Ints, part: _Mask, draw: Resampling) -> Estimate:
    """Return the share of the rows of a part that are flagged."""
    if part.sum() < FEWEST:
        return Estimate(None, reason=_TOO_FEW)
    flags, numbers = (rows.scores[part] >= rows.threshold).astype(np.float64), _renumbered(groups[part])
    found = estimates(lambda weights: {"rate": weights @ flags / weights.sum(axis=1)}, numbers, draw)["rate"]
    return widened(found, numbers, np.ones(len(flags), dtype=bool))


def _renumbered(groups: Ints) -> Ints:
    return np.unique(groups, return_inverse=True)[1].astype(np.int64)


def _harshest_first(result: IdentityResult) -> tuple[float, str]:
    value = result.metrics["bpsn_auc"].value
    return (2.0 if value is None else value, result.identity)


def _plain(values: Floats) -> float | None:
    return None if np.isnan(values[0]) else float(values[0])
