"""A plain text as the lines that are not blank, and what each line says by itself."""

import re
from dataclasses import dataclass
from typing import NamedTuple

from moderation.extraction.times import only_time, time_span
from moderation.extraction.wording import clean_author, is_author_line, says

_LONGEST_HEADER = 120  # characters of a line with an author and a time
_LONGEST_NAME = 60
_BULLET = re.compile(r"^(?:[•*·▪‣◦»>+-]\s+|#?\d{1,5}(?:[.):]\s*|\s+)(?=\D)|#\d{1,5}\s*)")
_GLUE = (
    r"(?:on|at|am|um|le|el|il|à|op|om|dnia|в|posted|published|comment(?:ed)?|permalink|permanent link|reply|antworten|"
    r"uhr|von|by|par|por|says?|said|sagte?|"
    r"schrieb|wrote|edited|report|link|"
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|#\d*|\d{1,5}\.)"
)
_BEFORE_NAME = re.compile(rf"^(?:[\s:,.|(·•-]*{_GLUE}(?=[\s:,.|]|$))+", re.IGNORECASE)
_AFTER_NAME = re.compile(rf"(?:(?<=[\s:,.|]){_GLUE}[\s:,.|)·•-]*)+$", re.IGNORECASE)
_TRIM = " \t,.;:|/@()[]•·–—-#»«>…"


class Line(NamedTuple):
    """One line: its stripped text, code points [start, end) of the whole text, the blank lines above it, its indent.

    Blank lines at the start of a text are none.
    """

    text: str
    start: int
    end: int
    blanks: int
    indent: int


@dataclass(frozen=True, slots=True)
class Header:
    """A line that says who wrote a comment, or when, or both."""

    author: str | None
    time: str | None


def split_lines(text: str) -> list[Line]:
    """Return the lines of `text` that hold more than white space."""
    lines: list[Line] = []
    blanks, position = 0, 0
    for raw in text.splitlines(keepends=True):
        if raw.isspace():
            blanks += 1
            position += len(raw)
            continue
        stripped = raw.strip("\x00 \t\r\n\f\v\x1c\x1d\x1e\x85\xa0\u2028\u2029\u200b\ufeff")
        if stripped and not stripped.isspace():
            indent = len(raw) - len(raw.lstrip())
            at = position + raw.index(stripped)
            lines.append(Line(stripped, at, at + len(stripped), blanks if lines else 0, indent))
            blanks = 0
        else:
            blanks += 1
        position += len(raw)
    return lines


def unbulleted(line: str) -> str:
    """Return `line` without the bullet or number that a list puts before it."""
    return line[match.end() :] if (match := _BULLET.match(line)) else line


def header(line: str) -> Header | None:
    """Return what `line` says if it names an author ("A says:") or a time, with or without the author; else None."""
    if len(line) > _LONGEST_HEADER:
        return None
    span = time_span(line)
    if span is None:
        bare = unbulleted(line)
        return Header(clean_author(bare), None) if is_author_line(bare) else None
    time = line[span[0] : span[1]]
    if only_time(line):
        return Header(None, line.strip(_TRIM) if len(line) < _LONGEST_NAME else time)
    rest = [
        _AFTER_NAME.sub("", _BEFORE_NAME.sub("", unbulleted(part))).strip(_TRIM)
        for part in (line[: span[0]], line[span[1] :])
    ]
    names = [part for part in rest if part]
    if len(names) != 1 or not may_be_name(names[0]):
        return Header(None, time) if not names else None
    return Header(clean_author(names[0]), time)


def may_be_name(line: str) -> bool:
    """Return whether `line` could be the name of a reader: short, no sentence, no interface."""
    return (
        len(line) <= _LONGEST_NAME
        and len(line.split()) <= 6
        and not line.endswith((".", "!", "?", ":", ";", ",", "…"))
        and not line.startswith(("http://", "https://", "@", "#", "(", '"', "“"))
        and any(character.isalnum() for character in line)
        and not says("interface", "lines", line)
        and not says("footer", "lines", line)
    )
