"""Finding copies and near-copies of texts.

MinHash over word 3-shingles (Broder 1997, On the resemblance and containment of documents) with banding (Leskovec,
Rajaraman and Ullman, Mining of Massive Datasets, ch. 3); a candidate pair counts when the Jaccard similarity of its
shingle sets, computed exactly, is at least 0.8. Hashes are of the text's bytes and nothing else, so that what is a
near-copy of what does not hang on the order of rows or on the other texts.
"""

import re
from collections.abc import Sequence
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from moderation.text import normalised_texts

_Ints = npt.NDArray[np.int64]
_Hashes = npt.NDArray[np.uint64]

SIMILARITY = 0.8
_BANDS, _ROWS = 16, 5  # at similarity 0.8 a pair shares a band with probability 0.998
_MOST_LEADERS = 1000  # to a bucket: bounds the time that a file of contrived texts can take
_MULTIPLIERS = np.random.Generator(np.random.PCG64(1997)).integers(1, 2**63, _BANDS * _ROWS, dtype=np.uint64) * 2 + 1

# Letters, marks and emoji stay (contrast pairs can differ by one emoji), what decorates a post goes.
_NOISE = re.compile(
    r"<user>|<url>|\brt\b|[\d!-/:-@\[-`{-~\u00a1-\u00bf\u2010-\u205e\u3001-\u3003\u3008-\u301f]+", re.IGNORECASE
)


def fingerprint(normalised: str) -> str:
    """Return the words of a normalised text, without handles, URLs, "rt", digits and punctuation.

    A text that holds nothing else is its own fingerprint. Texts with the same fingerprint are copies.
    """
    words = " ".join(_NOISE.sub(" ", normalised).casefold().split())
    return words or " ".join(normalised.casefold().split())


def fingerprints(texts: Sequence[str]) -> list[str]:
    """Return the fingerprint of each of n texts, normalised first: what a corpus keeps of its texts."""
    return [fingerprint(text) for text in normalised_texts(texts)]


class Union:
    """Disjoint sets of 0..n-1 (union-find with path halving; the smallest member is the root)."""

    def __init__(self, size: int) -> None:
        self.parents: _Ints = np.arange(size, dtype=np.int64)

    def join(self, a: int, b: int) -> None:
        """Make one set of those of `a` and `b`."""
        _join(self.parents, a, b)

    def join_equal(self, values: Sequence[object]) -> None:
        """Join the members with equal values; None equals nothing."""
        first: dict[object, int] = {}
        for k, value in enumerate(values):
            if value is not None:
                _join(self.parents, first.setdefault(value, k), k)

    def roots(self) -> _Ints:
        """Return each member's root, (n,)."""
        roots: _Ints = _roots(self.parents)
        return roots


def near_copies(fingerprints: Sequence[str]) -> _Ints:
    """Return, for n fingerprints, an (n,) array of cluster numbers: equal for copies and near-copies.

    Within a band's bucket a text is compared with the leaders of the clusters found so far, not with every member, so
    that a bucket of many copies takes linear time.
    """
    index: dict[str, int] = {}
    which = np.array([index.setdefault(f, len(index)) for f in fingerprints], dtype=np.int64)
    unique = list(index)
    starts, shingles, whole = _shingles_of(unique)
    union = Union(len(unique))
    signatures = _signatures(starts, shingles, _MULTIPLIERS)
    for band in range(_BANDS):
        keys = _band_keys(signatures[:, band * _ROWS : (band + 1) * _ROWS])
        # The order within a bucket is by the text's own hash: leaders do not hang on the order of rows.
        order = np.lexsort((whole, keys))
        _join_buckets(order, keys[order], starts, shingles, union.parents, SIMILARITY, _MOST_LEADERS)
    clusters: _Ints = union.roots()[which]
    return clusters


def signature_bits(fingerprints: Sequence[str], bits: int) -> tuple[_Hashes, _Hashes]:
    """Return, for n fingerprints, a hash of each, (n,), and one bit of each of up to 64 MinHash values, packed, (n,).

    Two texts whose shingle sets have similarity s agree in a bit with probability (1 + s) / 2.
    """
    starts, shingles, whole = _shingles_of(fingerprints)
    return whole, _bits(starts, shingles, _MULTIPLIERS[:bits])


def _shingles_of(fingerprints: Sequence[str]) -> tuple[_Ints, _Hashes, _Hashes]:
    encoded = [text.encode("utf-8", "surrogatepass") for text in fingerprints]
    ends = np.cumsum([len(text) for text in encoded], dtype=np.int64)
    found: tuple[_Ints, _Hashes, _Hashes] = _shingles(np.frombuffer(b"".join(encoded), dtype=np.uint8), ends)
    return found


def _jit(function: Any) -> Any:
    return numba.njit(cache=True, nogil=True)(function)


@_jit
def _mix(value):  # type: ignore[no-untyped-def]  # the finaliser of splitmix64
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


