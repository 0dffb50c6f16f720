"""The n-gram classifier: a linear model over hashed n-grams, one column a label, in one table of small integers.

The logit of a label is

    intercept + char_factor * C / sqrt(c) + word_factor * W / sqrt(w)

with C and W the sums of the label's table entries over a text's c character n-grams and w word n-grams. The
calibration is folded into the factors and the intercept, so the logistic function of the logit is the calibrated
probability.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save as save_arrays

from moderation.bundle import Bundle
from moderation.classifiers.base import ClassifierInfo
from moderation.errors import BundleCorrupt, BundleError
from moderation.text import NORMALISER_VERSION, code_points
from moderation.text.tables import tables
from moderation.types import Span

KIND = "ngram"
ARRAYS = "ngram.safetensors"

_BATCH_TEXTS = 1024
_BATCH_CHARACTERS = 1 << 20


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """The arrays of a classifier for L labels.

    `table` int8 (2 ** bits, L); `factors` float64 (2, L): char and word factor; `intercepts` float64 (L,).
    """

    table: NDArray[np.int8]
    factors: NDArray[np.float64]
    intercepts: NDArray[np.float64]


class NgramClassifier:
    """A linear classifier over hashed n-grams. Immutable, and safe to use from several threads (the kernel drops the
    GIL).
    """

    def __init__(self, info: ClassifierInfo, weights: Weights) -> None:
        from moderation.classifiers import ngram_kernel  # numba: half a second, paid by those who score

        self._kernel = ngram_kernel
        self.info = info
        self.weights = weights
        lanes = ngram_kernel.LANES
        if len(info.labels) > lanes:
            raise BundleError(f"An n-gram classifier judges at most {lanes} labels; this one names {len(info.labels)}.")
        self._table = ngram_kernel.packed(weights.table)
        self._tables = tables()

    def logits(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return calibrated logits, float64 (len(texts), labels)."""
        result = np.empty((len(texts), len(self.info.labels)))
        for start, stop in batches(texts):
            joined, bounds = join(texts[start:stop])
            sizes = np.empty((stop - start, 2), np.int32)
            sums = self._kernel.sums(joined, bounds, self._table, self._tables, empty_buffers(), sizes)
            scaled = sums[:, :, : len(self.info.labels)] * self.weights.factors
            scaled /= np.sqrt(np.maximum(sizes, 1))[:, :, None]
            result[start:stop] = scaled.sum(axis=1) + self.weights.intercepts
        return result

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return calibrated probabilities, float32 (len(texts), labels)."""
        negated = np.minimum(-self.logits(texts), 700.0)  # a long text's may be in the thousands: exp would overflow
        return (1.0 / (1.0 + np.exp(negated))).astype(np.float32)

    def explain(self, text: str) -> tuple[Span, ...]:
        """Return what each word of `text` adds to each label's logit, and the intercept as the span (0, 0).

        Exact: the weights of one label sum to its logit. An n-gram's weight is spread evenly over its characters
        other than blanks.
        """
        (out, starts, ends), n, shares = self._kernel.attribute(
            code_points(text), self._table, self.weights.factors, self._tables, empty_buffers(len(text))
        )
        labels = self.info.labels
        spans = [Span(0, 0, label, float(b)) for label, b in zip(labels, self.weights.intercepts, strict=True)]
        if n == 0:
            return tuple(spans)
        blanks = np.flatnonzero(out[:n] == ord(" "))
        first = np.concatenate(([0], blanks + 1))
        last = np.concatenate((blanks, [n])) - 1
        sums = np.add.reduceat(shares, first, axis=0).tolist()
        for start, end, row in zip(starts[first].tolist(), ends[last].tolist(), sums, strict=True):
            spans += [Span(start, end, label, weight) for label, weight in zip(labels, row, strict=True)]
        return tuple(spans)

    def to_file(self) -> bytes:
        """Return the arrays as a safetensors file."""
        w = self.weights
        return save_arrays({"table": w.table, "factors": w.factors, "intercepts": w.intercepts})

    @classmethod
    def from_bundle(cls, bundle: Bundle) -> "NgramClassifier":
        """Build the classifier that a checked bundle holds. Raises BundleError where it does not fit this version."""
        manifest = bundle.manifest
        if manifest.normaliser != NORMALISER_VERSION:
            raise BundleError(
                f"{bundle.path}: made for normaliser {manifest.normaliser}, and this version has "
                f"{NORMALISER_VERSION}: its scores "
                "would be wrong. Train it again, or install the version that made it."
            )
        try:
            arrays = load_arrays(bundle.files[ARRAYS])
            weights = Weights(*_checked(arrays, len(manifest.labels)))
        except (KeyError, ValueError, SafetensorError) as error:
            raise BundleCorrupt(
                f"{bundle.path / ARRAYS}: not the arrays of this kind ({error}). Get the bundle again."
            ) from None
        return cls(ClassifierInfo(manifest.name, manifest.version, manifest.labels, manifest.languages), weights)


def _checked(arrays: dict[str, NDArray[Any]], labels: int) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    table, factors, intercepts = arrays["table"], arrays["factors"], arrays["intercepts"]
    size = table.shape[0] if table.ndim else 0
    if table.dtype != np.int8 or table.shape != (size, labels) or size < 2 or size & (size - 1):
        raise ValueError(f"table {table.dtype} {table.shape}")
    if factors.dtype != np.float64 or factors.shape != (2, labels) or not np.isfinite(factors).all():
        raise ValueError(f"factors {factors.dtype} {factors.shape}")
    if intercepts.dtype != np.float64 or intercepts.shape != (labels,) or not np.isfinite(intercepts).all():
        raise ValueError(f"intercepts {intercepts.dtype} {intercepts.shape}")
    return table, factors, intercepts


def batches(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Cut texts into runs [start, stop) of bounded number and size, so that memory does not grow with their number."""
    start, size = 0, 0
    for i, text in enumerate(texts):
        if i > start and (i - start == _BATCH_TEXTS or size + len(text) > _BATCH_CHARACTERS):
            yield start, i
            start, size = i, 0
        size += len(text)
    if start < len(texts):
        yield start, len(texts)


def join(texts: Sequence[str]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Return the code points of all texts one after the other, and the bounds of each (n + 1,)."""
    bounds = np.zeros(len(texts) + 1, np.int64)
    np.cumsum([len(text) for text in texts], out=bounds[1:])
    return code_points("".join(texts)), bounds


def empty_buffers(size: int = 4096) -> tuple[NDArray[np.uint32], NDArray[np.int32], NDArray[np.int32]]:
    """Return working space for the kernel, which takes larger space where a text needs it."""
    return np.empty(size, np.uint32), np.empty(size, np.int32), np.empty(size, np.int32)
