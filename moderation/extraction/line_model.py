"""Which lines of a plain text are comments: boosted trees judge each line, Viterbi the sequence.

Lines are judged twice: by themselves and what stands around them, and again by what that says of the lines beside them
and of those that look alike on the page (stacked sequential learning: Cohen and Carvalho, IJCAI 2005). The states
follow each other with the probabilities seen in training (Rabiner, "A tutorial on hidden Markov models", 1989). Trees
also judge each comment that was found so, among the others of its page. The weights (lines.safetensors) come from
`python -m moderation.extraction.fit`.
"""

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

from moderation.extraction import trees_kernel
from moderation.extraction.features import Reading, describe, describe_segments, look_again, shapes_of
from moderation.extraction.lines import Line
from moderation.extraction.lines_kernel import FOOTER, HEADER, MARKER, SAYS
from moderation.extraction.trees import PARTS, Trees
from moderation.extraction.wording import is_author_line

OUTSIDE, AROUND, BEGIN, INSIDE, AFTER, AUTHOR = range(6)  # the states of a line
STATES = 6
_CHUNK = 20_000  # lines that are described at once, which bounds memory
_ENDS, _BESIDE = 1_000, 100  # lines at each end of the page and of a chunk that it is described with
LEAST = 1e-6  # probability below which none is believed
_AGREE, _DOUBT = 0.75, 2  # weight of what alike lines say; lines that say the contrary, as if seen
_REAL, _SURE = 0.5, 0.6  # probability from which a comment is kept, and that of the surest of a page with comments
_SAID = 2  # what lines_kernel writes for a verb of saying at the end of a line
_EMPTY, _NEVER = 3.0, -15.0  # nats that a comment without a text costs, and what cannot be
_FURNITURE = 3.0  # nats that it costs to take the last lines of a site for a part of a comment
_TREES = ("first", "second", "third")


@dataclass(frozen=True, slots=True)
class LineModel:
    """The weights: trees for the lines, trees for them once more, trees for the comments found, and logs of steps.

    start: (states,) and steps: (states, states), rows the state before.
    """

    first: Trees
    second: Trees
    third: Trees
    start: NDArray[np.float32]
    steps: NDArray[np.float32]

    def states(self, lines: Sequence[Line], reading: Reading) -> list[int]:
        """Return the state of each line; all OUTSIDE where the page is better read as one without comments."""
        if not lines:
            return []
        shapes = shapes_of(reading)
        emissions = judged(self.first, self.second, reading, shapes)
        said = np.flatnonzero((reading.said & HEADER).astype(bool) & (reading.numbers[:, SAYS] >= _SAID))
        named = [i for i in said.tolist() if is_author_line(lines[i].text)]
        emissions[named, BEGIN] -= _EMPTY  # "A says:" names an author, it begins no text
        emissions[np.flatnonzero(reading.said & FOOTER)[:, None], (BEGIN, INSIDE)] -= _FURNITURE
        path = decoded(emissions, (self.start, self.steps), looks(reading))
        first, last = segments(path)
        if len(first):
            real = self.third.probabilities(describe_segments((first, last, np.exp(emissions)), reading, shapes))
            path = pruned(path, first, last, (real >= _REAL) & (real.max() >= _SURE))
        return [int(state) for state in path]

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return all weights by name, as `from_arrays` takes them."""
        trees = {f"{name}.{part}": getattr(getattr(self, name), part) for name in _TREES for part in PARTS}
        return {**trees, "start": self.start, "steps": self.steps}


def from_arrays(arrays: Mapping[str, NDArray[Any]]) -> LineModel:
    """Return the model with these weights."""
    first, second, third = (Trees(*(arrays[f"{name}.{part}"] for part in PARTS)) for name in _TREES)
    return LineModel(first, second, third, arrays["start"], arrays["steps"])


def judged(first: Trees, second: Trees, reading: Reading, shapes: NDArray[np.uint64]) -> NDArray[np.float32]:
    """Return the log probability of each state for each line, (lines, states)."""
    if len(shapes) <= _CHUNK:
        features = describe(reading, shapes)
        seen = look_again(first.log_probabilities(features, STATES, LEAST), reading, shapes)
        return second.log_probabilities(np.concatenate([features, seen], axis=1), STATES, LEAST)
    chunks = _described(reading, shapes)
    seen = look_again(np.concatenate([first.log_probabilities(f, STATES, LEAST) for f in chunks]), reading, shapes)
    logs, start = [], 0
    for features in _described(reading, shapes):
        end = start + len(features)
        logs.append(second.log_probabilities(np.concatenate([features, seen[start:end]], axis=1), STATES, LEAST))
        start = end
    return np.concatenate(logs)


def _described(reading: Reading, shapes: NDArray[np.uint64]) -> Iterator[NDArray[np.float32]]:
    """Yield the features of one chunk of lines after the other, described with those beside it and the page's ends."""
    n = len(shapes)
    for start in range(0, n, _CHUNK):
        end = min(start + _CHUNK, n)
        beside = [*range(_ENDS), *range(start - _BESIDE, end + _BESIDE), *range(n - _ENDS, n)]
        seen = np.unique(np.clip(beside, 0, n - 1))
        features = describe(reading.part(seen), shapes[seen])
        yield features[np.searchsorted(seen, start) :][: end - start]


