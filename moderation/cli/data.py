"""`moderation data`: functional suites to fetch, and the cards of corpora."""

from pathlib import Path
from typing import Annotated

import typer

from moderation.cli.console import fetching, say
from moderation.cli.options import CorporaDir
from moderation.cli.output import written

app = typer.Typer(help="Fetch functional suites; print what corpora are.", no_args_is_help=True)


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


@app.command()
def card(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="The corpora. [default: all that have a spec]")
    ] = None,
    corpora: Annotated[
        Path | None, typer.Option("--corpora", metavar="DIR", help="Count anew in this directory; its own specs, too.")
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", metavar="DIR", help="Write NAME.md files.")] = None,
) -> None:
    """Print the data card of a corpus: what it is, who labelled it, its numbers, its licence, its problems.

    The numbers are those that ship with the project, or with --corpora what is counted there now.

    Example: `moderation data card isca_twitter`
    """
    from moderation.corpora.card import data_cards

    for name, text in data_cards(names, corpora).items():
        with written("-" if output is None else str(output / f"{name}.md")) as file:
            file.write(text.encode())


@app.command()
def count(
    corpora: CorporaDir = None,
    output: Annotated[str, typer.Option("--output", "-o", metavar="FILE", help='JSON; "-": standard output.')] = "-",
) -> None:
    """Count the rows and labels of corpora by part, for their data cards. Takes as long as reading them for training.

    Example: `moderation data count --corpora corpora/ -o data/corpora/counts.json`
    """
    from moderation.corpora import corpora_directory
    from moderation.corpora.counts import count_directory, to_json

    found = count_directory(corpora_directory(corpora))
    with written(output) as file:
        file.write(to_json(found).encode())
