"""Trains the line model on pages with gold comments and writes its weights.

    python -m moderation.extraction.fit GOLD [--output FILE]
    python -m moderation.extraction.fit GOLD --cross-validate [--folds N]

GOLD is a directory as gold.py reads it. Only pages whose source allows training are used. With --cross-validate
nothing is written: each page is read by a model that has seen no page of its host, and the figures are printed.
"""

import argparse
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

from moderation.extraction.assembly import assembled
from moderation.extraction.draft import finished
from moderation.extraction.features import describe, read
from moderation.extraction.gold import RENDERERS, Gold, Page, gold_pages
from moderation.extraction.layouts import Material, relaid
from moderation.extraction.line_model import AFTER, AROUND, AUTHOR, BEGIN, INSIDE, OUTSIDE, STATES, LineModel
from moderation.extraction.lines import Line
from moderation.extraction.lines_kernel import HEADER, NAME
from moderation.extraction.measure import by_group
from moderation.types import Comment

if TYPE_CHECKING:
    from sklearn.ensemble import HistGradientBoostingClassifier

_NOTHING = ("0 Comments", "No comments yet", "0 Kommentare", "Be the first to comment", "Comments", "Leave a comment")
_SEED = 7
_ROUNDS, _LEAVES, _RATE, _SMALLEST, _RIDGE, _TRIED = 70, 20, 0.12, 60, 5.0, 0.3
_MANY, _WHOLE = 80, 24  # lines of a page that are all learned from
_FORUMS = 0.25  # share of the lines of forum pages, which are long and many
_RELAID = 4  # pages in a new layout for each page with comments
_SHORT_ARTICLE, _LONG_COMMENT = 8, 12  # lines
_STEP = 0.3  # weight of the transitions
_PRIOR = 0.8  # how much of the states' shares, which the trees have learned, the transitions take back
_BEGINS, _ENTERS, _NEVER = (
    0.3,
    2.0,
    -15.0,
)  # nats for beginning a comment, for going over to comments, for what cannot be


def bare(page: Page, rng: np.random.Generator) -> Page:
    """Return `page` as a renderer leaves it that loses lines with authors and dates, or blank lines."""
    lose_headers, lose_blanks = rng.random() < 0.7, rng.random() < 0.3
    lines: list[Line] = []
    states = []
    blanks = 0
    for line, state in zip(page.lines, page.states, strict=True):
        lost = lose_headers and state in (AROUND, AUTHOR) and rng.random() < 0.8
        if lost:
            blanks += line.blanks
            continue
        above = 0 if lose_blanks else min(3, line.blanks + blanks)
        lines.append(Line(line.text, line.start, line.end, above, line.indent))
        states.append(state)
        blanks = 0
    return Page(page.id, page.host, lines, states, page.forum)


def emptied(page: Page, rng: np.random.Generator) -> Page:
    """Return `page` as it was before anyone commented."""
    lines: list[Line] = []
    states: list[int] = []
    said = rng.random() < 0.3
    for line, state in zip(page.lines, page.states, strict=True):
        if state == AFTER and said:
            lines.append(Line(_NOTHING[int(rng.integers(len(_NOTHING)))], 0, 0, 1, 0))
            states.append(OUTSIDE)
            said = False
        if state in (OUTSIDE, AFTER):
            lines.append(line)
            states.append(state)
    return Page(page.id, page.host, lines, states, page.forum)


def material(train: Sequence[Page]) -> Material:
    """Return what the pages give to lay out new ones from."""
    articles, comments = [], []
    for page in train:
        first = next((i for i, state in enumerate(page.states) if state != OUTSIDE), len(page.lines))
        if first >= _SHORT_ARTICLE:
            articles.append(page.lines[:first])
        drafts = [
            draft
            for draft in assembled(page.lines, page.states, read(page.lines).said)
            if len(draft.lines) <= _LONG_COMMENT
        ]
        if drafts:
            comments.append([[line.text for line in draft.lines] for draft in drafts])
    return Material(articles, comments)


