"""`moderation score`."""

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from moderation.cli.console import counted, said_if_slow, say, shown
from moderation.cli.formats import list_formats, mapped
from moderation.cli.options import Model, Threads
from moderation.cli.output import check_output, written
from moderation.cli.rejects import check_rejects, first_shown


def score(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT...", help='Dumps and pages, also packed; directories and patterns of them; or "-".'
        ),
    ],
    output: Annotated[
        str,
        typer.Option(
            "--output", "-o", metavar="FILE", help='JSON Lines, .gz if the name says so; "-": standard output.'
        ),
    ] = "-",
    model: Model = "default",
    policy: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Thresholds in TOML. [default: those that the bundle suggests]")
    ] = None,
    format: Annotated[
        str | None, typer.Option(help="What --list-formats names. [default: seen from each content, else its name]")
    ] = None,
    text_field: Annotated[str, typer.Option(metavar="NAME", help="Field or column that holds the text.")] = "text",
    id_field: Annotated[str, typer.Option(metavar="NAME", help="Field or column that holds the id.")] = "id",
    field: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=COLUMN", help="Column of author, time, parent, lang, site or thread. [again for more]"
        ),
    ] = None,
    list_formats: Annotated[
        bool,
        typer.Option("--list-formats", callback=list_formats, is_eager=True, help="Print the formats that are read."),
    ] = False,
    max_rejects: Annotated[
        int,
        typer.Option(metavar="N", help="Exit with 3 if more rows than this cannot be read (the others are written)."),
    ] = 0,
    threads: Threads = 0,
    table: Annotated[bool, typer.Option("--table", help="Print a table for people in place of JSON Lines.")] = False,
) -> None:
    """Score comments: probabilities, flags, an action, and the words that caused it.

    Example: `moderation score comments.jsonl pages/*.html --output verdicts.jsonl`
    """
    from moderation.batch.score import Summary, output_row, score_rows
    from moderation.formats import Reject, Row, Skipped, Split, found, read

    del list_formats  # its callback has done it
    if table and output != "-":
        raise typer.BadParameter("a table is for the terminal; leave out --output", param_hint="--table")
    fields = mapped(text_field, id_field, field or [])
    sources = list(found(inputs, format, fields))
    check_output(output, [source.source for source in sources if isinstance(source, Split)])
    scorer = _scorer(model, policy, threads)
    summary = Summary()

    def rows() -> Iterator[Row | Reject | Skipped]:
        for source in sources:
            yield from read(source, fields) if isinstance(source, Split) else (source,)

    scored = score_rows(scorer, counted(rows(), "comments"), summary, first_shown())
    if table:
        _print_table(scored)
    else:
        with written(output) as file:
            for row, verdict in scored:
                file.write(json.dumps(output_row(row, verdict), separators=(",", ":")).encode() + b"\n")
    say(summary.line())
    check_rejects(summary.rejects, max_rejects, "rows")


def _scorer(model: str, policy: Path | None, threads: int) -> Any:
    from moderation.policy import read_policy
    from moderation.scorer import Scorer

    with said_if_slow("Compiling the scoring kernels for this machine, once (about 20 seconds) ..."):
        scorer = Scorer.load(model, policy=read_policy(policy) if policy else None, threads=threads)
        scorer.score(["warm up"])
    scorer.policy.check_labels(scorer.classifier.info.labels, scorer.model)
    return scorer


def _print_table(scored: Iterable[Any]) -> None:
    table = Table(show_lines=False)
    for name in ("comment", "author", "action", "scores", "because of"):
        table.add_column(name, overflow="fold")
    colours = {"allow": "green", "review": "yellow", "hide": "red"}
    for row, verdict in scored:
        scores = " ".join(f"{label} {score:.2f}" for label, score in verdict.scores.items())
        because = dict.fromkeys(row.comment.text[s.start : s.end] for s in verdict.evidence)
        table.add_row(
            shown(str(row.id)),
            shown(row.comment.author or "-"),
            f"[{colours[verdict.action]}]{verdict.action}[/]",
            scores or f"unscored: {verdict.unscored}",
            shown(", ".join(because)),
        )
    Console(width=None if sys.stdout.isatty() else 160).print(table)
