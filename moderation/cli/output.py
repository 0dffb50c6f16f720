"""Where results go: a file, all or nothing, or standard output."""

import contextlib
import os
import sys
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import IO

import typer

from moderation.errors import OutputError

_BROKEN_PIPE = 141  # 128 + SIGPIPE, as a shell reports it; Windows does not know the name


def check_output(output: str, inputs: Collection[str]) -> None:
    """Raise OutputError where a result would take the place of what it is made from, or be a folder of a stream."""
    if output.endswith("/") and "-" in inputs:
        raise OutputError(f"{output}: standard input has no parts that could be shared out. Name a file.")
    if Path(output).is_file() and any(Path(name).exists() and Path(name).samefile(output) for name in inputs):
        raise OutputError(f"{output}: is an input, too, and would be lost. Choose another place.")


def is_stream(output: str) -> bool:
    """Return whether a result flows away as it is made: into standard output, a pipe, a device."""
    return output == "-" or (Path(output).exists() and not Path(output).is_file() and not Path(output).is_dir())


@contextlib.contextmanager
def written(output: str) -> Iterator[IO[bytes]]:
    """Open a result for writing: a file, all or nothing, or standard output for "-"."""
    from moderation.batch.output import output_file

    if output != "-":
        with output_file(Path(output)) as file:
            yield file
        return
    if sys.stdout is None:
        raise OutputError("standard output: closed. Name a file with --output.")
    try:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    except BrokenPipeError:  # the reader of our output has gone, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(_BROKEN_PIPE) from None
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # no second error when Python flushes it
        raise OutputError(
            f"standard output: cannot be written ({error.strerror}). Free space, or name a file with --output."
        ) from None
