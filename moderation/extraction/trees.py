"""Boosted trees as arrays (Friedman, "Greedy function approximation", 2001)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moderation.extraction import trees_kernel

PARTS = ("feature", "threshold", "kept", "starts", "values")  # the arrays of trees, in order


@dataclass(frozen=True, slots=True)
class Trees:
    """Trees that vote in turn for each output.

    feature, threshold, kept: (inner nodes,), starts: (trees + 1,), values: (trees, LEAVES), as `trees_kernel.add_trees`
    takes them.
    """

    feature: NDArray[np.uint16]
    threshold: NDArray[np.float32]
    kept: NDArray[np.int32]
    starts: NDArray[np.int32]
    values: NDArray[np.float32]

    def sums(self, features: NDArray[np.float32], outputs: int) -> NDArray[np.float32]:
        """Return what the trees say of each row, (rows, outputs)."""
        out = np.zeros((len(features), outputs), np.float32)
        nodes = self.feature, self.threshold, self.kept
        trees_kernel.add_trees(features, nodes, (self.starts, self.values), out)
        return out

    def log_probabilities(self, features: NDArray[np.float32], outputs: int, least: float) -> NDArray[np.float32]:
        """Return the log probability of each output for each row, none below that of `least`."""
        z = self.sums(features, outputs)
        z -= z.max(axis=1, keepdims=True)
        z -= np.log(np.exp(z).sum(axis=1, keepdims=True))
        return np.maximum(z, np.float32(np.log(least)))

    def probabilities(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the probability that each row is one, where the trees have a single output."""
        return np.asarray(1 / (1 + np.exp(-self.sums(features, 1)[:, 0])), np.float32)


def mean_of(several: Sequence[Trees]) -> Trees:
    """Return trees that give the mean of what these give; each holds as many trees for one output as for another."""
    starts = [np.zeros(1, np.int32)]
    for trees in several:
        starts.append(trees.starts[1:] + starts[-1][-1])
    return Trees(
        np.concatenate([trees.feature for trees in several]),
        np.concatenate([trees.threshold for trees in several]),
        np.concatenate([trees.kept for trees in several]),
        np.concatenate(starts),
        np.concatenate([trees.values / np.float32(len(several)) for trees in several]),
    )
