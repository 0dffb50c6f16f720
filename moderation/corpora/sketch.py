"""A bundle's memory of what trained it: enough to recognise a copy or near-copy, not enough to read a text.

Each text leaves 32 bits of a hash of its fingerprint, and 32 bits of its MinHash signature in each of BANDS bands
(`moderation.corpora.copies`). Two texts of Jaccard similarity s share a band with probability 1 - (1 - s^5)^4: 0.97 at
0.9, 0.80 at 0.8, 0.12 at 0.5. Of a million unrelated texts some 250 meet one of 200,000 trained ones by chance.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from moderation.corpora.copies import fingerprint, signature_keys
from moderation.errors import BundleError
from moderation.text import NORMALISER_VERSION, normalise

BANDS = 4
_WIDEST = 65535  # the widest gap between neighbours that 16 bits hold

_Keys = npt.NDArray[np.uint32]


@dataclass(frozen=True, slots=True, eq=False)
class Sketch:
    """Hashes of texts: sorted uint32 arrays without repeats, `rows[0]` of whole texts, `rows[1:]` of their bands."""

    rows: tuple[_Keys, ...]

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """Return what a bundle stores: the gaps in each row, uint16, and the normaliser's version; 10 bytes a text.

        A gap wider than 16 bits is bridged with made-up entries, a few in a hundred: cheaper than a way round them.
        """
        gaps = {f"row{k}": _gaps(row) for k, row in enumerate(self.rows)}
        return {**gaps, "normaliser": np.array([NORMALISER_VERSION], dtype=np.int64)}


def sketch_texts(texts: Sequence[str]) -> Sketch:
    """Return the sketch of texts; their order does not matter, and copies count once."""
    return Sketch(tuple(np.unique(row) for row in _keys(texts)))


def sketch_from(arrays: Mapping[str, npt.NDArray[np.generic]]) -> Sketch:
    """Return the sketch that a bundle stores.

    Raises BundleError where the arrays are not those of a sketch, or another normaliser made it.
    """
    names = [f"row{k}" for k in range(1 + BANDS)]
    given = {name: (array.dtype, array.ndim) for name, array in arrays.items()}
    expected = {**dict.fromkeys(names, (np.dtype(np.uint16), 1)), "normaliser": (np.dtype(np.int64), 1)}
    if given != expected or len(arrays["normaliser"]) != 1:
        raise BundleError("The bundle's record of what trained it is damaged. Get the bundle again, or train it anew.")
    made_by = int(arrays["normaliser"].astype(np.int64)[0])
    if made_by != NORMALISER_VERSION:
        raise BundleError(
            f"The bundle's record of what trained it was made by normaliser {made_by}, and this is normaliser "
            f"{NORMALISER_VERSION}: copies would be missed. Train the bundle anew."
        )
    return Sketch(tuple(np.cumsum(arrays[name], dtype=np.uint64).astype(np.uint32) for name in names))


def seen(texts: Sequence[str], sketch: Sketch) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Tell which of n texts are copies, (n,), and which are near-copies only, (n,), of a text of the sketch."""
    found = [_in_sorted(keys, known) for keys, known in zip(_keys(texts), sketch.rows, strict=True)]
    copies, near = found[0], np.logical_or.reduce(found[1:])
    return copies, near & ~copies


def _keys(texts: Sequence[str]) -> list[_Keys]:
    whole, bands = signature_keys([fingerprint(normalise(text).text) for text in texts], BANDS)
    return [(keys >> np.uint64(32)).astype(np.uint32) for keys in (whole, *bands.T)]


def _gaps(row: _Keys) -> npt.NDArray[np.uint16]:
    gaps = np.diff(row.astype(np.int64), prepend=0)
    bridges = np.maximum(gaps - 1, 0) // _WIDEST
    found = np.full(len(gaps) + int(bridges.sum()), _WIDEST, dtype=np.uint16)
    found[np.arange(len(gaps)) + np.cumsum(bridges)] = gaps - bridges * _WIDEST
    return found


def _in_sorted(values: _Keys, known: _Keys) -> npt.NDArray[np.bool_]:
    if not len(known):
        return np.zeros(len(values), dtype=bool)
    at = np.minimum(np.searchsorted(known, values), len(known) - 1)
    found: npt.NDArray[np.bool_] = known[at] == values
    return found
