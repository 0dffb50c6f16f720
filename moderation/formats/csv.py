"""CSV (RFC 4180) and TSV: a header line, then a comment a row, its text in a named column."""

import csv
from collections.abc import Iterator
from typing import IO

from moderation.errors import InputError
from moderation.formats.opening import lines
from moderation.formats.rows import LONGEST_RECORD, Fields, Reject, Row, row_of

_STRAY = range(0xDC80, 0xDD00)  # where Python puts bytes that are not UTF-8
_SHOWN_COLUMNS = 20


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
                yield item[1].decode("utf-8", "surrogateescape")

    # Strict: a quote that is never closed is an error, and not a comment that holds the rest of the file.
    reader = csv.reader(text_lines(), delimiter=delimiter, strict=True)
    header = _header(reader, source, fields)
    number = 1
    while True:
        number += 1
        position = f"{source}: row {number}"
        try:
            values = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            unclosed = "unexpected end" in str(error)
            yield Reject(
                position, "a quote is never closed: nothing after this could be read" if unclosed else "not CSV"
            )
            continue
        if not values or (len(values) == 1 < len(header) and not values[0].strip()):
            continue  # a blank line
        if len(values) != len(header):
            yield Reject(position, "another number of fields than in the header")
        elif any(not v.isascii() and any(ord(c) in _STRAY for c in v) for v in values):
            yield Reject(position, "not UTF-8")
        else:
            yield row_of(dict(zip(header, values, strict=True)), fields, position)
    yield from broken


def _header(reader: Iterator[list[str]], source: str, fields: Fields) -> list[str]:
    try:
        header = [name.strip() for name in next(reader, [])]
    except csv.Error:
        raise InputError(
            f"{source}: the header line is not CSV. Its lines must end in LF or CRLF, and quotes must be closed."
        ) from None
    if fields.text not in header:
        shown = ", ".join(header[:_SHOWN_COLUMNS]) or "none"
        raise InputError(f"{source}: no column {fields.text!r}; the columns are: {shown}. Name one with --text-field.")
    return header
