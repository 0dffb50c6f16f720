"""A process that calls functions for us within limits of time and memory, and is killed where one goes beyond them."""

import multiprocessing
import os
import pickle
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import connection, resource_tracker
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import ParamSpec, Self, TypeVar

from moderation.errors import InputError, ModerationError

P = ParamSpec("P")
T = TypeVar("T")

LIMITS_MEMORY = sys.platform.startswith("linux")
"""Whether this system can limit the memory of a process: the others either have no way, or ignore it."""

_START = 600.0  # seconds in which a process must have started: the first one may have to compile, on a busy machine
_GRACE = 10.0  # seconds after which a process ends itself that nobody has stopped: its parent has been killed
_NO_MEMORY = 86  # exit code, of no meaning elsewhere
_ENDING = (signal.SIGINT, signal.SIGTERM)
_LOOK = 0.05  # seconds between two looks at the memory of a process at work


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds of wall time that one call may take, and MB of resident memory (None: any) beyond the idle process's."""

    seconds: float = 30.0
    memory: int | None = 2000


@dataclass(slots=True)
class _Child:
    process: BaseProcess
    pipe: connection.Connection
    idle: int = 0  # bytes that it takes when it does nothing


class Bounded:
    """A child process that calls functions, one at a time. One that is killed is replaced, else it serves for all.

    `warm` is called first, in each new process, and counts against no call: it should load all that calls need. The
    functions, their arguments and their results are pickled; a function is one of a module.
    """

    def __init__(self, limits: Limits, warm: Callable[[], object]) -> None:
        self._limits = limits
        self._warm = warm
        self._child: _Child | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process, if one runs."""
        self._stop()

    def start(self) -> None:
        """Start the process and wait until it is warm, unless one runs. Raises ModerationError where none can be."""
        if self._child is None:
            self._start()

    def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what `function` returns.

        Raises InputError with a short reason, of which there are few, where it takes too long or too much memory, kills
        its process, or raises an exception; ModerationError where no process can be started.
        """
        child = self._child or self._start()
        try:
            child.pipe.send((function, args, kwargs))
            end = time.monotonic() + self._limits.seconds
            while not child.pipe.poll(max(0.0, min(_LOOK, end - time.monotonic()))):
                if time.monotonic() >= end:
                    self._stop()
                    raise InputError(f"took longer than {self._limits.seconds:g} seconds")
                self._check_memory(child)
            done, result = child.pipe.recv()
        except (EOFError, ConnectionError):
            raise InputError(self._cause_of_death(child)) from None
        # Also where it went well: libraries swallow what their allocator says, and return half of a result.
        self._check_memory(child)
        if not done:
            raise InputError(result)
        value: T = result
        return value

    def _start(self) -> _Child:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs, self._limits, self._warm), daemon=True)
        with _signals_held():
            process.start()
            self._child = child = _Child(process, ours)
        theirs.close()
        try:
            if not ours.poll(_START):
                raise EOFError
            ours.recv()
        except (EOFError, ConnectionError):
            self._stop()
            raise ModerationError(
                f"The process that reads pages did not start in {_START:g} seconds. Free memory, and try again."
            ) from None
        child.idle = _peak_memory(process)
        return child

    def _stop(self) -> None:
        if self._child is not None:
            self._child.pipe.close()
            self._child.process.kill()
            self._child.process.join()
        self._child = None

    def _check_memory(self, child: _Child) -> None:
        most = self._limits.memory
        if most is not None and _peak_memory(child.process) > child.idle + most * 1_000_000:
            self._stop()
            raise InputError(self._too_much())

    def _too_much(self) -> str:
        return f"needed more than {self._limits.memory} MB of memory"

    def _cause_of_death(self, child: _Child) -> str:
        child.process.join(_GRACE)
        code = child.process.exitcode
        self._stop()
        if code == _NO_MEMORY:
            return self._too_much()
        return f"killed the process that read it ({signal.Signals(-code).name if code and code < 0 else code})"


def _serve(pipe: connection.Connection, limits: Limits, warm: Callable[[], object]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches us, too; our parent stops us
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)  # what _signals_held has handed down
    warm()
    if limits.memory is not None and LIMITS_MEMORY:
        _bar_memory(limits.memory)
    try:
        pipe.send(None)
        while True:
            function, args, kwargs = pipe.recv()
            _end_by_ourselves(2 * limits.seconds + _GRACE)
            try:
                answer = (True, function(*args, **kwargs))
            except ModerationError as error:
                answer = (False, str(error))
            except MemoryError:
                raise
            except Exception as error:  # noqa: BLE001 - a page that breaks us must not end the run
                answer = (False, f"failed ({type(error).__name__})")
            packed = pickle.dumps(answer)
            del answer, function, args, kwargs
            pipe.send_bytes(packed)
            _end_by_ourselves(0)
    except (EOFError, ConnectionError):  # our parent has gone
        return
    except MemoryError:
        os._exit(_NO_MEMORY)  # what is left of the heap is of no use to the next page


@contextmanager
def _signals_held() -> Iterator[None]:
    """Hold signals that end us back until the end of the block: a child that is half started would complain."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # which lets signals through again when it starts
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _peak_memory(process: BaseProcess) -> int:
    """Return the most bytes that a process has ever had in memory; 0 where the system does not tell."""
    try:
        status = Path(f"/proc/{process.pid}/status").read_bytes()
    except OSError:
        return 0
    _, found, rest = status.partition(b"VmHWM:")
    return int(rest.split(maxsplit=1)[0]) * 1024 if found else 0


def _bar_memory(megabytes: int) -> None:
    """Deny this process so much address space that it cannot fill the machine between two looks of its parent."""
    import resource

    taken = int(Path("/proc/self/statm").read_bytes().split()[0]) * resource.getpagesize()
    limit = taken + (2 * megabytes + 1000) * 1_000_000
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _end_by_ourselves(seconds: float) -> None:
    """Let the system end this process after `seconds`, whatever it does; 0 takes that back."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)
