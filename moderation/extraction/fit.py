"""Trains the line model on pages with gold comments and writes its weights.

    python -m moderation.extraction.fit GOLD [--output FILE] [--folds N]

GOLD is a directory in the format of the project's gold pages: html.jsonl.gz (id, licence, comments, negative), pages.zip
(text/RENDERER/ID.txt) and text_RENDERER.jsonl.gz (the gold comments' spans). Only pages whose source allows training are
used. With --folds, hosts are split and the figures are those of pages whose host the model has not seen.
"""

import argparse
import gzip
import json
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from moderation.extraction.features import describe
from moderation.extraction.line_model import AROUND, BEGIN, INSIDE, OUTSIDE, LineModel, best_path
from moderation.extraction.lines import Line, header, may_be_name, split_lines
from moderation.extraction.wording import says

RENDERERS = ("resiliparse_main", "wet", "inscriptis")
TRAINABLE = ("wcxb", "traf", "wf52")  # prefixes of ids: sources whose licence allows training
_NEAR = 3  # lines before the first and after the last comment that may belong to them
_GAP = 15  # lines between two comments beyond which they do not belong together
_UNITS = 48
_SEED = 7


@dataclass(frozen=True, slots=True)
class Page:
    """One rendered page: its host, its lines and their states."""

    id: str
    host: str
    lines: list[Line]
    states: list[int]


def pages(gold: Path, renderers: Sequence[str] = RENDERERS) -> Iterator[Page]:
    """Yield the pages that may be trained on, in each rendering."""
    rows = {}
    with gzip.open(gold / "html.jsonl.gz", "rt", encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            if row["id"].split("-")[0] in TRAINABLE and (row["comments"] or row["negative"]):
                rows[row["id"]] = row
    with zipfile.ZipFile(gold / "pages.zip") as archive:
        for renderer in renderers:
            with gzip.open(gold / f"text_{renderer}.jsonl.gz", "rt", encoding="utf-8") as file:
                for line in file:
                    spans = json.loads(line)
                    if spans["id"] not in rows:
                        continue
                    text = archive.read(f"text/{renderer}/{spans['id']}.txt").decode("utf-8", "replace")
                    lines = split_lines(text)
                    kept = sorted(tuple(span) for span in spans["spans"] or () if span)
                    if lines and (kept or rows[spans["id"]]["negative"]):
                        host = urlsplit(rows[spans["id"]]["url"] or "").hostname or spans["id"]
                        yield Page(spans["id"], host, lines, states_of(lines, kept))


def states_of(lines: Sequence[Line], spans: Sequence[tuple[int, int]]) -> list[int]:
    """Return the state of each line, given the code points [start, end) of each comment."""
    states = [OUTSIDE] * len(lines)
    owner = [-1] * len(lines)
    first = 0
    for number, (start, end) in enumerate(spans):
        while first < len(lines) and lines[first].end <= start:
            first += 1
        begun = False
        for i in range(first, len(lines)):
            if lines[i].start >= end:
                break
            overlap = min(end, lines[i].end) - max(start, lines[i].start)
            if 2 * overlap >= lines[i].end - lines[i].start:
                states[i], owner[i] = (INSIDE if begun else BEGIN), number
                begun = True
    body = [i for i, state in enumerate(states) if state != OUTSIDE]
    for i, k in zip(body, body[1:], strict=False):
        if k - i <= _GAP:
            states[i + 1 : k] = [AROUND] * (k - i - 1)
    if body:
        for places in (range(body[0] - 1, body[0] - 1 - _NEAR, -1), range(body[-1] + 1, body[-1] + 1 + _NEAR)):
            for i in places:
                if not (0 <= i < len(lines) and _goes_with_comments(lines[i].text)):
                    break
                states[i] = AROUND
    return states


def _goes_with_comments(text: str) -> bool:
    return header(text) is not None or may_be_name(text) or says("interface", "lines", text)


def bare(page: Page, rng: np.random.Generator) -> Page:
    """Return `page` as a renderer leaves it that loses lines with authors and dates, or blank lines."""
    lose_headers, lose_blanks = rng.random() < 0.7, rng.random() < 0.3
    lines: list[Line] = []
    states = []
    blanks = 0
    for line, state in zip(page.lines, page.states, strict=True):
        lost = lose_headers and state == AROUND and rng.random() < 0.8
        if lost:
            blanks += line.blanks
            continue
        above = 0 if lose_blanks else min(3, line.blanks + blanks)
        lines.append(Line(line.text, line.start, line.end, above, line.indent))
        states.append(state)
        blanks = 0
    return Page(page.id, page.host, lines, states)


def fit(train: Sequence[Page]) -> LineModel:
    """Return the model for these pages, its gate set to 0."""
    from sklearn.neural_network import MLPClassifier

    rng = np.random.default_rng(_SEED)
    seen = [*train, *(bare(page, rng) for page in train if max(page.states))]
    x = np.concatenate([describe(page.lines) for page in seen])
    y = np.concatenate([page.states for page in seen])
    mean, scale = x.mean(axis=0), x.std(axis=0) + 1e-3
    network = MLPClassifier((_UNITS,), alpha=1e-3, batch_size=512, max_iter=14, early_stopping=False, random_state=_SEED)
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        network.fit((x - mean) / scale, y)
    counts = np.full((4, 4), 0.1)
    for page in seen:
        np.add.at(counts, (np.array(page.states[:-1], int), np.array(page.states[1:], int)), 1)
    counts[OUTSIDE, INSIDE] = counts[AROUND, INSIDE] = 1e-6
    shares = np.bincount(y, minlength=4) / len(y)
    return LineModel(
        mean.astype(np.float32),
        scale.astype(np.float32),
        *(array.astype(np.float32) for pair in zip(network.coefs_, network.intercepts_, strict=True) for array in pair),
        transitions=(np.log(counts / counts.sum(axis=1, keepdims=True)) - np.log(shares)[None, :] * 0).astype(np.float32),
        prior=np.log(shares).astype(np.float32),
        gate=0.0,
    )
