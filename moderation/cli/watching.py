"""How a run is shown while it goes on: a bar on a terminal, a line of JSON once a minute elsewhere."""

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from moderation.cli.console import say

_MINUTE = 60.0


class Progressing:
    """What a run has told so far. Rates and the time left are those of this session."""

    def __init__(self) -> None:
        self.size = self.done = self.hashed_bytes = 0
        self.counts: dict[str, int] = {}
        self._fresh_bytes = self._fresh_rows = 0
        self._began = time.monotonic()

    def begin(self, size: int) -> None:
        """Hear how many bytes the inputs have."""
        self.size = size
        self._began = time.monotonic()

    def hashed(self, size: int) -> None:
        """Hear that bytes were read to know them again."""
        self.hashed_bytes += size

    def finished(self, counts: Any, size: int, fresh: bool) -> None:
        """Hear that a shard is finished."""
        self.done += size
        for name, n in counts.headline().items():
            self.counts[name] = self.counts.get(name, 0) + n
        if fresh:
            self._fresh_bytes += size
            self._fresh_rows += next(iter(counts.headline().values()))

    def figures(self) -> dict[str, Any]:
        """Return how far it is, JSON-ready: counts, rows a second, seconds left (None where nothing tells)."""
        seconds = max(time.monotonic() - self._began, 1e-9)
        left = seconds * max(self.size - self.done, 0) / self._fresh_bytes if self._fresh_bytes else None
        return {
            **self.counts,
            "rows_per_second": round(self._fresh_rows / seconds),
            "done": round(self.done / self.size, 4) if self.size else None,
            "seconds_left": None if left is None else round(left),
        }

    def line(self) -> str:
        """Return the same in words."""
        if not self.size:
            return f"reading the inputs to know them again: {self.hashed_bytes / 1e6:,.0f} MB"
        f = self.figures()
        left = "" if f["seconds_left"] is None else f", {_clock(f['seconds_left'])} left"
        counted = ", ".join(f"{n:,} {name.replace('_', ' ')}" for name, n in self.counts.items())
        return f"{counted or 'starting'}, {f['rows_per_second']:,}/s{left}"


@contextlib.contextmanager
def watching() -> Iterator[Progressing]:
    """Give what a run tells its progress to, and show it until the end of the block."""
    progress = Progressing()
    console = Console(stderr=True)
    ended = threading.Event()
    if console.is_terminal:
        columns = (BarColumn(), TextColumn("{task.percentage:>3.0f} %"), TextColumn("{task.description}", markup=False))
        with Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as bar:
            task = bar.add_task("starting", total=None)

            def show() -> None:
                bar.update(task, description=progress.line(), completed=progress.done, total=progress.size or None)

            with _repeated(show, 0.5, ended):
                yield progress
        return
    with _repeated(lambda: say(json.dumps(progress.figures())), _MINUTE, ended):
        yield progress


@contextlib.contextmanager
def _repeated(show: Any, seconds: float, ended: threading.Event) -> Iterator[None]:
    def repeat() -> None:
        while not ended.wait(seconds):
            show()

    thread = threading.Thread(target=repeat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
