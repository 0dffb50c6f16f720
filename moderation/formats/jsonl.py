"""JSON Lines: one object a line, with the comment's text and, if it has them, id, author, time, parent, lang."""

import json
from collections.abc import Iterator
from typing import IO

from moderation.formats.opening import lines
from moderation.formats.rows import Fields, Reject, Row, Split, row_of

Record = dict[str, object]


def read_jsonl(file: IO[bytes], split: Split, fields: Fields) -> Iterator[Row | Reject]:
    """Yield the rows of JSON Lines, and a reject for each line that is none. `file` stands at `split.start`."""
    for item in records(file, split):
        yield item if isinstance(item, Reject) else row_of(item[1], fields, item[0])


def records(file: IO[bytes], split: Split) -> Iterator[tuple[str, Record] | Reject]:
    """Yield (position, object) for each line that holds one, and a reject for each other line that is not blank."""
    for item in lines(file, split.source, split.start, split.end):
        if isinstance(item, Reject):
            yield item
            continue
        place, line = item
        if not line.strip():
            continue
        position = f"{split.source}:{place}"
        try:
            record = json.loads(line.decode(), strict=False)
        except UnicodeDecodeError:
            yield Reject(position, "not UTF-8")
        except (ValueError, RecursionError):
            yield Reject(position, "not JSON")
        else:
            yield (position, record) if isinstance(record, dict) else Reject(position, "not a JSON object")
