"""Which format an input has: seen from how it begins, else from its name."""

import codecs
import csv
import re
from dataclasses import dataclass
from pathlib import PurePath

from moderation.errors import InputError
from moderation.formats.csv import DELIMITERS
from moderation.formats.opening import STDIN, head
from moderation.formats.rows import Fields

_HEAD = 1 << 16  # bytes that are looked at, unpacked
_PACKED = (".gz", ".zst", ".bz2", ".xz")


@dataclass(frozen=True, slots=True)
class Format:
    """One format: what it is, what it gives of a comment besides the text, and what tells it."""

    what: str
    gives: str
    told_by: str


FORMATS = {
    "jsonl": Format(
        "JSON Lines, one object a line",
        "id, author, time, parent, lang",
        "a line that begins with {, or .jsonl, .ndjson",
    ),
    "csv": Format(
        "CSV with a header line", "id, author, time, parent, lang", "a header line with the text's column, or .csv"
    ),
    "tsv": Format(
        "tab-separated values with a header line",
        "id, author, time, parent, lang",
        "a header line with the text's column, or .tsv",
    ),
    "parquet": Format("Apache Parquet", "id, author, time, parent, lang", "its first bytes (PAR1)"),
    "text": Format("a page as plain text; its comments are separated first", "author, time, parent", ".txt"),
    "html": Format(
        "a page as HTML; its comments are separated first", "author, time, parent", "its first tag, or .html, .htm"
    ),
    "warc": Format(
        "web archive (WARC, WET); the comments of its pages are separated first",
        "author, time, parent, site, thread (URL)",
        "its first bytes (WARC/)",
    ),
}
_SUFFIXES = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
    ".txt": "text",
    ".html": "html",
    ".htm": "html",
    ".warc": "warc",
    ".wet": "warc",
}
_HTML = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype html|html|head|body)\b", re.I | re.S)


def recognised(source: str, given: str | None = None, fields: Fields | None = None) -> str:
    """Return the format of a source: the one `given`, else the one that its beginning shows, else by its name (an
    ending that says that it is packed aside). Standard input that shows nothing is JSON Lines.

    fields: the columns by which the header line of CSV is known.

    Raises InputError for a format that is not known, and for a source that cannot be read or that nothing tells.
    """
    if given is not None:
        if given == "wet":
            return "warc"
        if given not in FORMATS:
            raise InputError(f"Format {given!r} is not known. Give one of: {', '.join(FORMATS)}.")
        return given
    kind = seen(source, fields or Fields())
    if kind is None:
        raise InputError(
            f"{source}: neither its content nor its name tells a format. Give one with --format: {', '.join(FORMATS)}."
        )
    return kind


def seen(source: str, fields: Fields) -> str | None:
    """Return the format that a source's beginning or name shows, None where neither does. Raises InputError where it
    cannot be read.
    """
    shown = _shown(head(source, _HEAD).removeprefix(codecs.BOM_UTF8), fields)
    if shown is not None or source == STDIN:
        return shown or "jsonl"
    return _SUFFIXES.get(PurePath(unpacked_name(source)).suffix.lower())


def unpacked_name(name: str) -> str:
    """Return a file's name without the ending that says that it is packed."""
    return next((name[: -len(end)] for end in _PACKED if name.lower().endswith(end)), name)


def _shown(data: bytes, fields: Fields) -> str | None:
    """Return the format that the first bytes of an input show, None where they could be of several."""
    if data.startswith(b"PAR1"):
        return "parquet"
    if data.startswith(b"WARC/"):
        return "warc"
    if data.lstrip().startswith(b"{"):
        return "jsonl"
    if _HTML.match(data):
        return "html"
    line = data.partition(b"\n")[0].decode("utf-8", "replace").strip("\r")
    for name, delimiter in DELIMITERS.items():
        try:
            columns = next(csv.reader([line], delimiter=delimiter), [])
        except csv.Error:
            continue
        if len(columns) > 1 and fields.text in (column.strip() for column in columns):
            return name
    return None
