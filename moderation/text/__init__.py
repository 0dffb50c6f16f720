"""The normaliser: undoes what writers do to a word to hide it, and keeps what is evidence.

Folded: compatibility forms (NFKC), case, diacritics, invisible characters, look-alike letters, repeated letters,
spaced-out and leet spellings, HTML remains; links and handles become `<url>` and `<user>`. Kept: `(((name)))`, emoji,
numbers such as "10" and "1488", punctuation. Each character of the result knows which code points of the original it
came from.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

NORMALISER_VERSION = 1
"""Recorded in every bundle: a bundle trained under another version would see other features."""


_BATCH = 1024  # texts, normalised together


@dataclass(frozen=True, slots=True)
class Normalised:
    """A normalised text; character i came from the original's code points [starts[i], ends[i]) (int32 arrays)."""

    text: str
    starts: NDArray[np.int32]
    ends: NDArray[np.int32]


def code_points(text: str) -> NDArray[np.uint32]:
    """Return the code points of `text` as uint32 (n,); lone surrogates stay what they are."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def normalise(text: str) -> Normalised:
    """Normalise `text`. Idempotent, linear in its length, defined for every string (the empty one, lone surrogates,
    NULs).
    """
    from moderation.text import kernel  # numba takes half a second to import: only those who normalise pay for it
    from moderation.text.tables import tables

    size = len(text) + 64
    buffers = (np.empty(size, np.uint32), np.empty(size, np.int32), np.empty(size, np.int32))
    (out, starts, ends), n = kernel.normalise(code_points(text), tables(), buffers)
    return Normalised(out[:n].astype("<u4").tobytes().decode("utf-32-le"), starts[:n].copy(), ends[:n].copy())


def normalised_texts(texts: Sequence[str]) -> list[str]:
    """Return what `normalise` makes of each of n texts, without the map back; far faster for many short ones."""
    from moderation.text import kernel
    from moderation.text.tables import tables

    found: list[str] = []
    for start in range(0, len(texts), _BATCH):
        batch = texts[start : start + _BATCH]
        bounds = np.zeros(len(batch) + 1, np.int64)
        np.cumsum([len(text) for text in batch], out=bounds[1:])
        buffers = (np.empty(4096, np.uint32), np.empty(4096, np.int32), np.empty(4096, np.int32))
        out, ends = kernel.normalise_many(code_points("".join(batch)), bounds, tables(), buffers)
        joined = out.astype("<u4").tobytes().decode("utf-32-le")
        found += [joined[a:b] for a, b in pairwise(ends.tolist())]
    return found


def profiles(texts: Sequence[str]) -> NDArray[np.int32]:
    """Return for each text how many characters it shows, how many are letters, and how many of those Latin: int32 (n,
    3).
    """
    from moderation.text.profile import count
    from moderation.text.tables import tables

    bounds = np.zeros(len(texts) + 1, np.int64)
    np.cumsum([len(text) for text in texts], out=bounds[1:])
    return count(code_points("".join(texts)), bounds, tables())
