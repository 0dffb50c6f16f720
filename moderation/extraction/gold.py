"""Pages with gold comments, rendered as plain text: their lines, and the state of each.

A directory of them holds html.jsonl.gz (id, url, kind, comments, negative), pages.zip (text/RENDERER/ID.txt) and
text_RENDERER.jsonl.gz (the gold comments' spans).
"""

import gzip
import json
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from moderation.extraction.line_model import AFTER, AROUND, AUTHOR, BEGIN, INSIDE, OUTSIDE
from moderation.extraction.lines import Line, header, may_be_name, split_lines
from moderation.extraction.times import only_time
from moderation.extraction.wording import says
from moderation.types import Comment

RENDERERS = ("resiliparse_main", "wet", "inscriptis")
TRAINABLE = ("wcxb", "traf", "wf52")  # prefixes of ids: sources whose licence allows training
_NEAR = 3  # lines before the first and after the last comment that may belong to them
_FAR = 14  # lines from a comment within which its author is looked for
_LONGEST = 160  # characters of a line that names an author
_HOSTED = ("co.uk", "com.au", "org.uk", "ac.uk", "blogspot.com", "wordpress.com", "typepad.com", "livejournal.com")


@dataclass(frozen=True, slots=True)
class Page:
    """One rendered page: its host, its lines and their states."""

    id: str
    host: str
    lines: list[Line]
    states: list[int]
    forum: bool = False


@dataclass(frozen=True, slots=True)
class Gold:
    """A page with what it is to be judged by: its renderer, text and comments, and whether it may train a model."""

    page: Page
    renderer: str
    text: str
    comments: tuple[Comment, ...]
    trains: bool


def gold_pages(directory: Path, renderers: Sequence[str] = RENDERERS) -> Iterator[Gold]:
    """Yield the pages that have comments in the text, or none for certain, in each rendering."""
    with gzip.open(directory / "html.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = {row["id"]: row for row in map(json.loads, file)}
    with zipfile.ZipFile(directory / "pages.zip") as archive:
        for renderer in renderers:
            with gzip.open(directory / f"text_{renderer}.jsonl.gz", "rt", encoding="utf-8") as file:
                for rendered in map(json.loads, file):
                    row = rows[rendered["id"]]
                    shown = zip(rendered["spans"] or (), row["comments"] or (), strict=False)
                    kept = sorted(((tuple(span), c) for span, c in shown if span), key=lambda pair: pair[0])
                    if not kept and not row["negative"]:
                        continue
                    text = archive.read(f"text/{renderer}/{row['id']}.txt").decode("utf-8", "replace")
                    comments = tuple(Comment(c["text"], author=c["author"] or None, time=c["time"]) for _, c in kept)
                    lines = split_lines(text)
                    states = states_of(lines, [span for span, _ in kept], [c.author for c in comments])
                    page = Page(row["id"], _host(row["url"] or "") or row["id"], lines, states, row["kind"] == "forum")
                    yield Gold(page, renderer, text, comments, row["id"].split("-")[0] in TRAINABLE and bool(lines))


def _host(url: str) -> str:
    """Return the registered part of the host, or what stands for it where a service hosts many sites."""
    parts = (urlsplit(url).hostname or "").split(".")
    return ".".join(parts[-3:] if ".".join(parts[-2:]) in _HOSTED else parts[-2:])


def states_of(lines: Sequence[Line], spans: Sequence[tuple[int, int]], authors: Sequence[str | None] = ()) -> list[int]:
    """Return the state of each line, given the code points [start, end) of each comment in order, and the authors."""
    states = [OUTSIDE] * len(lines)
    first = 0
    places: list[tuple[int, int]] = []  # first and last line of each comment; (0, -1): none of its own
    for start, end in spans:
        while first < len(lines) and lines[first].end <= start:
            first += 1
        own: list[int] = []
        for i in range(first, len(lines)):
            if lines[i].start >= end:
                break
            overlap = min(end, lines[i].end) - max(start, lines[i].start)
            if 2 * overlap >= lines[i].end - lines[i].start:
                states[i] = INSIDE if own else BEGIN
                own.append(i)
        places.append((own[0], own[-1]) if own else (0, -1))
    body = [i for i, state in enumerate(states) if state != OUTSIDE]
    if not body:
        return states
    named = _author_lines(lines, places, authors)
    first, last = min(body[0], *named, body[0]), max(body[-1], *named, body[-1])
    while first and body[0] - first < _NEAR and _goes_with_comments(lines[first - 1].text):
        first -= 1
    while last + 1 < len(lines) and last - body[-1] < _NEAR and _goes_with_comments(lines[last + 1].text):
        last += 1
    states[first : last + 1] = [state if state != OUTSIDE else AROUND for state in states[first : last + 1]]
    states[last + 1 :] = [AFTER] * (len(lines) - last - 1)
    for i in named:
        states[i] = AUTHOR
    return states


def _author_lines(lines: Sequence[Line], places: Sequence[tuple[int, int]], authors: Sequence[str | None]) -> list[int]:
    """Return the lines that name the author of each comment: above it, or below it where the page signs there."""
    above, below = [], []
    for k, (author, (begin, end)) in enumerate(zip(authors, places, strict=False)):
        wanted = " ".join((author or "").casefold().split())
        if not wanted or only_time(wanted) or end < 0:
            continue
        low = max(places[k - 1][1] + 1 if k else 0, begin - _FAR)
        high = min(places[k + 1][0] if k + 1 < len(places) and places[k + 1][0] else len(lines), end + 1 + _FAR)
        above.append(_naming(lines, range(begin - 1, low - 1, -1), wanted))
        below.append(_naming(lines, range(end + 1, high), wanted))
    chosen = max((above, below), key=lambda found: sum(i is not None for i in found))
    return [i for i in chosen if i is not None]


def _naming(lines: Sequence[Line], places: Sequence[int], author: str) -> int | None:
    texts = [(len(line.text), i) for i in places if author in (line := lines[i]).text.casefold()]
    return min(texts)[1] if texts and min(texts)[0] <= _LONGEST else None


def _goes_with_comments(text: str) -> bool:
    return header(text) is not None or may_be_name(text) or says("interface", "lines", text)
