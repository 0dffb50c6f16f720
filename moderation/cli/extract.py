"""`moderation extract`."""

import json
from typing import Annotated

import typer

from moderation.cli.console import say
from moderation.cli.output import check_output, written
from moderation.errors import RejectedRows


def extract(
    inputs: Annotated[list[str], typer.Argument(metavar="FILE...", help='Pages (.txt, .html, also .gz), or "-".')],
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help='Where to write; "-": standard output.')
    ] = "-",
    format: Annotated[str | None, typer.Option(help="text or html. [default: seen from each page]")] = None,
    only: Annotated[
        str | None, typer.Option(metavar="PART", help="Write only the comments, or only the article.")
    ] = None,
) -> None:
    """Separate the reader comments of pages from their articles: one JSON object a page.

    Example: `moderation extract page.html --output page.jsonl`
    """
    from moderation.batch.extract import document_rows

    if only not in (None, "comments", "article"):
        raise typer.BadParameter("give comments or article", param_hint="--only")
    if format not in (None, "text", "html"):
        raise typer.BadParameter("give text or html", param_hint="--format")
    failed: list[str] = []

    def on_reject(position: str, reason: str) -> None:
        failed.append(position)
        say(f"skipped {position}: {reason}")

    check_output(output, inputs)
    with written(output) as file:
        for row in document_rows(inputs, format, only, on_reject):
            file.write(json.dumps(row).encode() + b"\n")
    if failed:
        raise RejectedRows(f"{len(failed)} of {len(inputs)} pages could not be read; the others are written.")
