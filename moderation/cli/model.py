"""`moderation model`: look at bundles."""

from pathlib import Path
from typing import Annotated

import typer

from moderation.cli.console import say
from moderation.cli.options import BundleName

app = typer.Typer(help="Look at bundles (models on disk).", no_args_is_help=True)


@app.command()
def info(bundle: BundleName = "default") -> None:
    """Print what a bundle is: labels, thresholds, corpora, figures.

    Example: `moderation model info out/model`
    """
    from moderation.bundle import load_bundle

    loaded = load_bundle(bundle)
    typer.echo(f"{loaded.identity}\n{loaded.path}\n\n{loaded.files.get('README.md', b'').decode()}", nl=False)


@app.command()
def check(bundle: BundleName = "default") -> None:
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


@app.command()
def card(
    bundle: BundleName = "default",
    evaluation: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="What `moderation evaluate --json FILE` wrote. [default: what is in it]"),
    ] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Put card and figures into the bundle. Its hash, and so its name, change.")
    ] = False,
) -> None:
    """Print a bundle's card anew, with the figures of an evaluation: the bad ones first.

    Example: `moderation model card out/model --evaluation figures.json --write`
    """
    from moderation.bundle import load_bundle
    from moderation.training.card import model_card
    from moderation.training.carding import figures_of, read_evaluation, write_carded

    loaded = load_bundle(bundle)
    found = figures_of(loaded) if evaluation is None else read_evaluation(evaluation, loaded.manifest)
    if not write:
        typer.echo(model_card(loaded.manifest, found), nl=False)
        return
    say(f"Wrote {loaded.path}: it is now {write_carded(loaded, found).identity}.")
