"""The engine of one machine: worker processes through joblib's loky, or none where one worker is enough."""

import contextlib
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import chain, islice
from typing import Any, TypeVar

from moderation.batch.shards import Shard
from moderation.errors import WorkerLost

T = TypeVar("T")

_LOOK = 1.0  # seconds between two looks whether the process that started us is still there


def local(do: Callable[[Shard], T], shards: Iterable[Shard], jobs: int) -> Iterator[tuple[Shard, T]]:
    """Yield each shard and what `do` returns for it, as they are finished. No more than jobs + 1 are held at a time.

    Raises what `do` raises, and WorkerLost where a worker process was killed.
    """
    pending = iter(shards)
    first = list(islice(pending, 2))
    pending = chain(first, pending)
    if jobs == 1 or len(first) < 2:  # a single shard is done sooner than a process has started
        for shard in pending:
            yield shard, do(shard)
        return
    from joblib.externals.loky import ProcessPoolExecutor

    with contextlib.ExitStack() as stack:
        pool = ProcessPoolExecutor(jobs, initializer=_begin, initargs=(os.getpid(),))
        running: dict[Future[T], Shard] = {}
        stack.callback(_stop, pool, running)
        try:
            while True:
                for shard in islice(pending, jobs + 1 - len(running)):
                    running[pool.submit(do, shard)] = shard
                if not running:
                    return
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    yield running.pop(future), future.result()
        except BrokenProcessPool:
            raise WorkerLost(
                "A worker process was killed, most likely because memory ran out. What is finished is kept: run the "
                "same command again to go on, with fewer --jobs."
            ) from None


def _stop(pool: Any, running: Iterable["Future[Any]"]) -> None:
    end = time.monotonic() + _LOOK
    # loky stumbles over work that it has accepted and not yet handed on.
    while not all(future.running() or future.done() for future in running) and time.monotonic() < end:
        time.sleep(0.01)
    pool.shutdown(wait=True, kill_workers=True)


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _begin(parent: int) -> None:
    """Leave Ctrl-C to the process that started this one, and end with it."""
    multiprocessing.set_start_method("spawn", force=True)  # loky's own is unknown to the children of this process
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK)
    os._exit(1)
