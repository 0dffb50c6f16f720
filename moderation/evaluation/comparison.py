"""Two classifiers on the same rows: how far apart they are, and whether chance would do it.

Paired cluster bootstrap: each resample measures both on the same groups, so that what is hard for both cancels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from moderation.classifiers.base import Classifier
from moderation.errors import EvaluationError
from moderation.evaluation.bootstrap import Estimate, draws, group_numbers, interval
from moderation.evaluation.evaluate import Options
from moderation.evaluation.markdown import cell, number, table
from moderation.evaluation.metrics import METRICS, Rows, measure
from moderation.evaluation.scoring import ScoredCorpus, checked_thresholds


@dataclass(frozen=True, slots=True)
class Difference:
    """A measure of the second classifier less that of the first, on one label of one corpus."""

    corpus: str
    label: str
    metric: str
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
    """Two classifiers, by name and version, and every measure that both have a value of."""

    first: str
    second: str
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Contender:
    """A classifier with its thresholds and what it said of the corpora."""

    classifier: Classifier
    thresholds: Mapping[str, float]
    scored: Sequence[ScoredCorpus]


def compare(first: Contender, second: Contender, options: Options | None = None) -> Comparison:
    """Compare two classifiers on the corpora and labels that both were scored on.

    Raises EvaluationError where they share no label of a corpus, or one of them was scored on other rows of it.
    """
    options = options or Options()
    limits = [checked_thresholds(each.classifier, each.thresholds) for each in (first, second)]
    others = {each.corpus.spec.name: each for each in second.scored}
    differences: list[Difference] = []
    for one in sorted(first.scored, key=lambda each: each.corpus.spec.name):
        other = others.get(one.corpus.spec.name)
        if other is None:
            continue
        if other.corpus.ids != one.corpus.ids:
            raise EvaluationError(
                f"The two classifiers were scored on different rows of {one.corpus.spec.name}. "
                "Leave out of both what trained either, then score both again."
            )
        for label in one.labels:
            if label in other.labels and label in one.corpus.spec.labels:
                differences += _compare_label((one, other), label, (limits[0][label], limits[1][label]), options)
    if not differences:
        raise EvaluationError("The two classifiers share no label of any corpus, so there is nothing to compare.")
    names = [f"{each.classifier.info.name} {each.classifier.info.version}" for each in (first, second)]
    return Comparison(names[0], names[1], tuple(differences))


def comparison_markdown(comparison: Comparison) -> str:
    """Return a table of the differences; those whose interval leaves out zero are marked."""
    rows = [
        [
            f"{cell(d.corpus)} {d.label}",
            d.metric,
            f"{d.first:.3f}",
            f"{d.second:.3f}",
            number(d.difference) + (" *" if d.clear else ""),
        ]
        for d in comparison.differences
    ]
    head = ["corpus, label", "measure", cell(comparison.first), cell(comparison.second), "difference"]
    lines = [
        f"## {cell(comparison.second)} against {cell(comparison.first)}",
        "",
        "Second less first, with paired 95 % intervals; * where the interval leaves out zero. Of many comparisons one "
        "in twenty does so by chance.",
        "",
        *table(head, rows),
    ]
    return "\n".join(lines) + "\n"


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
            found.append(Difference(corpus.spec.name, label, name, one, two, Estimate(two - one, low, high)))
    return found
