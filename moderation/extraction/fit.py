"""Trains the line model on pages with gold comments and writes its weights.

    python -m moderation.extraction.fit GOLD [--output FILE]
    python -m moderation.extraction.fit GOLD --cross-validate [--folds N]

GOLD is a directory as gold.py reads it. Only pages whose source allows training are used. With --cross-validate
nothing is written: each page is read by a model that has seen no page of its host, and the figures are printed.
Needs LightGBM (`pip install 'moderation[train-lines]'`).
"""

import argparse
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

from moderation.extraction.augmented import Sample, samples
from moderation.extraction.boosting import Growth, boosted
from moderation.extraction.features import Reading, describe, describe_segments, look_again, read, shapes_of
from moderation.extraction.gold import RENDERERS, Gold, Page, gold_pages
from moderation.extraction.line_model import (
    AFTER,
    AROUND,
    AUTHOR,
    BEGIN,
    INSIDE,
    LEAST,
    OUTSIDE,
    STATES,
    LineModel,
    decoded,
    judged,
    looks,
    segments,
)
from moderation.extraction.measure import by_group
from moderation.extraction.plain import from_lines
from moderation.extraction.trees import Trees, mean_of
from moderation.types import Comment

_SEED, _DRAWS = 7, 3  # the model is the mean of so many, each of other new layouts: one alone errs by chance
_HALVES = 2  # parts of the hosts; what judges again learns from the judgements of trees that know only the other part
_FIRST, _SECOND = Growth(45, 16, 0.15), Growth(50, 16, 0.12)
_THIRD = Growth(70, 12, 0.08, 0.4)
_STEP = 0.3  # weight of the transitions
_PRIOR = 0.8  # how much of the states' shares, which the trees have learned, the transitions take back
_BEGINS, _ENTERS, _NEVER = (
    0.3,
    3.0,
    -15.0,
)  # nats for beginning a comment, for going over to comments, for what cannot be
_MOST_GOLD = 0.5  # share of a comment's characters from which it is a gold one
_FEW = 6  # comments of a page that are all learned from in full
Steps = tuple[NDArray[np.float32], NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class _Described:
    """A sample with what is known of its lines, and which of these are learned from."""

    sample: Sample
    reading: Reading
    shapes: NDArray[np.uint64]
    drawn: NDArray[np.bool_]

    def rows(self) -> NDArray[np.float32]:
        """Return the features of the lines that are learned from."""
        return describe(self.reading, self.shapes)[self.drawn]

    def rows_again(self, first: Trees) -> NDArray[np.float32]:
        """Return the features for the second judgement of the lines that are learned from."""
        features = describe(self.reading, self.shapes)
        seen = look_again(first.log_probabilities(features, STATES, LEAST), self.reading, self.shapes)
        return np.concatenate([features, seen], axis=1)[self.drawn]

    def states(self) -> NDArray[np.int8]:
        """Return the states of the lines that are learned from."""
        return np.array(self.sample.states, np.int8)[self.drawn]


def fit(train: Sequence[Page], draws: int = _DRAWS) -> LineModel:
    """Return the model for these pages."""
    models = [_fitted(train, _SEED + _HALVES * draw) for draw in range(draws)]
    return LineModel(
        mean_of([model.first for model in models]),
        mean_of([model.second for model in models]),
        mean_of([model.third for model in models]),
        np.mean([model.start for model in models], axis=0),
        np.mean([model.steps for model in models], axis=0),
    )


def _fitted(train: Sequence[Page], seed: int) -> LineModel:
    halves = []
    for half in range(_HALVES):
        rng = np.random.default_rng(seed + half)
        halves.append(
            [_described(s, rng) for s in samples([p for p in train if _fold(p, _HALVES) == half], rng) if len(s.lines)]
        )
    states = [np.concatenate([page.states() for page in half]) for half in halves]
    first, first_held = _boosted_apart([[page.rows() for page in half] for half in halves], states, _FIRST, seed)
    again = [[page.rows_again(held) for page in half] for half, held in zip(halves, first_held, strict=True)]
    second, second_held = _boosted_apart(again, states, _SECOND, seed)
    steps = _steps([page.sample for half in halves for page in half], np.concatenate(states))
    found = [
        _found(page, (one, two), steps)
        for half, one, two in zip(halves, first_held, second_held, strict=True)
        for page in half
    ]
    x, y, weights = (np.concatenate(column) for column in zip(*(f for f in found if f), strict=True))
    return LineModel(first, second, boosted(x, y, 1, _THIRD, weights, seed), *steps)


def _described(sample: Sample, rng: np.random.Generator) -> _Described:
    reading = read(sample.lines)
    return _Described(sample, reading, shapes_of(reading), sample.drawn(reading, rng))


def _boosted_apart(
    halves: Sequence[Sequence[NDArray[np.float32]]], states: Sequence[NDArray[np.int8]], growth: Growth, seed: int
) -> tuple[Trees, list[Trees]]:
    """Return the trees for all rows, and for each half those that have not seen it."""
    rows = [np.concatenate(half) for half in halves]
    held = [boosted(x, y, STATES, growth, seed=seed) for x, y in zip(rows, states, strict=True)]
    return boosted(np.concatenate(rows), np.concatenate(states), STATES, growth, seed=seed), held[::-1]


def _steps(pages: Sequence[Sample], states: NDArray[np.int8]) -> Steps:
    """Return the logs of how states start and follow each other."""
    counts = np.full((STATES, STATES), 0.1)
    starts = np.full(STATES, 0.5)
    for page in pages:
        np.add.at(counts, (np.array(page.states[:-1], int), np.array(page.states[1:], int)), 1)
        starts[page.states[0]] += 1
    shares = np.bincount(states, minlength=STATES) / len(states)
    # The trees see the neighbours, so what usually follows what is mostly known to them: it counts only in part.
    counts[OUTSIDE, AFTER] = counts[OUTSIDE, AROUND]
    steps = _STEP * (np.log(counts / counts.sum(axis=1, keepdims=True)) - _PRIOR * np.log(shares))
    start = _STEP * (np.log(starts / starts.sum()) - _PRIOR * np.log(shares))
    steps[:, BEGIN] += _BEGINS
    entry = [AROUND, BEGIN, AUTHOR]
    steps[OUTSIDE, entry] += _ENTERS
    start[entry] += _ENTERS
    start[INSIDE] = steps[[OUTSIDE, AROUND, AFTER, AUTHOR], INSIDE] = steps[AFTER, :AFTER] = steps[AFTER, AUTHOR] = (
        _NEVER
    )
    return start.astype(np.float32), steps.astype(np.float32)


def _found(
    page: _Described, trees: tuple[Trees, Trees], steps: Steps
) -> tuple[NDArray[np.float32], NDArray[np.int8], NDArray[np.float64]] | None:
    """Return the features of the comments that are found on a page, whether each is one, and their weights."""
    emissions = judged(*trees, page.reading, page.shapes)
    first, last = segments(decoded(emissions, steps, looks(page.reading)))
    if not len(first):
        return None
    sizes = np.array([len(line.text) for line in page.sample.lines])
    gold = np.where(np.isin(page.sample.states, (BEGIN, INSIDE)), sizes, 0)
    right = [gold[a : b + 1].sum() >= _MOST_GOLD * sizes[a : b + 1].sum() for a, b in zip(first, last, strict=True)]
    weights = np.full(len(first), min(1.0, (_FEW / len(first)) ** 0.7))
    return (
        describe_segments((first, last, np.exp(emissions)), page.reading, page.shapes),
        np.array(right, np.int8),
        weights,
    )


def save(model: LineModel, path: Path) -> None:
    """Write the weights, aside first."""
    aside = path.with_suffix(".new")
    save_file(model.arrays(), aside)
    aside.replace(path)


def cross_validated(
    pages: Sequence[Gold], folds: int
) -> Iterator[tuple[str, str, tuple[Comment, ...], tuple[Comment, ...]]]:
    """Yield (group, text, comments found, gold comments) of each page, read by a model that never saw its host."""
    for fold in range(folds):
        model = fit([gold.page for gold in pages if gold.trains and _fold(gold.page, folds, "hosts") != fold])
        for gold in pages:
            if _fold(gold.page, folds, "hosts") == fold:
                found = from_lines(gold.page.lines, model).comments
                yield f"{gold.renderer} {'forum' if gold.page.forum else 'articles'}", gold.text, found, gold.comments


def _fold(page: Page, folds: int, salt: str = "") -> int:
    return zlib.crc32((salt + page.host).encode()) % folds


def main() -> None:
    """Train and write, or cross-validate and print."""
    parser = argparse.ArgumentParser(description="Train the line model on pages with gold comments.")
    parser.add_argument("gold", type=Path)
    parser.add_argument("--output", type=Path, default=Path(__file__).with_name("lines.safetensors"))
    parser.add_argument("--cross-validate", action="store_true", help="print figures for hosts not trained on")
    parser.add_argument("--folds", type=int, default=3)
    arguments = parser.parse_args()
    pages = list(gold_pages(arguments.gold, RENDERERS))
    if arguments.cross_validate:
        for group, figures in by_group(cross_validated(pages, arguments.folds)).items():
            print(group.ljust(26), figures)  # noqa: T201
    else:
        save(fit([gold.page for gold in pages if gold.trains]), arguments.output)


if __name__ == "__main__":
    main()
