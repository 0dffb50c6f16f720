"""Opening inputs: files and standard input, packed or not, their beginning, their lines of bounded length."""

import codecs
import io
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, cast

from moderation.errors import InputError
from moderation.formats.packing import DamagedStream, unpacked, unpacked_beginning
from moderation.formats.remote import is_remote, opened_remote
from moderation.formats.rows import LONGEST_RECORD, Reject

STDIN = "-"
BROKEN_OFF = "the packed file is damaged or ends early: nothing after this could be read"
_BUFFER = 1 << 16


@contextmanager
def opened(source: str) -> Iterator[io.BufferedReader]:
    """Open a path, or "-" for standard input, for reading bytes; what is packed is unpacked. Raises InputError."""
    with ExitStack() as stack:
        try:
            file = unpacked(stack.enter_context(opened_raw(source)))
        except OSError as error:
            raise unreadable(source, error) from None
        yield file


@contextmanager
def opened_raw(source: str) -> Iterator[io.BufferedReader]:
    """Open a path, or "-" for standard input, for reading bytes as they lie there. Raises OSError."""
    with ExitStack() as stack:
        if is_remote(source):
            yield stack.enter_context(opened_remote(source))
            return
        file = sys.stdin.buffer if source == STDIN else stack.enter_context(Path(source).open("rb", buffering=_BUFFER))
        yield file if isinstance(file, io.BufferedReader) else io.BufferedReader(cast(io.RawIOBase, file))


def unreadable(source: str, error: OSError) -> InputError:
    """Return the error that says that a source cannot be opened."""
    return InputError(f"{source}: cannot be read ({error.strerror or error}). Check the path.")


def head(source: str, size: int) -> bytes:
    """Return the first `size` bytes of a source, unpacked; of standard input what is there already, without taking it.

    Raises InputError.
    """
    try:
        with opened_raw(source) as raw:
            if source == STDIN:
                return beginning(raw, size)
            try:
                return unpacked(raw).read(size)
            except DamagedStream:
                raw.seek(0)
                return beginning(raw, size)
    except OSError as error:
        raise unreadable(source, error) from None


def beginning(raw: io.BufferedReader, size: int) -> bytes:
    """Return the first `size` bytes of a file, unpacked, without reading on; fewer where a pipe has no more yet."""
    return unpacked_beginning(raw.peek(size), size)


def shown(file: io.BufferedReader, size: int) -> bytes:
    """Return the first bytes of an unpacked stream without taking them; fewer, or none, where it is damaged there."""
    try:
        return file.peek(size)[:size]
    except DamagedStream:
        return b""


def lines(file: IO[bytes], source: str, start: int = 0, end: int | None = None) -> Iterator[tuple[int, bytes] | Reject]:
    """Yield (the byte at which it begins, line with its end) for each line, and a reject for each that is too long.

    `start` is where `file` stands; the last line is the one that holds the byte before `end` (None: to the end of the
    file). A byte order mark is left out. A packed stream that breaks off ends with a reject: what came before it is
    good.
    """
    place = start
    while end is None or place < end:
        begin = place
        try:
            line = file.readline(LONGEST_RECORD)
            place += len(line)
            too_long = len(line) == LONGEST_RECORD and not line.endswith(b"\n")
            while too_long and (rest := file.readline(1 << 20)):
                place += len(rest)
                if rest.endswith(b"\n"):
                    break
        except DamagedStream:
            yield Reject(f"{source}:{begin}", BROKEN_OFF)
            return
        if not line:
            return
        if too_long:
            yield Reject(f"{source}:{begin}", f"line longer than {LONGEST_RECORD >> 20} MiB")
        else:
            yield begin, line.removeprefix(codecs.BOM_UTF8) if begin == 0 else line


def whole(file: IO[bytes], source: str) -> bytes | Reject:
    """Return all of a stream that holds one page, or why not."""
    try:
        data = file.read(LONGEST_RECORD + 1)
    except DamagedStream:
        return Reject(source, "the packed file is damaged or ends early")
    if len(data) > LONGEST_RECORD:
        return Reject(source, f"page larger than {LONGEST_RECORD >> 20} MiB")
    return data
