"""Trains the line model on pages with gold comments and writes its weights.

    python -m moderation.extraction.fit GOLD [--output FILE]

GOLD is a directory in the format of the project's gold pages: html.jsonl.gz (id, licence, comments, negative),
pages.zip (text/RENDERER/ID.txt) and text_RENDERER.jsonl.gz (the gold comments' spans). Only pages whose source allows
training are used; the others (and score.py beside the gold) measure it on hosts that it has not seen.
"""

import argparse
import gzip
import json
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
from safetensors.numpy import save_file

from moderation.extraction.assembly import assembled
from moderation.extraction.features import describe
from moderation.extraction.layouts import Material, relaid
from moderation.extraction.line_model import AROUND, BEGIN, INSIDE, OUTSIDE, LineModel
from moderation.extraction.lines import Line, header, may_be_name, split_lines
from moderation.extraction.wording import says

RENDERERS = ("resiliparse_main", "wet", "inscriptis")
TRAINABLE = ("wcxb", "traf", "wf52")  # prefixes of ids: sources whose licence allows training
_NEAR = 3  # lines before the first and after the last comment that may belong to them
_GAP = 15  # lines between two comments beyond which they do not belong together
_SEED = 7
_UNITS, _NETWORKS, _EPOCHS, _ALPHA = 56, 2, 16, 3e-4
_CLIP = 6.0  # standard deviations
_WHOLE = 150  # lines of a page that are all learned from
_FORUMS = 0.35  # share of the lines of forum pages, which are long and many
_RELAID = 2  # pages in a new layout for each page with comments
_SHORT_ARTICLE, _LONG_COMMENT = 8, 12  # lines
_PRIOR = 0.8  # how much of the states' shares, which the networks have learned, the transitions take back


@dataclass(frozen=True, slots=True)
class Page:
    """One rendered page: its host, its lines and their states, and the share of the lines to learn from."""

    id: str
    host: str
    lines: list[Line]
    states: list[int]
    share: float = 1.0


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
                        share = _FORUMS if rows[spans["id"]]["kind"] == "forum" else 1.0
                        yield Page(spans["id"], host, lines, states_of(lines, kept), share)


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
    for i, k in pairwise(body):
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
    return Page(page.id, page.host, lines, states, page.share)


def material(train: Sequence[Page]) -> Material:
    """Return what the pages give to lay out new ones from."""
    articles, comments = [], []
    for page in train:
        first = next((i for i, state in enumerate(page.states) if state != OUTSIDE), len(page.lines))
        if first >= _SHORT_ARTICLE:
            articles.append(page.lines[:first])
        drafts = [draft for draft in assembled(page.lines, page.states) if len(draft.lines) <= _LONG_COMMENT]
        if drafts:
            comments.append([[line.text for line in draft.lines] for draft in drafts])
    return Material(articles, comments)


def fit(train: Sequence[Page]) -> LineModel:
    """Return the model for these pages."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    rng = np.random.default_rng(_SEED)
    from_these = material(train)
    sequences = [(page.lines, page.states, page.share) for page in train]
    bared = [bare(page, rng) for page in train if max(page.states)]
    sequences += [(page.lines, page.states, page.share) for page in bared]
    sequences += [
        (*relaid(from_these, rng), 1.0) for _ in range(_RELAID * len({page.id for page in train if max(page.states)}))
    ]
    rows, labels = [], []
    counts = np.full((4, 4), 0.1)
    for lines, states, share in sequences:
        np.add.at(counts, (np.array(states[:-1], int), np.array(states[1:], int)), 1)
        # Long pages are all alike inside: a share of their lines says the same.
        kept = rng.random(len(lines)) < share * min(1.0, (_WHOLE / len(lines)) ** 0.5)
        rows.append(describe(lines)[kept])
        labels.append(np.array(states)[kept])
    x, y = np.concatenate(rows), np.concatenate(labels)
    mean, scale = x.mean(axis=0), x.std(axis=0) + 1e-2
    x = np.clip((x - mean) / scale, -_CLIP, _CLIP)
    networks = []
    for seed in range(_NETWORKS):
        network = MLPClassifier((_UNITS,), alpha=_ALPHA, batch_size=512, max_iter=_EPOCHS, random_state=seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            networks.append(network.fit(x, y))
    shares = np.bincount(y, minlength=4) / len(y)
    counts[OUTSIDE, INSIDE] = counts[AROUND, INSIDE] = 1e-6
    steps = np.log(counts / counts.sum(axis=1, keepdims=True)) - _PRIOR * np.log(shares)
    # The networks' mean logit is one network whose hidden layers stand side by side.
    return LineModel(
        mean=mean,
        scale=scale,
        hidden=np.concatenate([network.coefs_[0] for network in networks], axis=1).astype(np.float32),
        hidden_bias=np.concatenate([network.intercepts_[0] for network in networks]).astype(np.float32),
        output=(np.concatenate([network.coefs_[1] for network in networks]) / _NETWORKS).astype(np.float32),
        output_bias=(sum(network.intercepts_[1] for network in networks) / _NETWORKS).astype(np.float32),
        transitions=steps.astype(np.float32),
    )


def save(model: LineModel, path: Path) -> None:
    """Write the weights in half precision, aside first."""
    aside = path.with_suffix(".new")
    save_file({field.name: getattr(model, field.name).astype(np.float16) for field in fields(model)}, aside)
    aside.replace(path)


def main() -> None:
    """Train and write."""
    parser = argparse.ArgumentParser(description="Train the line model on pages with gold comments.")
    parser.add_argument("gold", type=Path)
    parser.add_argument("--output", type=Path, default=Path(__file__).with_name("lines.safetensors"))
    arguments = parser.parse_args()
    save(fit(list(pages(arguments.gold))), arguments.output)


if __name__ == "__main__":
    main()
