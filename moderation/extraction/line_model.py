"""Which lines of a plain text are comments: a small network judges each line, Viterbi the sequence.

The network is a perceptron with one hidden layer; the states follow each other with the probabilities seen in training
(Viterbi 1967; Rabiner, "A tutorial on hidden Markov models", 1989, for the decoding). The weights (lines.safetensors) come
from `python -m moderation.extraction.fit`.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

from moderation.extraction.features import describe
from moderation.extraction.lines import Line

OUTSIDE, AROUND, BEGIN, INSIDE = range(4)  # the states of a line
_CHUNK = 20_000  # lines that are judged at once, which bounds memory
_LEAST = 1e-6  # probability below which none is believed


@dataclass(frozen=True, slots=True)
class LineModel:
    """mean, scale: (features,); hidden: (features, units) and bias; output: (units, 4) and bias; transitions: (4, 4) logs.

    prior: (4,) log shares of the states in training, which the network has learned and Viterbi must not count twice.
    gate: how much better, in nats a comment, than a page without comments a reading must be to be believed.
    """

    mean: NDArray[np.float32]
    scale: NDArray[np.float32]
    hidden: NDArray[np.float32]
    hidden_bias: NDArray[np.float32]
    output: NDArray[np.float32]
    output_bias: NDArray[np.float32]
    transitions: NDArray[np.float32]
    prior: NDArray[np.float32]
    gate: float

    def log_probabilities(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the log probability of each state for each line, (lines, 4)."""
        parts = []
        for start in range(0, len(features), _CHUNK):
            x = (features[start : start + _CHUNK] - self.mean) / self.scale
            z = np.maximum(x @ self.hidden + self.hidden_bias, 0.0) @ self.output + self.output_bias
            z -= z.max(axis=1, keepdims=True)
            parts.append(z - np.log(np.exp(z).sum(axis=1, keepdims=True)))
        return np.maximum(np.concatenate(parts), np.log(_LEAST)).astype(np.float32)

    def states(self, lines: Sequence[Line]) -> list[int]:
        """Return the state of each line; all OUTSIDE where the page is better read as one without comments."""
        if not lines:
            return []
        emissions = self.log_probabilities(describe(lines))
        path, gain = best_path(emissions, self.transitions)
        begun = path.count(BEGIN)
        return path if begun and gain / begun**0.5 >= self.gate else [OUTSIDE] * len(lines)


def best_path(emissions: NDArray[np.float32], transitions: NDArray[np.float32]) -> tuple[list[int], float]:
    """Return the likeliest states, and by how many nats they beat OUTSIDE throughout."""
    steps: list[list[float]] = transitions.tolist()
    rows: list[list[float]] = emissions.tolist()
    # A page may start with any state but the middle of a comment.
    scores = [rows[0][OUTSIDE], rows[0][AROUND], rows[0][BEGIN], -1e9]
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
    floats = {name: array.astype(np.float32) for name, array in arrays.items() if name != "gate"}
    return LineModel(**floats, gate=float(arrays["gate"][0]))