def decoded(
    emissions: NDArray[np.float32],
    steps: tuple[NDArray[np.float32], NDArray[np.float32]],
    looks: NDArray[np.int64],
) -> NDArray[np.int8]:
    """Return the likeliest states, (lines,), once the lines that are set alike agree."""
    path = best_path(emissions, *steps)
    return best_path(agreed(emissions, path, looks), *steps) if BEGIN in path else path


def looks(reading: Reading) -> NDArray[np.int64]:
    """Return a number for how each line is set: bullet or number, indent, blank lines above it, (lines,)."""
    set_in = np.minimum(reading.indents, 14) // 2 * 4 + np.minimum(reading.blanks, 3)
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


def segments(path: NDArray[np.int8]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the first and the last line of each comment."""
    first = np.flatnonzero(path == BEGIN)
    body = np.flatnonzero((path == BEGIN) | (path == INSIDE))
    return first, body[np.searchsorted(body, np.append(first[1:], len(path))) - 1] if len(first) else first


def pruned(
    path: NDArray[np.int8], first: NDArray[np.int64], last: NDArray[np.int64], real: NDArray[np.bool_]
) -> NDArray[np.int8]:
    """Return the states without the comments that are none; nothing above or below the real ones is about them."""
    kept = np.flatnonzero(real)
    if not len(kept):
        return np.full_like(path, OUTSIDE)
    path = path.copy()
    for k in np.flatnonzero(~real):
        path[first[k] : last[k] + 1] = AROUND
    if kept[0] > 0:
        path[: last[kept[0] - 1] + 1] = OUTSIDE
    if kept[-1] + 1 < len(first):
        path[first[kept[-1] + 1] :] = AFTER
    return path


def best_path(
    emissions: NDArray[np.float32], start: NDArray[np.float32], steps: NDArray[np.float32], empty: float = _EMPTY
) -> NDArray[np.int8]:
    """Return the likeliest states, (lines,).

    empty: nats that it costs to name an author with no text before the next one or the end. For that the lines around
    a comment that stand between an author and a text are a state of their own.
    """
    waiting = STATES
    start, steps = np.append(start, _NEVER), np.pad(steps, (0, 1), constant_values=_NEVER)
    steps[waiting], steps[:, waiting] = steps[AROUND], _NEVER
    steps[waiting, waiting], steps[AUTHOR, waiting] = steps[AROUND, AROUND], steps[AUTHOR, AROUND]
    steps[[waiting, AUTHOR], AROUND] = _NEVER
    steps[[waiting, AUTHOR], AUTHOR] -= empty
    path = np.zeros(len(emissions), np.int8)
    wide = np.column_stack([emissions, emissions[:, AROUND]])
    wide[-1, waiting] -= empty
    trees_kernel.best_states(wide, start.astype(np.float32), steps.astype(np.float32), path)
    path[path == waiting] = AROUND
    return path


@functools.cache
def shipped_model() -> LineModel:
    """Return the model that ships with the package."""
    with as_file(files("moderation.extraction") / "lines.safetensors") as path:
        return from_arrays(load_file(path))
