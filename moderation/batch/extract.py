"""Separating pages in batch: pages in, a row a page out, and what happened to the others counted."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from moderation.batch.bounded import Bounded
from moderation.errors import InputError
from moderation.extraction.encoding import decode
from moderation.extraction.page import extract
from moderation.extraction.show import show
from moderation.formats.rows import Page, Reject, Skipped
from moderation.types import Document


@dataclass(slots=True)
class Summary:
    """What a run did: pages separated, those with comments, comments; what was skipped and rejected, by reason."""

    pages: int = 0
    with_comments: int = 0
    comments: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    rejects: Counter[str] = field(default_factory=Counter)
    started: float = field(default_factory=time.monotonic)

    def figures(self) -> dict[str, Any]:
        """Return the counts as a JSON-ready object."""
        seconds = time.monotonic() - self.started
        return {
            "pages": self.pages,
            "with_comments": self.with_comments,
            "comments": self.comments,
            "rejected": dict(self.rejects),
            "skipped": dict(self.skipped),
            "seconds": round(seconds, 1),
            "pages_per_second": round(self.pages / max(seconds, 1e-9), 1),
        }

    def line(self) -> str:
        """Return the counts as one line for people."""
        parts = [f"{self.pages:,} pages", f"{self.with_comments:,} with comments", f"{self.comments:,} comments"]
        parts += [f"rejected {n:,} ({reason})" for reason, n in self.rejects.most_common()]
        parts += [f"skipped {n:,} ({reason})" for reason, n in self.skipped.most_common()]
        return "; ".join([*parts, f"{self.figures()['pages_per_second']:,} pages/s"])


def separated(page: Page) -> Document:
    """Return the document that a page holds."""
    return extract(decode(page.data, page.charset), url=page.url, format=page.format)


def painted(page: Page) -> str:
    """Return a page of HTML that shows what `separated` makes of a page."""
    return show(decode(page.data, page.charset), url=page.url, format=page.format)


def warm_up() -> None:
    """Load what both kinds of pages need."""
    extract("<p>warm", format="html")
    extract("warm", format="text")


def document_rows(
    found: Iterable[Page | Reject | Skipped],
    process: Bounded,
    summary: Summary,
    on_reject: Callable[[Reject], None],
    only: str | None = None,
) -> Iterator[dict[str, Any]]:
    """Yield one JSON-ready object a page: source, url, date, title, article, comments (`only` one of the last two, if
    given). Count everything in `summary`. Memory is bounded by one page.
    """
    for item in found:
        if isinstance(item, Skipped):
            summary.skipped[item.reason] += 1
            continue
        outcome = _tried(item, process) if isinstance(item, Page) else item
        if isinstance(outcome, Reject):
            summary.rejects[outcome.reason] += 1
            on_reject(outcome)
        else:
            page, document = outcome
            summary.pages += 1
            summary.with_comments += bool(document.comments)
            summary.comments += len(document.comments)
            yield _row(page, document, only)


def _tried(page: Page, process: Bounded) -> tuple[Page, Document] | Reject:
    try:
        return page, process.call(separated, page)
    except InputError as error:
        return Reject(page.source, str(error))


def _row(page: Page, document: Document, only: str | None) -> dict[str, Any]:
    row: dict[str, Any] = {"source": page.source, "url": page.url, "date": page.date, "title": document.title}
    if only != "comments":
        row["article"] = document.article
    if only != "article":
        row["comments"] = [asdict(comment) for comment in document.comments]
    return row
