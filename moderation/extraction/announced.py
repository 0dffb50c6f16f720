"""Comments that the page itself announces by number, each under a header line: "2 Comments", "Ann says:", ...

For short pages, of which the line model sees too little to be sure.
"""

import re
from collections.abc import Sequence

from moderation.extraction.draft import Draft
from moderation.extraction.lines import Line, header, may_be_name
from moderation.extraction.times import only_time
from moderation.extraction.wording import says


def announced(lines: Sequence[Line]) -> tuple[int, list[Draft]] | None:
    """Return (index of the announcing line, comments under it), where just as many are found as the line announces."""
    for i, line in enumerate(lines):
        number = re.search(r"\d{1,6}", line.text) if says("boundary", "numbered", line.text) else None
        if number is None or int(number.group()) == 0:
            continue
        drafts = [draft for draft in _read(lines[i + 1 :]) if draft.lines]
        if len(drafts) == int(number.group()):
            return i, drafts
    return None


def _read(lines: Sequence[Line]) -> list[Draft]:
    drafts: list[Draft] = []
    for i, line in enumerate(lines):
        if says("footer", "lines", line.text):
            if drafts and drafts[-1].lines:
                break
        elif found := _header(lines, i):
            drafts.append(found)
        elif not drafts or says("interface", "lines", line.text):
            continue
        elif only_time(line.text):
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
