"""The command line. A command parses its arguments, calls plain functions, and says in one line what went wrong."""

import contextlib
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from moderation import __version__
from moderation.errors import ModerationError, OutputError, PolicyError, RejectedRows

app = typer.Typer(
    help="Find hate speech and antisemitism in reader comments: offline, on a CPU, versioned, explained.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    add_completion=False,
)
model_app = typer.Typer(help="Look at bundles (models on disk).", no_args_is_help=True)
app.add_typer(model_app, name="model")

_SHOWN_REJECTS = 5
_BROKEN_PIPE = 141  # 128 + SIGPIPE, as a shell reports it; Windows does not know the name

Model = Annotated[
    Path | None, typer.Option("--model", metavar="DIR", help="The bundle to score with. [default: the shipped one]")
]
CorporaDir = Annotated[
    Path | None,
    typer.Option(
        "--corpora", envvar="MODERATION_CORPORA", metavar="DIR", help="Directory of normalised JSONL corpora."
    ),
]
BundleDir = Annotated[Path | None, typer.Argument(metavar="[BUNDLE]", help="The bundle. [default: the shipped one]")]


def main() -> None:
    """Run the command line: `moderation`, or `python -m moderation`."""
    signal.signal(signal.SIGTERM, _stop)  # else it would end us without removing what is half written
    try:
        app()
    except ModerationError as error:
        _say(f"error: {error}")
        sys.exit(error.exit_code)


def _stop(number: int, frame: object) -> None:
    del frame
    sys.exit(128 + number)


def _say(message: str) -> None:
    typer.echo(message, err=True)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"moderation {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Options of the program itself."""


@app.command()
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
        _say(f"skipped {position}: {reason}")

    _check_output(output, inputs)
    with _written(output) as file:
        for row in document_rows(inputs, format, only, on_reject):
            file.write(json.dumps(row).encode() + b"\n")
    if failed:
        raise RejectedRows(f"{len(failed)} of {len(inputs)} pages could not be read; the others are written.")


@app.command()
def score(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT...", help='Dumps (.jsonl, .csv, .tsv) and pages (.txt, .html), also .gz; or "-".'
        ),
    ],
    output: Annotated[
        str,
        typer.Option(
            "--output", "-o", metavar="FILE", help='JSON Lines, .gz if the name says so; "-": standard output.'
        ),
    ] = "-",
    model: Model = None,
    policy: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Thresholds in TOML. [default: those that the bundle suggests]")
    ] = None,
    format: Annotated[
        str | None, typer.Option(help="jsonl, csv, tsv, text or html. [default: by each name; jsonl for -]")
    ] = None,
    text_field: Annotated[str, typer.Option(metavar="NAME", help="Field or column that holds the text.")] = "text",
    id_field: Annotated[str, typer.Option(metavar="NAME", help="Field or column that holds the id.")] = "id",
    max_rejects: Annotated[
        int,
        typer.Option(metavar="N", help="Exit with 3 if more rows than this cannot be read (the others are written)."),
    ] = 0,
    table: Annotated[bool, typer.Option("--table", help="Print a table for people in place of JSON Lines.")] = False,
) -> None:
    """Score comments: probabilities, flags, an action, and the words that caused it.

    Example: `moderation score comments.jsonl pages/*.html --output verdicts.jsonl`
    """
    from moderation.batch.score import Summary, output_row, score_rows
    from moderation.formats import Fields, Reject, Row, format_of, read_rows

    if table and output != "-":
        raise typer.BadParameter("a table is for the terminal; leave out --output", param_hint="--table")
    for name in inputs:
        format_of(name, format)
    _check_output(output, inputs)
    scorer = _scorer(model, policy)
    summary = Summary()
    shown: list[Reject] = []

    def on_reject(reject: Reject) -> None:
        if len(shown) < _SHOWN_REJECTS:
            shown.append(reject)
            _say(f"rejected {reject.position}: {reject.reason}")

    def rows() -> Iterator[Row | Reject]:
        for name in inputs:
            yield from read_rows(name, format=format, fields=Fields(text_field, id_field))

    scored = score_rows(scorer, _counted(rows(), "comments"), summary, on_reject)
    if table:
        _print_table(scored)
    else:
        with _written(output) as file:
            for row, verdict in scored:
                file.write(json.dumps(output_row(row, verdict), separators=(",", ":")).encode() + b"\n")
    _say(summary.line())
    if summary.rejects.total() > max_rejects:
        raise RejectedRows(
            f"{summary.rejects.total()} rows were rejected ({_counts(summary.rejects)}), and --max-rejects allows "
            f"{max_rejects}; all others are written."
        )


