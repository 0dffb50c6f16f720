"""Plain text: where the comments begin, and who wrote which lines."""

from collections.abc import Sequence

from moderation.extraction import wpdiscuz
from moderation.extraction.draft import Draft, finished, joined
from moderation.extraction.lines import Line, header, may_be_name, split_lines
from moderation.extraction.times import only_time
from moderation.extraction.wording import says
from moderation.types import Document

_LOOK_AHEAD = 12  # lines under a boundary in which the first header must stand


def from_text(text: str, url: str | None = None) -> Document:
    """Separate a plain text. Line breaks are those of str.splitlines; white space at both ends of a line is dropped."""
    lines = split_lines(text)
    if span := wpdiscuz.zone(lines):
        drafts = wpdiscuz.read(lines[slice(*span)])
        return Document(_article(lines[: span[0]]), finished(drafts), url=url)
    start = _boundary(lines)
    if start is None:
        return Document(_article(lines), url=url)
    return Document(_article(lines[:start]), finished(_read(lines[start + 1 :])), url=url)


def _article(lines: Sequence[Line]) -> str:
    kept = [
        line
        for line in lines
        if not any(
            says(*table, line.text) for table in (("interface", "lines"), ("boundary", "wpdiscuz"), ("footer", "lines"))
        )
    ]
    return joined(kept)


def _boundary(lines: Sequence[Line]) -> int | None:
    """Return the first line that announces comments and has one under it."""
    for i, line in enumerate(lines):
        numbered = says("boundary", "numbered", line.text)
        if not (numbered or says("boundary", "bare", line.text)) or line.text.startswith("0"):
            continue
        below = lines[i + 1 : i + 1 + _LOOK_AHEAD]
        signs = sum(_starts(below, k) is not None for k in range(len(below)))
        if signs >= (1 if numbered else 2) or (signs and len(lines) - i < 2 * _LOOK_AHEAD):
            return i
    return None


def _starts(lines: Sequence[Line], i: int) -> Draft | None:
    """Return who and when, if a comment's header stands at line `i`."""
    said = header(lines[i].text)
    if said and said.author:
        return Draft(said.author, said.time)
    if said is None and i + 1 < len(lines) and only_time(lines[i + 1].text) and may_be_name(lines[i].text):
        return Draft(lines[i].text)
    return None


def _read(lines: Sequence[Line]) -> list[Draft]:
    """Return the comments below a boundary whose lines say who wrote them."""
    below = [i for i in range(len(lines)) if _starts(lines, i)]
    trailing = bool(below) and lines[below[0]].text.lower().startswith(("posted by", "von:", "par:"))
    drafts: list[Draft] = []
    if trailing:
        drafts.append(Draft())
    for i, line in enumerate(lines):
        if says("footer", "lines", line.text):
            if drafts and drafts[-1].lines:
                break
            continue
        if found := _starts(lines, i):
            if trailing:
                drafts[-1].author, drafts[-1].time = found.author, found.time
                drafts.append(Draft())
            else:
                drafts.append(found)
        elif not drafts or says("interface", "lines", line.text):
            continue
        elif only_time(line.text):
            drafts[-1].time = drafts[-1].time or line.text
        else:
            drafts[-1].lines.append(line)
    return [draft for draft in drafts if draft.author or not trailing]
