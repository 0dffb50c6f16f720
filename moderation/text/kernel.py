"""The normaliser, compiled by numba: one text into a buffer of code points, each with the range that it came from.

The folding pass comes first; the word rules follow where the text gives them something to do; both repeat until nothing
changes, so that the result is a fixed point.
"""

import numpy as np
from numpy.typing import NDArray

from moderation.compiling import compiled
from moderation.text.fold import Buffers, CodePoints, fold_pass, room
from moderation.text.tables import Tables
from moderation.text.words import (
    HAS_AT,
    HAS_FOREIGN,
    HAS_LEET,
    HAS_LINK,
    HAS_SPACED,
    clues,
    fold_confusables,
    fold_leet,
    join_spaced,
    replace_links,
)

Bounds = NDArray[np.int64]

_MAX_PASSES = 8  # a bound on the work that a contrived text can ask for; real ones settle in two or three


@compiled
def normalise(text: CodePoints, tables: Tables, buffers: Buffers) -> tuple[Buffers, int]:
    """Normalise one text (code points, surrogates allowed) into `buffers`, or into larger ones where they are too
    small.

    Returns (buffers, n): the first n entries of each are the result: code points, and where each starts and ends in
    the text.
    """
    buffers = room(text, tables, buffers)
    n = fold_pass(text, True, tables, buffers)
    for _ in range(_MAX_PASSES):
        found = clues(buffers[0], n, tables)
        if found == 0:
            break
        changed = False
        if found & (HAS_AT | HAS_LINK):
            buffers, n, changed = replace_links(tables, buffers, n)
        if found & HAS_FOREIGN:
            changed = fold_confusables(tables, buffers[0], n) or changed
        if found & HAS_SPACED:
            n, joined = join_spaced(tables, buffers, n)
            changed = changed or joined
        if found & HAS_LEET:
            changed = fold_leet(tables, buffers[0], n) or changed
        if not changed:
            break
        n = fold_pass(buffers[0][:n], False, tables, buffers)
    return buffers, n


@compiled
def normalise_many(joined: CodePoints, bounds: Bounds, tables: Tables, buffers: Buffers) -> tuple[CodePoints, Bounds]:
    """Normalise the texts joined[bounds[k]:bounds[k + 1]]. Returns their results one after the other, and the bounds of
    each.
    """
    out = np.empty(len(joined) + 64, np.uint32)
    ends = np.zeros(len(bounds), np.int64)
    for k in range(len(bounds) - 1):
        buffers, n = normalise(joined[bounds[k] : bounds[k + 1]], tables, buffers)
        start = ends[k]
        if start + n > len(out):
            grown = np.empty(2 * (start + n), np.uint32)
            grown[:start] = out[:start]
            out = grown
        out[start : start + n] = buffers[0][:n]
        ends[k + 1] = start + n
    return out[: ends[-1]], ends
