"""Two classifiers on the same rows: how far apart they are, and whether chance would do it.

Paired cluster bootstrap: each resample measures both on the same groups, so that what is hard for both cancels.
"""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from moderation.evaluation.bootstrap import Estimate, draws, group_numbers, interval
from moderation.evaluation.contenders import Scored
from moderation.evaluation.evaluate import Options
from moderation.evaluation.metrics import METRICS, Rows, measure
from moderation.evaluation.scoring import ScoredCorpus, checked_thresholds


@dataclass(frozen=True, slots=True)
class Difference:
    """A measure of the second classifier less that of the first, on `n` rows with a label of one corpus."""

    corpus: str
    label: str
    metric: str
    n: int
    first: float
    second: float
    difference: Estimate

    @property
    def clear(self) -> bool:
        """Whether the interval leaves out zero."""
        low, high = self.difference.low, self.difference.high
        return low is not None and high is not None and (low > 0 or high < 0)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two contenders, by name, and every measure that both have a value of."""

    first: str
    second: str
    differences: tuple[Difference, ...]


def compare(first: Scored, second: Scored, options: Options) -> Comparison:
    """Compare two contenders on the labels that both judge, and the rows that both were scored on."""
    limits = [checked_thresholds(each.contender.classifier, each.contender.thresholds) for each in (first, second)]
    others = {each.corpus.spec.name: each for each in second.corpora}
    differences: list[Difference] = []
    for mine in sorted(first.corpora, key=lambda each: each.corpus.spec.name):
        theirs = others.get(mine.corpus.spec.name)
        if theirs is None:
            continue
        one, other = _shared(mine, theirs), _shared(theirs, mine)
        for label in one.labels:
            if label in other.labels and label in one.corpus.spec.labels:
                differences += _compare_label((one, other), label, (limits[0][label], limits[1][label]), options)
    return Comparison(first.contender.name, second.contender.name, tuple(differences))


def _shared(scored: ScoredCorpus, other: ScoredCorpus) -> ScoredCorpus:
    """Return `scored` without the rows that `other` does not have."""
    if scored.corpus.ids == other.corpus.ids:
        return scored
    known = set(other.corpus.ids)
    gone = np.array([i not in known for i in scored.corpus.ids], dtype=bool)
    corpus = scored.corpus.without(gone, "not scored by both")
    return ScoredCorpus(corpus, scored.labels, scored.scores[~gone])


def _compare_label(
    pair: tuple[ScoredCorpus, ScoredCorpus], label: str, thresholds: tuple[float, float], options: Options
) -> list[Difference]:
    corpus, gold = pair[0].corpus, pair[0].gold(label)
    known = np.flatnonzero(~np.isnan(gold))
    if not len(known):
        return []
    rows = [Rows(gold[known], each.of(label)[known], t) for each, t in zip(pair, thresholds, strict=True)]
    groups = group_numbers([corpus.groups[k] for k in known.tolist()])
    resampling = replace(options.resampling(), salt=corpus.spec.name)
    ones = np.ones((1, len(known)))
    plain = [measure(each, ones, options.bins) for each in rows]
    several = int(groups.max()) > 0
    drawn = [draws(partial(measure, each, bins=options.bins), groups, resampling) for each in rows if several]
    found = []
    for name in METRICS:
        one, two = (float(values[name][0]) for values in plain)
        if not np.isnan(one) and not np.isnan(two):
            low, high = interval(drawn[1][name] - drawn[0][name]) if several else (None, None)
            found.append(
                Difference(corpus.spec.name, label, name, len(known), one, two, Estimate(two - one, low, high))
            )
    return found
