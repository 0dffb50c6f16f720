"""Which lines of a plain text are comments: a small network judges each line, Viterbi the sequence.

The network is a perceptron with one hidden layer; the states follow each other with the probabilities seen in training
(Viterbi 1967; for the decoding, Rabiner, "A tutorial on hidden Markov models", 1989). The weights (lines.safetensors)
come from `python -m moderation.extraction.fit`.
"""

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

from moderation.extraction.features import BARE, BOUNDARY, HEADER, INTERFACE, REPLIES, SIGNED, TIME, column_of, describe
from moderation.extraction.lines import Line

OUTSIDE, AROUND, BEGIN, INSIDE = range(4)  # the states of a line
_CHUNK = 20_000  # lines that are judged at once, which bounds memory
_CLIP = 6.0  # standard deviations
# What hardly ever stands inside a comment (nats): an author with a time, a line of interface, a boundary with a number.
_NEVER_BODY = ((SIGNED, -4.0), (INTERFACE, -2.0), (BOUNDARY, -2.0))
_NEAR = 6  # lines above the first comment in which an announcement counts
_GATES = (16.0, 4.0, 2.0, 0.0)  # nats, by how many of the three signs the page shows
_LEAST = 1e-6  # probability below which none is believed


@dataclass(frozen=True, slots=True)
class LineModel:
    """The weights.

    mean, scale: (features,); hidden: (features, units) and its bias; output: (units, 4) and its bias; transitions:
    (4, 4), logs, rows the state before.
    """

    mean: NDArray[np.float32]
    scale: NDArray[np.float32]
    hidden: NDArray[np.float32]
    hidden_bias: NDArray[np.float32]
    output: NDArray[np.float32]
    output_bias: NDArray[np.float32]
    transitions: NDArray[np.float32]

    def log_probabilities(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the log probability of each state for each line, (lines, 4)."""
        parts = []
        for start in range(0, len(features), _CHUNK):
            x = np.clip((features[start : start + _CHUNK] - self.mean) / self.scale, -_CLIP, _CLIP)
            z = np.maximum(x @ self.hidden + self.hidden_bias, 0.0) @ self.output + self.output_bias
            z -= z.max(axis=1, keepdims=True)
            parts.append(z - np.log(np.exp(z).sum(axis=1, keepdims=True)))
        logs: NDArray[np.float32] = np.maximum(np.concatenate(parts), np.log(_LEAST)).astype(np.float32)
        return logs

    def states(self, lines: Sequence[Line]) -> list[int]:
        """Return the state of each line; all OUTSIDE where the page is better read as one without comments."""
        if not lines:
            return []
        features = describe(lines)
        emissions = self.log_probabilities(features)
        for column, least in _NEVER_BODY:
            told = column_of(features, column) > 0
            emissions[told, BEGIN:] += least
        path, gain = best_path(emissions, self.transitions)
        return path if gain >= _needed(features, path) else [OUTSIDE] * len(lines)


def _needed(features: NDArray[np.float32], path: Sequence[int]) -> float:
    """Return by how many nats the reading must beat a page without comments; with fewer signs, by more."""
    begun = path.count(BEGIN)
    if not begun:
        return float("inf")
    first = path.index(BEGIN)
    states = np.array(path)
    signed = np.maximum(column_of(features, HEADER), column_of(features, TIME)) > 0
    answered = np.maximum(column_of(features, REPLIES), column_of(features, INTERFACE)) > 0
    announced = np.maximum(column_of(features, BOUNDARY), column_of(features, BARE)) > 0
    signs = (
        2 * int((signed & (states == AROUND)).sum()) >= begun,
        2 * int((answered & (states == AROUND)).sum()) >= begun,
        bool(announced[max(0, first - _NEAR) : first].any()),
    )
    return _GATES[sum(signs)] * math.sqrt(begun)


def best_path(emissions: NDArray[np.float32], transitions: NDArray[np.float32]) -> tuple[list[int], float]:
    """Return the likeliest states, and by how many nats they beat OUTSIDE throughout."""
    steps: list[list[float]] = transitions.tolist()
    rows: list[list[float]] = emissions.tolist()
    # A page may start with any state but the middle of a comment.
    scores: list[float] = [rows[0][OUTSIDE], rows[0][AROUND], rows[0][BEGIN], -1e9]
    came: list[tuple[int, ...]] = []
    states = range(4)
    for row in rows[1:]:
        sources = [max(states, key=lambda s, to=to: scores[s] + steps[s][to]) for to in states]  # type: ignore[misc]
        scores = [scores[source] + steps[source][to] + row[to] for to, source in enumerate(sources)]
        came.append(tuple(sources))
    state = max(states, key=scores.__getitem__)
    best = scores[state]
    path = [state]
    for sources_of in reversed(came):
        state = sources_of[state]
        path.append(state)
    path.reverse()
    nothing = float(emissions[:, OUTSIDE].sum()) + steps[OUTSIDE][OUTSIDE] * (len(rows) - 1)
    return path, best - nothing


@functools.cache
def shipped_model() -> LineModel:
    """Return the model that ships with the package."""
    with as_file(files("moderation.extraction") / "lines.safetensors") as path:
        arrays = load_file(path)
    return LineModel(**{name: array.astype(np.float32) for name, array in arrays.items()})
