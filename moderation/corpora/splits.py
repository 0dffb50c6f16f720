"""Parts of a corpus: train, calibration, validation. Fixed by hash, never by the order of rows or a random state.

A *group* is what must not straddle two parts: copies and near-copies, one author's rows, a contrast pair. Its part is a
function of one key of the group, so that rows added elsewhere move none.
"""

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

PARTS = ("train", "calibration", "validation", "held out")
"""By rank: where copies meet, the higher part keeps its row. What is held out is never returned."""

TRAIN, CALIBRATION, VALIDATION, HELD_OUT = range(4)

VALIDATION_SHARE = 0.1  # of a corpus without a split of its own
CALIBRATION_SHARE = 0.1  # of the groups, out of what would be train

_Ints = npt.NDArray[np.int64]


def group_digests(groups: _Ints, keys: Sequence[tuple[int, str]]) -> list[str]:
    """Return, for n rows, the name of each row's group: 16 hexadecimal digits of its least key.

    `groups` (n,) are group numbers; a row's key is (0, author) where it has one and (1, text) otherwise, so that a
    further row of a known author changes no name.
    """
    least: dict[int, tuple[int, str]] = {}
    for group, key in zip(groups.tolist(), keys, strict=True):
        least[group] = min(least.get(group, key), key)
    names = {
        group: blake2b(f"{kind} {key}".encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
        for group, (kind, key) in least.items()
    }
    return [names[group] for group in groups.tolist()]


def assign_parts(digests: Sequence[str], roles: Sequence[str], *, may_train: bool) -> _Ints:
    """Return each row's part as a rank into PARTS, (n,).

    The corpus's own split is respected. Rows without one follow their group's fixed rows, if it has any, and its hash
    otherwise. A corpus that may not train has no train rows: all but what is held out is validation.
    """
    if not may_train:
        return np.array([HELD_OUT if role == "held out" else VALIDATION for role in roles], dtype=np.int64)
    fixed: dict[str, str] = {}
    for digest, role in zip(digests, roles, strict=True):
        if role == "validation" or (role == "train" and fixed.get(digest) != "validation"):
            fixed[digest] = role
    return np.array([_rank(d, role, fixed.get(d)) for d, role in zip(digests, roles, strict=True)], dtype=np.int64)


def straddlers(digests: Sequence[str], parts: _Ints) -> npt.NDArray[np.bool_]:
    """Tell which rows, (n,), would train or calibrate though their group has validation or held out rows."""
    guarded = {digest for digest, part in zip(digests, parts.tolist(), strict=True) if part >= VALIDATION}
    return np.array([d in guarded and p < VALIDATION for d, p in zip(digests, parts.tolist(), strict=True)], dtype=bool)


def _rank(digest: str, role: str, fixed: str | None) -> int:
    if role == "held out":
        return HELD_OUT
    share = int(digest, 16) / 2**64
    if role == "hash":
        role = fixed or ("validation" if share < VALIDATION_SHARE else "train")
    if role == "validation":
        return VALIDATION
    return CALIBRATION if VALIDATION_SHARE <= share < VALIDATION_SHARE + CALIBRATION_SHARE else TRAIN
