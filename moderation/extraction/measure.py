"""The figures by which comments found in plain texts are judged against gold ones; no part of reading a page.

Comment tokens: precision, recall and F of the bags of words. Single comments: matched one to one where the bags'
intersection over union is at least 0.7. Authors: share of the matched comments whose author is exactly the gold one,
where the text shows that. False alarms: share of pages without comments on which five or more words are called
comments.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import mean

from moderation.types import Comment

_ALIKE = 0.7  # intersection over union from which two comments are one
_FALSE = 5  # words
Scores = tuple[float, float, float]  # precision, recall, F


def tokens(text: str) -> Counter[str]:
    """Return the bag of words."""
    return Counter(re.findall(r"\w+", text.lower()))


def matched(found: Sequence[Comment], gold: Sequence[Comment]) -> list[tuple[Comment, Comment]]:
    """Return the pairs of comments that are one, the most alike first."""
    ours, theirs = [tokens(comment.text) for comment in found], [tokens(comment.text) for comment in gold]
    sizes = [bag.total() for bag in theirs]
    pairs = []
    for i, bag in enumerate(ours):
        size = bag.total()
        for j, other in enumerate(theirs):
            if min(size, sizes[j]) < _ALIKE * max(size, sizes[j], 1):
                continue
            common = (bag & other).total()
            if common >= _ALIKE * (size + sizes[j] - common):
                pairs.append((common / (size + sizes[j] - common), -abs(i - j), i, j))
    used: tuple[set[int], set[int]] = (set(), set())
    kept = []
    for _, _, i, j in sorted(pairs, reverse=True):
        if i not in used[0] and j not in used[1]:
            used[0].add(i)
            used[1].add(j)
            kept.append((found[i], gold[j]))
    return kept


@dataclass(slots=True)
class Figures:
    """The figures of many pages."""

    tokens: list[Scores] = field(default_factory=list)
    comments: list[Scores] = field(default_factory=list)
    author: list[float] = field(default_factory=list)
    false: list[float] = field(default_factory=list)

    def add(self, text: str, found: Sequence[Comment], gold: Sequence[Comment]) -> None:
        """Add one page: what was found, and what is in it."""
        bag = _bag(comment.text for comment in found)
        if not gold:
            self.false.append(float(bag.total() >= _FALSE))
            return
        must = _bag(comment.text for comment in gold)
        may = must + _bag(f"{comment.author or ''} {comment.time or ''}" for comment in gold)
        self.tokens.append(_scores((bag & may).total(), bag.total(), (bag & must).total(), must.total()))
        pairs = matched(found, gold)
        self.comments.append(_scores(len(pairs), len(found), len(pairs), len(gold)))
        self.author += [
            float(_plain(ours.author) == _plain(theirs.author))
            for ours, theirs in pairs
            if theirs.author and theirs.author in text
        ]

    def __str__(self) -> str:
        parts = [
            f"{name} " + "/".join(f"{mean(column):.3f}" for column in zip(*rows, strict=True)) + f" (n={len(rows)})"
            for name, rows in (("tokens", self.tokens), ("comments", self.comments))
            if rows
        ]
        parts += [
            f"{name} {mean(values):.3f} (n={len(values)})"
            for name, values in (("author", self.author), ("false", self.false))
            if values
        ]
        return " ".join(parts)


def by_group(pages: Iterable[tuple[str, str, Sequence[Comment], Sequence[Comment]]]) -> dict[str, Figures]:
    """Return the figures of each group; a page is (group, text, found, gold)."""
    groups: defaultdict[str, Figures] = defaultdict(Figures)
    for group, text, found, gold in pages:
        groups[group].add(text, found, gold)
    return dict(sorted(groups.items()))


def _bag(texts: Iterable[str]) -> Counter[str]:
    return tokens(" ".join(texts))


def _plain(author: str | None) -> str:
    return " ".join((author or "").split()).lower()


def _scores(right: int, found: int, recalled: int, wanted: int) -> Scores:
    precision, recall = right / max(1, found), recalled / max(1, wanted)
    return precision, recall, 2 * precision * recall / (precision + recall) if precision + recall else 0.0
