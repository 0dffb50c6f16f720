"""Many pages: files, directories, WARC and WET archives in; one row of JSON a page out, in constant memory.

Each page is separated in a child process that is killed when a page takes too long or too much memory; what happened
to it is a row, too, and is counted.
"""

import json
import multiprocessing
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Literal

from moderation.errors import InputError, ModerationError, OutputError
from moderation.extraction.page import extract

_ARCHIVES = (".warc", ".warc.gz", ".wet", ".wet.gz", ".warc.wet.gz", ".warc.wet")
_PAGES = {".html": "html", ".htm": "html", ".xhtml": "html", ".txt": "text"}


@dataclass(frozen=True, slots=True)
class Page:
    """One page as it was found: `name` is its file (and record), `format` None where it is to be recognised."""

    name: str
    data: bytes
    url: str | None = None
    format: str | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds of wall time and bytes of address space that one page may take; pages over `size` bytes are not tried."""

    seconds: float = 30.0
    memory: int = 4 << 30
    size: int = 64 << 20


def pages(paths: Iterable[Path]) -> Iterator[Page]:
    """Yield the pages of files, of WARC and WET archives, and of directories (all of these and .txt below, sorted).

    Raises InputError if a path does not exist or an archive cannot be read.
    """
    for path in paths:
        if path.is_dir():
            for below in sorted(path.rglob("*")):
                if below.is_file() and (below.suffix.lower() in _PAGES or below.name.lower().endswith(_ARCHIVES)):
                    yield from pages([below])
        elif not path.exists():
            raise InputError(f"{path} does not exist; give a file, a directory or a WARC or WET archive")
        elif path.name.lower().endswith(_ARCHIVES):
            yield from _records(path)
        else:
            yield Page(str(path), path.read_bytes(), format=_PAGES.get(path.suffix.lower()))


def _records(path: Path) -> Iterator[Page]:
    try:
        from fastwarc.warc import ArchiveIterator, WarcRecordType
    except ImportError as error:
        raise InputError(f"{path} is a web archive, which needs a package more. Run: pip install fastwarc") from error
    with path.open("rb") as file:
        wanted = WarcRecordType.response | WarcRecordType.conversion
        for record in ArchiveIterator(file, record_types=wanted, parse_http=True):
            kind = record.http_content_type or record.headers.get("Content-Type") or ""
            converted = record.record_type == WarcRecordType.conversion
            if converted or "html" in kind or "text/plain" in kind:
                format = "html" if "html" in kind else "text"
                yield Page(
                    f"{path}#{record.record_id}", record.reader.read(), record.headers.get("WARC-Target-URI"), format
                )


def extract_pages(
    found: Iterable[Page],
    output: Path,
    limits: Limits | None = None,
    only: Literal["comments", "article"] | None = None,
) -> Counter[str]:
    """Write a row of JSON for each page to `output` (aside, then renamed) and return how many ended in which way.

    A row holds name, url, title, article and comments, or name and error; the ends are "extracted", "error",
    "too long", "too much memory" and "too large". Raises OutputError if `output` cannot be written.
    """
    counts: Counter[str] = Counter()
    aside = output.with_name(output.name + ".partial")
    try:
        with aside.open("w", encoding="utf-8") as file, Worker(limits or Limits()) as worker:
            for page in found:
                end, row = worker.extract(page)
                counts[end] += 1
                if only:
                    row.pop("article" if only == "comments" else "comments", None)
                file.write(json.dumps(row, ensure_ascii=False).replace("\u2028", "\\u2028") + "\n")
        aside.replace(output)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise OutputError(f"{output} cannot be written: {error.strerror}") from error
    return counts


class Worker:
    """A child process that separates pages, and is replaced when one of them kills it."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._context = multiprocessing.get_context("spawn")
        self._process: multiprocessing.process.BaseProcess | None = None
        self._pipe: Connection | None = None

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def extract(self, page: Page) -> tuple[str, dict[str, object]]:
        """Return how it ended and the row of the page."""
        row: dict[str, object] = {"name": page.name, "url": page.url}
        if len(page.data) > self._limits.size:
            return "too large", row | {"error": f"{len(page.data)} bytes are more than {self._limits.size}"}
        if self._pipe is None:
            self._start()
        assert self._pipe is not None  # noqa: S101 - _start has set it; mypy cannot see that
        try:
            self._pipe.send(page)
            if not self._pipe.poll(self._limits.seconds):
                self._stop()
                return "too long", row | {"error": f"took more than {self._limits.seconds} seconds"}
            end, result = self._pipe.recv()
        except (EOFError, BrokenPipeError, ConnectionResetError):
            self._stop()
            return "too much memory", row | {"error": "the process that read the page died"}
        return end, row | result

    def _start(self) -> None:
        self._pipe, theirs = self._context.Pipe()
        self._process = self._context.Process(target=_serve, args=(theirs, self._limits.memory), daemon=True)
        self._process.start()
        theirs.close()
        self._pipe.poll(60)  # the child says when its imports are done, so that they count against no page
        self._pipe.recv()

    def _stop(self) -> None:
        if self._process is not None and self._pipe is not None:
            self._pipe.close()
            self._process.kill()
            self._process.join()
        self._process = self._pipe = None


def _serve(pipe: Connection, memory: int) -> None:
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    extract("<p>warm", format="html")
    extract("warm", format="text")
    pipe.send(os.getpid())
    while True:
        try:
            page = pipe.recv()
        except EOFError:
            return
        try:
            document = asdict(extract(page.data, url=page.url, format=page.format))
            pipe.send(
                (
                    "extracted",
                    {"title": document["title"], "article": document["article"], "comments": document["comments"]},
                )
            )
        except MemoryError:
            pipe.send(("too much memory", {"error": "needed more memory than allowed"}))
        except (ModerationError, RecursionError, ValueError) as error:
            pipe.send(("error", {"error": f"{type(error).__name__}: {error}"}))
