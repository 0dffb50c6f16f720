"""Which rows are seen when: a pure function of the options, so that a killed run goes on exactly where it was."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_Ints = NDArray[np.int64]

_POOL = 4096  # rows among which batches of like length are formed


def passes_over(rows: Sequence[_Ints], passes: Sequence[float], generator: np.random.Generator) -> _Ints:
    """Return row numbers in random order: those of each corpus as often as `passes` says, a fraction by lot."""
    chosen = []
    for own, times in zip(rows, passes, strict=True):
        whole = int(times)
        part = generator.permutation(own)[: round((times - whole) * len(own))]
        chosen += [own] * whole + [part]
    return generator.permutation(np.concatenate(chosen)) if chosen else np.empty(0, np.int64)


def batches(order: _Ints, lengths: _Ints, tokens: int, generator: np.random.Generator) -> list[_Ints]:
    """Cut `order` into batches of rows of like length, each of at most `tokens` tokens with its padding (but at least
    one row). `lengths` (all rows,) counts tokens.
    """
    result: list[_Ints] = []
    for start in range(0, len(order), _POOL):
        pool = order[start : start + _POOL]
        pool = pool[np.argsort(lengths[pool], kind="stable")]
        cut: list[_Ints] = []
        first = 0
        for at in range(len(pool)):
            if at > first and (at - first + 1) * lengths[pool[at]] > tokens:
                cut.append(pool[first:at])
                first = at
        cut.append(pool[first:])
        result += [cut[k] for k in generator.permutation(len(cut))]
    return result
