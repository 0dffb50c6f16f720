"""Boosted trees and the best sequence of states, compiled by numba."""

import numpy as np
from numpy.typing import NDArray

from moderation.compiling import compiled

_ROWS = 16  # rows that are judged together: they and one tree stay in the nearest cache


@compiled
def add_trees(
    features: NDArray[np.float32],
    nodes: tuple[NDArray[np.uint16], NDArray[np.float32], NDArray[np.uint8]],
    roots: NDArray[np.int32],
    out: NDArray[np.float32],
) -> None:
    """Add each tree's value to out[:, tree % states].

    nodes: for each node the feature, the threshold (a leaf: the value), and the left child counted from the root (a
    leaf: 0); the right child comes next to it. A row goes left where its feature is at most the threshold.
    """
    feature, threshold, left = nodes
    states = out.shape[1]
    for first in range(0, len(features), _ROWS):
        last = min(first + _ROWS, len(features))
        for tree in range(len(roots)):
            root = roots[tree]
            state = tree % states
            for i in range(first, last):
                node = root
                step = left[node]
                while step != 0:
                    node = root + step + (features[i, feature[node]] > threshold[node])
                    step = left[node]
                out[i, state] += threshold[node]


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
