"""`moderation extract`."""

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer

from moderation.cli.console import said_if_slow, say, watched
from moderation.cli.output import check_output, written
from moderation.cli.rejects import check_rejects, first_shown
from moderation.errors import InputError


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
            "--output", "-o", metavar="FILE", help="Where to write, .gz if the name says so. [default: standard output]"
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
    show: Annotated[
        bool, typer.Option("--show", help="Paint one page by its parts, as HTML (default: PAGE-shown.html).")
    ] = False,
) -> None:
    """Separate the reader comments of pages from their articles: one JSON object a page.

    Example: `moderation extract page.html crawl.warc.gz saved/ --output pages.jsonl`
    """
    from moderation.batch.bounded import LIMITS_MEMORY, Bounded, Limits
    from moderation.batch.extract import Summary, document_rows, painted, warm_up
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
    found = pages(_no_output(page_files(inputs), target), format)
    with Bounded(Limits(timeout, memory), warm_up) as process:
        with said_if_slow("Loading what reads pages; the first time it is compiled for this machine (20 seconds) ..."):
            process.start()
        if show:
            page = _only_page(found)
            try:
                html = process.call(painted, page)
            except InputError as error:
                raise InputError(f"{page.source}: {error}.") from None
            with written(target) as file:
                file.write(html.encode("utf-8", "replace"))
            if target != "-":
                say(f"Wrote {target}.")
            return
        summary = Summary()
        rows = document_rows(found, process, summary, first_shown(), only)
        with written(target) as file:
            for row in watched(rows, summary.line, summary.figures):
                file.write(json.dumps(row, separators=(",", ":")).encode() + b"\n")
    say(summary.line())
    check_rejects(summary.rejects, max_rejects, "pages")


def _no_output(found: Iterable[Any], output: str) -> Iterator[Any]:
    """Pass files on. Raises OutputError where one of them is the output."""
    for item in found:
        if isinstance(item, str):
            check_output(output, [item])
        yield item


def _shown_name(source: str) -> str:
    return "-" if source == "-" else f"{Path(source).name.partition('.')[0] or 'page'}-shown.html"


def _only_page(found: Iterable[Any]) -> Any:
    """Return the page among what was found. Raises InputError where there is none, or more than one."""
    from moderation.formats.rows import Page, Reject

    items = list(islice((item for item in found if isinstance(item, Page | Reject)), 2))
    if len(items) != 1:
        raise InputError(f"--show paints one page, and {'more are' if items else 'none is'} here. Name one.")
    if isinstance(items[0], Reject):
        raise InputError(f"{items[0].position}: {items[0].reason}.")
    return items[0]