def fit(train: Sequence[Page]) -> LineModel:
    """Return the model for these pages."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    rng = np.random.default_rng(_SEED)
    from_these = material(train)
    sequences = [(page.lines, page.states, _FORUMS if page.forum else 1.0) for page in train]
    bared = [bare(page, rng) for page in train if max(page.states)]
    sequences += [(page.lines, page.states, _FORUMS if page.forum else 1.0) for page in bared]
    empty = [emptied(page, rng) for page in train if max(page.states)]
    sequences += [
        (page.lines, page.states, _FORUMS if page.forum else 1.0) for page in empty if page.lines and rng.random() < 0.5
    ]
    sequences += [
        (*relaid(from_these, rng), 1.0) for _ in range(_RELAID * len({page.id for page in train if max(page.states)}))
    ]
    rows, labels = [], []
    counts = np.full((STATES, STATES), 0.1)
    starts = np.full(STATES, 0.5)
    for lines, states, share in sequences:
        np.add.at(counts, (np.array(states[:-1], int), np.array(states[1:], int)), 1)
        starts[states[0]] += 1
        # Long pages are all alike inside: a share of their lines says the same.
        outside = np.isin(states, (OUTSIDE, AFTER))
        kept = rng.random(len(lines)) < share * np.minimum(1.0, (np.where(outside, _WHOLE, _MANY) / len(lines)) ** 0.5)
        reading = read(lines)
        if AUTHOR not in states:  # whether any is named is not known
            kept &= (np.array(states) != AROUND) | (reading.said & (NAME | HEADER) == 0)
        rows.append(describe(lines, reading)[kept])
        labels.append(np.array(states)[kept])
    x, y = np.concatenate(rows), np.concatenate(labels)
    trees = HistGradientBoostingClassifier(
        max_iter=_ROUNDS,
        max_leaf_nodes=_LEAVES,
        learning_rate=_RATE,
        min_samples_leaf=_SMALLEST,
        l2_regularization=_RIDGE,
        max_features=_TRIED,
        early_stopping=False,
        random_state=_SEED,
    ).fit(x, y)
    shares = np.bincount(y, minlength=STATES) / len(y)
    # The trees see the neighbours, so what usually follows what is mostly known to them: it counts only in part.
    counts[OUTSIDE, AFTER] = counts[OUTSIDE, AROUND]
    steps = _STEP * (np.log(counts / counts.sum(axis=1, keepdims=True)) - _PRIOR * np.log(shares))
    start = _STEP * (np.log(starts / starts.sum()) - _PRIOR * np.log(shares))
    steps[:, BEGIN] += _BEGINS
    entry = [AROUND, BEGIN, AUTHOR]
    steps[OUTSIDE, entry] += _ENTERS
    start[entry] += _ENTERS
    steps[[OUTSIDE, AROUND, AFTER, AUTHOR], INSIDE] = steps[AFTER, :AFTER] = steps[AFTER, AUTHOR] = _NEVER
    return exported(trees, start, steps)


def exported(
    trees: "HistGradientBoostingClassifier", start: NDArray[np.float64], steps: NDArray[np.float64]
) -> LineModel:
    """Return scikit-learn's trees as arrays that give the same sums."""
    nodes = [_side_by_side(tree.nodes) for round_ in trees._predictors for tree in round_]
    sizes = [len(tree) for tree in nodes]
    every = np.concatenate(nodes)
    leaf = every["is_leaf"].astype(bool)
    # Features are single floats: a threshold rounded down to one parts them in the same way.
    threshold = every["num_threshold"].astype(np.float32)
    threshold = np.where(threshold > every["num_threshold"], np.nextafter(threshold, np.float32(-np.inf)), threshold)
    return LineModel(
        feature=np.where(leaf, 0, every["feature_idx"]).astype(np.uint16),
        threshold=np.where(leaf, every["value"], threshold).astype(np.float32),
        left=np.where(leaf, 0, every["left"]).astype(np.uint8),
        roots=np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int32),
        baseline=trees._baseline_prediction.ravel().astype(np.float32),
        start=start.astype(np.float32),
        steps=steps.astype(np.float32),
    )


def _side_by_side(nodes: NDArray[np.void]) -> NDArray[np.void]:
    """Return a tree's nodes with each right child next after the left one."""
    order = [0]
    left = []
    for node in order:
        left.append(0 if nodes["is_leaf"][node] else len(order))
        if not nodes["is_leaf"][node]:
            order += [int(nodes["left"][node]), int(nodes["right"][node])]
    laid = nodes[order].copy()
    laid["left"] = left
    return laid


def save(model: LineModel, path: Path) -> None:
    """Write the weights, aside first."""
    aside = path.with_suffix(".new")
    save_file({field.name: getattr(model, field.name) for field in fields(model)}, aside)
    aside.replace(path)


def cross_validated(
    pages: Sequence[Gold], folds: int
) -> Iterator[tuple[str, str, tuple[Comment, ...], tuple[Comment, ...]]]:
    """Yield (group, text, comments found, gold comments) of each page, read by a model that never saw its host."""
    for fold in range(folds):
        model = fit([gold.page for gold in pages if gold.trains and _fold(gold.page, folds) != fold])
        for gold in pages:
            if _fold(gold.page, folds) == fold:
                lines = gold.page.lines
                reading = read(lines)
                found = finished(assembled(lines, model.states(lines, reading), reading.said))
                yield f"{gold.renderer} {'forum' if gold.page.forum else 'articles'}", gold.text, found, gold.comments


def _fold(page: Page, folds: int) -> int:
    return zlib.crc32(page.host.encode()) % folds


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
