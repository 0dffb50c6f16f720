"""One label of one corpus, measured."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from moderation.corpora import Corpus
from moderation.evaluation.bootstrap import Estimate, Resampling, estimates, group_numbers, widened
from moderation.evaluation.curves import Curves, curves
from moderation.evaluation.metrics import METRICS, Floats, Rows, calibration_noise, measure
from moderation.evaluation.scoring import ScoredCorpus

NO_POSITIVE, NO_NEGATIVE, NO_FLAG = "no positive row", "no negative row", "nothing is flagged"

_NEEDS_BOTH = ("auc",)
_NEEDS_POSITIVES = ("average_precision", "f1", "precision", "recall")


@dataclass(frozen=True, slots=True)
class LabelResult:
    """What a classifier reaches on one label of a corpus: n labelled rows in `groups` independent groups.

    `metrics` holds every one of METRICS. `calibration_noise` is the ECE that perfect calibration would show by chance.
    """

    label: str
    n: int
    positives: int
    groups: int
    threshold: float
    metrics: Mapping[str, Estimate]
    calibration_noise: float
    curves: Curves


@dataclass(frozen=True, slots=True)
class CorpusResult:
    """What a classifier reaches on one corpus.

    `labels` has an entry for each label that the classifier scores and the corpus carries on at least one row;
    `flag_rates` says of every label of the classifier, and of "any", which share of all rows is flagged, labelled or
    not. `rows_in` counts the file's rows, of which `rows` were used and `drops` left out, by reason. `notes` says what
    a reader must know before trusting a figure.
    """

    name: str
    title: str
    language: str
    sha256: str
    rows_in: int
    rows: int
    drops: Mapping[str, int]
    labels: tuple[LabelResult, ...]
    flag_rates: Mapping[str, Estimate]
    notes: tuple[str, ...] = ()


def measure_corpus(
    scored: ScoredCorpus, thresholds: Mapping[str, float], resampling: Resampling, bins: int
) -> CorpusResult:
    """Measure a scored corpus on every label that it carries."""
    corpus = scored.corpus
    resampling = replace(resampling, salt=corpus.spec.name)
    gold = {label: scored.gold(label) for label in scored.labels}
    carried = [label for label in scored.labels if label in corpus.spec.labels and not np.isnan(gold[label]).all()]
    return CorpusResult(
        name=corpus.spec.name,
        title=corpus.spec.title,
        language=corpus.spec.language,
        sha256=corpus.sha256,
        rows_in=corpus.rows_in,
        rows=len(corpus.texts),
        drops=dict(sorted(corpus.drops.items())),
        labels=tuple(_measure_label(scored, label, thresholds[label], resampling, bins) for label in carried),
        flag_rates=_flag_rates(scored, thresholds, resampling),
        notes=_notes(corpus),
    )


def measure_rows(rows: Rows, groups: list[str], resampling: Resampling, bins: int) -> dict[str, Estimate]:
    """Return every one of METRICS on rows with their groups (n,), with its interval or why it has no value."""
    numbers = group_numbers(groups)
    found = estimates(lambda weights: measure(rows, weights, bins), numbers, resampling)
    flags, positives = rows.scores >= rows.threshold, rows.labels == 1
    everything = np.ones(len(groups), dtype=bool)
    asked = {"precision": flags, "recall": positives, "flag_rate": everything, "false_positive_rate": ~positives}
    widened_shares = {name: widened(found[name], numbers, rows_asked) for name, rows_asked in asked.items()}
    return {name: _with_reason(name, (found | widened_shares)[name], positives.sum()) for name in METRICS}


def _measure_label(
    scored: ScoredCorpus, label: str, threshold: float, resampling: Resampling, bins: int
) -> LabelResult:
    gold = scored.gold(label)
    known = np.flatnonzero(~np.isnan(gold))
    rows = Rows(gold[known], scored.of(label)[known], threshold)
    groups = [scored.corpus.groups[k] for k in known.tolist()]
    return LabelResult(
        label=label,
        n=len(known),
        positives=int(rows.labels.sum()),
        groups=len(set(groups)),
        threshold=threshold,
        metrics=measure_rows(rows, groups, resampling, bins),
        calibration_noise=calibration_noise(rows.scores, bins),
        curves=curves(rows, bins),
    )


def _with_reason(name: str, estimate: Estimate, positives: int) -> Estimate:
    if estimate.value is not None:
        return estimate
    if positives == 0 and name in _NEEDS_BOTH + _NEEDS_POSITIVES:
        return replace(estimate, reason=NO_POSITIVE)
    return replace(estimate, reason=NO_FLAG if name == "precision" else NO_NEGATIVE)


def _flag_rates(scored: ScoredCorpus, thresholds: Mapping[str, float], resampling: Resampling) -> dict[str, Estimate]:
    flags = scored.scores >= np.array([thresholds[label] for label in scored.labels])
    columns = dict(zip(scored.labels, flags.T, strict=True)) | {"any": flags.any(axis=1)}
    table = np.stack(list(columns.values()), axis=1).astype(np.float64)
    numbers = group_numbers(scored.corpus.groups)

    def rates(weights: Floats) -> dict[str, Floats]:
        return dict(zip(columns, (weights @ table / weights.sum(axis=1, keepdims=True)).T, strict=True))

    found = estimates(rates, numbers, resampling)
    return {name: widened(found[name], numbers, np.ones(len(numbers), dtype=bool)) for name in columns}


def _notes(corpus: Corpus) -> tuple[str, ...]:
    part = () if corpus.spec.may_train else ("never trains: all of it but released test rows is measured",)
    return (*corpus.spec.cautions, *part)
