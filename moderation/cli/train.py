"""`moderation train`."""

import math
import os
from pathlib import Path
from typing import Annotated, Literal

import typer

from moderation import __version__
from moderation.cli.console import say, steps
from moderation.cli.options import CorporaDir


def train(
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="The bundle's folder.")] = Path(
        "out/model"
    ),
    kind: Annotated[
        Literal["ngram", "encoder", "cascade"],
        typer.Option(help="What to train: the fast tier, the accurate one, or the bands of both together."),
    ] = "ngram",
    corpora: CorporaDir = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="NAME", help="Train on this corpus; again for more. [default: all that may]"),
    ] = None,
    name: Annotated[str | None, typer.Option(help="The bundle's name. [default: the kind]")] = None,
    version: Annotated[str, typer.Option(help="The bundle's version.")] = __version__,
    precision: Annotated[
        list[str] | None,
        typer.Option(metavar="LABEL=P", help="Precision that a label's threshold aims at; again for more."),
    ] = None,
    bits: Annotated[int, typer.Option(min=10, max=24, help="n-grams: the hash table has 2 to this many rows.")] = 20,
    jobs: Annotated[int, typer.Option(min=1, help="n-grams: labels fitted at once.")] = 2,
    cache: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="n-grams: keep features between runs here. [default: moderation/features in your cache folder]",
        ),
    ] = None,
    base: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|DIR",
            help="Encoder: pretrained weights, by name on the Hugging Face hub or as a folder. [default: "
            "sentence-transformers/all-MiniLM-L6-v2]",
        ),
    ] = None,
    work: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Encoder: checkpoints, and the full-precision weights. [default: OUTPUT.work]"
        ),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Encoder: go on with the run that was killed.")] = False,
    epochs: Annotated[float, typer.Option(min=0.0, help="Encoder: how often the corpora are gone through.")] = 2.0,
    rate: Annotated[float, typer.Option(min=0.0, help="Encoder: the highest learning rate.")] = 1e-4,
    passes: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=N", help="Encoder: how often an epoch sees this corpus; again for more."),
    ] = None,
    pieces: Annotated[int, typer.Option(min=100, help="Encoder: about the size of the vocabulary.")] = 16_400,
    adapt: Annotated[
        float, typer.Option(min=0.0, help="Encoder: epochs in which it guesses hidden words first.", metavar="N")
    ] = 0.0,
    folds: Annotated[
        int, typer.Option(min=0, help="Encoder: teachers, each of which learns without one part and judges it.")
    ] = 0,
    soft_labels: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Encoder: what teachers said in an earlier run (soft-labels.safetensors of its --work), in place of "
            "--folds.",
        ),
    ] = None,
    trust: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Encoder: how much of a known label is the teachers'.")
    ] = 0.5,
    dropout: Annotated[
        float, typer.Option(min=0.0, max=0.9, help="Encoder: share of activations that are dropped. Slow on a CPU.")
    ] = 0.0,
    batch_tokens: Annotated[int, typer.Option(min=64, help="Encoder: the most tokens in a batch.")] = 2048,
    bf16: Annotated[
        bool, typer.Option("--bf16", help="Encoder: multiply in 16 bits: twice as fast, on processors that can.")
    ] = False,
    fast: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Cascade: the bundle of its fast part, beside OUTPUT.")
    ] = None,
    accurate: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Cascade: the bundle of its accurate part, beside OUTPUT.")
    ] = None,
    loss: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Cascade: how much worse than its accurate part it may be.")
    ] = 0.01,
    device: Annotated[str, typer.Option(help="Encoder: cpu, or cuda.")] = "cpu",
    threads: Annotated[
        int | None, typer.Option(min=1, help="Encoder, cascade: processors to use. [default: all]", show_default=False)
    ] = None,
) -> None:
    """Train a classifier on labelled corpora and write a bundle. The same corpora and options give the same bundle (an
    encoder: on one kind of processor, with the same --threads).

    Without --corpora it trains on the small sample corpus that ships with the project: enough to try it, not to use
    it.

    Example: `moderation train --corpora corpora/ --output out/model`

    Example: `moderation train --kind encoder --corpora corpora/ --output out/accurate --resume`

    Example: `moderation train --kind cascade --fast out/fast --accurate out/accurate --output out/default`
    """
    from moderation.training import Aim

    aim = Aim(_precision(precision or []))
    seen = _numbers(passes or [], "--passes")
    names = tuple(only) if only else None
    if corpora is None:
        say("No --corpora: training on the sample corpus, which is enough to try it and not to use it.")
    with steps() as step:
        if kind == "ngram":
            from moderation.directories import cache_directory
            from moderation.training import TrainOptions
            from moderation.training import train as train_ngram

            features = cache or cache_directory() / "features"
            bundle = train_ngram(
                TrainOptions(output, corpora, names, name or kind, version, aim, bits, jobs, features), step
            )
        elif kind == "cascade":
            from moderation.training.cascade import CascadeOptions, fit_cascade

            bundle = fit_cascade(
                CascadeOptions(
                    output=output,
                    fast=_given(fast, "--fast"),
                    accurate=_given(accurate, "--accurate"),
                    corpora=corpora,
                    names=names,
                    name=name or kind,
                    version=version,
                    loss=loss,
                    aim=aim,
                    threads=threads or 0,
                ),
                step,
            )
        else:
            from moderation.training.encoder.train import HUB_NAME, EncoderOptions, FitOptions, train_encoder

            bundle = train_encoder(
                EncoderOptions(
                    output=output,
                    work=work or output.with_name(output.name + ".work"),
                    corpora=corpora,
                    names=names,
                    name=name or kind,
                    version=version,
                    base=base or HUB_NAME,
                    passes=seen,
                    epochs=epochs,
                    pieces=pieces,
                    adapt=adapt,
                    folds=folds,
                    soft_labels=soft_labels,
                    trust=trust,
                    device=device,
                    threads=threads or os.cpu_count() or 1,
                    resume=resume,
                    aim=aim,
                    fit=FitOptions(rate=rate, batch_tokens=batch_tokens, dropout=dropout, bfloat16=bf16),
                ),
                step,
            )
    rows = sum(sum(c["rows"].values()) for c in bundle.manifest.corpora)
    say(
        f"Wrote {output} ({bundle.identity}): {', '.join(bundle.manifest.labels)}, from {rows:,} rows. Card: "
        f"{output}/README.md"
    )


def _given(part: Path | None, option: str) -> Path:
    if part is None:
        raise typer.BadParameter("a cascade is made of two bundles: name this one, too", param_hint=option)
    return part


def _precision(pairs: list[str]) -> dict[str, float]:
    """Return the precision that each label's threshold aims at."""
    from moderation.training import PRECISION

    given = _numbers(pairs, "--precision")
    for label, number in given.items():
        if label not in PRECISION or number >= 1:
            raise typer.BadParameter(
                f"{label}={number:g}: give LABEL=P, such as hate=0.5; labels: {', '.join(PRECISION)}",
                param_hint="--precision",
            )
    return dict(PRECISION) | given


def _numbers(pairs: list[str], option: str) -> dict[str, float]:
    """Return the positive numbers in NAME=NUMBER by name."""
    result = {}
    for pair in pairs:
        name, _, number = pair.partition("=")
        try:
            result[name] = float(number)
        except ValueError:
            result[name] = math.nan
        if not 0 < result[name] < math.inf:
            raise typer.BadParameter(f"{pair!r}: give NAME=NUMBER, with a number above 0", param_hint=option)
    return result
