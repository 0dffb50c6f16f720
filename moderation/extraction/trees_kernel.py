"""Boosted trees and the best sequence of states, compiled by numba."""

import numpy as np
from numpy.typing import NDArray

from moderation.compiling import compiled

LEAVES = 16  # of a tree, at most
_ROWS = 64  # rows that are judged together: as many as the compiler makes vector instructions of
_ALL = np.int32((1 << LEAVES) - 1)
_DE_BRUIJN = 0x09AF  # times a power of two, its upper four bits say which


def _places() -> NDArray[np.uint8]:
    places = np.empty(LEAVES, np.uint8)
    for k in range(LEAVES):
        places[_DE_BRUIJN * (1 << k) % (1 << LEAVES) >> 12] = k
    return places


_PLACES = _places()


@compiled
def add_trees(
    features: NDArray[np.float32],
    nodes: tuple[NDArray[np.uint16], NDArray[np.float32], NDArray[np.int32]],
    trees: tuple[NDArray[np.int32], NDArray[np.float32]],
    out: NDArray[np.float32],
) -> None:
    """Add each tree's value to out[:, tree % outputs], without a branch (QuickScorer: Lucchese et al., SIGIR 2015).

    nodes: for each inner node the feature, the threshold, and as bits the leaves that can still be reached where the
    feature is greater: all but those to the left of the node. All nodes of a tree are looked at, in any order; the
    leaf is the leftmost that is left. trees: the first node of each, and one more; the values of its leaves from left
    to right, (trees, LEAVES).
    """
    feature, threshold, kept = nodes
    starts, values = trees
    outputs = out.shape[1]
    block = np.zeros((features.shape[1], _ROWS), np.float32)
    alive = np.empty(_ROWS, np.int32)
    for first in range(0, len(features), _ROWS):
        rows = min(_ROWS, len(features) - first)
        for i in range(rows):
            for f in range(features.shape[1]):
                block[f, i] = features[first + i, f]
        for tree in range(len(values)):
            alive[:] = _ALL
            for node in range(starts[tree], starts[tree + 1]):
                row, most, left = block[feature[node]], threshold[node], kept[node]
                for i in range(_ROWS):
                    alive[i] &= left if row[i] > most else _ALL
            for i in range(rows):
                lowest = alive[i] & -alive[i]
                out[first + i, tree % outputs] += values[tree, _PLACES[(lowest * _DE_BRUIJN >> 12) & 15]]


@compiled
def best_states(
    emissions: NDArray[np.float32], start: NDArray[np.float32], steps: NDArray[np.float32], path: NDArray[np.int8]
) -> float:
    """Write the likeliest states (Viterbi) to `path` and return their score; `steps` has the state before in rows."""
    n, states = emissions.shape
    came = np.zeros((n, states), np.int8)
    scores = np.empty(states, np.float64)
    following = np.empty(states, np.float64)
    for s in range(states):
        scores[s] = start[s] + emissions[0, s]
    for i in range(1, n):
        for s in range(states):
            best, source = scores[0] + steps[0, s], 0
            for r in range(1, states):
                score = scores[r] + steps[r, s]
                if score > best:
                    best, source = score, r
            came[i, s] = source
            following[s] = best + emissions[i, s]
        for s in range(states):
            scores[s] = following[s]
    state = int(np.argmax(scores))
    best = scores[state]
    for i in range(n - 1, -1, -1):
        path[i] = state
        state = came[i, state]
    return float(best)
