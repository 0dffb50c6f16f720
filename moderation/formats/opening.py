"""Opening inputs: files, standard input, gzip by its magic number, lines of bounded length."""

import codecs
import gzip
import io
import sys
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, cast

from moderation.errors import InputError
from moderation.formats.rows import LONGEST_RECORD, Reject

STDIN = "-"
_GZIP = b"\x1f\x8b"


@contextmanager
def opened(source: str) -> Iterator[IO[bytes]]:
    """Open a path, or "-" for standard input, for reading bytes; gzip is unpacked. Raises InputError."""
    with ExitStack() as stack:
        try:
            file = stack.enter_context(unpacked(stack.enter_context(opened_raw(source))))
        except OSError as error:
            raise InputError(f"{source}: cannot be read ({error.strerror}). Check the path.") from None
        yield file


@contextmanager
def opened_raw(source: str) -> Iterator[io.BufferedReader]:
    """Open a path, or "-" for standard input, for reading bytes as they lie there. Raises OSError."""
    with ExitStack() as stack:
        file = sys.stdin.buffer if source == STDIN else stack.enter_context(Path(source).open("rb"))
        yield file if isinstance(file, io.BufferedReader) else io.BufferedReader(cast(io.RawIOBase, file))


@contextmanager
def unpacked(raw: io.BufferedReader) -> Iterator[IO[bytes]]:
    """Read a file through gzip where it is packed so."""
    if raw.peek(2)[:2] != _GZIP:
        yield raw
        return
    with gzip.open(raw) as file:
        yield cast(IO[bytes], file)


def beginning(raw: io.BufferedReader, size: int) -> bytes:
    """Return the first `size` bytes of a file, unpacked, without reading on; fewer where a pipe has no more yet."""
    head = raw.peek(size)
    if head[:2] != _GZIP:
        return head[:size]
    try:
        return zlib.decompressobj(wbits=31).decompress(head, size)
    except zlib.error:
        return b""


def lines(file: IO[bytes], source: str) -> Iterator[tuple[str, bytes] | Reject]:
    """Yield (position, line with its end) for each line, and a reject for each that is too long.

    A byte order mark is left out. A stream that breaks off, such as a truncated gzip, ends with a reject: what came
    before it is good.
    """
    number = 0
    while True:
        number += 1
        position = f"{source}:{number}"
        try:
            line = file.readline(LONGEST_RECORD)
            too_long = len(line) == LONGEST_RECORD and not line.endswith(b"\n")
            while too_long and (rest := file.readline(1 << 20)):
                if rest.endswith(b"\n"):
                    break
        except (EOFError, zlib.error, gzip.BadGzipFile):
            yield Reject(position, "the gzip stream is damaged or ends early: nothing after this could be read")
            return
        if not line:
            return
        if too_long:
            yield Reject(position, f"line longer than {LONGEST_RECORD >> 20} MiB")
        else:
            yield position, line.removeprefix(codecs.BOM_UTF8) if number == 1 else line


def whole(file: IO[bytes], source: str) -> bytes | Reject:
    """Return all of a stream that holds one page, or why not."""
    try:
        data = file.read(LONGEST_RECORD + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        return Reject(source, "the gzip stream is damaged or ends early")
    if len(data) > LONGEST_RECORD:
        return Reject(source, f"page larger than {LONGEST_RECORD >> 20} MiB")
    return data
