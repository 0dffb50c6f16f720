"""Training features: the n-grams of every text as one sparse matrix, kept between runs by joblib."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation.classifiers.ngram import batches, empty_buffers, join
from moderation.errors import OutputError
from moderation.text import NORMALISER_VERSION
from moderation.text.tables import tables


def ngram_slots(texts: Sequence[str], bits: int, cache: Path | None) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Return the table slots of the n-grams of all texts, and where they end.

    Returns (slots (m,), ends (2 n,)): the ends of each text's character n-grams and of its words, in turns. With
    `cache`, a folder, the result for the same texts is read back from there. Raises OutputError where that folder
    cannot be written.
    """
    if cache is None:
        return _ngram_slots(texts, bits, NORMALISER_VERSION)
    from joblib import Memory

    try:
        with warnings.catch_warnings():  # joblib warns where it cannot write, and fails a step later
            warnings.filterwarnings("ignore", "Unable to cache to disk")
            slots, ends = Memory(cache, mmap_mode="r", verbose=0).cache(_ngram_slots)(texts, bits, NORMALISER_VERSION)
    except (OSError, KeyError):
        raise OutputError(
            f"{cache}: the cache cannot be written. Free space, or name another folder with --cache."
        ) from None
    return slots, ends


def _ngram_slots(texts: Sequence[str], bits: int, normaliser: int) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """The work of `ngram_slots`. `normaliser` is there for the cache, which must not outlive a version."""
    from moderation.classifiers import ngram_kernel

    del normaliser
    found = []
    all_ends = np.empty(2 * len(texts), np.int64)
    total = 0
    for start, stop in batches(texts):
        joined, bounds = join(texts[start:stop])
        slots, char_ends, ends = ngram_kernel.features(joined, bounds, bits, tables(), empty_buffers())
        all_ends[2 * start : 2 * stop : 2] = char_ends + total
        all_ends[2 * start + 1 : 2 * stop : 2] = ends + total
        total += len(slots)
        found.append(slots)
    return (np.concatenate(found) if found else np.empty(0, np.int32)), all_ends


def feature_matrix(slots: NDArray[np.int32], ends: NDArray[np.int64], bits: int) -> Any:
    """Return the features as a float32 SciPy CSR matrix (n, 2 ** bits): what the classifier's logit multiplies its
    table with.

    A character n-gram counts 1 / sqrt(number of the text's character n-grams), a word 1 / sqrt(number of its words).
    """
    from scipy.sparse import csr_matrix

    sizes = np.diff(ends, prepend=0)
    values = np.repeat((1.0 / np.sqrt(np.maximum(sizes, 1))).astype(np.float32), sizes)
    rows = np.concatenate(([0], ends[1::2]))
    return csr_matrix((values, slots, rows), shape=(len(ends) // 2, 1 << bits))
