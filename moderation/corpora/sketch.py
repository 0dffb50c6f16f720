"""A bundle's memory of what trained it: enough to recognise a copy or near-copy, not enough to read a text.

A copy is a text with the same fingerprint (`moderation.corpora.copies`); a near-copy one whose word 3-shingles have
Jaccard similarity 0.8 or more with those of the other (Broder 1997; the bound by which Lee et al. 2022, Deduplicating
training data makes language models better, clean corpora). What trained is not at hand any more, so the similarity is
estimated by b-bit MinHash with b = 1 (Li and König 2010, b-Bit minwise hashing): each of BITS hash functions leaves one
bit of a text. Of two texts with similarity s a bit agrees with probability (1 + s) / 2, so twice the share of agreeing
bits, less one, estimates s without bias and with standard error sqrt((1 - s^2) / BITS), which is 0.08 at 0.8.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save as save_arrays

from moderation.corpora.copies import SIMILARITY, signature_bits
from moderation.errors import BundleError
from moderation.text import NORMALISER_VERSION

SEEN = "seen.safetensors"
"""What a bundle calls the file."""

BITS = 56
"""Of the signature. The other 8 of 64 are of a hash of the whole text, and tell copies from near-copies."""

AGREEING = int(np.ceil(BITS * (1 + SIMILARITY) / 2))
"""So many bits agree where the estimate reaches 0.8."""

_TABLES, _KEY_BITS = 16, 12
"""Two texts are compared where one of _TABLES random choices of _KEY_BITS bits agrees: all with all would take minutes.
That misses 1 in 200 of those pairs that have just enough agreeing bits, and fewer of closer ones."""

_Words = npt.NDArray[np.uint64]
_Bools = npt.NDArray[np.bool_]

_SIGNATURE = np.uint64((1 << BITS) - 1)
_CHOICES = [
    np.random.Generator(np.random.PCG64(k)).permutation(BITS)[:_KEY_BITS].astype(np.uint64) for k in range(_TABLES)
]
_DAMAGED = "The bundle's record of what trained it is damaged. Get the bundle again, or train it anew."


@dataclass(frozen=True, slots=True, eq=False)
class Sketch:
    """What is kept of n different texts: 64 bits each, uint64 (n,), sorted, so that their order says nothing."""

    words: _Words

    def to_file(self) -> bytes:
        """Return the sketch as a safetensors file, `SEEN` in a bundle."""
        return save_arrays({"words": self.words, "normaliser": np.array([NORMALISER_VERSION], dtype=np.int64)})


def sketch_of(prints: Sequence[str]) -> Sketch:
    """Return the sketch of n fingerprints; their order does not matter, and copies count once."""
    return Sketch(np.unique(_words(prints)))


def merged(sketches: Sequence[Sketch]) -> Sketch:
    """Return the sketch of what any of `sketches`, at least one, holds."""
    return Sketch(np.unique(np.concatenate([sketch.words for sketch in sketches])))


def read_sketch(file: bytes) -> Sketch:
    """Return the sketch that a bundle holds.

    Raises BundleError where the file is not that of a sketch, or another normaliser made it.
    """
    try:
        arrays = load_arrays(file)
    except SafetensorError:
        raise BundleError(_DAMAGED) from None
    found = {name: (array.dtype, array.ndim) for name, array in arrays.items()}
    if found != {"words": (np.dtype(np.uint64), 1), "normaliser": (np.dtype(np.int64), 1)}:
        raise BundleError(_DAMAGED)
    if arrays["normaliser"].tolist() != [NORMALISER_VERSION]:
        raise BundleError(
            "The bundle's record of what trained it was made by another normaliser than this version's "
            f"({NORMALISER_VERSION}): copies would be missed. Train the bundle anew."
        )
    return Sketch(arrays["words"])


def seen(prints: Sequence[str], sketch: Sketch) -> tuple[_Bools, _Bools]:
    """Tell which of n fingerprints are copies, (n,), and which near-copies only, (n,), of one in the sketch."""
    words = _words(prints)
    copies = np.isin(words, sketch.words)
    near = copies.copy()
    mark_near(words, sketch.words, near)
    return copies, near & ~copies


def mark_near(words: _Words, known: _Words, near: _Bools) -> None:
    """Mark in `near` (n,) which of `words` (n,) agree with one of `known` in enough bits; those marked stay so."""
    most = BITS - AGREEING  # handed on: compiled code is kept, and would keep a constant of another file, too
    for choice in _CHOICES:
        keys = _key(known, choice)
        order = np.argsort(keys, kind="stable")
        starts = np.searchsorted(keys[order], np.arange((1 << _KEY_BITS) + 1))
        _look_up(words & _SIGNATURE, _key(words, choice), (known[order] & _SIGNATURE, starts), near, most)


def _words(prints: Sequence[str]) -> _Words:
    whole, signatures = signature_bits(prints, BITS)
    return signatures | (whole & ~_SIGNATURE)


def _key(words: _Words, choice: _Words) -> npt.NDArray[np.int64]:
    """Return the chosen bits of each word as a number, (n,)."""
    found = np.zeros(len(words), dtype=np.uint64)
    for bit in choice:
        found = (found << np.uint64(1)) | ((words >> bit) & np.uint64(1))
    return found.astype(np.int64)


@numba.njit(cache=True, nogil=True)
def _look_up(signatures, keys, among, near, most):  # type: ignore[no-untyped-def]
    """Mark in `near` which signatures differ in at most `most` bits from one of those known that have the same key."""
    known, starts = among
    for k in range(len(signatures)):
        if near[k]:
            continue
        for m in range(starts[keys[k]], starts[keys[k] + 1]):
            if _ones(signatures[k] ^ known[m]) <= most:
                near[k] = True
                break


@numba.njit(cache=True, nogil=True)
def _ones(value):  # type: ignore[no-untyped-def]
    """Count the bits that are set (Warren 2013, Hacker's Delight, 5-1); the compiler makes one instruction of it."""
    value = value - ((value >> np.uint64(1)) & np.uint64(0x5555555555555555))
    value = (value & np.uint64(0x3333333333333333)) + ((value >> np.uint64(2)) & np.uint64(0x3333333333333333))
    value = (value + (value >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((value * np.uint64(0x0101010101010101)) >> np.uint64(56))
