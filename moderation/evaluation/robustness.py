"""What perturbing real validation texts does to a classifier: positives lost, negatives flagged."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from moderation.classifiers.base import Classifier
from moderation.evaluation.bootstrap import Estimate, Resampling, estimates, group_numbers, widened
from moderation.evaluation.metrics import Floats, Ints
from moderation.evaluation.perturbations import PERTURBATIONS, clean_numeric_texts, perturbed
from moderation.evaluation.scoring import ScoredCorpus, score_texts

MOST = 250
"""Positives, and negatives, of each label of a corpus that are perturbed: those whose ids hash lowest."""

FEWEST = 10

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class AttackResult:
    """One perturbation: recall and false-positive rate after it, and what it cost.

    What was lost is before less after, what was gained after less before; their intervals are paired, each row with
    itself.
    """

    attack: str
    recall: Estimate
    recall_lost: Estimate
    false_positive_rate: Estimate
    false_positives_gained: Estimate


@dataclass(frozen=True, slots=True)
class RobustnessResult:
    """One label of one corpus, on `positives` and `negatives` rows of it; the costliest attack comes first."""

    corpus: str
    label: str
    positives: int
    negatives: int
    recall: float
    attacks: tuple[AttackResult, ...]


@dataclass(frozen=True, slots=True)
class CleanResult:
    """The share of `n` harmless texts full of numbers and code that are flagged, for one label."""

    label: str
    n: int
    flag_rate: Estimate


def measure_robustness(
    classifier: Classifier, scored: ScoredCorpus, thresholds: Mapping[str, float], resampling: Resampling
) -> tuple[RobustnessResult, ...]:
    """Perturb a sample of a corpus's rows and score them again; labels with under 10 positives are left out."""
    samples = {label: _sample(scored, label) for label in scored.labels if label in scored.corpus.spec.labels}
    samples = {label: rows for label, rows in samples.items() if (scored.gold(label)[rows] == 1).sum() >= FEWEST}
    if not samples:
        return ()
    rows = np.unique(np.concatenate(list(samples.values())))
    texts = [scored.corpus.texts[k] for k in rows.tolist()]
    after = {name: score_texts(classifier, [perturbed(text, name) for text in texts]) for name in PERTURBATIONS}
    draw = Resampling(resampling.resamples, resampling.seed, f"{scored.corpus.spec.name} robustness")
    results = []
    for label, chosen in samples.items():
        column, at = scored.labels.index(label), np.searchsorted(rows, chosen)
        flags = {name: scores[at, column] >= thresholds[label] for name, scores in after.items()}
        results.append(_measure_label(scored, label, chosen, thresholds[label], (flags, draw)))
    return tuple(results)


def measure_clean(
    classifier: Classifier, thresholds: Mapping[str, float], resampling: Resampling
) -> tuple[CleanResult, ...]:
    """Return how often harmless numeric and code-like text is flagged."""
    texts = clean_numeric_texts()
    scores = score_texts(classifier, texts)
    groups = np.arange(len(texts))
    return tuple(
        CleanResult(
            label, len(texts), _mean((scores[:, k] >= thresholds[label]).astype(np.float64), groups, resampling)
        )
        for k, label in enumerate(classifier.info.labels)
    )


def _sample(scored: ScoredCorpus, label: str) -> Ints:
    """Return up to MOST positive and MOST negative rows, the same whatever else is in the corpus."""
    gold = scored.gold(label)
    keys = [blake2b(i.encode("utf-8", "surrogatepass"), digest_size=8).digest() for i in scored.corpus.ids]
    chosen: list[int] = []
    for value in (1, 0):
        rows = np.flatnonzero(gold == value).tolist()
        chosen += sorted(rows, key=lambda k: (keys[k], k))[:MOST]
    return np.array(sorted(chosen), dtype=np.int64)


def _measure_label(
    scored: ScoredCorpus,
    label: str,
    chosen: Ints,
    threshold: float,
    after: tuple[Mapping[str, Bools], Resampling],
) -> RobustnessResult:
    flags, draw = after
    positive = scored.gold(label)[chosen] == 1
    before = scored.of(label)[chosen] >= threshold
    groups = group_numbers([scored.corpus.groups[k] for k in chosen.tolist()])

    def share(values: Bools, part: Bools) -> Estimate:
        return _mean(values[part].astype(np.float64), _renumbered(groups[part]), draw)

    def change(more: Bools, less: Bools, part: Bools) -> Estimate:
        found = _mean(more[part] - less[part].astype(np.float64), _renumbered(groups[part]), draw)
        # Where no row changed, the Wilson bound holds in either direction.
        same = not (more[part] ^ less[part]).any()
        return replace(found, low=-found.high) if same and found.high is not None else found

    attacks = [
        AttackResult(
            attack=name,
            recall=share(found, positive),
            recall_lost=change(before, found, positive),
            false_positive_rate=share(found, ~positive),
            false_positives_gained=change(found, before, ~positive),
        )
        for name, found in flags.items()
    ]
    return RobustnessResult(
        corpus=scored.corpus.spec.name,
        label=label,
        positives=int(positive.sum()),
        negatives=int((~positive).sum()),
        recall=float(before[positive].mean()),
        attacks=tuple(sorted(attacks, key=lambda a: (-(a.recall_lost.value or 0.0), a.attack))),
    )


def _mean(values: Floats, groups: Ints, draw: Resampling) -> Estimate:
    """Return the mean of values from -1 to 1."""
    if not len(values):
        return Estimate(None, reason="no row")
    found = estimates(lambda weights: {"mean": weights @ values / weights.sum(axis=1)}, groups, draw)["mean"]
    return widened(found, groups, np.ones(len(values), dtype=bool))


def _renumbered(groups: Ints) -> Ints:
    return np.unique(groups, return_inverse=True)[1].astype(np.int64)
