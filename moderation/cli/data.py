"""`moderation data`: the files of functional suites, and what corpora are."""

from typing import Annotated

import typer

from moderation.cli.console import fetching, say

app = typer.Typer(help="Fetch functional suites.", no_args_is_help=True)


@app.command("list")
def list_() -> None:
    """Print the functional suites: which are here, which can be fetched, and their licences.

    Example: `moderation data list`
    """
    from moderation.evaluation.suite_files import suite_files
    from moderation.evaluation.suites import load_spec, suite_names

    for name in suite_names():
        spec, files = load_spec(name), suite_files(name)
        typer.echo(f"{name}: {spec.title}, {spec.licence}\n  {spec.source}")
        if not files:
            typer.echo("  ships with the project")
        for file in files:
            state = f"in {file.path}" if file.is_there else f"not here yet: moderation data get {file.name}"
            typer.echo(f"  {file.name}: {state}")


@app.command()
def get(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="The suite, or one part of it: multilingual-hatecheck/de.")
    ],
    sha256: Annotated[str | None, typer.Option(metavar="HASH", help="Take only the file with this sha256.")] = None,
    trust: Annotated[
        bool, typer.Option("--trust", help="Where no sha256 is known: take what is there now, and record its hash.")
    ] = False,
) -> None:
    """Fetch a functional suite from its official place into your data directory, where `moderation evaluate` finds it.

    Example: `moderation data get hatecheck --trust`
    """
    from moderation.evaluation.suite_files import get_suite

    with fetching() as progress:
        files = get_suite(name, sha256, trust=trust, progress=progress)
    for file in files:
        say(f"{file.name}: {file.path}\n  sha256 {file.sha256}")