@app.command()
def train(
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="The bundle's folder.")] = Path(
        "out/model"
    ),
    corpora: CorporaDir = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="NAME", help="Train on this corpus; again for more. [default: all that may]"),
    ] = None,
    name: Annotated[str, typer.Option(help="The bundle's name.")] = "ngram",
    version: Annotated[str, typer.Option(help="The bundle's version.")] = __version__,
    precision: Annotated[
        list[str] | None,
        typer.Option(metavar="LABEL=P", help="Precision that a label's threshold aims at; again for more."),
    ] = None,
    bits: Annotated[int, typer.Option(min=10, max=24, help="The hash table has 2 to this many rows.")] = 20,
    jobs: Annotated[int, typer.Option(min=1, help="Labels fitted at once.")] = 2,
    cache: Annotated[Path | None, typer.Option(metavar="DIR", help="Keep features between runs here.")] = Path(
        ".cache/features"
    ),
) -> None:
    """Train the n-gram classifier on labelled corpora and write a bundle. The same corpora give the same bundle, byte
    for byte.

    Without --corpora it trains on the small sample corpus that ships with the project: enough to try it, not to use
    it.

    Example: `moderation train --corpora corpora/ --output out/model`
    """
    from moderation.training import PRECISION, TrainOptions
    from moderation.training import train as run

    wanted = dict(PRECISION)
    for pair in precision or []:
        label, _, number = pair.partition("=")
        if label not in wanted or not _is_share(number):
            raise typer.BadParameter(
                f"{pair!r}: give LABEL=P, such as hate=0.5; labels: {', '.join(wanted)}", param_hint="--precision"
            )
        wanted[label] = float(number)
    if corpora is None:
        _say("No --corpora: training on the sample corpus, which is enough to try it and not to use it.")
    options = TrainOptions(
        output=output,
        corpora=corpora,
        names=tuple(only) if only else None,
        name=name,
        version=version,
        precision=wanted,
        bits=bits,
        jobs=jobs,
        cache=cache,
    )
    with _steps() as step:
        bundle = run(options, step)
    rows = sum(sum(c["rows"].values()) for c in bundle.manifest.corpora)
    _say(
        f"Wrote {output} ({bundle.identity}): {', '.join(bundle.manifest.labels)}, from {rows:,} rows. Card: "
        f"{output}/README.md"
    )


@app.command()
def evaluate(
    bundle: BundleDir = None,
    corpora: CorporaDir = None,
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="NAME", help="Only this corpus; again for more.")
    ] = None,
    suite: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME|FILE", help="A functional suite; again for more. [default: antisemitismcheck]"),
    ] = None,
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help='Markdown; "-": standard output.')
    ] = "-",
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write all figures as JSON, too.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write a page with plots and the worst errors, too.")
    ] = None,
    gate: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Fail (exit 1) where a floor of this TOML file is missed.")
    ] = None,
    robustness: Annotated[bool, typer.Option(help="Attack the texts, too: half of the time.")] = True,
    resamples: Annotated[int, typer.Option(min=10, help="Bootstrap resamples.")] = 1000,
) -> None:
    """Measure a bundle on the validation parts of corpora and on suites: tables with bootstrap intervals.

    Example: `moderation evaluate out/model --corpora corpora/ --report out/report`
    """
    from moderation.bundle import load_bundle
    from moderation.classifiers import load_classifier
    from moderation.corpora import corpora_directory, load_corpora
    from moderation.evaluation.evaluate import Options, evaluate_scored
    from moderation.evaluation.gates import check_floors, read_floors
    from moderation.evaluation.rendering import to_json, to_markdown
    from moderation.evaluation.report import write_report
    from moderation.evaluation.scoring import score_corpora
    from moderation.evaluation.suites import load_suite
    from moderation.evaluation.worst import worst_errors

    directory = corpora_directory(corpora)
    floors = read_floors(gate) if gate else ()
    suites = [load_suite(name) for name in suite or ["antisemitismcheck"]]
    with _steps() as step:
        step("checking the bundle", 0, 4)
        checked = load_bundle(bundle)
        classifier, thresholds = load_classifier(checked), checked.manifest.thresholds
        step("reading corpora", 1, 4)
        loaded = load_corpora(directory, only, for_training=False)
        step("scoring", 2, 4)
        scored = score_corpora(classifier, loaded)
        step("measuring", 3, 4)
        options = Options(resamples=resamples, robustness=robustness)
        result = evaluate_scored(classifier, scored, thresholds, options, suites)
        if report:
            write_report(report, result, worst_errors(classifier, scored, thresholds))
        step("done", 4, 4)
    with _written(output) as file:
        file.write(to_markdown(result).encode())
    if json_file is not None:
        with _written(str(json_file)) as file:
            file.write(json.dumps(to_json(result), indent=1).encode() + b"\n")
    if gate:
        outcome = check_floors(result, floors)
        for skipped in outcome.skipped:
            _say(f"not measured: {skipped}")
        for missed in outcome.missed:
            _say(f"missed: {missed}")
        if outcome.missed:
            raise ModerationError(f"{gate}: {len(outcome.missed)} of {len(floors)} floors are missed.")


