"""What a text is made of, told fast: whether it shows anything, and in which script."""

import numpy as np
from numpy.typing import NDArray

from moderation.compiling import compiled
from moderation.text.fold import CodePoints
from moderation.text.tables import DROP, LATIN, LETTER, PAGE, SPACE, Tables


@compiled
def count(text: CodePoints, bounds: NDArray[np.int64], tables: Tables) -> NDArray[np.int32]:
    """Return for each text text[bounds[i]:bounds[i + 1]] how many characters it shows, how many of them are letters,
    and how many of those Latin ones: int32 (n, 3).
    """
    pages, deltas, sequences, kinds = tables.pages, tables.deltas, tables.sequences, tables.kinds
    result = np.zeros((len(bounds) - 1, 3), np.int32)
    for i in range(len(bounds) - 1):
        visible, letters, latin = 0, 0, 0
        for j in range(bounds[i], bounds[i + 1]):
            c = int(text[j])
            slot = int(pages[c >> 8]) * PAGE + (c & 255)
            if sequences[slot]:
                visible += deltas[slot] != DROP
                continue
            kind = int(kinds[slot])
            visible += kind & SPACE == 0
            letters += kind & LETTER != 0
            latin += kind & LATIN != 0
        result[i, 0] = visible
        result[i, 1] = letters
        result[i, 2] = latin
    return result
