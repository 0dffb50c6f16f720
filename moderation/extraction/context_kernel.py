"""What a first judgement of all lines of a text says about each of them, as numbers (numba)."""

import numpy as np
from numpy.typing import NDArray

from moderation.compiling import compiled
from moderation.extraction.lines_kernel import PRIME, START

STATES = 6
_BEGIN, _AUTHOR, _OUTSIDE, _AFTER = 2, 5, 0, 4
_BESIDE = 2  # lines on each side whose probabilities are repeated
_NEAR, _WIDE = 4, 15  # lines on each side over which means are taken
_FAR = 30  # lines; a sign further away is no sign
_LIKELY = 0.4  # probability from which a line counts as a sign
_DOUBT = 2.0  # lines that say nothing, as if seen among those that look alike
_MOST = 20.0  # comments from which all are alike
CONTEXT = STATES * (1 + 2 * _BESIDE) + 4 + 3 + 4 + 4 * STATES


@compiled
def _alike(values: NDArray[np.uint64], p: NDArray[np.float32], out: NDArray[np.float32], column: int) -> None:
    """Write the mean probabilities of the other lines with the same value, drawn to 0 where they are few."""
    n = len(values)
    order = np.argsort(values, kind="mergesort")
    sums = np.empty(STATES, np.float64)
    start = 0
    while start < n:
        stop = start + 1
        while stop < n and values[order[stop]] == values[order[start]]:
            stop += 1
        sums[:] = 0.0
        for k in range(start, stop):
            for s in range(STATES):
                sums[s] += p[order[k], s]
        for k in range(start, stop):
            for s in range(STATES):
                out[order[k], column + s] = (sums[s] - p[order[k], s]) / (stop - start - 1 + _DOUBT)
        start = stop


@compiled
def look_again(
    p: NDArray[np.float32], shapes: NDArray[np.uint64], keys: NDArray[np.uint64], out: NDArray[np.float32]
) -> None:
    """Fill, for each line, what the probabilities `p` (lines, STATES) of all lines say of it, (lines, CONTEXT)."""
    n = len(p)
    column = 0
    for k in range(-_BESIDE, _BESIDE + 1):
        for i in range(n):
            if 0 <= i + k < n:
                for s in range(STATES):
                    out[i, column + s] = p[i + k, s]
        column += STATES
    inside = np.zeros(n + 1, np.float64)
    begun = np.zeros(n + 1, np.float64)
    for i in range(n):
        inside[i + 1] = inside[i] + 1.0 - p[i, _OUTSIDE] - p[i, _AFTER]
        begun[i + 1] = begun[i] + p[i, _BEGIN]
    last = lastname = -_FAR
    for i in range(n):
        for place, reach in enumerate((_NEAR, _WIDE)):
            low, high = max(i - reach, 0), min(i + reach + 1, n)
            out[i, column + 2 * place] = (inside[i] - inside[low]) / max(i - low, 1)
            out[i, column + 2 * place + 1] = (inside[high] - inside[i + 1]) / max(high - i - 1, 1)
        out[i, column + 4] = min(begun[i], _MOST)
        out[i, column + 5] = min(begun[n] - begun[i + 1], _MOST)
        out[i, column + 6] = min(begun[n], _MOST)
        out[i, column + 7] = min(i - last, _FAR)
        out[i, column + 8] = min(i - lastname, _FAR)
        if p[i, _BEGIN] > _LIKELY:
            last = i
        if p[i, _AUTHOR] > _LIKELY:
            lastname = i
    last = lastname = n + _FAR
    for i in range(n - 1, -1, -1):
        out[i, column + 9] = min(last - i, _FAR)
        out[i, column + 10] = min(lastname - i, _FAR)
        if p[i, _BEGIN] > _LIKELY:
            last = i
        if p[i, _AUTHOR] > _LIKELY:
            lastname = i
    column += 11
    _alike(shapes, p, out, column)
    pairs = np.empty(n, np.uint64)
    for i in range(n):
        pairs[i] = shapes[i] * PRIME + (shapes[i - 1] if i > 0 else START)
    _alike(pairs, p, out, column + STATES)
    for i in range(n):
        pairs[i] = shapes[i] * PRIME + (shapes[i + 1] if i + 1 < n else START)
    _alike(pairs, p, out, column + 2 * STATES)
    _alike(keys, p, out, column + 3 * STATES)
