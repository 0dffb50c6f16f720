"""The normaliser's character tables, frozen in `tables.npz` (made by `build_tables.py`)."""

from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

PATH = Path(__file__).with_name("tables.npz")

PAGE = 256
DROP = -1  # a sequence entry of a character that leaves nothing

# What a character is, as bits of `Tables.kinds`.
LETTER = 1
DIGIT = 2
SPACE = 4
LATIN = 8
FOREIGN = 16  # a letter of Cyrillic, Greek, Armenian or Coptic: the scripts whose letters pass for Latin ones
CONFUSABLE = 32  # a FOREIGN letter with the shape of a Latin one
CONFUSABLE_WEAK = 64  # a FOREIGN letter that stands for a Latin one only inside a Latin word


class Tables(NamedTuple):
    """Two-level tables over the code points; a page holds 256 of them.

    `pages` (4352,) names the page of a code point's high bits; in it lie `deltas` (what to add to the code point, or,
    where `sequences` is 1, DROP or DROP - 1 - offset into `pool`) and `kinds` (the bits above, of what it folds to).
    `pool` holds the longer mappings, each its length and then its code points. `confusables` (sorted) and `plain` map
    foreign letters to Latin ones.
    """

    pages: NDArray[np.uint16]
    deltas: NDArray[np.int32]
    sequences: NDArray[np.uint8]
    kinds: NDArray[np.uint8]
    pool: NDArray[np.int32]
    confusables: NDArray[np.uint32]
    plain: NDArray[np.uint32]


@cache
def tables() -> Tables:
    """Return the tables, read once."""
    with np.load(PATH) as stored:
        return Tables(*(stored[name] for name in Tables._fields))
