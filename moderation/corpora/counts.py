"""Numbers of a corpus, for its data card: rows and labels by part, what was left out, lengths, groups attacked.

Numbers only: they are published with the project, which the texts never are.
"""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from moderation.corpora.loading import Corpus, load_corpora
from moderation.corpora.spec import load_specs
from moderation.corpora.splits import PARTS
from moderation.errors import CorpusError
from moderation.labels import LABEL_NAMES
from moderation.shipped import shipped

COUNTS = "data/corpora/counts.json"
"""Where the counts of the shipped specs' corpora lie."""

TARGETS = 8


@dataclass(frozen=True, slots=True)
class PartCounts:
    """One part: its rows, their independent groups, and by label (positive rows, negative rows)."""

    rows: int
    groups: int
    labels: Mapping[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Counts:
    """What was counted in a corpus's file with this sha256.

    `drops` are rows left out by reason, `characters` the median and the 95th percentile of the texts' lengths in code
    points, `targets` the groups most often attacked, with the rows that name them.
    """

    sha256: str
    rows_in: int
    drops: Mapping[str, int]
    parts: Mapping[str, PartCounts]
    characters: tuple[int, int]
    targets: Mapping[str, int]


def count(corpus: Corpus) -> Counts:
    """Count a corpus as it was loaded."""
    parts = {part: np.array([p == part for p in corpus.split], dtype=bool) for part in PARTS}
    named = Counter(target for targets in corpus.targets for target in targets)
    median, long = np.percentile([len(text) for text in corpus.texts] or [0], (50, 95)).round().astype(int).tolist()
    return Counts(
        sha256=corpus.sha256,
        rows_in=corpus.rows_in,
        drops=dict(sorted(corpus.drops.items())),
        parts={part: _part(corpus, inside) for part, inside in parts.items() if inside.any()},
        characters=(median, long),
        targets=dict(sorted(named.items(), key=lambda item: (-item[1], item[0]))[:TARGETS]),
    )


def count_directory(directory: Path, names: tuple[str, ...] | None = None) -> dict[str, Counts]:
    """Count the corpora `names` (None: all) of a directory that are there.

    They are counted as they are used: those that may train with all parts, the others' validation. Raises CorpusError
    as `load_corpora` does, and where none is there.
    """
    specs = load_specs(directory)
    present = {n for n, s in specs.items() if s.path(directory).is_file() and (names is None or n in names)}
    if not present:
        raise CorpusError(f"{directory} holds none of the corpora. docs/corpora.md says what belongs there.")
    found: dict[str, Counts] = {}
    for for_training in (True, False):
        wanted = [name for name in present if specs[name].may_train == for_training]
        loaded = load_corpora(directory, wanted, for_training=for_training) if wanted else []
        found |= {corpus.spec.name: count(corpus) for corpus in loaded}
    return dict(sorted(found.items()))


def shipped_counts() -> dict[str, Counts]:
    """Return the counts of the corpora that have a shipped spec, as they were last counted."""
    table = json.loads(shipped(COUNTS).read_text(encoding="utf-8"))
    return {name: _read(values) for name, values in table.items()}


def to_json(counts: Mapping[str, Counts]) -> str:
    """Return counts as they stand on disk."""
    return json.dumps({name: asdict(each) for name, each in counts.items()}, indent=1) + "\n"


def _part(corpus: Corpus, inside: Any) -> PartCounts:
    labels = corpus.labels[inside]
    carried = {name: labels[:, LABEL_NAMES.index(name)] for name in LABEL_NAMES if name in corpus.spec.labels}
    return PartCounts(
        rows=int(inside.sum()),
        groups=len({group for group, wanted in zip(corpus.groups, inside, strict=True) if wanted}),
        labels={name: (int((column == 1).sum()), int((column == 0).sum())) for name, column in carried.items()},
    )


def _read(values: Mapping[str, Any]) -> Counts:
    def part(table: Mapping[str, Any]) -> PartCounts:
        labels = {name: (positive, negative) for name, (positive, negative) in table["labels"].items()}
        return PartCounts(table["rows"], table["groups"], labels)

    parts = {name: part(table) for name, table in values["parts"].items()}
    median, long = values["characters"]
    return Counts(**{**values, "parts": parts, "characters": (median, long)})
