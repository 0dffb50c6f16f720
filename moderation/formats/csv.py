"""CSV (RFC 4180) and TSV: a header line, then a comment a row, its text in a named column."""

import csv
from collections.abc import Iterator
from typing import IO

from moderation.errors import InputError
from moderation.formats.opening import lines
from moderation.formats.rows import LONGEST_RECORD, Fields, Reject, Row, row_of

_STRAY = range(0xDC80, 0xDD00)  # where Python puts bytes that are not UTF-8


def read_csv(file: IO[bytes], source: str, fields: Fields, *, delimiter: str = ",") -> Iterator[Row | Reject]:
    """Yield the rows of a CSV stream, and a reject for each that cannot be used.

    Raises InputError where the header has no column of the text's name.
    """
    csv.field_size_limit(LONGEST_RECORD)
    broken: list[Reject] = []

    def text_lines() -> Iterator[str]:
        for item in lines(file, source):
            if isinstance(item, Reject):
                broken.append(item)
            else:
                yield item[1].decode("utf-8", "surrogateescape") + "\n"

    reader = csv.reader(text_lines(), delimiter=delimiter)
    header = [name.strip().removeprefix("\ufeff") for name in next(reader, [])]
    if fields.text not in header:
        raise InputError(
            f"{source}: no column {fields.text!r}; the columns are: {', '.join(header) or 'none'}. Name one with "
            "--text-field."
        )
    number = 1
    while True:
        number += 1
        position = f"{source}: row {number}"
        try:
            values = next(reader)
        except StopIteration:
            break
        except csv.Error:
            yield Reject(position, "not CSV, or a field that never ends")
            continue
        if len(values) != len(header):
            yield Reject(position, f"{len(values)} fields where the header has {len(header)}")
        elif any(not v.isascii() and any(ord(c) in _STRAY for c in v) for v in values):
            yield Reject(position, "not UTF-8")
        else:
            yield row_of(dict(zip(header, values, strict=True)), fields, position)
    yield from broken
