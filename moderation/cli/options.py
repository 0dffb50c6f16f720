"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Model = Annotated[
    str,
    typer.Option(
        "--model", metavar="MODEL|DIR", help="What scores: default, fast, accurate, or a bundle's folder (./fast)."
    ),
]
Threads = Annotated[
    int, typer.Option("--threads", min=0, metavar="N", help="Threads of the encoder; 0: one for each core.")
]
CorporaDir = Annotated[
    Path | None,
    typer.Option(
        "--corpora", envvar="MODERATION_CORPORA", metavar="DIR", help="Directory of normalised JSONL corpora."
    ),
]
BundleName = Annotated[
    str, typer.Argument(metavar="[BUNDLE]", help="The bundle: default, fast, accurate, or a folder (./fast).")
]
