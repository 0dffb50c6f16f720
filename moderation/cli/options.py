"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

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
