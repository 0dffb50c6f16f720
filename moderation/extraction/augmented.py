"""What the line model is trained on: the gold pages, poorer and emptier ones made of them, and new layouts.

Used by fit.py alone.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moderation.extraction.assembly import assembled
from moderation.extraction.features import Reading, read
from moderation.extraction.gold import Page
from moderation.extraction.layouts import Material, pick, relaid
from moderation.extraction.line_model import AFTER, AROUND, AUTHOR, OUTSIDE, segments
from moderation.extraction.lines import Line
from moderation.extraction.lines_kernel import HEADER, NAME, NUMBERED

_NOTHING = ("0 Comments", "No comments yet", "0 Kommentare", "Be the first to comment", "Comments", "Leave a comment")
_MANY, _WHOLE = 80, 24  # lines of a page, about comments and others, that are all learned from
_FORUMS = 0.25  # share of the lines of forum pages, which are long and many
_GRAFTED = 1  # pages made of a part of each page's comments
_RELAID, _UNCOMMENTED = 10, 3  # pages in a new layout, with comments and without, for each page with comments
_OWN = 0.3  # share of such pages that keep their own article, and of those that keep their own tail
_ABOVE, _BELOW = 250, 120  # lines of other pages that are taken
_SHORT_ARTICLE, _SHORT_TAIL, _LONG_COMMENT = 8, 3, 12  # lines


@dataclass(frozen=True, slots=True)
class Sample:
    """A page to learn from: its lines, their states, and the share of the lines that is used."""

    lines: Sequence[Line]
    states: Sequence[int]
    share: float = 1.0

    def drawn(self, reading: Reading, rng: np.random.Generator) -> NDArray[np.bool_]:
        """Return which lines are learned from: long pages are all alike inside, so a share of theirs says the same."""
        states = np.array(self.states)
        most = np.where(np.isin(states, (OUTSIDE, AFTER)), _WHOLE, _MANY)
        kept = rng.random(len(states)) < self.share * np.minimum(1.0, (most / len(states)) ** 0.5)
        if AUTHOR not in self.states:  # whether any is named is not known
            kept &= (states != AROUND) | (reading.said & (NAME | HEADER) == 0)
        return np.asarray(kept)


def samples(train: Sequence[Page], rng: np.random.Generator) -> list[Sample]:
    """Return the pages, the same ones poorer and emptier, and pages in new layouts."""
    commented = [page for page in train if max(page.states)]
    made = [_sample(page) for page in train]
    for page in commented:
        made.append(_sample(bare(page, rng)))
        empty = emptied(page, rng)
        if empty.lines and rng.random() < 0.5:
            made.append(_sample(empty))
    given = material(train)
    made += [_sample(grafted(page, given, rng)) for page in commented for _ in range(_GRAFTED)]
    count = len({page.id for page in commented})
    made += [Sample(*relaid(given, rng)) for _ in range(_RELAID * count)]
    made += [Sample(*relaid(given, rng, commented=False)) for _ in range(_UNCOMMENTED * count)]
    return made


def _sample(page: Page) -> Sample:
    return Sample(page.lines, page.states, _FORUMS if page.forum else 1.0)


def material(train: Sequence[Page]) -> Material:
    """Return what the pages give to lay out new ones from."""
    articles, tails, comments = [], [], []
    for page in train:
        first = next((i for i, state in enumerate(page.states) if state != OUTSIDE), len(page.lines))
        if first >= _SHORT_ARTICLE:
            articles.append(page.lines[:first])
        tail = page.lines[page.states.index(AFTER) :] if AFTER in page.states else []
        if len(tail) > _SHORT_TAIL:
            tails.append(tail)
        drafts = assembled(page.lines, page.states, read(page.lines).said)
        if shown := [[line.text for line in draft.lines] for draft in drafts if len(draft.lines) <= _LONG_COMMENT]:
            comments.append(shown)
    return Material(articles, tails, comments)


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
        lines.append(line._replace(blanks=above))
        states.append(state)
        blanks = 0
    return Page(page.id, page.host, lines, states, page.forum)


def grafted(page: Page, given: Material, rng: np.random.Generator) -> Page:
    """Return some of a page's comments, with all that is printed around them, on another page.

    What stands above the first comment is kept, and what stands below the last: of those between, some are taken, with
    the lines between these. So it does not matter whether the page names an author above or below the comment.
    """
    states = np.array(page.states, np.int8)
    first, last = segments(states)
    zone = np.flatnonzero((states != OUTSIDE) & (states != AFTER))
    count = int(min(len(first), rng.geometric(0.4)))
    k = int(rng.integers(len(first) - count + 1))
    kept = [*range(zone[0], first[0]), *range(first[k], last[k + count - 1] + 1), *range(last[-1] + 1, zone[-1] + 1)]
    lines = [page.lines[i] for i in kept]
    blank = any(line.blanks for line in page.lines)
    above, below = (_alike(pieces, blank, rng) for pieces in (given.articles, given.tails))
    if rng.random() < _OWN:
        above = page.lines[: zone[0]]
    if rng.random() < _OWN:
        below = page.lines[zone[-1] + 1 :]
    above, below = above[-_ABOVE:], below[:_BELOW]
    own = [page.states[i] for i in kept]
    return Page(
        page.id,
        page.host,
        [*above, *_counted(lines, own, len(first), count), *below],
        [OUTSIDE] * len(above) + own + [AFTER] * len(below),
        page.forum,
    )


def _counted(lines: list[Line], states: Sequence[int], before: int, now: int) -> list[Line]:
    """Return the lines with the number of the comments that are left in place of how many there were."""
    said = read(lines).said
    number = re.compile(rf"(?<!\d){before}(?!\d)")
    return [
        line._replace(text=number.sub(str(now), line.text)) if state == AROUND and bits & NUMBERED else line
        for line, state, bits in zip(lines, states, said.tolist(), strict=True)
    ]


def _alike(pieces: Sequence[Sequence[Line]], blank: bool, rng: np.random.Generator) -> Sequence[Line]:
    """Return one of the pieces, of a page that has blank lines, too, or has none, too."""
    return pick(rng, [piece for piece in pieces if any(line.blanks for line in piece) == blank] or pieces)


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
