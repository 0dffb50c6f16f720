"""A page painted with what was decided: article, comments, authors and times, and what was dropped, in colours."""

from base64 import b64encode
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from itertools import groupby
from pathlib import Path

from moderation.extraction.encoding import decode
from moderation.extraction.page import extract, looks_like_html
from moderation.extraction.placing import Part, PlacedLine, placed
from moderation.types import Comment, Document

_DEEPEST = 4  # levels of replies that are set in


def show(data: str | bytes, *, url: str | None = None, format: str | None = None) -> str:
    """Return a self-contained HTML page that paints every line by the part that `extract` put it in.

    Takes and raises what `moderation.extract` does. Nothing is loaded from elsewhere, nothing of the page runs.
    """
    text = data if isinstance(data, str) else decode(data)
    document = extract(text, url=url, format=format)
    if format == "html" or (format is None and looks_like_html(text)):
        from moderation.extraction.html import visible_text

        text = visible_text(text)
    lines, unseen = placed(text, document)
    heads = _heads(document.comments)
    return "".join(
        (
            *_head(document.title or "Page"),
            *_header(document, lines),
            "<main>",
            *_sections(lines, heads),
            *_unseen(unseen, document.comments, heads),
            "</main></body></html>\n",
        )
    )


def _head(title: str) -> Iterable[str]:
    style = Path(__file__).with_suffix(".css").read_text(encoding="utf-8")
    digest = b64encode(sha256(style.encode()).digest()).decode()
    # Nothing is loaded and nothing runs, whatever the page holds: only this very style sheet is allowed.
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    yield '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    yield '<meta name="viewport" content="width=device-width,initial-scale=1">'
    yield f"<title>{escape(title)}: what was found</title><style>{style}</style></head><body>"


def _header(document: Document, lines: Sequence[PlacedLine]) -> Iterable[str]:
    comments = document.comments
    parts = Counter(line.part for line in lines)
    authors = len({comment.author for comment in comments if comment.author})
    yield f"<header><h1>{escape(document.title or 'A page without a title')}</h1>"
    if document.url:
        yield f"<p>{escape(document.url)}</p>"
    yield (
        f"<p>Comments: {len(comments):,}, by {authors:,} named authors; "
        f"{sum(comment.author is None for comment in comments):,} without an author, "
        f"{sum(comment.time is None for comment in comments):,} without a time, "
        f"{sum(comment.parent is not None for comment in comments):,} replies. "
        f"Lines: {parts['article']:,} article, {parts['comment']:,} comments, {parts['byline']:,} authors and times, "
        f"{parts['dropped']:,} dropped.</p>"
    )
    yield '<p class="legend"><span class="article">article</span><span class="comment">comment</span>'
    yield '<span class="comment second">the next comment</span><span class="author">author</span>'
    yield '<span class="time">time</span><span class="dropped">dropped</span>'
    yield '<label><input type="checkbox" id="hide"> hide what was dropped</label></p></header>'


@dataclass(frozen=True, slots=True)
class _Head:
    """The line above a comment that says what was read of it, and how deep in a thread it stands."""

    said: str
    depth: int


def _heads(comments: Sequence[Comment]) -> list[_Head]:
    heads: list[_Head] = []
    known: dict[str | None, int] = {}
    for number, comment in enumerate(comments):
        said = [f"#{number + 1}", f"<b>{escape(comment.author)}</b>" if comment.author else "author unknown"]
        if time := comment.time or comment.raw_time:
            said.append(f"<i>{escape(time)}</i>")
        above = known.get(comment.parent) if comment.parent else None
        if above is not None:
            said.append(f'answers <a href="#c{above + 1}">#{above + 1}</a>')
        if comment.votes is not None:
            said.append(f"{comment.votes:+,} votes")
        if comment.pingback:
            said.append("pingback")
        depth = min(_DEEPEST, heads[above].depth + 1) if above is not None else 0
        heads.append(_Head(f'<p class="said" id="c{number + 1}">{" · ".join(said)}</p>', depth))
        known[comment.id] = number
    return heads


def _sections(lines: Iterable[PlacedLine], heads: Sequence[_Head]) -> Iterable[str]:
    begun: set[int | None] = set()
    for (part, number), group in groupby(lines, key=lambda line: (line.part, line.comment)):
        text = "".join(f"<p>{_painted(line)}</p>" for line in group)
        if part == "comment" and number is not None and number not in begun:
            begun.add(number)
            text = heads[number].said + text
        yield _section(part, number, heads, text)


def _section(part: Part, number: int | None, heads: Sequence[_Head], text: str) -> str:
    names: list[str] = [part]
    if number is not None and part == "comment" and number % 2:
        names.append("second")
    if number is not None and heads[number].depth:
        names.append(f"d{heads[number].depth}")
    return f'<section class="{" ".join(names)}">{text}</section>'


def _unseen(numbers: Sequence[int], comments: Sequence[Comment], heads: Sequence[_Head]) -> Iterable[str]:
    if numbers:
        yield "<h2>Found in the page, but not among its visible lines</h2>"
    for number in numbers:
        text = "".join(f"<p>{escape(line)}</p>" for line in comments[number].text.splitlines() if line.strip())
        yield _section("comment", number, heads, heads[number].said + text)


def _painted(line: PlacedLine) -> str:
    """Return a line with its author and time marked, as HTML."""
    marks = sorted((span, name) for span, name in ((line.author, "author"), (line.time, "time")) if span is not None)
    pieces, done = [], 0
    for (start, end), name in marks:
        if start >= done:
            pieces += [escape(line.text[done:start]), f'<span class="{name}">', escape(line.text[start:end]), "</span>"]
            done = end
    return "".join((*pieces, escape(line.text[done:])))
