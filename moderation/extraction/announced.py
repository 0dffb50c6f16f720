"""Comments that the page itself announces by number, each under a header line: "2 Comments", "Ann says:", ...

For short pages, of which the line model sees too little to be sure.
"""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from moderation.extraction.draft import Draft
from moderation.extraction.lines import Line, header, may_be_name
from moderation.extraction.lines_kernel import FOOTER, HEADER, INTERFACE, NAME, NUMBERED, TIME
from moderation.extraction.times import only_time

_MOST = 20  # comments; pages with more are for the line model
_TRIED = 3  # announcing lines that are tried


def announced(lines: Sequence[Line], said: NDArray[np.uint32]) -> tuple[int, list[Draft]] | None:
    """Return (index of the announcing line, comments under it), where just as many are found as the line announces.

    said: the bits of `features.read` for each line.
    """
    for i in np.flatnonzero(said & NUMBERED)[:_TRIED].tolist():
        number = re.search(r"\d{1,6}", lines[i].text)
        if number is None or not 0 < int(number.group()) <= _MOST:
            continue
        drafts = [draft for draft in _read(lines[i + 1 :], said[i + 1 :], int(number.group())) if draft.lines]
        if len(drafts) == int(number.group()):
            return i, drafts
    return None


def _read(lines: Sequence[Line], said: NDArray[np.uint32], most: int) -> list[Draft]:
    drafts: list[Draft] = []
    for i, (line, bits) in enumerate(zip(lines, said.tolist(), strict=True)):
        if bits & FOOTER:
            if drafts and drafts[-1].lines:
                break
        elif bits & (HEADER | NAME) and (found := _header(lines, i)):
            if sum(bool(draft.lines) for draft in drafts) > most:
                break
            drafts.append(found)
        elif not drafts or bits & INTERFACE:
            continue
        elif bits & TIME and only_time(line.text):
            drafts[-1].time = drafts[-1].time or line.text
        else:
            drafts[-1].lines.append(line)
    return drafts


def _header(lines: Sequence[Line], i: int) -> Draft | None:
    """Return who and when, if a comment's header stands at line `i`."""
    said = header(lines[i].text)
    if said and said.author:
        return Draft(said.author, said.time)
    if said is None and i + 1 < len(lines) and only_time(lines[i + 1].text) and may_be_name(lines[i].text):
        return Draft(lines[i].text)
    return None
