"""The engine of a cluster: a pool of Ray actors, each holding its scorer.

Plain actors and not Ray Data: a shard has to keep its number, its part and its place in the order whoever does it, so
that a run that is interrupted goes on, on Ray or without it. Ray Data cuts and names its blocks itself.
"""

import logging
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from moderation.batch.shards import Shard
from moderation.errors import MissingExtra, WorkerLost

T = TypeVar("T")

_MOST_DEATHS = 3  # of workers over one shard: then it is the shard that kills them
_PATIENCE = 3600.0  # seconds in which at least one shard must be finished


def on_ray(
    do: Callable[[Shard], T], shards: Iterable[Shard], jobs: int, address: str | None
) -> Iterator[tuple[Shard, T]]:
    """Yield each shard and what `do` returns for it, as they are finished.

    jobs: actors, 0 for one for each processor of the cluster. address: of the cluster's head; None: the one in
    RAY_ADDRESS, else a cluster of this machine alone that ends with the run. A shard whose actor or node is lost is
    done again by another.

    Raises what `do` raises; WorkerLost where a shard has killed several actors, or no actor is left; MissingExtra.
    """
    try:
        import ray
        from ray.exceptions import RayActorError, RayTaskError
    except ImportError:
        raise MissingExtra("--engine ray", "ray") from None

    ours = not ray.is_initialized()
    if ours:
        ray.init(address=address, log_to_driver=False, include_dashboard=False, logging_level=logging.ERROR)
    worker = ray.remote(num_cpus=1, max_restarts=0)(_Worker)
    resources: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call,unused-ignore]
    wanted = jobs or max(1, int(resources.get("CPU", 1)))
    again: deque[Shard] = deque()
    deaths: Counter[int] = Counter()
    idle: list[Any] = [worker.remote() for _ in range(wanted)]
    running: dict[Any, tuple[Any, Shard]] = {}
    pending = iter(shards)
    try:
        while True:
            while idle and (shard := again.popleft() if again else next(pending, None)) is not None:
                actor = idle.pop()
                running[actor.do.remote(do, shard)] = (actor, shard)
            if not running:
                return
            found, _ = ray.wait([*running], timeout=_PATIENCE)
            if not found:
                raise WorkerLost(
                    f"The cluster has finished nothing for {_PATIENCE:g} seconds. What is finished is kept: look "
                    "after the cluster, and run the same command again to go on."
                )
            actor, shard = running.pop(found[0])
            try:
                result = ray.get(found[0])
            except RayTaskError as error:
                raise (error.cause if isinstance(error.cause, Exception) else error) from None
            except RayActorError:
                deaths[shard.number] += 1
                if deaths[shard.number] == _MOST_DEATHS:
                    raise WorkerLost(
                        f"Shard {shard.number} has ended {_MOST_DEATHS} workers, most likely because memory ran out. "
                        "What is finished is kept: run the same command again to go on, with fewer --jobs."
                    ) from None
                again.append(shard)
                if not running and not idle:
                    idle.append(worker.remote())
                continue
            idle.append(actor)
            yield shard, result
    finally:
        for actor in [*idle, *(actor for actor, _ in running.values())]:
            ray.kill(actor)
        if ours:
            ray.shutdown()


class _Worker:
    def do(self, do: Callable[[Shard], T], shard: Shard) -> T:
        return do(shard)
