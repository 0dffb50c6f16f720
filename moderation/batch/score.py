"""Scoring in batch: comments in, verdicts out, beside the input and never in it."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import IO, Any, ClassVar

from moderation import __version__
from moderation.batch.output import Tables
from moderation.batch.rendering import Rendering
from moderation.batch.run import OnReject
from moderation.batch.shards import Shard
from moderation.batch.tally import Tally
from moderation.errors import BundleError
from moderation.formats import Fields
from moderation.formats.columns import Columns
from moderation.policy import Policy
from moderation.scorer import Judgements, Scorer


@dataclass(frozen=True, slots=True)
class Scoring:
    """How the comments of shards are scored and written.

    `model` is what `Scorer.load` takes, `identity` the one that it must turn out to have, wherever the work is done.
    """

    model: str
    identity: str
    policy: Policy
    fields: Fields = field(default_factory=Fields)
    evidence: bool = False
    only_flagged: bool = False
    threads: int = 0
    tally: ClassVar[type[Tally]] = Tally

    def describe(self) -> dict[str, Any]:
        """Return all that the verdicts depend on besides the inputs."""
        return {
            "command": "score",
            "version": __version__,
            "model": self.identity,
            "policy": self.policy.identity,
            "fields": asdict(self.fields),
            "evidence": self.evidence,
            "only flagged": self.only_flagged,
        }

    def do(self, shard: Shard, part: IO[bytes], ending: str, on_reject: OnReject) -> Tally:
        """Write the verdicts of a shard. Raises InputError, BundleError, OutputError."""
        tally = Tally()
        rendering = Rendering(_loaded(self), self.evidence, self.only_flagged)
        write_verdicts(rendering, shard.columns(self.fields), part, ending, tally, on_reject)
        return tally


def write_verdicts(
    rendering: Rendering, blocks: Iterable[Columns], file: IO[bytes], ending: str, tally: Tally, on_reject: OnReject
) -> None:
    """Score comments and write their verdicts to `file`, in the form that the `ending` of its name tells."""
    scored = judged(rendering.scorer, blocks, tally, on_reject)
    if ending == ".parquet":
        tables = Tables(file, rendering.schema())
        for columns, found in scored:
            tables.write(rendering.table(columns, found))
        tables.close()
    else:
        for columns, found in scored:
            file.write(rendering.lines(columns, found))


def judged(
    scorer: Scorer, blocks: Iterable[Columns], tally: Tally, on_reject: OnReject
) -> Iterator[tuple[Columns, Judgements]]:
    """Yield each block with what is decided of it; count everything in `tally`. Memory is bounded by one block."""
    for columns in blocks:
        found = scorer.judge(columns.texts, columns.langs)
        tally.count(scorer, columns, found)
        for reject in columns.rejects:
            on_reject(reject)
        yield columns, found


_last: tuple[tuple[str, str, int], Scorer] | None = None


def _loaded(job: Scoring) -> Scorer:
    """Return the scorer of a job; a process loads it once. Raises BundleError where it is another one here."""
    global _last
    key = (job.identity, job.policy.identity, job.threads)
    if _last is None or _last[0] != key:
        scorer = Scorer.load(job.model, policy=job.policy, threads=job.threads)
        if scorer.model != job.identity:
            raise BundleError(
                f"{job.model}: is {scorer.model} where a worker has loaded it, and was {job.identity} where the run "
                "began. Put the same bundle everywhere, and leave it alone during a run."
            )
        _last = (key, scorer)
    return _last[1]
