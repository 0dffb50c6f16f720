"""Training pages in layouts that the gold pages do not have: their comments, laid out as other systems print them.

Used by augmented.py alone. The real pages teach what articles and comments read like, these how many ways there are to
put a name and a date beside a comment, with and without blank lines, and what else stands on a page.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from moderation.extraction.line_model import AFTER, AROUND, AUTHOR, BEGIN, INSIDE, OUTSIDE
from moderation.extraction.lines import Line
from moderation.extraction.printed import (
    ABOVE,
    BELOW,
    BOUNDARIES,
    BRIEF,
    BYLINES,
    COLOPHONS,
    FOOTERS,
    INTERFACE,
    MONTHS,
    NAMES,
    POLICIES,
    SYSTEMS,
    TEASED,
    TEASERS,
    System,
)

Choice = TypeVar("Choice")
_STYLES = 8  # of dates
_ARTICLE, _TAIL = 250, 120  # lines of other pages that are taken
_REAL = 0.5  # share of the pages that are laid out as a known system does
_TEASED_ABOVE, _TEASED_BELOW, _TAILED = 0.15, 0.25, 0.5  # shares of the pages with more beside the comments
_BRIEFLY, _ALIKE, _ENDLESS = 0.15, 0.04, 0.04  # shares of the pages with such comments
_COLOPHON = 0.2  # share of the pages that end so right below the comments
_SIGNED, _RULED = 0.3, 0.1  # the same for lines below the headline, and for rules above or below the comments


@dataclass(frozen=True, slots=True)
class Material:
    """What pages are laid out from: the lines of articles, those below comments, and the lines of comments."""

    articles: Sequence[Sequence[Line]]
    tails: Sequence[Sequence[Line]]
    comments: Sequence[Sequence[Sequence[str]]]


class _Sheet:
    """A page while it is laid out."""

    def __init__(self, rng: np.random.Generator, material: Material, blank: bool) -> None:
        self.lines: list[Line] = []
        self.states: list[int] = []
        self._rng = rng
        self._material = material
        self.blank = blank  # whether the renderer leaves blank lines at all
        self._style = int(rng.integers(_STYLES))

    def add(self, text: str, state: int, blanks: int, indent: int = 0) -> None:
        """Add a line, without spaces at its ends."""
        if text := " ".join(text.split()):
            self.lines.append(Line(text, 0, 0, blanks if self.blank else 0, indent))
            self.states.append(state)

    def said(self, k: int, count: int) -> dict[str, str]:
        """Return what stands for each {letter} of the `k`th item of `count`."""
        rng = self._rng
        name = pick(rng, NAMES)
        return {
            "a": name,
            "b": pick(rng, NAMES),
            "k": str(k),
            "n": str(count),
            "m": str(int(rng.integers(0, 200))),
            "d": _date(rng, self._style),
            "c": _clock(rng, self._style),
            "r": f"{int(rng.integers(2, 20))} {pick(rng, ('days', 'hours', 'weeks', 'months', 'minutes'))} ago",
            "u": f"http://www.{name.split()[0].lower()}.example/",
            "w": " ".join(self._words().split()[: int(rng.integers(1, 9))]),
            "s": self._words(),
            "y": str(int(rng.integers(2004, 2025))),
            "t": self.lines[0].text[:60] if self.lines else "The title",
        }

    def _words(self) -> str:
        article = pick(self._rng, self._material.articles)
        return article[int(self._rng.integers(len(article)))].text[:300]

    def teasers(self, state: int) -> None:
        """Add a list of other pages, of comments on them, or of whatever else looks like comments and is none."""
        self.add(pick(self._rng, TEASED), state, 2)
        teaser = pick(self._rng, TEASERS)
        bullet = "• " if self._rng.random() < 0.3 else ""
        near = int(self._rng.integers(2))
        for k in range(1, int(self._rng.integers(3, 12))):
            said = self.said(k, k)
            for i, text in enumerate(teaser):
                self.add((bullet if i == 0 else "") + filled(text, said), state, 1 if i == 0 else near)


def pick(rng: np.random.Generator, choices: Sequence[Choice]) -> Choice:
    """Return one of the choices."""
    return choices[int(rng.integers(len(choices)))]


def filled(text: str, said: Mapping[str, str]) -> str:
    """Put in what stands for each {letter}."""
    for letter, value in said.items():
        text = text.replace(f"{{{letter}}}", value)
    return text


def relaid(material: Material, rng: np.random.Generator, commented: bool = True) -> tuple[list[Line], list[int]]:
    """Return the lines and states of one new page, with comments or without any."""
    system = pick(rng, SYSTEMS) if rng.random() < _REAL else _mixed(rng)
    article = pick(rng, material.articles)
    sheet = _Sheet(rng, material, any(line.blanks for line in article))
    byline = pick(rng, BYLINES) if rng.random() < _SIGNED else ()
    shown = article[-_ARTICLE:]
    top = int(rng.integers(1, 4)) if len(shown) > _ARTICLE // 8 else 1
    for i, line in enumerate(shown):
        sheet.add(line.text, OUTSIDE, line.blanks, line.indent)
        if i == top - 1 and byline:
            said = sheet.said(0, int(rng.integers(0, 60)))
            for text in byline:
                sheet.add(filled(text, said), OUTSIDE, 1)
    if rng.random() < _TEASED_ABOVE:
        sheet.teasers(OUTSIDE)
    source = pick(rng, material.comments)
    count = int(min(len(source), 1 + rng.geometric(0.15 if rng.random() < 0.6 else 0.6))) if commented else 0
    opening = sheet.said(0, count)
    if commented or rng.random() < 0.5:
        for text in system.opens:
            state = AROUND if commented and rng.random() < 0.5 else OUTSIDE
            sheet.add(filled(text, opening), state, int(rng.integers(1, 3)))
    if rng.random() < _RULED:
        sheet.add(pick(rng, POLICIES), OUTSIDE, 1)
    if commented:
        start = int(rng.integers(len(source) - count + 1))
        _lay_out(sheet, rng, system, _varied(source[start : start + count], rng))
    after = AFTER if commented else OUTSIDE
    if rng.random() < _RULED:
        sheet.add(pick(rng, POLICIES), after, 1)
    for text in system.closes:
        sheet.add(filled(text, opening), after, int(rng.integers(1, 3)))
    if rng.random() < _COLOPHON:
        for _ in range(int(rng.integers(1, 4))):
            sheet.add(filled(pick(rng, COLOPHONS), sheet.said(0, 0)), after, int(rng.integers(1, 3)))
    if rng.random() < _TEASED_BELOW:
        sheet.teasers(after)
    if rng.random() < _TAILED:
        alike = [tail for tail in material.tails if any(line.blanks for line in tail) == sheet.blank]
        for line in pick(rng, alike or material.tails)[:_TAIL]:
            sheet.add(line.text, after, line.blanks, line.indent)
    return sheet.lines, sheet.states


def _varied(comments: Sequence[Sequence[str]], rng: np.random.Generator) -> Sequence[Sequence[str]]:
    """Return the comments, some pages' partly of a word or two, partly endless, or all alike."""
    draw = rng.random()
    if draw < _BRIEFLY:
        comments = [[pick(rng, BRIEF)] if rng.random() < 0.5 else comment for comment in comments]
    elif draw < _BRIEFLY + _ALIKE:
        text = comments[0][0]
        comments = [[f"{text} {k}"] if rng.random() < 0.9 else [text] for k in range(int(rng.integers(3, 60)))]
    if rng.random() < _ENDLESS:
        long = int(rng.integers(len(comments)))
        text = " ".join(comments[long])
        comments = [[" ".join([text] * 20)] if k == long else comment for k, comment in enumerate(comments)]
    return comments


