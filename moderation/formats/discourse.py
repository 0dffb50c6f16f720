"""Posts of Discourse: JSON of its API, CSV of its exports and of the Data Explorer, SQL of its backups."""

from collections.abc import Iterator
from io import BufferedReader

from moderation.errors import InputError
from moderation.formats.csv import csv_records
from moderation.formats.json_records import json_records
from moderation.formats.markup import text_of_html
from moderation.formats.opening import shown
from moderation.formats.rows import Record, Reject, Row, Skipped, Split, known
from moderation.formats.sql_records import sql_records
from moderation.types import Comment

_RAW, _COOKED = ("raw", "post_raw", "post"), ("cooked", "post_cooked")
_ACTION = ("3",)  # post_type: "closed this topic", and the like
_TRUE = ("true", "t")


def read_discourse(file: BufferedReader, split: Split) -> Iterator[Row | Reject | Skipped]:
    """Yield the posts: id, author, time, parent (the id where its topic is at hand), the topic's title, name or number
    as thread. The text is the Markdown that was typed, else the HTML as plain text.

    Deleted posts and notes of the software are skipped. Raises InputError for CSV that has no column of a text.
    """
    for item in _records(file, split):
        if isinstance(item, Reject):
            yield item
            continue
        position, record = item
        posts = _posts(record)
        if posts is None:
            yield _row(record, position, {})
            continue
        ids = {known(post.get("post_number")): known(post.get("id")) for post in posts}
        for number, post in enumerate(posts, 1):
            yield _row({"topic_title": record.get("title"), **post}, f"{position}#{number}", ids)


def _records(file: BufferedReader, split: Split) -> Iterator[tuple[str, Record] | Reject]:
    head = shown(file, 4096).removeprefix(b"\xef\xbb\xbf").lstrip()
    if split.start or head.startswith((b"{", b"[")):
        yield from json_records(file, split)
    elif head.startswith(b"--"):
        yield from sql_records(file, split.source, "posts".__eq__)
    else:
        names = head.partition(b"\n")[0].decode("utf-8", "replace").replace('"', "").strip().split(",")
        needed = next((name for name in (*_RAW, *_COOKED) if name in names), None)
        if needed is None:
            raise InputError(f"{split.source}: no column of a post's text ({', '.join((*_RAW, *_COOKED))}).")
        yield from csv_records(file, split, ",", needed)


def _posts(record: Record) -> list[Record] | None:
    """Return the posts of a topic, or of a page of the latest ones; None for what is a post itself."""
    stream = record.get("post_stream")
    found = stream.get("posts") if isinstance(stream, dict) else record.get("latest_posts")
    return [post for post in found if isinstance(post, dict)] if isinstance(found, list) else None


def _row(record: Record, position: str, ids: dict[str | None, str | None]) -> Row | Reject | Skipped:
    if known(record.get("deleted_at")) or _flag(record.get("user_deleted")):
        return Skipped(position, "deleted")
    if known(record.get("post_type")) in _ACTION:
        return Skipped(position, "a note of the software")
    raw = next((text for name in _RAW if isinstance(text := record.get(name), str)), None)
    cooked = next((text for name in _COOKED if isinstance(text := record.get(name), str)), None)
    if raw is None and cooked is None:
        return Reject(position, "no field 'raw' or 'cooked' that is a string")
    row_id = known(record.get("id")) or known(record.get("url")) or position
    comment = Comment(
        text=raw if raw is not None else text_of_html(cooked or ""),
        id=row_id,
        author=known(record.get("username")) or known(record.get("user_id")),
        time=known(record.get("created_at")),
        parent=ids.get(known(record.get("reply_to_post_number"))),
    )
    thread = next((name for key in ("topic_title", "topic_slug", "topic_id") if (name := known(record.get(key)))), None)
    return Row(row_id, comment, None, thread)


def _flag(value: object) -> bool:
    return value is True or value in _TRUE
