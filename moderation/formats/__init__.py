"""Comment dumps and pages: each format in a module of its own, read as a stream of rows and rejects.

The seam: `found` names the inputs, each a `Split` that is the whole of it; `splits` cuts one into splits that are
read by themselves; `read` yields the rows of a split in order, with a reject or a skip, and its position, for every
record that gives none.
"""

from collections.abc import Iterator

from moderation.formats.opening import STDIN, opened, opened_raw, unreadable
from moderation.formats.recognition import FORMATS, Format, recognised
from moderation.formats.rows import Fields, Reject, Row, Skipped, Split
from moderation.formats.sources import found
from moderation.formats.splitting import splits

_RAW = ("parquet", "warc")  # formats that are read as they lie on the disk


def read(split: Split, fields: Fields | None = None) -> Iterator[Row | Reject | Skipped]:
    """Yield the comments of a split in order, a reject for every record that cannot be read, and a skip for every one
    that is no comment any more (deleted, removed). Memory is bounded by a few records.

    Raises InputError where nothing of it can be read, MissingExtra where an optional package is needed.
    """
    fields = fields or Fields()
    if split.format in _RAW:
        try:
            with opened_raw(split.source) as raw:
                if split.format == "parquet":
                    from moderation.formats.parquet import read_parquet

                    yield from read_parquet(raw, split, fields)
                else:
                    from moderation.formats.pages import read_archive

                    yield from read_archive(raw, split.source)
        except OSError as error:
            raise unreadable(split.source, error) from None
        return
    with opened(split.source) as file:
        if split.start:
            file.seek(split.start)
        if split.format == "jsonl":
            from moderation.formats.jsonl import read_jsonl

            yield from read_jsonl(file, split, fields)
        elif split.format in ("csv", "tsv"):
            from moderation.formats.csv import read_csv

            yield from read_csv(file, split, fields)
        else:
            from moderation.formats.pages import read_page  # brings the extraction, which dumps do not need

            yield from read_page(file, split.source, split.format)


def read_rows(
    source: str, *, format: str | None = None, fields: Fields | None = None
) -> Iterator[Row | Reject | Skipped]:
    """Yield what `read` does of a whole path, or of "-" for standard input, in the `format` given or recognised."""
    yield from read(Split(source, recognised(source, format, fields)), fields)


__all__ = [
    "FORMATS",
    "STDIN",
    "Fields",
    "Format",
    "Reject",
    "Row",
    "Skipped",
    "Split",
    "found",
    "read",
    "read_rows",
    "recognised",
    "splits",
]
