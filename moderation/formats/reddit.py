"""Reddit comments as Pushshift and Arctic Shift dump them (RC_2019-01.zst): JSON Lines, an API object a line."""

import json
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from html import escape
from io import BufferedReader
from typing import IO

from moderation.formats.json_records import json_records
from moderation.formats.rows import Record, Reject, Row, Skipped, Split, known, utc
from moderation.types import Comment

_GONE = {
    "[deleted]": "deleted by its author",
    "[removed]": "removed by moderators",
    "[ Removed by Reddit ]": "removed by Reddit",
}
_ESCAPED = re.compile("&(amp|lt|gt);")
_PLAIN = {"amp": "&", "lt": "<", "gt": ">"}
_COMMENT, _SUBMISSION = "t1_", "t3_"  # how Reddit names what an id is of


def read_reddit(file: BufferedReader, split: Split) -> Iterator[Row | Reject | Skipped]:
    """Yield the comments: id, author, time, parent (None for a submission), subreddit as site, submission as thread.

    Reddit escapes &, < and > in a body; here they are plain.
    """
    for item in json_records(file, split):
        yield item if isinstance(item, Reject) else _row(item[1], item[0])


def write_reddit(rows: Iterable[Row], file: IO[bytes]) -> None:
    """Write rows as Reddit comments, which `read_reddit` reads back; a time is written if it has an offset."""
    for row in rows:
        comment, thread = row.comment, _SUBMISSION + (row.thread or "")
        record = {
            "id": row.id,
            "author": comment.author or "[deleted]",
            "body": escape(comment.text, quote=False),
            "created_utc": _seconds(comment.time),
            "link_id": thread,
            "parent_id": _COMMENT + comment.parent if comment.parent else thread,
            "subreddit": row.site,
        }
        file.write(json.dumps(record, separators=(",", ":")).encode() + b"\n")


def _row(record: Record, position: str) -> Row | Reject | Skipped:
    body = record.get("body")
    if not isinstance(body, str):
        return Reject(position, "no field 'body'" if body is None else "field 'body' is not a string")
    if body in _GONE:
        return Skipped(position, _GONE[body])
    row_id = known(record.get("id")) or position
    author, parent, thread = (known(record.get(key)) for key in ("author", "parent_id", "link_id"))
    comment = Comment(
        text=_ESCAPED.sub(lambda found: _PLAIN[found[1]], body) if "&" in body else body,
        id=row_id,
        author=None if author == "[deleted]" else author,
        time=utc(record.get("created_utc")),
        parent=parent.removeprefix(_COMMENT) if parent and not parent.startswith(_SUBMISSION) else None,
    )
    thread = thread.removeprefix(_SUBMISSION) if thread else None
    return Row(row_id, comment, known(record.get("subreddit")), thread or None)


def _seconds(time: str | None) -> int | None:
    try:
        moment = datetime.fromisoformat(time or "")
    except ValueError:
        return None
    return int(moment.timestamp()) if moment.tzinfo else None
