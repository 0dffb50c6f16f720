"""Lines with states to comments: which lines make one comment, and which line beside it names its author."""

import re
from collections.abc import Sequence

from moderation.extraction.draft import Draft
from moderation.extraction.line_model import AROUND, BEGIN, INSIDE
from moderation.extraction.lines import Header, Line, header, may_be_name, unbulleted
from moderation.extraction.times import only_time
from moderation.extraction.wording import clean_author, says

_BELOW = re.compile(r"(?:posted |comment(?:ed)? |written )?(?:by|von|par|por|door)\b|[-–—]", re.IGNORECASE)
_MOST_BARE = 0.6  # share of comments that must have a bare line for such lines to be names


def assembled(lines: Sequence[Line], states: Sequence[int]) -> list[Draft]:
    """Return the comments in the order of the page, with author and time where lines around them say so."""
    drafts: list[Draft] = []
    between: list[list[Line]] = [[]]  # the lines around: before the first comment, between them, after the last
    for line, state in zip(lines, states, strict=True):
        if state == BEGIN or (state == INSIDE and not drafts):
            forged = _forged(between[-1]) if drafts else []
            del between[-1][len(between[-1]) - len(forged) :]
            drafts.append(Draft(lines=[*forged, line]))
            between.append([])
        elif state == INSIDE:
            # What stands between two parts of one comment was interface.
            drafts[-1].lines.append(line)
        elif state == AROUND:
            between[-1].append(line)
    if drafts:
        _name(drafts, between)
    for draft in drafts:
        draft.lines = _trimmed(draft.lines)
    return drafts


def _forged(around: Sequence[Line]) -> list[Line]:
    """Return the lines just above a comment that announce comments: among comments, only a commenter writes that."""
    count = 0
    while count < len(around) and says("boundary", "numbered", around[-1 - count].text):
        count += 1
    return list(around[len(around) - count :]) if count < len(around) else []


def _trimmed(lines: list[Line]) -> list[Line]:
    start, end = 0, len(lines)
    while end - start > 1 and says("interface", "lines", lines[end - 1].text):
        end -= 1
    while end - start > 1 and says("interface", "lines", lines[start].text):
        start += 1
    return lines[start:end]


def _name(drafts: Sequence[Draft], between: Sequence[Sequence[Line]]) -> None:
    """Fill in authors and times from the lines before each comment, or after it where the page prints them there."""
    before = [_said(around) for around in between]
    named = [said is not None and said.author is not None for said in before]
    # Comments that are signed below have nothing above the first and something below the last; but the article may be
    # signed just above the first.
    trailing = _signed(between[1:]) and (not (before[0] and before[0].author) or _signs_below(between[1:]))
    found = before[1:] if trailing else before[:-1]
    bare = [_bare_name(around) for around in (between[1:] if trailing else between[:-1])]
    believed = sum(name is not None for name in bare) >= _MOST_BARE * len(drafts)
    for draft, said, name in zip(drafts, found, bare, strict=True):
        if said:
            draft.author, draft.time = said.author, said.time
        if not draft.author and believed:
            draft.author = name
    if not any(named):
        for draft, around in zip(drafts, between[1:], strict=True):
            if not draft.time:
                draft.time = next((line.text for line in around[:1] if only_time(line.text)), None)


def _signed(after: Sequence[Sequence[Line]]) -> bool:
    signed = [bool(around) and (said := header(around[0].text)) is not None and bool(said.author) for around in after]
    return 2 * sum(signed) > len(signed) and signed[-1]


def _signs_below(after: Sequence[Sequence[Line]]) -> bool:
    below = [bool(around) and _BELOW.match(around[0].text) is not None for around in after]
    return 2 * sum(below) > len(below) and below[-1]


def _said(around: Sequence[Line]) -> Header | None:
    """Return author and time that the lines say; the line nearest to the comment below wins."""
    author = time = None
    for i in range(len(around) - 1, -1, -1):
        line = around[i]
        said = header(line.text)
        if said is None:
            continue
        time = time or said.time
        author = author or said.author
        if said.author is None and author is None and i and _could_name(around[i - 1]):
            author = clean_author(unbulleted(around[i - 1].text))
        if said.author is None and author is None and i + 1 < len(around) and _could_name(around[i + 1]):
            author = clean_author(unbulleted(around[i + 1].text))
        if author and time:
            break
    return Header(author, time) if author or time else None


def _bare_name(around: Sequence[Line]) -> str | None:
    """Return the only line that could be a name."""
    names = [line.text for line in around if _could_name(line)]
    return clean_author(unbulleted(names[0])) if len(names) == 1 else None


def _could_name(line: Line) -> bool:
    text = unbulleted(line.text)
    return (
        may_be_name(text)
        and header(line.text) is None
        and not says("boundary", "numbered", text)
        and not says("boundary", "bare", text)
    )
