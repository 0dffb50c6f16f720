"""Posts of phpBB: SQL dumps of its tables (its own backup, mysqldump, phpMyAdmin), or rows of them as JSON or CSV."""

import re
from collections.abc import Iterator
from io import BufferedReader

from moderation.formats.csv import csv_records
from moderation.formats.json_records import json_records
from moderation.formats.markup import text_of_bbcode, text_of_html
from moderation.formats.opening import shown
from moderation.formats.rows import Record, Reject, Row, Skipped, Split, known, utc
from moderation.formats.sql_records import sql_records
from moderation.types import Comment

_TABLES = ("posts", "posts_text")  # the second is phpBB 2's, which kept texts apart
_DELETED = "2"  # post_visibility
_CSV = re.compile(rb'(?:"?\w+"?,)*"?post_text"?[,\r\n]')  # a header line
_MARKUP = re.compile(r"\s*<[rt]>")  # since 3.2 texts are XML, "rich" or "plain"
_SHOWN = re.compile(r"<([se])>[^<]*</\1>")  # the BBCode that the XML repeats
_OLD_HTML = re.compile(r"<!-- (?:s\S*|[emlw]) -->|<[a-zA-Z/]")


def read_phpbb(file: BufferedReader, split: Split) -> Iterator[Row | Reject | Skipped]:
    """Yield the posts as plain text: id, author (the number of a member, the name of a guest), time, forum as site,
    topic as thread. Deleted posts are skipped.
    """
    rows = 0
    for item in _records(file, split):
        rows += 1
        yield item if isinstance(item, Reject) else _row(item[1], item[0])
    if not rows and split.end is None:
        yield Reject(f"{split.source}:0", "no posts: no rows for a table of phpBB's posts with the column post_text")


def _records(file: BufferedReader, split: Split) -> Iterator[tuple[str, Record] | Reject]:
    head = shown(file, 4096).removeprefix(b"\xef\xbb\xbf").lstrip()
    if split.start or head.startswith((b"{", b"[")):
        yield from json_records(file, split)
    elif _CSV.match(head):
        yield from csv_records(file, split, ",", "post_text")
    else:
        for item in sql_records(file, split.source, lambda table: table.endswith(_TABLES)):
            if isinstance(item, Reject) or "post_text" in item[1]:
                yield item


def post_text(text: str) -> str:
    """Return phpBB's stored form of a post, of any of its versions, as plain text."""
    if _MARKUP.match(text):
        return text_of_html(_SHOWN.sub("", text))
    # Before 3.2: BBCode whose tags carry an id, references, and the HTML of smilies and links between comments.
    plain = text_of_html(text, lines=True) if _OLD_HTML.search(text) or "&" in text else text
    return text_of_bbcode(plain)


def _row(record: Record, position: str) -> Row | Reject | Skipped:
    text = record.get("post_text")
    if not isinstance(text, str):
        return Reject(position, "no field 'post_text'" if text is None else "field 'post_text' is not a string")
    if known(record.get("post_visibility")) == _DELETED:
        return Skipped(position, "deleted")
    row_id = known(record.get("post_id")) or position
    comment = Comment(
        text=post_text(text),
        id=row_id,
        author=known(record.get("post_username")) or known(record.get("username")) or known(record.get("poster_id")),
        time=utc(record.get("post_time")),
    )
    return Row(row_id, comment, known(record.get("forum_id")), known(record.get("topic_id")))
