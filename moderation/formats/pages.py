"""Pages: plain text and HTML, taken apart first; each reader comment is a row."""

from collections.abc import Iterator
from dataclasses import replace
from typing import IO

from moderation.extraction.page import extract
from moderation.formats.opening import whole
from moderation.formats.rows import Reject, Row


def read_page(file: IO[bytes], source: str, format: str) -> Iterator[Row | Reject]:
    """Yield the comments of one page; their ids are the page's name and their number on it, "page.html#3"."""
    data = whole(file, source)
    if isinstance(data, Reject):
        yield data
        return
    for number, comment in enumerate(extract(data, format=format).comments, start=1):
        row_id = f"{source}#{number}"
        yield Row(row_id, replace(comment, id=row_id))
