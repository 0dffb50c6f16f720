"""The bands of a cascade: which comments the accurate part is asked about, fitted for a stated loss."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_STEPS = 40
_LEAPS = (1, 3, 9)
"""How many places of its grid an end of a band moves at once: F1 is no smooth function, and a small step may gain
nothing where a larger one does."""

_Bands = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """What is said of n labelled rows: `fast` are the probabilities (n, labels) of the fast part, `both` those of both
    parts together, `alone` tells what the accurate part flags by itself (n, labels), `target` is 1, 0 or NaN (n,
    labels), `corpus` the number of each row's corpus (n,), `ordinary` marks the rows that are like the comments to come
    (n,), `thresholds` (labels,) are the cascade's.
    """

    fast: NDArray[np.float32]
    both: NDArray[np.float32]
    alone: NDArray[np.bool_]
    target: NDArray[np.float32]
    corpus: NDArray[np.int64]
    ordinary: NDArray[np.bool_]
    thresholds: NDArray[np.float64]

    def flagged(self, asked: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return what is flagged, (n, labels), where the rows in `asked` (n,) are judged by both parts."""
        return np.where(asked[:, None], self.both >= self.thresholds, self.fast >= self.thresholds)

    def measured(self, flagged: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the F1 of each pair of a corpus and a label that has positives, and the false-positive rate of each
        that has negatives, where `flagged` (n, labels) is flagged.
        """
        f1, alarms = [], []
        for column, guess in zip(self.target.T, flagged.T, strict=True):
            sides = [np.bincount(self.corpus, column == side) for side in (1, 0)]
            hits, wrong = (np.bincount(self.corpus, guess & (column == side)) for side in (1, 0))
            f1.append((2 * hits / np.maximum(hits + wrong + sides[0], 1))[sides[0] > 0])
            alarms.append((wrong / np.maximum(sides[1], 1))[sides[1] > 0])
        return np.concatenate(f1), np.concatenate(alarms)

    def loss(self, asked: NDArray[np.bool_]) -> float:
        """Return what is lost against the accurate part alone, as a mean over corpora and labels: the F1, and what the
        false-positive rate rises by, added up. A corpus where the cascade does better makes up for no other.
        """
        alone, here = self.measured(self.alone), self.measured(self.flagged(asked))
        losses = [np.maximum(alone[0] - here[0], 0), np.maximum(here[1] - alone[1], 0)]
        return sum(float(each.mean()) for each in losses if len(each))


def inside(fast: NDArray[np.float32], bands: _Bands) -> NDArray[np.bool_]:
    """Tell which rows of probabilities, (n, labels), leave a label in its band; `bands` are (labels, 2)."""
    return np.asarray(((fast >= bands[:, 0]) & (fast < bands[:, 1])).any(axis=1))


def fit_bands(judged: Judged, loss: float) -> _Bands:
    """Return bands, float64 (labels, 2), under which at most `loss` is lost, and few ordinary rows lie in one.

    A label's band holds its threshold, so that what is outside of it is on its side. A greedy search: out of bands that
    hold nothing, the end of a band moves out that saves the most loss for an ordinary row, until the loss is small
    enough, or they hold all; then each end moves in again where that keeps it so.
    """
    bands = np.repeat(judged.thresholds[:, None], 2, axis=1)
    grids = _grids(judged)
    lost, sent = judged.loss(inside(judged.fast, bands)), 0.0
    while lost > loss:
        best: tuple[float, _Bands, float, float] | None = None
        for wider in _moves(bands, grids, outwards=True):
            its_loss, its_share = _price(judged, wider)
            gain = (lost - its_loss) / (its_share - sent + 1e-4)
            if best is None or gain > best[0]:
                best = gain, wider, its_loss, its_share
        if best is None:
            break  # they hold all
        _, bands, lost, sent = best
    return _narrowed(judged, bands, grids, loss)


def _narrowed(judged: Judged, bands: _Bands, grids: "_Grids", loss: float) -> _Bands:
    sent = _price(judged, bands)[1]
    while True:
        fitting = [
            (its_share, narrower)
            for narrower in _moves(bands, grids, outwards=False)
            for its_loss, its_share in [_price(judged, narrower)]
            if its_loss <= loss and its_share < sent
        ]
        if not fitting:
            return bands
        sent, bands = min(fitting, key=lambda pair: pair[0])


def _price(judged: Judged, bands: _Bands) -> tuple[float, float]:
    """Return what bands cost: the loss of F1, and the share of ordinary rows that they send on."""
    asked = inside(judged.fast, bands)
    return judged.loss(asked), float(asked[judged.ordinary].mean()) if judged.ordinary.any() else 0.0


_Grids = Mapping[tuple[int, int], NDArray[np.float64]]


def _grids(judged: Judged) -> _Grids:
    """Return the places where an end of a label's band may be, from its threshold outwards, by (label, end): as many
    as there are even steps in the logarithm of the share of ordinary rows (for the lower end) or in the share of all
    rows (for the upper) beyond them.
    """
    found = {}
    for label, threshold in enumerate(judged.thresholds):
        own = judged.fast[judged.ordinary, label] if judged.ordinary.any() else judged.fast[:, label]
        low = np.quantile(own, 1 - np.geomspace(1 / max(len(own), 2), 1, _STEPS)).astype(np.float32)
        over = judged.fast[judged.fast[:, label] >= threshold, label]
        high = np.quantile(over, np.linspace(0, 1, _STEPS // 4)).astype(np.float32) if len(over) else np.empty(0)
        found[label, 0] = np.unique(np.concatenate((low[low < threshold], [0.0, threshold])))[::-1]
        found[label, 1] = np.unique(np.concatenate((high[high > threshold], [threshold, 1.0])))
    return found


def _moves(bands: _Bands, grids: _Grids, *, outwards: bool) -> Iterator[_Bands]:
    for (label, end), grid in grids.items():
        at = int(np.argmin(np.abs(grid - bands[label, end])))
        for leap in _LEAPS:
            to = at + leap if outwards else at - leap
            if 0 <= to < len(grid):
                moved = bands.copy()
                moved[label, end] = grid[to]
                yield moved