@app.command()
def labels() -> None:
    """Print what each label means, who defined it, and which corpora carry it.

    Example: `moderation labels`
    """
    from moderation.corpora import carriers
    from moderation.labels import LABELS

    carried = carriers()
    for label in LABELS:
        typer.echo(
            f"{label.name}: {label.title}\n  {label.definition}\n  source: {label.source}\n          {label.url}"
        )
        typer.echo(f"  corpora: {', '.join(carried[label.name]) or 'none'}\n")


@model_app.command()
def info(bundle: BundleDir = None) -> None:
    """Print what a bundle is: labels, thresholds, corpora, figures.

    Example: `moderation model info out/model`
    """
    from moderation.bundle import load_bundle

    loaded = load_bundle(bundle)
    typer.echo(f"{loaded.identity}\n{loaded.path}\n\n{loaded.files.get('README.md', b'').decode()}", nl=False)


@model_app.command()
def check(bundle: BundleDir = None) -> None:
    """Check every hash of a bundle and replay its golden texts.

    Example: `moderation model check out/model`
    """
    from moderation.bundle import load_bundle
    from moderation.classifiers import load_classifier
    from moderation.golden import replay

    loaded = load_bundle(bundle)
    count, worst = replay(loaded, load_classifier(loaded))
    typer.echo(
        f"{loaded.identity}: {len(loaded.files)} files match their hashes, {count} golden texts their scores "
        f"(largest difference {worst:.1e})."
    )


def _scorer(model: Path | None, policy: Path | None) -> Any:
    from moderation.policy import read_policy
    from moderation.scorer import Scorer

    slow = threading.Timer(2, _say, ["Compiling the scoring kernels for this machine, once (about 20 seconds) ..."])
    slow.start()
    try:
        scorer = Scorer.load(model, policy=read_policy(policy) if policy else None)
        scorer.score(["warm up"])
    finally:
        slow.cancel()
    unknown = set(scorer.policy.thresholds) - set(scorer.classifier.info.labels)
    if unknown:
        known = ", ".join(scorer.classifier.info.labels)
        raise PolicyError(f"{policy}: no label {', '.join(sorted(unknown))} in {scorer.model}; it has {known}.")
    return scorer


def _check_output(output: str, inputs: Iterable[str]) -> None:
    """Raise OutputError where a result would take the place of what it is made from."""
    if Path(output).is_file() and any(Path(name).exists() and Path(name).samefile(output) for name in inputs):
        raise OutputError(f"{output}: is an input, too, and would be lost. Choose another place.")


@contextlib.contextmanager
def _written(output: str) -> Iterator[IO[bytes]]:
    """Open a result for writing: a file, all or nothing, or standard output for "-"."""
    from moderation.batch.output import output_file

    if output != "-":
        with output_file(Path(output)) as file:
            yield file
        return
    if sys.stdout is None:
        raise OutputError("standard output: closed. Name a file with --output.")
    try:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    except BrokenPipeError:  # the reader of our output has gone, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(_BROKEN_PIPE) from None
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # no second error when Python flushes it
        raise OutputError(
            f"standard output: cannot be written ({error.strerror}). Free space, or name a file with --output."
        ) from None


@contextlib.contextmanager
def _steps() -> Iterator[Callable[[str, int, int], None]]:
    """Show steps as a bar on a terminal, as lines elsewhere."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda what, done, total: _say(f"[{done}/{total}] {what}")
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("starting", total=None)
        yield lambda what, done, total: bar.update(task, description=what, completed=done, total=total)


def _counted(items: Iterable[Any], what: str) -> Iterator[Any]:
    """Pass items on and show on a terminal how many went by, and how fast."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield from items
        return
    columns = (SpinnerColumn(), TextColumn("{task.completed:,.0f} " + what), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)
        for count, item in enumerate(items, start=1):
            yield item
            if count % 1024 == 0:
                bar.update(task, completed=count)


def _is_share(number: str) -> bool:
    try:
        return 0 < float(number) < 1
    except ValueError:
        return False


def _counts(counter: Any) -> str:
    return ", ".join(f"{n:,} {what}" for what, n in counter.most_common())


def _shown(text: str) -> str:
    """Return text for the terminal: no control codes, which could move its cursor or forge rows, no lone surrogates."""
    return escape("".join(c if c.isprintable() else " " for c in text))


def _print_table(scored: Iterable[Any]) -> None:
    table = Table(show_lines=False)
    for name in ("comment", "author", "action", "scores", "because of"):
        table.add_column(name, overflow="fold")
    colours = {"allow": "green", "review": "yellow", "hide": "red"}
    for row, verdict in scored:
        scores = " ".join(f"{label} {score:.2f}" for label, score in verdict.scores.items())
        because = dict.fromkeys(row.comment.text[s.start : s.end] for s in verdict.evidence)
        table.add_row(
            _shown(str(row.id)),
            _shown(row.comment.author or "-"),
            f"[{colours[verdict.action]}]{verdict.action}[/]",
            scores or f"unscored: {verdict.unscored}",
            _shown(", ".join(because)),
        )
    Console(width=None if sys.stdout.isatty() else 160).print(table)
