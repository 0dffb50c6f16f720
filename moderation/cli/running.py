"""Runs into files and folders: the options that they share, and what carries them out."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Literal

import typer

from moderation.cli.rejects import first_shown
from moderation.cli.watching import watching

Jobs = Annotated[int, typer.Option("--jobs", "-j", min=0, metavar="N", help="Workers. [default: one for each core]")]
ShardSize = Annotated[
    float,
    typer.Option("--shard-size", min=0, metavar="MB", help="Work is shared out, and taken up again, in such pieces."),
]
Restart = Annotated[
    bool, typer.Option("--restart", help="Begin anew, whatever an interrupted run has left at the output.")
]

Engine = Annotated[
    Literal["local", "ray"], typer.Option(help="Who does the work: processes of this machine, or a Ray cluster.")
]
Address = Annotated[
    str | None,
    typer.Option(metavar="HOST:PORT", help="Head of the Ray cluster. [default: RAY_ADDRESS, else this machine alone]"),
]


@dataclass(frozen=True, slots=True)
class Running:
    """How a run goes about: workers (0: one for each core), MB of a shard, whether to begin anew, and who works."""

    jobs: int
    shard_size: float
    restart: bool
    engine: Literal["local", "ray"] = "local"
    address: str | None = None


def carried_out(job: Any, found: Iterable[Any], output: str, options: Running) -> Any:
    """Carry out a run, show how it goes, name its first rejects, and return what it has counted."""
    from moderation.batch.layout import Layout
    from moderation.batch.local import local, processors
    from moderation.batch.on_ray import on_ray
    from moderation.batch.run import Run, carry_out

    engine: Any = partial(local, jobs=options.jobs or processors())
    if options.engine == "ray":
        engine = partial(on_ray, jobs=options.jobs, address=options.address)
    layout = Layout.of(output)
    inputs = (item for item in found if not layout.holds(item.source if hasattr(item, "source") else item.position))
    run = Run(layout, max(1, round(options.shard_size * 1e6)), options.restart, engine)
    with watching() as watch:
        return carry_out(job, inputs, run, watch, first_shown())
