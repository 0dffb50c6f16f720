"""What the program says while it works: lines, steps, counts."""

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

_MINUTE = 60.0


def say(message: str) -> None:
    """Say something to the person, not to the program that reads our output."""
    typer.echo(message, err=True)


@contextlib.contextmanager
def said_if_slow(message: str) -> Iterator[None]:
    """Say something if the block takes more than two seconds."""
    timer = threading.Timer(2, say, [message])
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@contextlib.contextmanager
def steps() -> Iterator[Callable[[str, int, int], None]]:
    """Show steps as a bar on a terminal, as lines elsewhere."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda what, done, total: say(f"[{done}/{total}] {what}")
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("starting", total=None)
        yield lambda what, done, total: bar.update(task, description=what, completed=done, total=total)


def counted(items: Iterable[Any], what: str, size: Callable[[Any], int]) -> Iterator[Any]:
    """Pass items on and show on a terminal how many things of which each holds `size(item)` went by, and how fast."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield from items
        return
    columns = (SpinnerColumn(), TextColumn("{task.completed:,.0f} " + what), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)
        for item in items:
            yield item
            bar.advance(task, size(item))


@contextlib.contextmanager
def fetching() -> Iterator[Callable[[int, int | None], None]]:
    """Show on a terminal how many bytes of a file have come."""
    console = Console(stderr=True)
    with Progress(
        TextColumn("fetching"),
        BarColumn(),
        DownloadColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def watched(items: Iterable[Any], line: Callable[[], str], figures: Callable[[], dict[str, Any]]) -> Iterator[Any]:
    """Pass items on, and show `line()` on a terminal; elsewhere, say `figures()` as a line of JSON once a minute."""
    console = Console(stderr=True)
    if not console.is_terminal:
        told = time.monotonic()
        for item in items:
            yield item
            if time.monotonic() - told > _MINUTE:
                told = time.monotonic()
                say(json.dumps(figures()))
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("starting")
        for item in items:
            yield item
            bar.update(task, description=line())


def counts(counter: Any) -> str:
    """Return the counts of a Counter in words, the largest first."""
    return ", ".join(f"{n:,} {what}" for what, n in counter.most_common())


def shown(text: str) -> str:
    """Return text for the terminal: no control codes, which could move its cursor or forge rows, no lone surrogates."""
    return escape("".join(c if c.isprintable() else " " for c in text))
