"""Which lines of a plain text are comments: boosted trees judge each line, Viterbi the sequence.

The trees (Friedman, "Greedy function approximation", 2001) are scikit-learn's, exported as arrays; the states follow
each other with the probabilities seen in training (Rabiner, "A tutorial on hidden Markov models", 1989). The weights
(lines.safetensors) come from `python -m moderation.extraction.fit`.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

from moderation.extraction import trees_kernel
from moderation.extraction.features import Reading, describe
from moderation.extraction.lines import Line
from moderation.extraction.lines_kernel import BARE, HEADER, INTERFACE, MARKER, NUMBERED, REPLY, TIME

OUTSIDE, AROUND, BEGIN, INSIDE, AFTER, AUTHOR = range(6)  # the states of a line
STATES = 6
_CHUNK = 20_000  # lines that are described at once, which bounds memory
_ENDS, _BESIDE = 1_000, 100  # lines at each end of the page and of a chunk that it is described with
_LEAST = 1e-6  # probability below which none is believed
_AGREE, _DOUBT = 0.75, 2  # weight of what alike lines say; lines that say the contrary, as if seen
_NEAR = 6  # lines above the first comment in which an announcement counts
# What each sign of comments adds (`_evidence`; a logistic regression on held-out pages, rounded), and how much there
# must be.
_WEIGHTS, _ENOUGH = (0.5, 0.4, 0.7, 0.6, 2.0), 1.4


@dataclass(frozen=True, slots=True)
class LineModel:
    """The weights.

    feature, threshold, left: (nodes,), as `trees_kernel.add_trees` takes them; roots: (trees,), the first node
    of each tree; baseline: (states,), what the trees add to; start: (states,) and steps: (states, states), logs, rows
    the state before.
    """

    feature: NDArray[np.uint16]
    threshold: NDArray[np.float32]
    left: NDArray[np.uint8]
    roots: NDArray[np.int32]
    baseline: NDArray[np.float32]
    start: NDArray[np.float32]
    steps: NDArray[np.float32]

    def log_probabilities(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the log probability of each state for each line, (lines, states)."""
        z = np.repeat(self.baseline[None], len(features), axis=0)
        trees_kernel.add_trees(features, (self.feature, self.threshold, self.left), self.roots, z)
        z -= z.max(axis=1, keepdims=True)
        logs: NDArray[np.float32] = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        return np.maximum(logs, np.float32(np.log(_LEAST)))

    def states(self, lines: Sequence[Line], reading: Reading) -> list[int]:
        """Return the state of each line; all OUTSIDE where the page is better read as one without comments."""
        if not lines:
            return []
        if len(lines) <= _CHUNK:
            emissions = self.log_probabilities(describe(lines, reading))
        else:
            emissions = np.concatenate([self._judged(lines, reading, at) for at in range(0, len(lines), _CHUNK)])
        path = best_path(emissions, self.start, self.steps)
        if BEGIN in path:
            path = best_path(agreed(emissions, path, looks(lines, reading)), self.start, self.steps)
        if BEGIN not in path or _evidence(emissions, path, reading.said) < _ENOUGH:
            return [OUTSIDE] * len(path)
        return [int(state) for state in path]

    def _judged(self, lines: Sequence[Line], reading: Reading, start: int) -> NDArray[np.float32]:
        """Return the log probabilities of a chunk of lines, described with those beside it and the page's two ends."""
        n = len(lines)
        end = min(start + _CHUNK, n)
        seen = np.unique(
            np.clip([*range(_ENDS), *range(start - _BESIDE, end + _BESIDE), *range(n - _ENDS, n)], 0, n - 1)
        )
        features = describe([lines[i] for i in seen.tolist()], reading.part(seen))
        return self.log_probabilities(features[np.searchsorted(seen, start) :][: end - start])


def looks(lines: Sequence[Line], reading: Reading) -> NDArray[np.int64]:
    """Return a number for how each line is set: bullet or number, indent, blank lines above it, (lines,)."""
    set_in = np.fromiter((min(line.indent, 14) // 2 * 4 + min(line.blanks, 3) for line in lines), np.int64, len(lines))
    return np.asarray(reading.numbers[:, MARKER].astype(np.int64) * 32 + set_in)


def agreed(emissions: NDArray[np.float32], path: NDArray[np.int8], looks: NDArray[np.int64]) -> NDArray[np.float32]:
    """Let the lines of the comments that are set alike agree on whether such a line begins one.

    A page prints all its comments in one way: what most lines of one look say of beginning or going on is added to what
    each says.
    """
    body = np.isin(path, (BEGIN, INSIDE))
    kind = 2 * looks + np.append(False, body[:-1])
    lead = emissions[:, BEGIN] - emissions[:, INSIDE]
    _, place = np.unique(kind[body], return_inverse=True)
    counts = np.bincount(place)
    shared = np.bincount(place, lead[body]) / (counts + _DOUBT)
    pooled = emissions.copy()
    pooled[body, BEGIN] += _AGREE * shared[place]
    pooled[body, INSIDE] -= _AGREE * shared[place]
    return pooled


def _evidence(emissions: NDArray[np.float32], path: NDArray[np.int8], said: NDArray[np.uint32]) -> float:
    """Return how surely the page has comments at all: by their number, how sure their first lines are, and signs."""
    begun = path == BEGIN
    count = int(begun.sum())
    around = said[np.isin(path, (AROUND, AUTHOR))]
    first = int(begun.argmax())
    sure = -np.logaddexp(emissions[begun, OUTSIDE], emissions[begun, AFTER]).mean()
    signs = (
        np.log(count),
        sure,
        min(1.0, np.count_nonzero(around & (TIME | HEADER)) / count),
        min(1.0, np.count_nonzero(around & (REPLY | INTERFACE)) / count),
        bool((said[max(0, first - _NEAR) : first] & (NUMBERED | BARE)).any()),
    )
    return float(np.dot(signs, _WEIGHTS))


def best_path(
    emissions: NDArray[np.float32], start: NDArray[np.float32], steps: NDArray[np.float32]
) -> NDArray[np.int8]:
    """Return the likeliest states, (lines,)."""
    path = np.zeros(len(emissions), np.int8)
    trees_kernel.best_states(emissions, start, steps, path)
    return path


@functools.cache
def shipped_model() -> LineModel:
    """Return the model that ships with the package."""
    with as_file(files("moderation.extraction") / "lines.safetensors") as path:
        return LineModel(**load_file(path))
