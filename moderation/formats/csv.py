"""CSV (RFC 4180) and TSV: a header line, then a comment a row, its text in a named column."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import astuple
from io import TextIOWrapper
from typing import IO

from moderation.errors import InputError
from moderation.formats.opening import lines, opened
from moderation.formats.rows import LONGEST_RECORD, Fields, Record, Reject, Row, Split, record_of, row_of

DELIMITERS = {"csv": ",", "tsv": "\t"}
_STRAY = range(0xDC80, 0xDD00)  # where Python puts bytes that are not UTF-8
_SHOWN_COLUMNS = 20


def read_csv(file: IO[bytes], split: Split, fields: Fields) -> Iterator[Row | Reject]:
    """Yield the rows of a CSV stream, and a reject for each that cannot be used. `file` stands at `split.start`.

    Raises InputError where the header has no column of the text's name.
    """
    for item in csv_records(file, split, DELIMITERS[split.format], fields.text):
        yield item if isinstance(item, Reject) else row_of(item[1], fields, item[0])


def csv_records(file: IO[bytes], split: Split, delimiter: str, needed: str) -> Iterator[tuple[str, Record] | Reject]:
    """Yield (position, values by column) for each row, and a reject for each that is none.

    Raises InputError where the header has no column `needed`.
    """
    csv.field_size_limit(LONGEST_RECORD)
    text = _Lines(file, split)
    # Strict: a quote that is never closed is an error, and not a comment that holds the rest of the file.
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    if split.start:
        with opened(split.source) as beginning:
            header = _header(csv.reader(_Lines(beginning, split, 0), delimiter=delimiter, strict=True), split, needed)
    else:
        header = _header(reader, split, needed)
    ended = False
    while not ended:
        text.begin = None
        values, reason = None, None
        try:
            values = next(reader)
        except StopIteration:
            ended = True
        except csv.Error as error:
            unclosed = "unexpected end" in str(error)
            reason = "a quote is never closed: nothing after this could be read" if unclosed else "not CSV"
        yield from text.broken
        text.broken.clear()
        position = f"{split.source}:{text.begin}"
        if reason is not None:
            yield Reject(position, reason)
        elif not values or (len(values) == 1 < len(header) and not values[0].strip()):
            continue  # a blank line
        elif len(values) != len(header):
            yield Reject(position, "another number of fields than in the header")
        elif any(not v.isascii() and any(ord(c) in _STRAY for c in v) for v in values):
            yield Reject(position, "not UTF-8")
        else:
            yield position, dict(zip(header, values, strict=True))


def write_csv(rows: Iterable[Row], file: IO[bytes], *, delimiter: str = ",") -> None:
    """Write rows as CSV, which `read_csv` reads back, ids as strings; a lone surrogate becomes "?"."""
    text = TextIOWrapper(file, "utf-8", errors="replace", newline="", write_through=True)
    names = astuple(Fields())
    writer = csv.DictWriter(text, names, delimiter=delimiter, lineterminator="\n")
    writer.writeheader()
    writer.writerows(record_of(row) for row in rows)
    text.detach()


class _Lines:
    """The lines of a stream as text. `begin` is the byte of the first that was taken since it was last set to None,
    `broken` what could not be read.
    """

    def __init__(self, file: IO[bytes], split: Split, start: int | None = None) -> None:
        self.begin: int | None = None
        self.broken: list[Reject] = []
        self._lines = lines(file, split.source, split.start if start is None else start, split.end)

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        for item in self._lines:
            if isinstance(item, Reject):
                self.broken.append(item)
                continue
            place, line = item
            if self.begin is None:
                self.begin = place
            return line.decode("utf-8", "surrogateescape")
        raise StopIteration


def _header(reader: Iterator[list[str]], split: Split, needed: str) -> list[str]:
    try:
        header = [name.strip() for name in next(reader, [])]
    except csv.Error:
        raise InputError(
            f"{split.source}: the header line is not CSV. Its lines must end in LF or CRLF, and quotes must be closed."
        ) from None
    if needed not in header:
        shown = ", ".join(header[:_SHOWN_COLUMNS]) or "none"
        raise InputError(f"{split.source}: no column {needed!r}; the columns are: {shown}. Name one with --text-field.")
    return header
