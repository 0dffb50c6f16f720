"""The command line. A command parses its arguments, calls plain functions, and says in one line what went wrong."""

import signal
import sys
from typing import Annotated

import typer

from moderation import __version__
from moderation.cli import data, model
from moderation.cli.console import say
from moderation.cli.evaluate import evaluate
from moderation.cli.export import export
from moderation.cli.extract import extract
from moderation.cli.labels import labels
from moderation.cli.score import score
from moderation.cli.serve import serve
from moderation.cli.train import train
from moderation.errors import ModerationError

app = typer.Typer(
    help="Find hate speech and antisemitism in reader comments: offline, on a CPU, versioned, explained.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    add_completion=False,
)
for command in (extract, score, serve, train, export, evaluate, labels):
    app.command()(command)
app.add_typer(data.app, name="data")
app.add_typer(model.app, name="model")


def main() -> None:
    """Run the command line: `moderation`, or `python -m moderation`."""
    signal.signal(signal.SIGTERM, _stop)  # else it would end us without removing what is half written
    try:
        app()
    except ModerationError as error:
        say(f"error: {error}")
        sys.exit(error.exit_code)


def _stop(number: int, frame: object) -> None:
    del frame
    sys.exit(128 + number)


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
