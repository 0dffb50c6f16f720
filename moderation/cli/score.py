"""`moderation score`."""

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
from moderation.cli.output import check_output, is_stream, written
from moderation.cli.rejects import check_rejects, first_shown, rejects_aside
from moderation.cli.running import Address, Engine, Jobs, Restart, Running, ShardSize, carried_out


def score(
    inputs: Annotated[
        list[str],
        typer.Argument(metavar="INPUT...", help='Dumps, pages, folders and patterns; or "-" for standard input.'),
    ],
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE|DIR/",
            help='.jsonl, .jsonl.gz, .jsonl.zst or .parquet; a folder of parts, if the name ends in "/"; "-": standard '
            "output.",
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
    only_flagged: Annotated[
        bool, typer.Option("--only-flagged", help="Write only what goes to review or is hidden.")
    ] = False,
    evidence: Annotated[
        bool | None,
        typer.Option(help="Write the words that caused each flag. [default: on standard output, not in files]"),
    ] = None,
    summary: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write counts, rates and histograms, too: .json, .html or .svg (plots)."),
    ] = None,
    max_rejects: Annotated[
        int,
        typer.Option(metavar="N", help="Exit with 3 if more rows than this cannot be read (the others are written)."),
    ] = 0,
    jobs: Jobs = 0,
    restart: Restart = False,
    shard_size: ShardSize = 0,
    engine: Engine = "local",
    address: Address = None,
    threads: Threads = 0,
    table: Annotated[bool, typer.Option("--table", help="Print a table for people in place of JSON Lines.")] = False,
) -> None:
    """Score comments: probabilities, flags, an action, and the words that caused it.

    A run into a file or a folder that is interrupted goes on where it was when the same command is given again.

    Example: `moderation score comments.jsonl pages/*.html --output verdicts.jsonl`

    Example: `moderation score RC_2024-05.zst --output scores.parquet/ --only-flagged`
    """
    from moderation.batch.output import ending
    from moderation.batch.rendering import Rendering
    from moderation.batch.score import Scoring, write_verdicts
    from moderation.batch.summary import check_summary_name, write_summary
    from moderation.batch.tally import Tally
    from moderation.bundle import bundle_path
    from moderation.formats import Split, found

    del list_formats  # its callback has done it
    if table and output != "-":
        raise typer.BadParameter("a table is for the terminal; leave out --output", param_hint="--table")
    if summary is not None:
        check_summary_name(summary)
    fields = mapped(text_field, id_field, field or [])
    sources = list(found(inputs, format, fields))
    check_output(output, [source.source for source in sources if isinstance(source, Split)])
    scorer = _scorer(model, policy, threads)
    if evidence is None:
        evidence = output == "-"
    if table:
        tally = _print_table(scorer, _blocks(sources, fields))
    elif is_stream(output) or "-" in inputs:
        tally = Tally()
        rendering = Rendering(scorer, evidence, only_flagged)
        with written(output) as file, rejects_aside(output) as on_reject:
            blocks = counted(_blocks(sources, fields), "comments", lambda block: len(block.ids))
            write_verdicts(rendering, blocks, file, ending(output), tally, on_reject)
    else:
        job = Scoring(
            str(bundle_path(model).resolve()),
            scorer.model,
            scorer.policy,
            fields,
            evidence,
            only_flagged,
            threads if threads or jobs == 1 else 1,  # several workers are enough for the cores
        )
        how = Running(jobs, shard_size or _shard_size(scorer), restart, engine, address)
        tally = carried_out(job, sources, output, how)
    if summary is not None:
        write_summary(tally, summary)
    say(tally.line())
    check_rejects(tally.rejects, max_rejects, "rows")


def _blocks(sources: Iterable[Any], fields: Any) -> Iterator[Any]:
    from moderation.formats import Split
    from moderation.formats.columns import by_column, read_columns

    for source in sources:
        yield from read_columns(source, fields) if isinstance(source, Split) else by_column([source])


def _shard_size(scorer: Any) -> float:
    """Return MB of a shard that take some seconds, so that little is lost when a run is interrupted."""
    from moderation.classifiers.ngram import NgramClassifier

    return 32 if isinstance(scorer.classifier, NgramClassifier) else 1


def _scorer(model: str, policy: Path | None, threads: int) -> Any:
    from moderation.policy import read_policy
    from moderation.scorer import Scorer

    with said_if_slow("Compiling the scoring kernels for this machine, once (about 20 seconds) ..."):
        scorer = Scorer.load(model, policy=read_policy(policy) if policy else None, threads=threads)
        scorer.score(["warm up"])
    scorer.policy.check_labels(scorer.classifier.info.labels, scorer.model)
    return scorer


def _print_table(scorer: Any, blocks: Iterator[Any]) -> Any:
    from moderation.batch.score import judged
    from moderation.batch.tally import Tally
    from moderation.types import ACTIONS

    table = Table(show_lines=False)
    for name in ("comment", "author", "action", "scores", "because of"):
        table.add_column(name, overflow="fold")
    colours = {"allow": "green", "review": "yellow", "hide": "red"}
    names = scorer.policy.judged(scorer.labels)
    tally = Tally()
    for columns, found in judged(scorer, blocks, tally, first_shown()):
        for i, row in enumerate(found.probabilities.tolist()):
            text = columns.texts[i]
            flags = [name for name, flag in zip(names, found.flags[i], strict=True) if flag]
            action = ACTIONS[found.actions[i]]
            scores = " ".join(f"{label} {score:.2f}" for label, score in zip(scorer.labels, row, strict=True))
            because = dict.fromkeys(text[s.start : s.end] for s in scorer.evidence(text, flags))
            table.add_row(
                shown(str(columns.ids[i])),
                shown(columns.authors[i] or "-"),
                f"[{colours[action]}]{action}[/]",
                f"unscored: {found.unscored[i]}" if i in found.unscored else scores,
                shown(", ".join(because)),
            )
    Console(width=None if sys.stdout.isatty() else 160).print(table)
    return tally
