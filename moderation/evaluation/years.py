"""A corpus year by year, where its rows have dates: what a classifier meets changes, and its figures with it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from moderation.evaluation.bootstrap import Estimate, Resampling
from moderation.evaluation.measuring import measure_rows
from moderation.evaluation.metrics import Rows
from moderation.evaluation.scoring import ScoredCorpus

FEWEST = 10
"""Positives, and negatives; a year with fewer is left out."""

_DATE = re.compile(r"([12][0-9]{3})-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class YearResult:
    """One label of one corpus in one year: every one of METRICS on its rows."""

    corpus: str
    label: str
    year: int
    n: int
    positives: int
    metrics: Mapping[str, Estimate]


def measure_years(
    scored: ScoredCorpus, thresholds: Mapping[str, float], resampling: Resampling, bins: int
) -> tuple[YearResult, ...]:
    """Return a corpus's results by the year of `meta.date` (ISO 8601), oldest first; none where there are no dates."""
    corpus = scored.corpus
    dates = [_DATE.match(str(meta.get("date", ""))) for meta in corpus.meta]
    years = np.array([int(date.group(1)) if date else 0 for date in dates], dtype=np.int64)
    found = []
    for label in (label for label in scored.labels if label in corpus.spec.labels):
        gold = scored.gold(label)
        for year in sorted(set(years[years > 0].tolist())):
            inside = np.flatnonzero((years == year) & ~np.isnan(gold))
            positives = int(gold[inside].sum())
            if min(positives, len(inside) - positives) >= FEWEST:
                rows = Rows(gold[inside], scored.of(label)[inside], thresholds[label])
                draw = replace(resampling, salt=f"{corpus.spec.name} {year}")
                metrics = measure_rows(rows, [corpus.groups[k] for k in inside.tolist()], draw, bins)
                found.append(YearResult(corpus.spec.name, label, year, len(inside), positives, metrics))
    return tuple(found)
