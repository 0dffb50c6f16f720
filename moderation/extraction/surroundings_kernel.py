"""What the lines above and below a line and the text as a whole show, as numbers (numba).

Numbers that hold for a whole page (how many lines it has, how many blank ones) are cut off or rounded: boosted trees
would know the training pages again by them, and learn their answers by heart.
"""

import numpy as np
from numpy.typing import NDArray

from moderation.compiling import compiled
from moderation.extraction.lines_kernel import (
    BARE,
    FOOTER,
    HEADER,
    INTERFACE,
    NAME,
    NUMBERED,
    PRIME,
    REPLY,
    START,
    TIME,
    Numbers,
)

SIGNS = 15  # kinds of line that are looked for above and below
_REACH = 10  # lines on each side over which means are taken
_WIDE = 25  # the same for signs
_FAR = 60  # lines; a sign further away is no sign
_MANY = 20  # lines of a block, and repeats of a shape, from which all are alike
_LONG = 2000  # characters of a block from which all are alike
_EIGHTHS = 8
SURROUNDINGS = 5 * SIGNS + 4 * 3 + 2 * 6 + 2 * 6 + 5 + 6 + 1


@compiled
def shapes_of(
    reading: tuple[Numbers, NDArray[np.uint32], NDArray[np.uint64]],
    indents: NDArray[np.int64],
    out: NDArray[np.uint64],
) -> None:
    """Write a number for what each line looks like: its kind, size, signs and indent, not its words."""
    numbers, said, _ = reading
    for i in range(len(said)):
        shape = int(said[i]) & (NUMBERED | BARE | FOOTER | INTERFACE | TIME | HEADER | NAME | REPLY)
        size = 0 if numbers[i, 8] <= 12 else (1 if numbers[i, 8] <= 40 else 2)
        shape = shape * 64 + size * 16 + int(numbers[i, 29]) * 8 + int(numbers[i, 31]) * 2 + int(numbers[i, 28])
        shape = shape * 4 + int(numbers[i, 32])
        out[i] = np.uint64(shape * 32 + int(numbers[i, 36]) * 8 + min(indents[i], 14) // 2)


@compiled
def _repeats(values: NDArray[np.uint64], out: Numbers, column: int) -> None:
    """Write how often each value stands in the text, and how far above and below it stands next."""
    n = len(values)
    order = np.argsort(values, kind="mergesort")
    start = 0
    while start < n:
        stop = start + 1
        while stop < n and values[order[stop]] == values[order[start]]:
            stop += 1
        for k in range(start, stop):
            i = order[k]
            above = i - order[k - 1] if k > start else _FAR
            below = order[k + 1] - i if k + 1 < stop else _FAR
            out[i, column] = min(stop - start, _MANY)
            out[i, column + 1] = min(above, _FAR)
            out[i, column + 2] = min(below, _FAR)
        start = stop


@compiled
def _blocks(blanks: NDArray[np.int64], least: int, numbers: Numbers, out: Numbers, column: int) -> None:
    """Write place, lines and characters of the block between blank lines, and the lines of its neighbours."""
    n = len(blanks)
    start = before = 0
    while start < n:
        stop = start + 1
        characters = numbers[start, 8]
        while stop < n and blanks[stop] < least:
            characters += numbers[stop, 8]
            stop += 1
        after = stop + 1
        while after < n and blanks[after] < least:
            after += 1
        for i in range(start, stop):
            out[i, column] = min(i - start, _MANY)
            out[i, column + 1] = min(stop - 1 - i, _MANY)
            out[i, column + 2] = min(stop - start, _MANY)
            out[i, column + 3] = min(characters, _LONG)
            out[i, column + 4] = min(before, _MANY)
            out[i, column + 5] = min(min(after, n) - stop, _MANY)
        before = stop - start
        start = stop


@compiled
def _signs(
    reading: tuple[Numbers, NDArray[np.uint32], NDArray[np.uint64]], blanks: NDArray[np.int64], out: Numbers
) -> None:
    """Write, for each kind of line, how far it is above and below, its share of the lines there, and whether it was."""
    numbers, said, _ = reading
    n = len(said)
    sign = np.zeros((SIGNS, n), np.bool_)
    for i in range(n):
        bits = int(said[i])
        sign[0, i] = bits & NUMBERED != 0
        sign[1, i] = bits & (NUMBERED | BARE) != 0
        sign[2, i] = bits & FOOTER != 0
        sign[3, i] = bits & INTERFACE != 0
        sign[4, i] = bits & TIME != 0
        sign[5, i] = bits & HEADER != 0
        sign[6, i] = bits & NAME != 0
        sign[7, i] = bits & REPLY != 0
        sign[8, i] = numbers[i, 8] > 100
        sign[9, i] = numbers[i, 13] + numbers[i, 14] > 0
        sign[10, i] = blanks[i] >= 2
        sign[11, i] = numbers[i, 28] > 0
        sign[12, i] = numbers[i, 36] > 0
        sign[13, i] = numbers[i, 32] > 1
        sign[14, i] = numbers[i, 39] > 0
    column = 0
    sums = np.zeros(n + 1, np.int64)
    for k in range(SIGNS):
        last = -_FAR
        for i in range(n):
            sums[i + 1] = sums[i] + sign[k, i]
            if sign[k, i]:
                last = i
            out[i, column] = min(i - last, _FAR)
        last = n + _FAR
        for i in range(n - 1, -1, -1):
            if sign[k, i]:
                last = i
            out[i, column + 1] = min(last - i, _FAR)
            low, high = max(i - _WIDE, 0), min(i + _WIDE + 1, n)
            out[i, column + 2] = (sums[i] - sums[low]) / max(i - low, 1)
            out[i, column + 3] = (sums[high] - sums[i]) / (high - i)
            out[i, column + 4] = sums[i] > 0
        column += 5


@compiled
def look_around(
    reading: tuple[Numbers, NDArray[np.uint32], NDArray[np.uint64]],
    blanks: NDArray[np.int64],
    indents: NDArray[np.int64],
    shapes: NDArray[np.uint64],
    out: Numbers,
) -> None:
    """Fill, for each line, what the lines above and below it and the text as a whole show, (lines, SURROUNDINGS)."""
    numbers, said, keys = reading
    n = len(said)
    _signs(reading, blanks, out)
    column = 5 * SIGNS
    _repeats(shapes, out, column)
    pairs = np.empty(n, np.uint64)
    for i in range(n):
        pairs[i] = shapes[i] * PRIME + (shapes[i - 1] if i > 0 else START)
    _repeats(pairs, out, column + 3)
    for i in range(n):
        pairs[i] = shapes[i] * PRIME + (shapes[i + 1] if i + 1 < n else START)
    _repeats(pairs, out, column + 6)
    _repeats(keys, out, column + 9)
    column += 12
    _blocks(blanks, 1, numbers, out, column)
    _blocks(blanks, 2, numbers, out, column + 6)
    column += 12
    # Means over windows above and below: characters, words of the first and second person, stop words, capitals,
    # names.
    totals = np.zeros(n + 1, np.float64)
    for place, source in enumerate((8, 13, 14, 16, 12, 6)):
        for i in range(n):
            totals[i + 1] = totals[i] + min(numbers[i, source], 600.0)
        for i in range(n):
            low, high = max(i - _REACH, 0), min(i + _REACH + 1, n)
            out[i, column + 2 * place] = (totals[i] - totals[low]) / max(i - low, 1)
            out[i, column + 2 * place + 1] = (totals[high] - totals[i]) / (high - i)
    column += 12
    counts = np.zeros(4, np.int64)
    for i in range(n):
        totals[i + 1] = totals[i] + min(blanks[i], 3)
        counts[min(blanks[i], 3)] += 1
    for i in range(n):
        low, high = max(i - _REACH, 0), min(i + _REACH + 1, n)
        out[i, column] = (totals[i] - totals[low]) / max(i - low, 1)
        out[i, column + 1] = (totals[high] - totals[i]) / (high - i)
        mine = min(blanks[i], 3)
        more = 0
        for b in range(mine + 1, 4):
            more += counts[b]
        out[i, column + 2] = _EIGHTHS * more // n
        out[i, column + 3] = _EIGHTHS * counts[mine] // n
        out[i, column + 4] = _EIGHTHS * i // n
    column += 5
    ordinal = deep = -1  # the number of the last numbered line, and its indent
    depths = np.zeros(16, np.int64)
    for i in range(n):
        if numbers[i, 36] > 0:
            depths[min(indents[i], 15)] += 1
    common = int(np.argmax(depths)) if depths.sum() > 0 else -1  # the indent of most marked lines
    told = -1.0  # how many comments the last line that says so says
    for i in range(n):
        out[i, column] = max(-8, min(8, indents[i] - (indents[i - 1] if i > 0 else 0)))
        out[i, column + 1] = max(-8, min(8, (indents[i + 1] if i + 1 < n else 0) - indents[i]))
        out[i, column + 2] = max(-8, min(8, indents[i] - deep))
        out[i, column + 3] = min(indents[i], 15) == common
        if numbers[i, 36] > 1:
            out[i, column + 4] = 2.0 if numbers[i, 37] == ordinal + 1 else 1.0
            ordinal, deep = int(numbers[i, 37]), indents[i]
        elif numbers[i, 36] > 0:
            deep = indents[i]
        out[i, column + 5] = min(ordinal, 3)
        out[i, column + 6] = told
        if int(said[i]) & NUMBERED:
            told = numbers[i, 38]
