"""Intervals by resampling whole groups: an author's posts, or copies of one text, are one observation and not several.

Cluster bootstrap (Field and Welsh 2007, Bootstrapping clustered data), 95 %. The same seed, rows and groups give the
same resamples, so that what two classifiers reach on one corpus can be compared resample by resample.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from math import sqrt

import numba
import numpy as np
import numpy.typing as npt

from moderation.evaluation.metrics import Floats, Ints

LEVEL = 0.95
_Z = 1.959963984540054  # the normal distribution's 97.5 % quantile
_CELLS = 2_000_000  # weights held at once: 16 MB, which stays near the cache
_MOST_UNDEFINED = 0.1  # of the resamples; beyond it those left would be a chosen sample

Measures = Callable[[Floats], dict[str, Floats]]
"""From weights (b, n) to named measures (b,)."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A measured value with its 95 % interval. `value` is None where undefined, and `reason` then says why.

    `low` and `high` are None where there is no telling: one group only, or a measure that many resamples leave
    undefined.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Resampling:
    """How often and from which seed; `salt` (a corpus's name) makes what is drawn for it independent of the others."""

    resamples: int = 1000
    seed: int = 20250101
    salt: str = ""

    def generator(self) -> np.random.Generator:
        """Return a generator that is the same for the same seed and salt."""
        salt = int.from_bytes(blake2b(self.salt.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
        return np.random.Generator(np.random.PCG64([self.seed, salt]))


def group_numbers(groups: Sequence[str]) -> Ints:
    """Return each row's group as a number in 0..number of groups - 1, (n,)."""
    index: dict[str, int] = {}
    return np.array([index.setdefault(group, len(index)) for group in groups], dtype=np.int64)


def resampled_weights(groups: Ints, resampling: Resampling) -> Iterator[Floats]:
    """Yield weights (b, n) in blocks that sum up to `resamples`: how often each row's group was drawn."""
    n, count = len(groups), int(groups.max(initial=-1)) + 1
    generator = resampling.generator()
    block = max(1, _CELLS // max(1, n))
    for start in range(0, resampling.resamples, block):
        b = min(block, resampling.resamples - start)
        yield _weights(generator.integers(0, count, (b, count)), groups)


@numba.njit(cache=True, nogil=True)
def _weights(drawn, groups):  # type: ignore[no-untyped-def]
    """Return how often each row's group is among the drawn ones (b, groups): (b, n)."""
    weights = np.empty((len(drawn), len(groups)))
    for b in range(len(drawn)):
        times = np.zeros(drawn.shape[1])
        for group in drawn[b]:
            times[group] += 1
        for k in range(len(groups)):
            weights[b, k] = times[groups[k]]
    return weights


def draws(measures: Measures, groups: Ints, resampling: Resampling) -> dict[str, Floats]:
    """Return each measure on every resample, (resamples,)."""
    blocks = [measures(weights) for weights in resampled_weights(groups, resampling)]
    return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]} if blocks else {}


def estimates(measures: Measures, groups: Ints, resampling: Resampling) -> dict[str, Estimate]:
    """Return each measure on the rows as they are, with its interval.

    The interval is the percentile one, but for `ece`: noise only ever adds to it, in the sample as in the resamples, so
    it gets the basic interval (Davison and Hinkley 1997, 5.2), which takes the bias off and can lie below the estimate.
    """
    plain = measures(np.ones((1, len(groups))))
    several = len(groups) > 0 and int(groups.max()) > 0
    resampled = draws(measures, groups, resampling) if several else {}
    found = {}
    for name, (value,) in plain.items():
        low, high = interval(resampled[name]) if several else (None, None)
        if name == "ece" and low is not None and high is not None:
            low, high = max(0.0, 2 * float(value) - high), max(0.0, 2 * float(value) - low)
        found[name] = Estimate(None) if np.isnan(value) else Estimate(float(value), low, high)
    return found


def interval(values: Floats) -> tuple[float | None, float | None]:
    """Return the percentile interval of resampled values; (None, None) where too many of them are undefined."""
    defined = values[~np.isnan(values)]
    if len(defined) < max(1.0, (1 - _MOST_UNDEFINED) * len(values)):
        return None, None
    low, high = np.quantile(defined, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def wilson(share: float, units: int) -> tuple[float, float]:
    """Return the Wilson score interval (1927) of a share among `units` > 0 independent observations.

    For shares of exactly 0 or 1, of which every resample is the same: "none of 300" is not "none".
    """
    z2 = _Z**2
    middle = (share + z2 / (2 * units)) / (1 + z2 / units)
    half = _Z * sqrt(share * (1 - share) / units + z2 / (4 * units**2)) / (1 + z2 / units)
    # At the ends the bound is the share itself, which rounding can miss by the last digit.
    return (max(0.0, middle - half) if share > 0 else 0.0), (min(1.0, middle + half) if share < 1 else 1.0)


def widened(estimate: Estimate, groups: Ints, asked: npt.NDArray[np.bool_]) -> Estimate:
    """Give a share of 0 or 1 among the rows `asked` (n,) the Wilson interval over their groups; leave any other."""
    if estimate.value not in (0.0, 1.0) or not asked.any():
        return estimate
    low, high = wilson(estimate.value, len(np.unique(groups[asked])))
    return Estimate(estimate.value, low, high)
