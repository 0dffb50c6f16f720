"""Pages: single files of plain text and HTML, directories of them, and web archives."""

import glob
import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO

from moderation.extraction.page import extract
from moderation.formats.opening import STDIN, beginning, opened_raw, unpacked, whole
from moderation.formats.rows import Page, Reject, Row, Skipped
from moderation.formats.warc import is_archive, read_warc

PAGE_FORMATS = ("text", "html", "warc", "wet")
_NAMES = (".html", ".htm", ".xhtml", ".shtml", ".txt", ".warc", ".wet")
# How files begin that are neither text nor HTML, whatever their name says.
_BINARY = (b"%PDF-", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"PK\x03\x04", b"\x7fELF", b"RIFF", b"wOFF", b"wOF2", b"ID3")
_HEAD = 16  # bytes that tell these, and an archive, from a page


def files(sources: Iterable[str]) -> Iterator[str | Reject | Skipped]:
    """Yield the files that `sources` name: files, directories, patterns, and "-" for standard input.

    Of a directory, those below it whose names say that they are pages; all others are skipped. A pattern, such as
    "site/**", is what names no file; it gives the files that it matches, whatever their names.
    """
    for source in sources:
        path = Path(source)
        if source == STDIN:
            yield source
        elif path.is_dir():
            yield from _below(source)
        elif glob.has_magic(source) and not path.exists():
            # Path.glob takes no absolute pattern.
            found = sorted(name for name in glob.glob(source, recursive=True) if not Path(name).is_dir())  # noqa: PTH207
            if not found:
                yield Reject(source, "matches no file")
            yield from found
        else:
            yield source


def pages(found: Iterable[str | Reject | Skipped], format: str | None = None) -> Iterator[Page | Reject | Skipped]:
    """Yield the pages of files, one at a time, in order.

    format: one of PAGE_FORMATS; None recognises web archives by their first bytes and leaves the rest to `extract`.
    """
    for item in found:
        if isinstance(item, str):
            yield from _read(item, format)
        else:
            yield item


def read_page(file: IO[bytes], source: str, format: str) -> Iterator[Row | Reject]:
    """Yield the comments of one page; their ids are the page's name and their number on it, "page.html#3"."""
    data = whole(file, source)
    if isinstance(data, Reject):
        yield data
        return
    for number, comment in enumerate(extract(data, format=format).comments, start=1):
        row_id = f"{source}#{number}"
        yield Row(row_id, replace(comment, id=row_id))


def _below(folder: str) -> Iterator[str | Reject | Skipped]:
    closed: list[Reject] = []

    def on_error(error: OSError) -> None:
        closed.append(Reject(str(error.filename), f"cannot be read ({error.strerror})"))

    # One folder's names at a time: a crawl may hold more files than fit into memory.
    for place, folders, names in os.walk(folder, onerror=on_error):
        folders.sort()
        for name in sorted(names):
            file = str(Path(place) / name)
            yield file if name.lower().removesuffix(".gz").endswith(_NAMES) else Skipped(file, "not the name of a page")
    yield from closed


def _read(source: str, format: str | None) -> Iterator[Page | Reject | Skipped]:
    try:
        with opened_raw(source) as raw:
            head = beginning(raw, _HEAD)
            if format in ("warc", "wet") or (format is None and is_archive(head)):
                yield from read_warc(raw, source)
            elif head.startswith(_BINARY):
                yield Reject(source, "neither text nor HTML")
            else:
                with unpacked(raw) as file:
                    data = whole(file, source)
                yield data if isinstance(data, Reject) else Page(source, data, format)
    except OSError as error:
        yield Reject(source, f"cannot be read ({error.strerror})")
