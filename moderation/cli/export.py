"""`moderation export`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from moderation.cli.console import say


def export(
    checkpoint: Annotated[
        Path, typer.Argument(metavar="CHECKPOINT", help="The folder hf that training left in its --work.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="The folder to write.")],
    form: Annotated[Literal["detoxify"], typer.Option("--format", help="What to write it as.")] = "detoxify",
    calibration: Annotated[
        str | None,
        typer.Option(metavar="BUNDLE", help="Fold in this bundle's calibration. [default: the scores as trained]"),
    ] = None,
    model_type: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Where Detoxify finds the config: a name on the hub. [default: DIR itself]"),
    ] = None,
) -> None:
    """Write a fitted encoder for other programs: as a checkpoint that Detoxify loads.

    Example: `moderation export out/encoder.work/hf --format detoxify --output out/detoxify`
    """
    from moderation.bundle import load_bundle
    from moderation.classifiers.encoder import KIND
    from moderation.training.export_detoxify import export_detoxify

    del form  # one so far, which the option has checked
    manifest = None if calibration is None else load_bundle(calibration).manifest
    if manifest is not None and manifest.kind != KIND:
        said = f"{calibration}: the bundle of a classifier of the kind {manifest.kind}, and no encoder's"
        raise typer.BadParameter(said, param_hint="--calibration")
    fitted = None if manifest is None else manifest.calibration
    digest = export_detoxify(checkpoint, output, calibration=fitted, model_type=model_type)
    say(
        f"Wrote {output} (sha256 {digest[:12]}...). It judges normalised text: "
        "DetoxifyClassifier normalises by itself, for Detoxify alone call moderation.text.normalise first."
    )
