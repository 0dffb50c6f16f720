"""`moderation evaluate`."""

import json
from pathlib import Path
from typing import Annotated

import typer

from moderation.cli.console import say, steps
from moderation.cli.options import BundleDir, CorporaDir
from moderation.cli.output import written
from moderation.errors import ModerationError


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
    from moderation.evaluation.suite_files import open_suites
    from moderation.evaluation.worst import worst_errors

    directory = corpora_directory(corpora)
    floors = read_floors(gate) if gate else ()
    suites = open_suites(suite or ["antisemitismcheck"], _named_files(suite_file or []))
    with steps() as step:
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
    with written(output) as file:
        file.write(to_markdown(result).encode())
    if json_file is not None:
        with written(str(json_file)) as file:
            file.write(json.dumps(to_json(result), indent=1).encode() + b"\n")
    if gate:
        outcome = check_floors(result, floors)
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
