"""Which lines of a page's visible text went where: into the article, into a comment, beside one, or nowhere."""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from moderation.extraction.times import only_time, time_span
from moderation.types import Comment, Document

Part = Literal["article", "comment", "byline", "dropped"]

_SLACK = 8  # lines of interface that may stand inside a comment
_STARTS = 5  # places that are tried for a comment's first line
_NEAR = 40  # lines after the last comment in which one is looked for that is only a piece of its line
_ABOVE, _BELOW = 12, 6  # lines around a comment in which its author and time may stand
_LONGEST_BYLINE = 160  # characters
_SHINGLE = 4  # words
_ENOUGH = 0.6  # share of a line's shingles that make it a line of the article
_WORD = re.compile(r"\w+")


@dataclass(slots=True)
class PlacedLine:
    """A line of the visible text. `comment` is the number (from 0) of the comment that it is part of, or beside.

    `author` and `time` are the code points [start, end) of a byline that say them.
    """

    text: str
    part: Part = "dropped"
    comment: int | None = None
    author: tuple[int, int] | None = None
    time: tuple[int, int] | None = None


def placed(text: str, document: Document) -> tuple[list[PlacedLine], list[int]]:
    """Find the parts of `document` in `text`, the page as it is seen.

    Returns the lines that are not blank, and the numbers of the comments that stand in none of them. Takes time about
    linear in both.
    """
    lines = [PlacedLine(" ".join(line.split())) for line in text.splitlines() if line.strip()]
    unseen = _place_comments(lines, document.comments)
    _place_article(lines, document)
    _place_bylines(lines, document.comments)
    return lines, unseen


def _place_comments(lines: Sequence[PlacedLine], comments: Sequence[Comment]) -> list[int]:
    where: dict[str, list[int]] = {}
    for number, line in enumerate(lines):
        where.setdefault(line.text, []).append(number)
    after, unseen = 0, []
    for number, comment in enumerate(comments):
        keys = [" ".join(line.split()) for line in comment.text.splitlines() if line.strip()]
        found = _whole(lines, where, keys, after)
        if len(found) < len(keys):
            found = max(found, _piece(lines, where, keys, after), key=len) or _whole(lines, where, keys, 0)
        for place in found:
            lines[place].part, lines[place].comment = "comment", number
        if found:
            after = max(after, found[-1] + 1)
        else:
            unseen.append(number)
    return unseen


def _whole(lines: Sequence[PlacedLine], where: dict[str, list[int]], keys: Sequence[str], after: int) -> list[int]:
    """Return the lines of a comment that begins at or after the line `after`: in order, and close together."""
    best: list[int] = []
    for first, key in enumerate(keys):
        places = where.get(key, [])
        start = bisect_left(places, after)
        for place in places[start : start + _STARTS]:
            if lines[place].comment is None:
                found = [place, *_following(lines, where, keys[first + 1 :], place)]
                best = max(best, found, key=len)
                if len(best) == len(keys):
                    return best
        if best:
            return best
    return best


def _piece(lines: Sequence[PlacedLine], where: dict[str, list[int]], keys: Sequence[str], after: int) -> list[int]:
    """Return the lines of a comment that begins within a line, such as "Ann: My first sentence"."""
    for place in range(after, min(after + _NEAR, len(lines))):
        if keys and len(keys[0]) > 2 and lines[place].comment is None and keys[0] in lines[place].text:
            return [place, *_following(lines, where, keys[1:], place)]
    return []


def _following(lines: Sequence[PlacedLine], where: dict[str, list[int]], keys: Sequence[str], last: int) -> list[int]:
    found: list[int] = []
    for key in keys:
        places = where.get(key, [])
        next_one = bisect_left(places, last + 1)
        if next_one < len(places) and places[next_one] - last <= _SLACK and lines[places[next_one]].comment is None:
            last = places[next_one]
            found.append(last)
    return found


def _place_article(lines: Sequence[PlacedLine], document: Document) -> None:
    """Mark what the article holds. Its text may break lines where the page does not, so that words are compared."""
    whole = {" ".join(line.split()) for line in document.article.splitlines()}
    words = _words(document.article)
    shingles = set(zip(*(words[k:] for k in range(_SHINGLE)), strict=False))
    for line in lines:
        if line.comment is not None:
            continue
        own = _words(line.text)
        theirs = list(zip(*(own[k:] for k in range(_SHINGLE)), strict=False))
        if line.text in whole or (theirs and sum(s in shingles for s in theirs) >= _ENOUGH * len(theirs)):
            line.part = "article"


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _place_bylines(lines: Sequence[PlacedLine], comments: Sequence[Comment]) -> None:
    firsts: dict[int, int] = {}
    lasts: dict[int, int] = {}
    for number, line in enumerate(lines):
        if line.comment is not None:
            firsts.setdefault(line.comment, number)
            lasts[line.comment] = number
    # What stands between two comments belongs to the second, unless only the first can have said it.
    around = [(number, range(first - 1, max(-1, first - 1 - _ABOVE), -1)) for number, first in firsts.items()]
    around += [(number, range(last + 1, min(len(lines), last + 1 + _BELOW))) for number, last in lasts.items()]
    for number, places in around:
        for place in places:
            line = lines[place]
            if line.part == "comment":
                break
            if line.part == "dropped" and len(line.text) <= _LONGEST_BYLINE:
                _mark_byline(line, comments[number], number)


def _mark_byline(line: PlacedLine, comment: Comment, number: int) -> None:
    author = _found(line.text, comment.author)
    time = _found(line.text, comment.raw_time)
    if time is None and comment.time and (author or only_time(line.text)):
        time = time_span(line.text)
    if author or time:
        line.part, line.comment, line.author, line.time = "byline", number, author, time


def _found(line: str, wanted: str | None) -> tuple[int, int] | None:
    """Return where `wanted` stands in `line` as whole words."""
    key = " ".join((wanted or "").split())
    if not key:
        return None
    match = re.search(rf"(?<!\w){re.escape(key)}(?!\w)", line, re.IGNORECASE)
    return match.span() if match else None
