"""Plain text: where the comments begin, and who wrote which lines."""

from collections.abc import Sequence

from moderation.extraction import wpdiscuz
from moderation.extraction.announced import announced
from moderation.extraction.assembly import assembled
from moderation.extraction.draft import finished, joined
from moderation.extraction.line_model import OUTSIDE, shipped_model
from moderation.extraction.lines import Line, split_lines
from moderation.extraction.wording import says
from moderation.types import Document

# Lines of a page's own that stand in no article.
_DROPPED = (("interface", "lines"), ("boundary", "wpdiscuz"), ("footer", "lines"), ("boundary", "numbered"))


def from_text(text: str, url: str | None = None) -> Document:
    """Separate a plain text. Line breaks are those of str.splitlines; white space at both ends of a line is dropped."""
    lines = split_lines(text)
    if span := wpdiscuz.zone(lines):
        return Document(_article(lines[: span[0]]), finished(wpdiscuz.read(lines[slice(*span)])), url=url)
    states = shipped_model().states(lines)
    if all(state == OUTSIDE for state in states) and (found := announced(lines)):
        return Document(_article(lines[: found[0]]), finished(found[1]), url=url)
    first = next((i for i, state in enumerate(states) if state != OUTSIDE), len(lines))
    return Document(_article(lines[:first]), finished(assembled(lines, states)), url=url)


def _article(lines: Sequence[Line]) -> str:
    return joined(line for line in lines if not any(says(*table, line.text) for table in _DROPPED))
