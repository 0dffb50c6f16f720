"""`moderation train`."""

from pathlib import Path
from typing import Annotated

import typer

from moderation import __version__
from moderation.cli.console import say, steps
from moderation.cli.options import CorporaDir


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
    cache: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Keep features between runs here. [default: moderation/features in your cache folder]"
        ),
    ] = None,
) -> None:
    """Train the n-gram classifier on labelled corpora and write a bundle. The same corpora give the same bundle, byte
    for byte.

    Without --corpora it trains on the small sample corpus that ships with the project: enough to try it, not to use
    it.

    Example: `moderation train --corpora corpora/ --output out/model`
    """
    from moderation.directories import cache_directory
    from moderation.training import PRECISION, Aim, TrainOptions
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
        say("No --corpora: training on the sample corpus, which is enough to try it and not to use it.")
    options = TrainOptions(
        output=output,
        corpora=corpora,
        names=tuple(only) if only else None,
        name=name,
        version=version,
        aim=Aim(wanted),
        bits=bits,
        jobs=jobs,
        cache=cache or cache_directory() / "features",
    )
    with steps() as step:
        bundle = run(options, step)
    rows = sum(sum(c["rows"].values()) for c in bundle.manifest.corpora)
    say(
        f"Wrote {output} ({bundle.identity}): {', '.join(bundle.manifest.labels)}, from {rows:,} rows. Card: "
        f"{output}/README.md"
    )


def _is_share(number: str) -> bool:
    try:
        return 0 < float(number) < 1
    except ValueError:
        return False