@_jit
def _shingles(buffer, ends):  # type: ignore[no-untyped-def]
    """Return offsets (n + 1,), each text's sorted distinct 64-bit shingle hashes, and a hash of each whole text."""
    n = len(ends)
    starts = np.zeros(n + 1, dtype=np.int64)
    words = np.empty(len(buffer) // 2 + 2, dtype=np.uint64)
    shingles = np.empty(len(buffer) // 2 + 1 + n, dtype=np.uint64)
    whole = np.empty(n, dtype=np.uint64)
    begin = 0
    for k in range(n):
        count = 0
        word = np.uint64(0)
        text = np.uint64(0)
        for p in range(begin, ends[k]):
            byte = np.uint64(buffer[p])
            if byte == np.uint64(32):
                words[count] = _mix(word)
                count += 1
                word = np.uint64(0)
            else:
                word = (word + byte + np.uint64(1)) * np.uint64(0x100000001B3) ^ (word >> np.uint64(29))
            text = (text + byte + np.uint64(1)) * np.uint64(0x100000001B3) ^ (text >> np.uint64(29))
        words[count] = _mix(word)
        count += 1
        begin = ends[k]
        whole[k] = _mix(text)
        at = starts[k]
        if count < 3:
            shingles[at] = whole[k]
            starts[k + 1] = at + 1
            continue
        for w in range(count - 2):
            shingles[at + w] = _mix(_mix(words[w]) + _mix(words[w + 1] * np.uint64(3)) + words[w + 2])
        found = np.sort(shingles[at : at + count - 2])
        size = 0
        for s in range(len(found)):
            if s == 0 or found[s] != found[s - 1]:
                shingles[at + size] = found[s]
                size += 1
        starts[k + 1] = at + size
    return starts, shingles[: starts[n]], whole


@_jit
def _signatures(starts, shingles, multipliers):  # type: ignore[no-untyped-def]
    n = len(starts) - 1
    signatures = np.empty((n, len(multipliers)), dtype=np.uint32)
    for k in range(n):
        for h in range(len(multipliers)):
            least = np.uint64(0xFFFFFFFFFFFFFFFF)
            for s in range(starts[k], starts[k + 1]):
                least = min(least, shingles[s] * multipliers[h])
            signatures[k, h] = least >> np.uint64(32)
    return signatures


@_jit
def _bits(starts, shingles, multipliers):  # type: ignore[no-untyped-def]
    n = len(starts) - 1
    found = np.zeros(n, dtype=np.uint64)
    for k in range(n):
        for h in range(len(multipliers)):
            least = np.uint64(0xFFFFFFFFFFFFFFFF)
            for s in range(starts[k], starts[k + 1]):
                least = min(least, shingles[s] * multipliers[h])
            # Mixed with the function's own multiplier: a product's low bits are those of the shingle's.
            found[k] |= (_mix(least ^ multipliers[h]) & np.uint64(1)) << np.uint64(h)
    return found


@_jit
def _band_keys(signatures):  # type: ignore[no-untyped-def]
    keys = np.zeros(len(signatures), dtype=np.uint64)
    for k in range(len(signatures)):
        for h in range(signatures.shape[1]):
            keys[k] = _mix(keys[k] + np.uint64(signatures[k, h]))
    return keys


@_jit
def _similar(a, b, threshold):  # type: ignore[no-untyped-def]
    """Tell whether the Jaccard similarity of two sorted sets reaches the threshold."""
    if min(len(a), len(b)) < threshold * max(len(a), len(b)):
        return False
    i = j = both = 0
    while i < len(a) and j < len(b):
        if a[i] == b[j]:
            both += 1
            i += 1
            j += 1
        elif a[i] < b[j]:
            i += 1
        else:
            j += 1
    return both >= threshold * (len(a) + len(b) - both)


@_jit
def _find(parents, k):  # type: ignore[no-untyped-def]
    while parents[k] != k:
        parents[k] = parents[parents[k]]
        k = parents[k]
    return k


@_jit
def _join(parents, a, b):  # type: ignore[no-untyped-def]
    a, b = _find(parents, a), _find(parents, b)
    parents[max(a, b)] = min(a, b)


@_jit
def _roots(parents):  # type: ignore[no-untyped-def]
    roots = np.empty_like(parents)
    for k in range(len(parents)):
        roots[k] = _find(parents, k)
    return roots


@_jit
def _join_buckets(order, keys, starts, shingles, parents, threshold, most):  # type: ignore[no-untyped-def]
    leaders = np.empty(most, dtype=np.int64)
    count = 0
    for p in range(len(order)):
        if p == 0 or keys[p] != keys[p - 1]:
            count = 0
        k = order[p]
        mine = shingles[starts[k] : starts[k + 1]]
        found = False
        for m in range(count):
            other = leaders[m]
            if _similar(mine, shingles[starts[other] : starts[other + 1]], threshold):
                _join(parents, k, other)
                found = True
                break
        if not found and count < most:
            leaders[count] = k
            count += 1
