"""Labelled rows of all corpora by column: what every trainer reads."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from moderation.corpora import Corpus
from moderation.errors import CorpusError
from moderation.labels import LABEL_NAMES

Progress = Callable[[str, int, int], None]
"""Called with (what is done now, steps done, steps in all)."""


def silent(what: str, done: int, total: int) -> None:
    """Show nothing: a Progress."""
    del what, done, total


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """All rows of all corpora by column: labels float32 (n, 3), part of the split (n,), number of the corpus (n,).
    `names` are the corpora's, by number; `synthetic` tells which of them were written for the project.
    """

    labels: NDArray[np.float32]
    split: NDArray[np.str_]
    corpus: NDArray[np.int64]
    names: tuple[str, ...]
    synthetic: tuple[bool, ...]

    def of(self, label: int, part: str) -> NDArray[np.int64]:
        """Return the rows of a part that carry a label."""
        return np.flatnonzero((self.split == part) & ~np.isnan(self.labels[:, label]))


def rows_of(corpora: Sequence[Corpus]) -> Rows:
    """Return the rows of corpora, in their order."""
    names = tuple(c.spec.name for c in corpora)
    synthetic = tuple(bool(c.spec.shipped) for c in corpora)
    if not corpora:
        return Rows(
            np.empty((0, len(LABEL_NAMES)), np.float32), np.empty(0, np.str_), np.empty(0, np.int64), names, synthetic
        )
    return Rows(
        np.concatenate([c.labels for c in corpora]),
        np.array([part for c in corpora for part in parts_of(c)]),
        np.repeat(np.arange(len(corpora)), [len(c.texts) for c in corpora]),
        names,
        synthetic,
    )


def learnable(rows: Rows, directory: Path) -> list[int]:
    """Return the labels that can be learned from `rows`, which were read from `directory`. Raises CorpusError where
    there is none.
    """
    labels = [k for k in range(len(LABEL_NAMES)) if _can_learn(rows, k)]
    if not labels:
        raise CorpusError(
            f"{directory}: no label has at least 10 positive and 10 negative rows to train on. Add corpora."
        )
    return labels


def parts_of(corpus: Corpus) -> list[str]:
    """Return what each row is for: synthetic pairs only teach, thresholds come from what people wrote."""
    return ["train" if corpus.spec.shipped and part == "calibration" else part for part in corpus.split]


def _can_learn(rows: Rows, label: int) -> bool:
    enough = True
    for part, least in (("train", 10), ("calibration", 2)):
        positives = int((rows.labels[rows.of(label, part), label] == 1).sum())
        enough = enough and least <= positives <= len(rows.of(label, part)) - least
    return enough
