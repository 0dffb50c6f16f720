"""`moderation evaluate`."""

import json
from itertools import count
from pathlib import Path
from typing import Annotated

import typer

from moderation.cli.console import say, steps
from moderation.cli.options import BundleName, CorporaDir, Threads
from moderation.cli.output import written
from moderation.errors import ModerationError


def evaluate(
    bundle: BundleName = "default",
    corpora: CorporaDir = None,
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="NAME", help="Only this corpus; again for more.")
    ] = None,
    suite: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME|FILE", help="A functional suite; again for more. [default: antisemitismcheck]"),
    ] = None,
    suite_file: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=FILE", help="A suite whose cases are in this CSV or JSONL file; again for more."),
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
    compare: Annotated[
        list[str] | None,
        typer.Option(metavar="BUNDLE", help="Measure this bundle, too, side by side; again for more."),
    ] = None,
    peer: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PEER",
            help="Measure this system, too: alt-profanity-check, tfidf, detoxify:NAME|PATH, perspective:URL (with its "
            "key in MODERATION_PERSPECTIVE_KEY); again for more.",
        ),
    ] = None,
    robustness: Annotated[bool, typer.Option(help="Attack the texts, too: half of the time.")] = True,
    resamples: Annotated[int, typer.Option(min=10, help="Bootstrap resamples.")] = 1000,
    threads: Threads = 0,
) -> None:
    """Measure a bundle on the validation parts of corpora and on suites: tables with bootstrap intervals.

    Example: `moderation evaluate out/model --corpora corpora/ --report out/report`
    """
    from moderation.corpora import corpora_directory, load_corpora
    from moderation.evaluation.contenders import bundle_contender
    from moderation.evaluation.evaluate import Options
    from moderation.evaluation.gates import check_floors, read_floors
    from moderation.evaluation.peers import make_peer
    from moderation.evaluation.report import write_report
    from moderation.evaluation.side_by_side import measure_side_by_side
    from moderation.evaluation.side_tables import side_json, side_markdown
    from moderation.evaluation.suite_files import open_suites

    directory = corpora_directory(corpora)
    floors = read_floors(gate) if gate else ()
    suites = open_suites(suite or ["antisemitismcheck"], _named_files(suite_file or []))
    total = 4 + len(compare or ()) + 2 * len(peer or ())
    with steps() as step:
        done = count()
        step("checking the bundle", next(done), total)
        contenders = [bundle_contender(name, threads) for name in (bundle, *(compare or ()))]
        for name in peer or ():
            step(f"making {name.partition(':')[0]}", next(done), total)
            contenders.append(make_peer(name, directory))
        step("reading corpora", next(done), total)
        loaded = load_corpora(directory, only, for_training=False)
        options = Options(resamples=resamples, robustness=robustness)
        side = measure_side_by_side(
            contenders,
            loaded,
            suites,
            options,
            with_errors=report is not None,
            step=lambda what: step(what, next(done), total),
        )
        if report:
            write_report(report, side)
        step("done", total, total)
    with written(output) as file:
        file.write(side_markdown(side).encode())
    if json_file is not None:
        with written(str(json_file)) as file:
            file.write(json.dumps(side_json(side), indent=1).encode() + b"\n")
    if gate:
        outcome = check_floors(side.first, floors)
        if outcome.skipped:
            absent = ", ".join(sorted({floor.of for floor in outcome.skipped}))
            say(f"{gate}: {len(outcome.skipped)} of {len(floors)} floors are on what was not measured: {absent}")
        for missed in outcome.missed:
            say(f"missed: {missed}")
        if outcome.missed:
            raise ModerationError(f"{gate}: {len(outcome.missed)} of {len(floors)} floors are missed.")
        say(f"{gate}: {len(outcome.held)} of {len(floors)} floors hold, none is missed.")


def _named_files(pairs: list[str]) -> dict[str, Path]:
    found = {}
    for pair in pairs:
        name, equals, file = pair.partition("=")
        if not (name and equals and file):
            raise typer.BadParameter(f"{pair!r}: give NAME=FILE: hatecheck=cases.csv", param_hint="--suite-file")
        found[name] = Path(file)
    return found
