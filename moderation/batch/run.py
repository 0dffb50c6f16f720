"""A run: inputs cut into shards, each done once, whoever is killed in between, and the parts joined in the end."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import IO, Any, Protocol, Self, TypeVar

from moderation.batch.inputs import Input, check_unchanged, difference, identified
from moderation.batch.layout import Layout
from moderation.batch.shards import Shard, shards
from moderation.errors import OutputError
from moderation.formats import Reject, Skipped, Split

OnReject = Callable[[Reject], None]


class Tallied(Protocol):
    """What is counted in a shard. The counts of a run's shards, added up in their order, are the run's."""

    def add(self, other: Self) -> None:
        """Add what a later shard has counted."""

    def pass_over(self, item: Reject | Skipped) -> None:
        """Count what gives no row."""

    def headline(self) -> dict[str, int]:
        """Return the counts to be shown while a run goes on, that of the rows first."""
        ...

    def rejected(self) -> int:
        """Return how many records were rejected."""
        ...

    def to_json(self) -> bytes:
        """Return the counts as a line of JSON."""
        ...

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """Return the counts that `to_json` has written. Raises ValueError, TypeError or LookupError for others."""
        ...


Counts = TypeVar("Counts", bound=Tallied)
Made = TypeVar("Made", bound=Tallied, covariant=True)


class Job(Protocol[Made]):
    """What is done to each shard. It can be sent to other processes and to other machines."""

    @property
    def tally(self) -> type[Made]:
        """What it counts."""
        ...

    def describe(self) -> dict[str, Any]:
        """Return all that the result depends on besides the inputs, JSON-ready, by names that people know."""
        ...

    def do(self, shard: Shard, part: IO[bytes], ending: str, on_reject: OnReject) -> Made:
        """Write what comes of a shard to `part`, in the form that the name's `ending` tells, and return the counts.

        The same shard gives the same bytes. Raises InputError and OutputError.
        """
        ...


Engine = Callable[[Callable[[Shard], Any], Iterable[Shard]], Iterator[tuple[Shard, Any]]]
"""Does something to each of some shards, on one machine or many, and yields each with what came of it, as they end."""


class Watch(Protocol):
    """Is told how a run goes on."""

    def begin(self, size: int) -> None:
        """Hear how many bytes the inputs have."""

    def hashed(self, size: int) -> None:
        """Hear that bytes were read to know them again."""

    def finished(self, counts: Any, size: int, fresh: bool) -> None:
        """Hear that a shard of so many bytes is finished, now (`fresh`) or in a run before."""


@dataclass(frozen=True, slots=True)
class Run:
    """How a run goes about: where results go, bytes of a shard, whether to forget what is unfinished, the engine."""

    layout: Layout
    shard_size: int
    restart: bool
    engine: Engine


def carry_out(
    job: Job[Counts], found: Iterable[Split | Reject | Skipped], run: Run, watch: Watch, on_reject: OnReject
) -> Counts:
    """Do a job to all inputs that `found` names; go on with what an interrupted run of the same left. Return counts.

    The result is there in the end, and byte for byte the same however often the run was interrupted. `on_reject` is
    told every reject, in the order of the inputs.

    Raises InputError, OutputError, and what the job and the engine raise; what is finished is kept then.
    """
    with run.layout.locked():
        items = list(found)
        before = None if run.restart else run.layout.manifest()
        known = {entry[0]: entry for entry in (before or {}).get("inputs", ())}
        inputs = identified((item for item in items if isinstance(item, Split)), known, watch.hashed)
        plan = _plan(job, run, inputs)
        if before is not None:
            _check_same(before, plan, run.layout)
        else:
            run.layout.discard()
        done = run.layout.begin(None if before is not None else plan)
        watch.begin(sum(one.size for one in inputs))
        try:
            total = _done(job, run, inputs, done, watch)
            check_unchanged(inputs)
        except BaseException:
            run.layout.tidy()
            if not run.layout.finished():
                run.layout.work.remove_all()
            raise
        passed = [item for item in items if not isinstance(item, Split)]
        counts = _added(job, run.layout, total, passed)
        _write_rejects(counts, run.layout, total, passed, on_reject)
        run.layout.conclude(total)
        return counts


def finish(job: Job[Counts], layout: Layout, shard: Shard) -> Counts:
    """Do a job to one shard, and put its part and its side file in their places."""
    with layout.shard_written(shard.number) as (part, side):

        def on_reject(reject: Reject) -> None:
            side.write(reject_line(reject))

        counts = job.do(shard, part, layout.ending, on_reject)
        side.write(counts.to_json())
    return counts


def _plan(job: Job[Any], run: Run, inputs: Iterable[Input]) -> dict[str, Any]:
    return {**job.describe(), "shard size": run.shard_size, "inputs": [one.entry() for one in inputs]}


def _check_same(before: dict[str, Any], plan: dict[str, Any], layout: Layout) -> None:
    """Raise OutputError where the run that lies there is not the one that is to be carried out."""
    found = None
    for key in dict.fromkeys((*before, *plan)):
        old, new = before.get(key), plan.get(key)
        if key == "inputs":
            found = found or difference(old or (), new or ())
        elif old != new:
            found = f"{key} ({old}, and now {new})"
    if found:
        raise OutputError(
            f"{layout.work.place}: holds a run with other {found}. Run that one again to go on with it, choose another "
            "output, or add --restart to begin anew."
        )


def _done(job: Job[Counts], run: Run, inputs: list[Input], done: set[int], watch: Watch) -> int:
    """Finish the shards that are not, and return how many there are."""
    total = 0

    def pending() -> Iterator[Shard]:
        nonlocal total
        for shard in shards([(one.split, one.size) for one in inputs], run.shard_size):
            total += 1
            if shard.number in done:
                watch.finished(_counts(job, run.layout, shard.number), shard.weight, fresh=False)
            else:
                yield shard

    for shard, counts in run.engine(partial(finish, job, run.layout), pending()):
        watch.finished(counts, shard.weight, fresh=True)
    return total


def _counts(job: Job[Counts], layout: Layout, number: int) -> Counts:
    line = b""
    for line in layout.side(number):  # noqa: B007 - the last one
        pass
    try:
        return job.tally.from_json(line)
    except (ValueError, TypeError, LookupError):
        raise OutputError(f"{layout.work.place}: shard {number} is damaged. Begin anew with --restart.") from None


def _added(job: Job[Counts], layout: Layout, total: int, passed: Iterable[Reject | Skipped]) -> Counts:
    counts = job.tally()
    for item in passed:
        counts.pass_over(item)
    for number in range(total):
        counts.add(_counts(job, layout, number))
    return counts


def _write_rejects(
    counts: Tallied, layout: Layout, total: int, passed: Iterable[Reject | Skipped], on_reject: OnReject
) -> None:
    folder, name = layout.rejects
    if not counts.rejected():
        folder.remove(name)  # an earlier run's
        return

    def rejects() -> Iterator[Reject]:
        yield from (item for item in passed if isinstance(item, Reject))
        for number in range(total):
            before = None
            for line in layout.side(number):
                if before is not None:
                    yield Reject(**json.loads(before))
                before = line

    with folder.written(name) as file:
        for reject in rejects():
            on_reject(reject)
            file.write(reject_line(reject))


def reject_line(reject: Reject) -> bytes:
    """Return a reject as it stands in side files."""
    return json.dumps({"position": reject.position, "reason": reject.reason}).encode() + b"\n"
