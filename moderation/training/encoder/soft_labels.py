"""Soft labels on disk: what teachers said of rows, for a run that goes on, and for students of other runs."""

from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load

from moderation.corpora import Corpus
from moderation.errors import ModerationError
from moderation.training.encoder.kept import Arrays

SOFT_LABELS = "soft-labels.safetensors"
"""The file in the work folder: the key of each row ("row", uint64), and under the name of each label its probability
(float32)."""

_ROW = "row"


def row_keys(corpora: Sequence[Corpus]) -> NDArray[np.uint64]:
    """Return a number, uint64 (n,), for each row of the corpora that stands for its corpus and its text."""
    names = (f"{corpus.spec.name}\0{text}" for corpus in corpora for text in corpus.texts)
    digests = (blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest() for name in names)
    return np.frombuffer(b"".join(digests), "<u8").astype(np.uint64)


def by_name(keys: NDArray[np.uint64], labels: Sequence[str], soft: NDArray[np.float32]) -> Arrays:
    """Return the arrays of a file: soft labels (n, labels) of the rows with the `keys` (n,)."""
    return {_ROW: keys} | {label: np.ascontiguousarray(soft[:, k]) for k, label in enumerate(labels)}


def of_rows(keys: NDArray[np.uint64], labels: Sequence[str], arrays: Arrays) -> NDArray[np.float32]:
    """Return the soft labels, float32 (n, labels), that `arrays` hold of the rows with the `keys` (n,), NaN where there
    are none.
    """
    place = {key: k for k, key in enumerate(arrays[_ROW].tolist())}
    places = np.array([place.get(key, -1) for key in keys.tolist()])  # -1: the NaN at the end
    return np.stack([np.append(arrays[label], np.float32(np.nan))[places] for label in labels], axis=1)


def read_soft_labels(file: Path, keys: NDArray[np.uint64], labels: Sequence[str]) -> NDArray[np.float32]:
    """Read what an earlier run left of the rows with the `keys` (n,): float32 (n, labels), NaN where it holds nothing.

    Raises ModerationError for a file that is none, lacks one of the `labels`, or holds no such row.
    """
    try:
        arrays = load(file.read_bytes())
    except (OSError, SafetensorError):
        raise ModerationError(f"{file}: no soft labels that can be read. Give a run's {SOFT_LABELS}.") from None
    missing = {_ROW, *labels} - set(arrays)
    sizes = {array.shape for array in arrays.values()}
    if missing or len(sizes) != 1 or arrays[_ROW].dtype != np.uint64 or arrays[_ROW].ndim != 1:
        raise ModerationError(f"{file}: lacks {', '.join(sorted(missing)) or 'columns of one length'}. Give another.")
    soft = of_rows(keys, labels, arrays)
    if np.isnan(soft).all():
        raise ModerationError(f"{file}: holds none of these corpora's rows. Give one that was made from them.")
    return soft
