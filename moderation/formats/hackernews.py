"""Hacker News items as its Firebase API gives them (github.com/HackerNews/API): JSON Lines, or an array."""

from collections.abc import Iterator
from io import BufferedReader

from moderation.formats.json_records import json_records
from moderation.formats.markup import text_of_html
from moderation.formats.rows import Record, Reject, Row, Skipped, Split, known, utc
from moderation.types import Comment

_TYPES = ("comment", "story", "job", "poll", "pollopt")


def read_hackernews(file: BufferedReader, split: Split) -> Iterator[Row | Reject | Skipped]:
    """Yield the comments, and the stories, polls and jobs that have a text, as plain text: id, author, time, parent.

    Dead items keep their text, and are rows; deleted ones have none, and are skipped.
    """
    for item in json_records(file, split):
        yield item if isinstance(item, Reject) else _row(item[1], item[0])


def _row(record: Record, position: str) -> Row | Reject | Skipped:
    kind, text = record.get("type"), record.get("text")
    if kind not in _TYPES:
        return Reject(position, "no item: field 'type' names no kind of one")
    if record.get("deleted") is True:
        return Skipped(position, "deleted")
    if text is None or text == "":
        return Skipped(position, "an item without text")
    if not isinstance(text, str):
        return Reject(position, "field 'text' is not a string")
    found = record.get("id")
    row_id = found if isinstance(found, int) else known(found) or position
    comment = Comment(
        text=text_of_html(text),
        id=str(row_id),
        author=known(record.get("by")),
        time=utc(record.get("time")),
        parent=known(record.get("parent")),
    )
    return Row(row_id, comment, "news.ycombinator.com")
