"""Plain text: where the comments begin, and who wrote which lines."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from moderation.extraction import wpdiscuz
from moderation.extraction.announced import announced
from moderation.extraction.assembly import assembled
from moderation.extraction.draft import finished, joined
from moderation.extraction.features import read
from moderation.extraction.line_model import BEGIN, OUTSIDE, LineModel, shipped_model
from moderation.extraction.lines import Line, split_lines
from moderation.extraction.lines_kernel import FOOTER, INTERFACE, NUMBERED, OPENS
from moderation.types import Document

_APPEAL = re.compile(r"support \w{1,40}", re.IGNORECASE)  # the line of a site that asks for money
_DROPPED = INTERFACE | OPENS | FOOTER | NUMBERED  # lines of a page's own that stand in no article


def from_text(text: str, url: str | None = None) -> Document:
    """Separate a plain text. Line breaks are those of str.splitlines; white space at both ends of a line is dropped."""
    return from_lines(split_lines(text), shipped_model(), url)


def from_lines(lines: Sequence[Line], model: LineModel, url: str | None = None) -> Document:
    """Separate a text that was split into lines."""
    reading = read(lines)
    said = reading.said
    if (said & OPENS).any() and (span := wpdiscuz.zone(lines)):
        return Document(_article(lines[: span[0]], said), finished(wpdiscuz.read(lines[slice(*span)])), url=url)
    states = model.states(lines, reading)
    found = announced(lines, said)
    # A line that announces far fewer comments than there are speaks of something else.
    if found and len(found[1]) != states.count(BEGIN) <= len(found[1]) + 1:
        return Document(_article(lines[: found[0]], said), finished(found[1]), url=url)
    first = next((i for i, state in enumerate(states) if state != OUTSIDE), len(lines))
    return Document(_article(lines[:first], said), finished(assembled(lines, states, said)), url=url)


def _article(lines: Sequence[Line], said: NDArray[np.uint32]) -> str:
    kept = (line for line, bits in zip(lines, said.tolist(), strict=False) if not bits & _DROPPED)
    return joined(line for line in kept if not _APPEAL.fullmatch(line.text))
