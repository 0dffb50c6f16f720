"""Comment dumps and pages: each format in a module of its own, read as a stream of rows and rejects."""

from collections.abc import Iterator
from pathlib import PurePath

from moderation.errors import InputError
from moderation.formats.opening import STDIN, opened
from moderation.formats.rows import Fields, Reject, Row

FORMATS = {
    "jsonl": "JSON Lines: one object a line (.jsonl, .ndjson)",
    "csv": "CSV with a header line (.csv)",
    "tsv": "tab-separated values with a header line (.tsv)",
    "text": "a page as plain text; its comments are separated first (.txt)",
    "html": "a page as HTML; its comments are separated first (.html, .htm)",
}
_SUFFIXES = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".txt": "text",
    ".html": "html",
    ".htm": "html",
}


def format_of(source: str, given: str | None) -> str:
    """Return the format of a source: the one `given`, or by its name (a .gz at the end aside); JSONL for standard
    input.

    Raises InputError for a format or a name that is not known.
    """
    if given is not None:
        if given not in FORMATS:
            raise InputError(f"Format {given!r} is not known. Give one of: {', '.join(FORMATS)}.")
        return given
    if source == STDIN:
        return "jsonl"
    name = PurePath(source.removesuffix(".gz"))
    if name.suffix.lower() not in _SUFFIXES:
        raise InputError(f"{source}: the name tells no format. Give one with --format: {', '.join(FORMATS)}.")
    return _SUFFIXES[name.suffix.lower()]


def read_rows(source: str, *, format: str | None = None, fields: Fields | None = None) -> Iterator[Row | Reject]:
    """Yield the comments of a path, or of "-" for standard input, and a reject for every record that cannot be read.

    Raises InputError where nothing of it can be read.
    """
    from moderation.formats.csv import read_csv
    from moderation.formats.jsonl import read_jsonl

    kind = format_of(source, format)
    fields = fields or Fields()
    with opened(source) as file:
        if kind == "jsonl":
            yield from read_jsonl(file, source, fields)
        elif kind in ("csv", "tsv"):
            yield from read_csv(file, source, fields, delimiter="\t" if kind == "tsv" else ",")
        else:
            from moderation.formats.pages import read_page  # brings the extraction, which dumps do not need

            yield from read_page(file, source, kind)


__all__ = ["FORMATS", "STDIN", "Fields", "Reject", "Row", "format_of", "read_rows"]
