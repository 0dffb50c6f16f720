"""Cutting an input into splits that are read by themselves, side by side or one after another, with the same rows."""

from codecs import BOM_UTF8
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import IO

from moderation.formats.csv import DELIMITERS
from moderation.formats.json_records import HEAD, one_a_line
from moderation.formats.opening import STDIN, opened_raw, unreadable
from moderation.formats.packing import packing
from moderation.formats.remote import is_remote, remote_size
from moderation.formats.rows import Split

_JSON = ("reddit", "hackernews", "discourse", "phpbb")  # formats that may be JSON Lines, or something else


def splits(source: str, format: str, size: int) -> list[Split]:
    """Return the splits of an input, in order: together they give every row once, as `Split(source, format)` does.

    size: about how many bytes a split is to have; a split has at least one record or row group. An input that cannot
    be cut (standard input, packed files, XML, ...) gives one split. The same file and size give the same splits.

    Raises InputError where the input cannot be opened.
    """
    alone = [Split(source, format)]
    if source == STDIN or not (is_remote(source) or Path(source).is_file()):
        return alone
    try:
        if format == "parquet":
            from moderation.formats.parquet import row_groups

            return [Split(source, format, start, end) for start, end in row_groups(source, size)] or alone
        with opened_raw(source) as file:
            head = file.peek(HEAD)[:HEAD]
            if packing(head[:6]):
                return alone
            if of_lines(head, format):
                places = _line_ends(file, size)
            elif format in DELIMITERS:
                from moderation.formats.row_ends import row_ends  # brings numpy

                places = row_ends(file, size, DELIMITERS[format].encode())
            else:
                return alone
            size = remote_size(source) if is_remote(source) else Path(source).stat().st_size
            edges = [0, *places, size]
    except OSError as error:
        raise unreadable(source, error) from None
    return [Split(source, format, start, end) for start, end in pairwise(edges) if end > start] or alone


def of_lines(head: bytes, format: str) -> bool:
    """Return whether the records of an input end where its lines end; `head` are its first HEAD bytes, unpacked."""
    is_json = format == "jsonl" or (format in _JSON and head.removeprefix(BOM_UTF8).lstrip().startswith(b"{"))
    return is_json and one_a_line(head)


def _line_ends(file: IO[bytes], size: int) -> Iterator[int]:
    """Yield a place after a line's end, about every `size` bytes."""
    place = size
    while True:
        file.seek(place - 1)
        while (chunk := file.read(1 << 16)) and (found := chunk.find(b"\n")) < 0:
            pass
        if not chunk:
            return
        place = file.tell() - len(chunk) + found + 1
        yield place
        place += size
