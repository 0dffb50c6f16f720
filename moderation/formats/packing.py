"""Packed files, unpacked as they are read: gzip, bzip2, xz and Zstandard, each known by its first bytes."""

import bz2
import io
import lzma
import zlib
from collections.abc import Callable
from typing import IO, Any, Protocol, cast

from moderation.errors import MissingExtra

_MAGIC = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz", b"\x28\xb5\x2f\xfd": "zstd"}
_CHUNK = 1 << 16
_LONGEST_WINDOW = 31  # log2 of bytes: what `zstd --long=31` writes, as Pushshift does
_XZ_MEMORY = 256 << 20  # bytes; `xz -9` needs 65 MiB


class DamagedStream(OSError):
    """A packed stream is damaged, or ends early."""


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    @property
    def needs_input(self) -> bool: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


def packing(head: bytes) -> str | None:
    """Return how a file that begins so is packed: "gzip", "bzip2", "xz", "zstd", or None for not at all."""
    return next((name for magic, name in _MAGIC.items() if head.startswith(magic)), None)


def unpacked(raw: io.BufferedReader) -> io.BufferedReader:
    """Return a stream of what `raw` holds, `raw` itself where it is not packed. Memory is bounded, whatever it unpacks
    to.

    Reading it raises DamagedStream where the stream is damaged or ends early. Raises MissingExtra where Zstandard is
    met and cannot be read.
    """
    kind = packing(raw.peek(6)[:6])
    return io.BufferedReader(_Unpacking(raw, _fresh(kind)), 1 << 20) if kind else raw


def unpacked_beginning(head: bytes, size: int) -> bytes:
    """Return up to `size` bytes of what a file that begins with `head` unpacks to; fewer where `head` holds no more."""
    kind = packing(head)
    if kind is None:
        return head[:size]
    try:
        return _fresh(kind)().decompress(head, size)
    except _errors():
        return b""


def zstd_module() -> Any:
    """Return Python's module `compression.zstd`, or its backport. Raises MissingExtra."""
    try:
        from compression import zstd  # type: ignore[import-not-found,unused-ignore]  # from Python 3.14 on
    except ImportError:
        try:
            from backports import zstd
        except ImportError:
            raise MissingExtra("Reading and writing Zstandard (.zst)", "zstd") from None
    return zstd


class _Unpacking(io.RawIOBase):
    """Unpacks one stream after another, as `cat a.gz b.gz` leaves them."""

    def __init__(self, raw: IO[bytes], fresh: Callable[[], _Decompressor]) -> None:
        self._raw, self._fresh, self._current = raw, fresh, fresh()
        self._errors = _errors()
        self._broken = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        size, held = min(len(buffer), _CHUNK), 0
        try:
            # A stream gives little at a time, and the beginning of a file is to be seen at one look.
            while held < size and not self._broken and (data := self._more(size - held)):
                buffer[held : held + len(data)] = data
                held += len(data)
        except self._errors:
            self._broken = True
        if self._broken and not held:  # once and for all, however often one tries
            raise DamagedStream("damaged, or ends early")
        return held

    def _more(self, size: int) -> bytes:
        while True:
            data = b""
            if self._current.eof:
                # Padding with zeros is what some tools leave behind a stream.
                data = self._current.unused_data.lstrip(b"\0")
                while not data and (chunk := self._raw.read(_CHUNK)):
                    data = chunk.lstrip(b"\0")
                if not data:
                    return b""
                self._current = self._fresh()
            elif self._current.needs_input:
                data = self._raw.read(_CHUNK)
                if not data:
                    raise EOFError
            if found := self._current.decompress(data, size):
                return found


class _Gzip:
    """zlib's decompressor with the interface of the others."""

    def __init__(self) -> None:
        self._zlib = zlib.decompressobj(wbits=31)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return self._zlib.eof

    @property
    def unused_data(self) -> bytes:
        return self._zlib.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        found = self._zlib.decompress(self._zlib.unconsumed_tail + data, max_length)
        self.needs_input = not self._zlib.unconsumed_tail and len(found) < max_length
        return found


def _fresh(kind: str) -> Callable[[], _Decompressor]:
    if kind == "gzip":
        return _Gzip
    if kind == "bzip2":
        return bz2.BZ2Decompressor
    if kind == "xz":
        return lambda: lzma.LZMADecompressor(memlimit=_XZ_MEMORY)
    zstd = zstd_module()
    options = {zstd.DecompressionParameter.window_log_max: _LONGEST_WINDOW}
    return lambda: cast(_Decompressor, zstd.ZstdDecompressor(options=options))


def _errors() -> tuple[type[Exception], ...]:
    try:
        return OSError, EOFError, zlib.error, lzma.LZMAError, zstd_module().ZstdError
    except MissingExtra:
        return OSError, EOFError, zlib.error, lzma.LZMAError
