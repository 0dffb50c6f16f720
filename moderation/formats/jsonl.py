"""JSON Lines: one object a line, with the comment's text and, if it has them, id, author, time, parent, lang."""

import json
from collections.abc import Iterator
from typing import IO

from moderation.formats.opening import lines
from moderation.formats.rows import Fields, Reject, Row, row_of


def read_jsonl(file: IO[bytes], source: str, fields: Fields) -> Iterator[Row | Reject]:
    """Yield the rows of a JSONL stream, and a reject with its line number for each line that is none."""
    for item in lines(file, source):
        if isinstance(item, Reject):
            yield item
            continue
        position, line = item
        if not line.strip():
            continue
        try:
            record = json.loads(line.decode(), strict=False)
        except UnicodeDecodeError:
            yield Reject(position, "not UTF-8")
        except (ValueError, RecursionError):
            yield Reject(position, "not JSON")
        else:
            yield (
                row_of(record, fields, position) if isinstance(record, dict) else Reject(position, "not a JSON object")
            )
