"""JSON Lines: one object a line, with the comment's text and what else it has; or one array of such objects."""

import json
from collections.abc import Iterable, Iterator
from io import BufferedReader
from typing import IO

from moderation.formats.json_records import json_records
from moderation.formats.rows import Fields, Reject, Row, Split, record_of, row_of


def read_jsonl(file: BufferedReader, split: Split, fields: Fields) -> Iterator[Row | Reject]:
    """Yield the rows of JSON Lines, and a reject for each line that is none. `file` stands at `split.start`."""
    for item in json_records(file, split):
        yield item if isinstance(item, Reject) else row_of(item[1], fields, item[0])


def write_jsonl(rows: Iterable[Row], file: IO[bytes]) -> None:
    """Write rows as JSON Lines, which `read_jsonl` reads back as they were."""
    for row in rows:
        file.write(json.dumps(record_of(row), separators=(",", ":")).encode() + b"\n")
