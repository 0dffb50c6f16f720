"""Separating pages in batch: pages in, a row a page out, and what happened to the others counted."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field, fields
from typing import IO, Any, ClassVar, Self

from moderation import __version__
from moderation.batch.bounded import Bounded, Limits
from moderation.batch.output import Tables, without_surrogates
from moderation.batch.run import OnReject
from moderation.batch.shards import Shard
from moderation.errors import InputError
from moderation.extraction.encoding import decode
from moderation.extraction.page import extract
from moderation.extraction.show import show
from moderation.formats.pages import pages
from moderation.formats.rows import Page, Reject, Skipped
from moderation.types import Document

_ROWS = 100  # documents of a table; some are long


@dataclass(slots=True)
class Summary:
    """What a run did: pages separated, those with comments, comments; what was skipped and rejected, by reason."""

    pages: int = 0
    with_comments: int = 0
    comments: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    rejects: Counter[str] = field(default_factory=Counter)

    def pass_over(self, item: Reject | Skipped) -> None:
        """Count what gives no row."""
        (self.rejects if isinstance(item, Reject) else self.skipped)[item.reason] += 1

    def add(self, other: Self) -> None:
        """Add what a later shard has counted."""
        self.pages += other.pages
        self.with_comments += other.with_comments
        self.comments += other.comments
        self.skipped.update(other.skipped)
        self.rejects.update(other.rejects)

    def rejected(self) -> int:
        """Return how many pages were rejected."""
        return self.rejects.total()

    def headline(self) -> dict[str, int]:
        """Return the counts to be shown while a run goes on."""
        return {"pages": self.pages, "comments": self.comments, "rejected": self.rejected()}

    def line(self) -> str:
        """Return the counts as one line for people."""
        parts = [f"{self.pages:,} pages", f"{self.with_comments:,} with comments", f"{self.comments:,} comments"]
        parts += [f"rejected {n:,} ({reason})" for reason, n in self.rejects.most_common()]
        parts += [f"skipped {n:,} ({reason})" for reason, n in self.skipped.most_common()]
        return "; ".join(parts)

    def to_json(self) -> bytes:
        """Return the counts as a line of JSON."""
        return json.dumps({f.name: getattr(self, f.name) for f in fields(self)}, sort_keys=True).encode() + b"\n"

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """Return the counts that `to_json` has written. Raises ValueError, TypeError or LookupError for others."""
        table = json.loads(data)
        return cls(**table | {name: Counter(table[name]) for name in ("skipped", "rejects")})


@dataclass(frozen=True, slots=True)
class Extraction:
    """How the pages of shards are separated and written: `only` "comments" or "article", if given; the `format` that
    all have, if given; the limits of a page.
    """

    limits: Limits
    only: str | None = None
    format: str | None = None
    tally: ClassVar[type[Summary]] = Summary

    def describe(self) -> dict[str, Any]:
        """Return all that the rows depend on besides the inputs."""
        return {
            "command": "extract",
            "version": __version__,
            "only": self.only,
            "format": self.format,
            "timeout": self.limits.seconds,
            "memory": self.limits.memory,
        }

    def do(self, shard: Shard, part: IO[bytes], ending: str, on_reject: OnReject) -> Summary:
        """Write the rows of a shard. Raises OutputError, and ModerationError where no process can be started."""
        summary = Summary()
        found = pages((split.source for split in shard.splits), self.format)
        write_documents(
            document_rows(found, _bounded(self.limits), summary, on_reject, self.only), part, ending, self.only
        )
        return summary


def write_documents(rows: Iterable[dict[str, Any]], file: IO[bytes], ending: str, only: str | None) -> None:
    """Write the rows of documents in the form that the `ending` of a file's name tells."""
    if ending != ".parquet":
        for row in rows:
            file.write(json.dumps(row, separators=(",", ":")).encode() + b"\n")
        return
    import pyarrow as pa

    schema = _schema(only)
    tables = Tables(file, schema)
    held: list[dict[str, Any]] = []
    for row in rows:
        held.append(without_surrogates(row))
        if len(held) == _ROWS:
            tables.write(pa.Table.from_pylist(held, schema))
            held = []
    tables.write(pa.Table.from_pylist(held, schema))
    tables.close()


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
        outcome = _tried(item, process) if isinstance(item, Page) else item
        if isinstance(outcome, Reject | Skipped):
            summary.pass_over(outcome)
            if isinstance(outcome, Reject):
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


def _schema(only: str | None) -> Any:
    import pyarrow as pa

    text = pa.string()
    names = ("text", "id", "author", "time", "parent", "lang", "raw_time")
    comment = pa.struct([*((name, text) for name in names), ("votes", pa.int64()), ("pingback", pa.bool_())])
    fields = [(name, text) for name in ("source", "url", "date", "title")]
    fields += [("article", text)] if only != "comments" else []
    fields += [("comments", pa.list_(comment))] if only != "article" else []
    return pa.schema(fields)


_last: tuple[Limits, Bounded] | None = None


def _bounded(limits: Limits) -> Bounded:
    """Return the process that reads pages for this one, which has one for all shards."""
    global _last
    if _last is None or _last[0] != limits:
        release()
        _last = (limits, Bounded(limits, warm_up))
    return _last[1]


def release() -> None:
    """End the process that reads pages for this one, if there is any."""
    global _last
    if _last is not None:
        _last[1].close()
        _last = None
