"""Pages: single files of plain text and HTML, and web archives of many."""

import io
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import IO
from urllib.parse import urlsplit

from moderation.extraction.encoding import decode
from moderation.extraction.page import extract
from moderation.formats.opening import beginning, opened_raw, whole
from moderation.formats.packing import unpacked
from moderation.formats.recognition import unpacked_name
from moderation.formats.rows import Page, Reject, Row, Skipped
from moderation.formats.sources import files
from moderation.formats.warc import is_archive, read_warc

PAGE_FORMATS = ("text", "html", "warc", "wet")
_NAMES = (".html", ".htm", ".xhtml", ".shtml", ".txt", ".warc", ".wet")
# How files begin that are neither text nor HTML, whatever their name says.
_BINARY = (b"%PDF-", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"PK\x03\x04", b"\x7fELF", b"RIFF", b"wOFF", b"wOF2", b"ID3")
_HEAD = 16  # bytes that tell these, and an archive, from a page


def page_files(sources: Iterable[str]) -> Iterator[str | Reject | Skipped]:
    """Yield the files that `sources` name, as `files` does; of a directory those named like pages."""
    return files(sources, lambda name: unpacked_name(name).lower().endswith(_NAMES), "not the name of a page")


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
    yield from [data] if isinstance(data, Reject) else comments_of(Page(source, data, format))


def read_archive(raw: io.BufferedReader, source: str) -> Iterator[Row | Reject | Skipped]:
    """Yield the comments of every page of a web archive. Raises MissingExtra without FastWARC."""
    for item in read_warc(raw, source):
        yield from comments_of(item) if isinstance(item, Page) else (item,)


def comments_of(page: Page) -> Iterator[Row]:
    """Yield the comments of a page, each with the page's host and URL."""
    site = urlsplit(page.url).hostname if page.url else None
    document = extract(decode(page.data, page.charset), format=page.format)
    for number, comment in enumerate(document.comments, start=1):
        row_id = f"{page.source}#{number}"
        yield Row(row_id, replace(comment, id=row_id), site, page.url)


def _read(source: str, format: str | None) -> Iterator[Page | Reject | Skipped]:
    try:
        with opened_raw(source) as raw:
            head = beginning(raw, _HEAD)
            if format in ("warc", "wet") or (format is None and is_archive(head)):
                yield from read_warc(raw, source)
            elif head.startswith(_BINARY):
                yield Reject(source, "neither text nor HTML")
            else:
                data = whole(unpacked(raw), source)
                yield data if isinstance(data, Reject) else Page(source, data, format)
    except OSError as error:
        yield Reject(source, f"cannot be read ({error.strerror})")
