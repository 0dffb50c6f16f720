"""What a comment that the line model found looks like among the others of its page, as numbers (numba)."""

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
    REPLY,
    TIME,
    Numbers,
)

_OUTSIDE, _AROUND, _BEGIN, _INSIDE, _AFTER, _AUTHOR = range(6)
_KINDS = (TIME | HEADER, NAME, REPLY, INTERFACE, NUMBERED | BARE, FOOTER)
_BESIDE = 6  # lines above and below a comment that are looked at
_FAR = 30  # lines; what is further away is no sign
_MOST = 20  # comments from which all are alike
_OWN = 20
SEGMENT = _OWN + 2 * len(_KINDS) + 4 + 8


@compiled
def describe_segments(
    judged: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]],
    reading: tuple[Numbers, NDArray[np.uint32]],
    shapes: NDArray[np.uint64],
    out: Numbers,
) -> None:
    """Fill, for each comment, (comments, SEGMENT).

    judged: first and last line of each comment, and the probabilities of all lines (lines, states).
    """
    first, last, p = judged
    numbers, said = reading
    n, m = len(said), len(first)
    sure = np.zeros(m, np.float64)
    sizes = np.zeros(m, np.float64)
    dated = np.zeros(m, np.float64)
    boundary = footer = -_FAR
    amount = -1.0
    line = 0
    for k in range(m):
        out[k, :] = 0.0
        characters = words = persons = talk = stops = links = ends = inside = begins = 0.0
        lines = last[k] - first[k] + 1
        weakest = 1.0
        for i in range(first[k], last[k] + 1):
            characters += numbers[i, 8]
            words += numbers[i, 9]
            persons += numbers[i, 13] + numbers[i, 14]
            talk += numbers[i, 15]
            stops += numbers[i, 16]
            links += numbers[i, 32]
            ends += numbers[i, 28]
            here = 1.0 - p[i, _OUTSIDE] - p[i, _AFTER]
            inside += here
            weakest = min(weakest, here)
            begins = max(begins, p[i, _BEGIN])
        while line < first[k]:
            if int(said[line]) & (NUMBERED | BARE) or numbers[line, 39] > 0:
                boundary = line
                if int(said[line]) & NUMBERED or numbers[line, 39] > 1:
                    amount = numbers[line, 38]
            if int(said[line]) & FOOTER:
                footer = line
            line += 1
        sure[k], sizes[k] = inside / lines, np.log(characters + 1.0)
        begin = first[k]
        row = out[k]
        row[0] = min(lines, _MOST)
        row[1] = sizes[k]
        row[2] = sure[k]
        row[3] = weakest
        row[4] = p[begin, _BEGIN]
        row[5] = p[begin, _INSIDE]
        row[6] = p[begin, _OUTSIDE]
        row[7] = p[begin, _AFTER]
        row[8] = begins
        row[9] = persons / lines
        row[10] = talk / lines
        row[11] = stops / lines
        row[12] = links / lines
        row[13] = ends / lines
        row[14] = min(begin - boundary, _FAR)
        row[15] = min(begin - footer, _FAR)
        row[16] = amount
        row[17] = max(-5.0, min(5.0, amount - m)) if amount >= 0 else -6.0
        row[18] = min(begin - (last[k - 1] if k > 0 else -_FAR), _FAR)
        row[19] = min((first[k + 1] if k + 1 < m else n + _FAR) - last[k], _FAR)
        above = max(begin - _BESIDE, last[k - 1] + 1 if k > 0 else 0)
        below = min(last[k] + 1 + _BESIDE, first[k + 1] if k + 1 < m else n)
        column = _OWN
        for kind in _KINDS:
            for i in range(above, begin):
                if int(said[i]) & kind:
                    out[k, column] += 1
            for i in range(last[k] + 1, below):
                if int(said[i]) & kind:
                    out[k, column + 1] += 1
            column += 2
        dated[k] = out[k, _OWN] + out[k, _OWN + 1] > 0
        for i in range(above, begin):
            out[k, column] = max(out[k, column], p[i, _AUTHOR])
            out[k, column + 1] = max(out[k, column + 1], p[i, _AROUND])
        for i in range(last[k] + 1, below):
            out[k, column + 2] = max(out[k, column + 2], p[i, _AUTHOR])
            out[k, column + 3] = max(out[k, column + 3], p[i, _AROUND])
    column = _OWN + 2 * len(_KINDS) + 4
    middle, size = np.median(sure), np.median(sizes)
    for k in range(m):
        same = under = alike = 0
        for j in range(max(0, k - 50), min(m, k + 51)):
            if j == k:
                continue
            alike += 1
            above, other = first[k] - 1, first[j] - 1
            if (above < 0) == (other < 0) and (above < 0 or shapes[above] == shapes[other]):
                same += 1
            above, other = last[k] + 1, last[j] + 1
            if (above < n) == (other < n) and (above >= n or shapes[above] == shapes[other]):
                under += 1
        row = out[k, column:]
        row[0] = min(m, _MOST)
        row[1] = min(k, 5)
        row[2] = min(m - 1 - k, 5)
        row[3] = middle
        row[4] = sizes[k] - size
        row[5] = same / max(alike, 1)
        row[6] = under / max(alike, 1)
        row[7] = (dated.sum() - dated[k]) / max(m - 1, 1)
