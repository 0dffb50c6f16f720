"""`moderation extract`."""

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer

from moderation.cli.console import said_if_slow, say, watched
from moderation.cli.output import check_output, is_stream, written
from moderation.cli.rejects import check_rejects, rejects_aside
from moderation.cli.running import Jobs, Restart, Running, ShardSize, carried_out
from moderation.errors import InputError

_SHARD = 8.0  # MB of pages that take some seconds


def extract(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE|DIR|GLOB...", help='Pages (.txt, .html), web archives (.warc, .wet), also .gz; or "-".'
        ),
    ],
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE|DIR/",
            help='.jsonl, .jsonl.gz, .jsonl.zst or .parquet; a folder of parts, if the name ends in "/". [default: '
            "standard output]",
        ),
    ] = None,
    format: Annotated[
        str | None, typer.Option(help="text, html, warc or wet. [default: seen from each content]")
    ] = None,
    only: Annotated[
        str | None, typer.Option(metavar="PART", help="Write only the comments, or only the article.")
    ] = None,
    timeout: Annotated[float, typer.Option(metavar="SECONDS", min=0.01, help="Cut off a page that takes longer.")] = 30,
    memory: Annotated[int, typer.Option(metavar="MB", min=1, help="Cut off a page that needs more memory.")] = 2000,
    max_rejects: Annotated[
        int,
        typer.Option(metavar="N", help="Exit with 3 if more pages than this cannot be read (the others are written)."),
    ] = 0,
    jobs: Jobs = 0,
    restart: Restart = False,
    shard_size: ShardSize = 0,
    show: Annotated[
        bool, typer.Option("--show", help="Paint one page by its parts, as HTML (default: PAGE-shown.html).")
    ] = False,
) -> None:
    """Separate the reader comments of pages from their articles: one JSON object a page.

    A run into a file or a folder that is interrupted goes on where it was when the same command is given again.

    Example: `moderation extract page.html crawl.warc.gz saved/ --output pages.jsonl`
    """
    from moderation.batch.bounded import LIMITS_MEMORY, Bounded, Limits
    from moderation.batch.extract import Extraction, Summary, document_rows, painted, release, warm_up, write_documents
    from moderation.batch.output import ending
    from moderation.formats.pages import PAGE_FORMATS, page_files, pages

    if only not in (None, "comments", "article"):
        raise typer.BadParameter("give comments or article", param_hint="--only")
    if format not in (None, *PAGE_FORMATS):
        raise typer.BadParameter(f"give one of {', '.join(PAGE_FORMATS)}", param_hint="--format")
    if show and only:
        raise typer.BadParameter("leave out --only: a page is shown whole", param_hint="--show")
    target = output or (_shown_name(inputs[0]) if show else "-")
    if not LIMITS_MEMORY:
        say("This system cannot limit the memory of a process: --memory is not applied.")
    limits = Limits(timeout, memory)
    files = _no_output(page_files(inputs), target)
    if show:
        with _reading(Bounded(limits, warm_up)) as process:
            _show(pages(files, format), process, painted, target)
        return
    if is_stream(target) or "-" in inputs:
        summary, started = Summary(), time.monotonic()
        with _reading(Bounded(limits, warm_up)) as process, written(target) as file, rejects_aside(target) as on_reject:
            rows = document_rows(pages(files, format), process, summary, on_reject, only)
            watched_rows = watched(rows, summary.line, summary.headline)
            write_documents(watched_rows, file, ending(target), only)
        rate = f"; {summary.pages / max(time.monotonic() - started, 1e-9):,.1f} pages/s"
    else:
        try:
            job = Extraction(limits, only, format)
            summary = carried_out(job, map(_split, files), target, Running(jobs, shard_size or _SHARD, restart))
        finally:
            release()
        rate = ""
    say(summary.line() + rate)
    check_rejects(summary.rejects, max_rejects, "pages")


@contextlib.contextmanager
def _reading(process: Any) -> Iterator[Any]:
    with process:
        with said_if_slow("Loading what reads pages; the first time it is compiled for this machine (20 seconds) ..."):
            process.start()
        yield process


def _show(found: Iterable[Any], process: Any, painted: Callable[..., Any], target: str) -> None:
    page = _only_page(found)
    try:
        html = process.call(painted, page)
    except InputError as error:
        raise InputError(f"{page.source}: {error}.") from None
    with written(target) as file:
        file.write(html.encode("utf-8", "replace"))
    if target != "-":
        say(f"Wrote {target}.")


def _split(item: Any) -> Any:
    """Return a file as an input of a run, or a reject where it cannot be read."""
    from moderation.formats import Reject, Split

    if not isinstance(item, str):
        return item
    try:
        with Path(item).open("rb"):
            return Split(item, "")
    except OSError as error:
        return Reject(item, f"cannot be read ({error.strerror})")


def _no_output(found: Iterable[Any], output: str) -> Iterator[Any]:
    """Pass files on. Raises OutputError where one of them is the output."""
    for item in found:
        if isinstance(item, str):
            check_output(output, [item])
        yield item


def _shown_name(source: str) -> str:
    return "-" if source == "-" else f"{Path(source.removesuffix('.gz')).stem or 'page'}-shown.html"


def _only_page(found: Iterable[Any]) -> Any:
    """Return the page among what was found. Raises InputError where there is none, or more than one."""
    from moderation.formats.rows import Page, Reject

    items = list(islice((item for item in found if isinstance(item, Page | Reject)), 2))
    if len(items) != 1:
        raise InputError(f"--show paints one page, and {'more are' if items else 'none is'} here. Name one.")
    if isinstance(items[0], Reject):
        raise InputError(f"{items[0].position}: {items[0].reason}.")
    return items[0]
