"""What a reader yields: a comment of a dump with the id its source gave it, a page, or the reason why there is none."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime

from moderation.types import Comment

LONGEST_RECORD = 64 << 20
"""Bytes of one line, row or page. A longer one is rejected, so that memory stays bounded."""


@dataclass(frozen=True, slots=True)
class Split:
    """An input, or a part of one that is read by itself: what one worker takes.

    `source` is a path, or "-" for standard input; `format` a key of `moderation.formats.FORMATS`. `start` and `end`
    (None: to the end) count bytes of plain lines, and row groups of Parquet; all other formats are read whole.
    """

    source: str
    format: str
    start: int = 0
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One comment of a dump. `id` is what the dump says, in its own type; where it says nothing, the row's position.

    `site` is the subreddit, forum or host where it was written, `thread` the page or discussion, by its URL, title or
    id as the format's section in docs/formats.md says. Each is None where unknown.
    """

    id: str | int | float
    comment: Comment
    site: str | None = None
    thread: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One page as it was found.

    `source` is its file, and for a record of a web archive the byte at which it begins ("crawl.warc.gz:1024"). `format`
    is "text", "html", or None where the content is to tell it; `charset` is what the server said, `date` when the page
    was fetched, as the archive prints it. Each is None where unknown.
    """

    source: str
    data: bytes
    format: str | None = None
    url: str | None = None
    date: str | None = None
    charset: str | None = None


@dataclass(frozen=True, slots=True)
class Reject:
    """One record that could not be read: where it stands, and why. Holds nothing of its text.

    A position is the source and the byte at which the record begins, unpacked ("dump.jsonl.gz:1024"), or, where only
    its number is known, that ("dump.parquet#17", from 1).
    """

    position: str
    reason: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """One file or record that is sound but no page or comment, such as an image, a redirect, a deleted post: where it
    stands, and why.
    """

    position: str
    reason: str


@dataclass(frozen=True, slots=True)
class Fields:
    """The names of the columns or keys that hold each part of a comment, for formats that prescribe none (JSONL, CSV,
    Parquet). Only the text has to be there.
    """

    text: str = "text"
    id: str = "id"
    author: str = "author"
    time: str = "time"
    parent: str = "parent"
    lang: str = "lang"
    site: str = "site"
    thread: str = "thread"


Record = dict[str, object]


def row_of(record: Record, fields: Fields, position: str) -> Row | Reject:
    """Make a row of a record's fields: text, id, and, where they are strings, the others."""
    text = record.get(fields.text)
    if text is None:
        return Reject(position, f"no field {fields.text!r}")
    if not isinstance(text, str):
        return Reject(position, f"field {fields.text!r} is not a string")
    found = record.get(fields.id)
    row_id = found if isinstance(found, str | int | float) and found != "" else position
    if isinstance(row_id, float) and not math.isfinite(row_id):  # JSON knows no NaN
        row_id = position
    comment = Comment(
        text=text,
        id=str(row_id),
        author=_string(record.get(fields.author)),
        time=_string(record.get(fields.time)),
        parent=_string(record.get(fields.parent)),
        lang=_string(record.get(fields.lang)),
    )
    return Row(row_id, comment, _string(record.get(fields.site)), _string(record.get(fields.thread)))


def record_of(row: Row) -> Record:
    """Return a row as the record, named by the default `Fields`, that `row_of` makes it of; what is unknown is left
    out.
    """
    comment = row.comment
    record = {
        "id": row.id,
        "text": comment.text,
        "author": comment.author,
        "time": comment.time,
        "parent": comment.parent,
        "lang": comment.lang,
        "site": row.site,
        "thread": row.thread,
    }
    return {name: value for name, value in record.items() if value is not None}


def known(value: object) -> str | None:
    """Return an identifier or a name as a string, None where it is none or empty."""
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) and value != "" else None


def utc(seconds: object) -> str | None:
    """Return seconds since 1970, a number or digits, as ISO 8601; None for what is none."""
    try:
        moment = datetime.fromtimestamp(float(seconds), UTC)  # type: ignore[arg-type]  # what is no number is told
    except (TypeError, ValueError, OverflowError, OSError):
        return None
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _string(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
