"""Separating pages in batch."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

from moderation.errors import InputError
from moderation.extraction.page import extract
from moderation.formats.opening import opened, whole
from moderation.formats.rows import Reject


def document_rows(
    sources: Sequence[str], format: str | None, only: str | None, on_reject: Callable[[str, str], None]
) -> Iterator[dict[str, Any]]:
    """Yield one JSON-ready object a page: source, title, article, comments (`only` one of the latter two, if given)."""
    for source in sources:
        try:
            with opened(source) as file:
                data = whole(file, source)
        except InputError as error:
            on_reject(source, str(error))
            continue
        if isinstance(data, Reject):
            on_reject(data.position, data.reason)
            continue
        document = extract(data, format=format)
        row: dict[str, Any] = {"source": source, "title": document.title}
        if only != "comments":
            row["article"] = document.article
        if only != "article":
            row["comments"] = [asdict(comment) for comment in document.comments]
        yield row
