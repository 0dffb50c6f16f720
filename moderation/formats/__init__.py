"""Comment dumps and pages: each format in a module of its own, read as a stream of rows and rejects.

The seam: `found` names the inputs, each a `Split` that is the whole of it; `splits` cuts one into splits that are
read by themselves; `read` yields the rows of a split in order, with a reject or a skip, and its position, for every
record that gives none.
"""

from collections.abc import Iterable, Iterator
from io import BufferedReader
from typing import IO

from moderation.formats.opening import STDIN, opened, opened_raw, unreadable
from moderation.formats.recognition import FORMATS, Format, recognised
from moderation.formats.rows import Fields, Reject, Row, Skipped, Split
from moderation.formats.sources import found
from moderation.formats.splitting import splits

WRITABLE = ("jsonl", "csv", "tsv", "parquet", "reddit", "disqus", "wxr")


def read(split: Split, fields: Fields | None = None) -> Iterator[Row | Reject | Skipped]:
    """Yield the comments of a split in order, a reject for every record that cannot be read, and a skip for every one
    that is no comment any more (deleted, removed). Memory is bounded by a few records.

    Raises InputError where nothing of it can be read, MissingExtra where an optional package is needed.
    """
    if split.format in ("parquet", "warc"):  # read as they lie on the disk
        try:
            with opened_raw(split.source) as raw:
                yield from _read_raw(raw, split, fields or Fields())
        except OSError as error:
            raise unreadable(split.source, error) from None
        return
    with opened(split.source) as file:
        if split.start:
            file.seek(split.start)
        yield from read_unpacked(file, split, fields or Fields())


def write(rows: Iterable[Row], file: IO[bytes], format: str) -> None:
    """Write rows in one of WRITABLE. Raises MissingExtra where an optional package is needed."""
    from moderation.formats import csv, disqus, jsonl, parquet, reddit, wxr

    if format == "tsv":
        csv.write_csv(rows, file, delimiter="\t")
        return
    writers = {
        "jsonl": jsonl.write_jsonl,
        "csv": csv.write_csv,
        "parquet": parquet.write_parquet,
        "reddit": reddit.write_reddit,
        "disqus": disqus.write_disqus,
        "wxr": wxr.write_wxr,
    }
    writers[format](rows, file)


def read_rows(
    source: str, *, format: str | None = None, fields: Fields | None = None
) -> Iterator[Row | Reject | Skipped]:
    """Yield what `read` does of a whole path, or of "-" for standard input, in the `format` given or recognised."""
    yield from read(Split(source, recognised(source, format, fields)), fields)


def _read_raw(raw: BufferedReader, split: Split, fields: Fields) -> Iterator[Row | Reject | Skipped]:
    if split.format == "parquet":
        from moderation.formats.parquet import read_parquet

        yield from read_parquet(raw, split, fields)
    else:
        from moderation.formats.pages import read_archive

        yield from read_archive(raw, split.source)


def read_unpacked(file: BufferedReader, split: Split, fields: Fields) -> Iterator[Row | Reject | Skipped]:
    """Yield what `read` does, out of an unpacked stream that stands at `split.start`; not for formats that are read as
    they lie on the disk.
    """
    # Each is imported where it is needed: some bring an XML parser, pages bring the extraction.
    if split.format == "jsonl":
        from moderation.formats.jsonl import read_jsonl

        yield from read_jsonl(file, split, fields)
    elif split.format in ("csv", "tsv"):
        from moderation.formats.csv import read_csv

        yield from read_csv(file, split, fields)
    elif split.format == "reddit":
        from moderation.formats.reddit import read_reddit

        yield from read_reddit(file, split)
    elif split.format == "hackernews":
        from moderation.formats.hackernews import read_hackernews

        yield from read_hackernews(file, split)
    elif split.format == "discourse":
        from moderation.formats.discourse import read_discourse

        yield from read_discourse(file, split)
    elif split.format == "phpbb":
        from moderation.formats.phpbb import read_phpbb

        yield from read_phpbb(file, split)
    elif split.format == "disqus":
        from moderation.formats.disqus import read_disqus

        yield from read_disqus(file, split)
    elif split.format == "wxr":
        from moderation.formats.wxr import read_wxr

        yield from read_wxr(file, split)
    else:
        from moderation.formats.pages import read_page

        yield from read_page(file, split.source, split.format)


__all__ = [
    "FORMATS",
    "STDIN",
    "WRITABLE",
    "Fields",
    "Format",
    "Reject",
    "Row",
    "Skipped",
    "Split",
    "found",
    "read",
    "read_rows",
    "read_unpacked",
    "recognised",
    "splits",
    "write",
]
