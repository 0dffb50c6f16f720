"""Lines with states to comments: which lines make one comment, and which lines beside it give its author and time."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moderation.extraction.authors import names
from moderation.extraction.draft import Draft
from moderation.extraction.line_model import AROUND, AUTHOR, BEGIN, INSIDE
from moderation.extraction.lines import Line, header
from moderation.extraction.lines_kernel import HEADER, INTERFACE, NAME, NUMBERED, TIME
from moderation.extraction.times import time_span
from moderation.extraction.wording import is_author_line

_BELOW = re.compile(r"(?:posted |comment(?:ed)? |written )?(?:by|von|par|por|door)\b|[-–—]", re.IGNORECASE)
_MOST_BARE = 0.6  # share of comments that must have a bare line for such lines to be names


@dataclass(frozen=True, slots=True)
class _Told:
    """A line between comments: its text, its state, and what it says (bits of lines_kernel)."""

    line: Line
    state: int
    said: int


def assembled(lines: Sequence[Line], states: Sequence[int], said: NDArray[np.uint32]) -> list[Draft]:
    """Return the comments in the order of the page, with author and time where lines around them say so.

    said: the bits of `features.read` for each line.
    """
    drafts: list[Draft] = []
    bodies: list[list[_Told]] = []
    between: list[list[_Told]] = [[]]  # the lines around: before the first comment, between them, after the last
    for line, state, bits in zip(lines, _headed(lines, states, said.tolist()), said.tolist(), strict=True):
        told = _Told(line, state, bits)
        if state == BEGIN or (state == INSIDE and not drafts):
            forged = _forged(between[-1]) if drafts else []
            del between[-1][len(between[-1]) - len(forged) :]
            drafts.append(Draft())
            bodies.append([*forged, told])
            between.append([])
        elif state == INSIDE:
            # What stands between two parts of one comment was interface.
            bodies[-1].append(told)
        elif state in (AROUND, AUTHOR):
            between[-1].append(told)
    for draft, body in zip(drafts, bodies, strict=True):
        draft.lines = _trimmed(body)
    if drafts:
        _name(drafts, between)
    return drafts


def _headed(lines: Sequence[Line], states: Sequence[int], said: Sequence[int]) -> list[int]:
    """Return the states with "A says:" as the first line of a comment taken for its author's line, which it is."""
    headed = list(states)
    for i in range(len(states) - 1):
        if states[i] == BEGIN and states[i + 1] == INSIDE and said[i] & HEADER and is_author_line(lines[i].text):
            headed[i : i + 2] = AUTHOR, BEGIN
    return headed


def _forged(around: Sequence[_Told]) -> list[_Told]:
    """Return the lines just above a comment that announce comments: among comments, only a commenter writes that."""
    count = 0
    while count < len(around) and around[-1 - count].said & NUMBERED:
        count += 1
    return list(around[len(around) - count :]) if count < len(around) else []


def _trimmed(body: Sequence[_Told]) -> list[Line]:
    start, end = 0, len(body)
    while end - start > 1 and body[end - 1].said & INTERFACE:
        end -= 1
    while end - start > 1 and body[start].said & INTERFACE:
        start += 1
    return [told.line for told in body[start:end]]


def _name(drafts: Sequence[Draft], between: Sequence[Sequence[_Told]]) -> None:
    """Fill in authors and times from the lines before each comment, or after it where the page prints them there."""
    signs = [_signs(around) for around in between]
    # Comments that are signed below have nothing above the first and something below the last.
    nearer = _just_below(between[1:]) > _just_above(between[:-1])
    below = signs[-1] and (not signs[0] or nearer or _signed_below(between[1:]))
    beside = between[1:] if below else between[:-1]
    lines = [_author_line(around, below) for around in beside]
    bare = [_only_name(around) for around in beside]
    if sum(name is not None for name in bare) >= _MOST_BARE * len(bare):
        lines = [line or name for line, name in zip(lines, bare, strict=True)]
    for draft, name, line, around in zip(drafts, names(lines), lines, beside, strict=True):
        draft.author = name
        draft.time = _time(line, around, below)


def _signs(around: Sequence[_Told]) -> bool:
    return any(told.state == AUTHOR for told in around)


def _just_below(after: Sequence[Sequence[_Told]]) -> int:
    return sum(bool(around) and around[0].state == AUTHOR for around in after)


def _just_above(before: Sequence[Sequence[_Told]]) -> int:
    return sum(bool(around) and around[-1].state == AUTHOR for around in before)


def _signed_below(after: Sequence[Sequence[_Told]]) -> bool:
    """Return whether most comments have right below them a line like "Posted by: A"."""
    return 2 * sum(bool(around) and _BELOW.match(around[0].line.text) is not None for around in after) > len(after)


def _only_name(around: Sequence[_Told]) -> str | None:
    """Return the only line that could be a name."""
    found = [told.line.text for told in around if told.said & NAME]
    return found[0] if len(found) == 1 else None


def _author_line(around: Sequence[_Told], below: bool) -> str | None:
    """Return the line nearest to the comment that names its author; else one that is worded so."""
    for told in around if below else reversed(around):
        if told.state == AUTHOR:
            return told.line.text
    for told in around if below else reversed(around):
        if told.said & HEADER and (said := header(told.line.text)) and said.author:
            return told.line.text
    return None


def _time(author: str | None, around: Sequence[_Told], below: bool) -> str | None:
    for text in [author] if author else []:
        if span := time_span(text):
            return text[span[0] : span[1]]
    for told in around if below else reversed(around):
        if told.said & (TIME | HEADER) and (span := time_span(told.line.text)):
            return told.line.text[span[0] : span[1]]
    return None
