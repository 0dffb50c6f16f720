"""`moderation model`: look at bundles."""

import typer

from moderation.cli.options import BundleDir

app = typer.Typer(help="Look at bundles (models on disk).", no_args_is_help=True)


@app.command()
def info(bundle: BundleDir = None) -> None:
    """Print what a bundle is: labels, thresholds, corpora, figures.

    Example: `moderation model info out/model`
    """
    from moderation.bundle import load_bundle

    loaded = load_bundle(bundle)
    typer.echo(f"{loaded.identity}\n{loaded.path}\n\n{loaded.files.get('README.md', b'').decode()}", nl=False)


@app.command()
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
