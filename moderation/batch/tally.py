"""What a run has counted. Tallies of shards add up to that of the run, in whatever order they come."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Self

import numpy as np

from moderation.formats import Reject, Skipped
from moderation.formats.columns import Columns
from moderation.scorer import Judgements, Scorer
from moderation.types import ACTIONS

BINS = 50
"""Bars of a histogram of probabilities, each 1 / BINS wide."""

MOST_SITES = 100_000
"""Sites counted each by itself; a crawl has millions, and the rest of them is counted as one."""

_MONTH = len("2024-05")

OTHER_SITES = "(other sites)"

Rates = dict[str, list[int]]
"""Rows by what they have in common: [how many, how many of them flagged]."""


@dataclass(slots=True)
class Tally:
    """Counts of rows by action, flags by label, rows left unscored, rejected and skipped by reason; histograms of each
    label's probabilities; rows and flagged rows by month ("2024-05") and by site.
    """

    rows: int = 0
    flagged: int = 0
    actions: Counter[str] = field(default_factory=Counter)
    flags: Counter[str] = field(default_factory=Counter)
    unscored: Counter[str] = field(default_factory=Counter)
    rejects: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    histograms: dict[str, list[int]] = field(default_factory=dict)
    months: Rates = field(default_factory=dict)
    sites: Rates = field(default_factory=dict)

    def count(self, scorer: Scorer, columns: Columns, judged: Judgements) -> None:
        """Count a block of scored comments, and what was rejected and skipped among them."""
        self.rows += len(columns.ids)
        for action, n in enumerate(np.bincount(judged.actions, minlength=len(ACTIONS)).tolist()):
            if n:
                self.actions[ACTIONS[action]] += n
        names = scorer.policy.judged(scorer.labels)
        for label, n in zip(names, judged.flags.sum(axis=0).tolist(), strict=True):
            if n:
                self.flags[label] += n
        flagged = np.asarray(judged.flags.any(axis=1))
        self.flagged += int(flagged.sum())
        self.unscored.update(judged.unscored.values())
        self.rejects.update(reject.reason for reject in columns.rejects)
        self.skipped.update(columns.skipped)
        scored = np.ones(len(columns.ids), bool)
        scored[list(judged.unscored)] = False
        places = np.minimum(judged.probabilities[scored] * BINS, BINS - 1).astype(np.int64)
        for k, label in enumerate(scorer.labels):
            found = np.bincount(places[:, k], minlength=BINS).tolist()
            self.histograms[label] = _added(self.histograms.get(label, [0] * BINS), found)
        hits = np.flatnonzero(flagged).tolist()
        _count_rates(self.months, [time[:_MONTH] if time else None for time in columns.times], hits, _is_month)
        _count_rates(self.sites, columns.sites, hits, bool)

    def add(self, other: Self) -> None:
        """Add what a later shard has counted."""
        self.rows += other.rows
        self.flagged += other.flagged
        for name in ("actions", "flags", "unscored", "rejects", "skipped"):
            getattr(self, name).update(getattr(other, name))
        for label, bins in other.histograms.items():
            self.histograms[label] = _added(self.histograms.get(label, [0] * BINS), bins)
        for mine, theirs in ((self.months, other.months), (self.sites, other.sites)):
            for key, pair in theirs.items():
                place = key if key in mine or len(mine) < MOST_SITES else OTHER_SITES
                mine[place] = _added(mine.get(place, [0, 0]), pair)

    def pass_over(self, item: Reject | Skipped) -> None:
        """Count what gives no comment."""
        (self.rejects if isinstance(item, Reject) else self.skipped)[item.reason] += 1

    def headline(self) -> dict[str, int]:
        """Return the counts to be shown while a run goes on, that of the rows first."""
        return {"comments": self.rows, "flagged": self.flagged, "rejected": self.rejected()}

    def rejected(self) -> int:
        """Return how many records were rejected."""
        return self.rejects.total()

    def line(self) -> str:
        """Return the counts as one line for people."""
        parts = [f"{self.rows:,} comments", *(f"{n:,} {action}" for action, n in sorted(self.actions.items()))]
        parts += [f"{label} flagged {n:,}" for label, n in sorted(self.flags.items())]
        for name in ("unscored", "rejects", "skipped"):
            word = "rejected" if name == "rejects" else name
            parts += [f"{word} {n:,} ({reason})" for reason, n in sorted(getattr(self, name).items())]
        return "; ".join(parts)

    def to_json(self) -> bytes:
        """Return the counts as a line of JSON."""
        return json.dumps({f.name: getattr(self, f.name) for f in fields(self)}, sort_keys=True).encode() + b"\n"

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """Return the counts that `to_json` has written. Raises ValueError, TypeError or LookupError for others."""
        table: dict[str, Any] = json.loads(data)
        known = {f.name: f.default_factory for f in fields(cls)}
        values: dict[str, Any] = {k: Counter(v) if known[k] is Counter else v for k, v in table.items()}
        return cls(**values)


def _added(mine: Sequence[int], theirs: Sequence[int]) -> list[int]:
    return [a + b for a, b in zip(mine, theirs, strict=True)]


def _is_month(text: str) -> bool:
    """Return whether a time begins so that is ISO 8601."""
    return len(text) == _MONTH and text[4] == "-" and (text[:4] + text[5:]).isdecimal()


def _count_rates(rates: Rates, keys: Sequence[str | None], hits: Sequence[int], counts: Callable[[str], bool]) -> None:
    """Count rows by key, and those of them at `hits`."""
    found = Counter(keys)
    flagged = Counter(keys[hit] for hit in hits)
    for key, n in found.items():
        if key is not None and counts(key):
            rates[key] = _added(rates.get(key, [0, 0]), [n, flagged[key]])