def _mixed(rng: np.random.Generator) -> System:
    """Return a system that may be nowhere."""
    below = rng.random() < 0.25
    signature = pick(rng, BELOW if below else ABOVE) if rng.random() < 0.75 else ()
    return System(
        pick(rng, BOUNDARIES),
        () if below else signature,
        signature if below else (),
        pick(rng, INTERFACE),
        pick(rng, FOOTERS),
    )


def _lay_out(sheet: _Sheet, rng: np.random.Generator, system: System, comments: Sequence[Sequence[str]]) -> None:
    """Add the comments as the system prints them and a renderer leaves them, perhaps without names or buttons."""
    near, far = int(rng.integers(0, 2)), int(rng.integers(1, 3))
    dense = rng.random() < 0.4  # whether paragraphs stand without a blank line
    listed = int(rng.integers(1, 3)) if rng.random() < 0.25 else 0  # a list that a renderer numbers, or gives bullets
    unnamed, unpressed = rng.random() < 0.15, rng.random() < 0.3
    for k, paragraphs in enumerate(comments, 1):
        said = sheet.said(k, len(comments))
        above, below = (
            [] if unnamed else [(filled(text, said), AUTHOR if "{a}" in text else AROUND) for text in signature]
            for signature in (system.above, system.below)
        )
        body = [(text, INSIDE if i else BEGIN) for i, text in enumerate(paragraphs)]
        tail = [] if unpressed else [(filled(text, said), AROUND) for text in system.buttons]
        for i, (text, state) in enumerate([*above, *body, *below, *tail]):
            blanks = far if i == 0 else near
            if state == INSIDE:
                blanks = 0 if dense and rng.random() < 0.8 else 1
            if listed and i == 0:
                text = f"{k}. {text}" if listed == 1 else f"• {text}"
            sheet.add(text, state, blanks, (2 if i == 0 else 4) if listed else 0)


def _clock(rng: np.random.Generator, style: int) -> str:
    hour, minute = int(rng.integers(24)), int(rng.integers(60))
    return f"{hour % 12 or 12}:{minute:02} {('AM', 'PM')[hour // 12]}" if style in (0, 3) else f"{hour:02}:{minute:02}"


def _date(rng: np.random.Generator, style: int) -> str:
    year, month, day = int(rng.integers(2004, 2025)), int(rng.integers(12)), int(rng.integers(1, 29))
    hour, minute = int(rng.integers(24)), int(rng.integers(60))
    half, name = ("AM", "PM")[hour // 12], MONTHS[month]
    return (
        f"{name} {day}, {year} at {hour % 12 or 12}:{minute:02} {half.lower()}",
        f"{day} {name} {year} {hour:02}:{minute:02}",
        f"{day:02}.{month + 1:02}.{year}, {hour:02}:{minute:02}",
        f"{name[:3]} {day}, {year}",
        f"{year}-{month + 1:02}-{day:02} {hour:02}:{minute:02}",
        f"{month + 1}/{day}/{year}",
        f"{name} {day}, {year}",
        f"{day} {name[:3]} {year}",
    )[style]
