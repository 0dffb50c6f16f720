"""Web archives: WARC (ISO 28500) and the WET files that Common Crawl makes of them, read with FastWARC."""

import io
import re
import zlib
from collections.abc import Iterator
from typing import Any

from moderation.errors import MissingExtra
from moderation.formats.opening import beginning
from moderation.formats.packing import packing, unpacked
from moderation.formats.rows import LONGEST_RECORD, Page, Reject, Skipped

_DAMAGED = "damaged web archive record"
_ENDS_EARLY = "web archive record ends early"
_LOST = "damaged web archive: nothing after this could be read"
_TOO_LARGE = f"page larger than {LONGEST_RECORD >> 20} MiB"
_FORMATS = {"text/html": "html", "application/xhtml+xml": "html", "text/plain": "text", "": None}
_LONGEST_HEADER = 1 << 20
_MOST_DAMAGE = 1000  # times that reading is taken up again in one archive: each may read far ahead
_START = re.compile(rb"\x1f\x8b\x08|WARC/\d\.\d\r?\n")
_LONGEST_START = 16  # bytes in which a start shows, also one that stands across two chunks
_CHUNK = 1 << 20


def is_archive(head: bytes) -> bool:
    """Return whether a file that begins so (unpacked) is a web archive."""
    return head.startswith(b"WARC/")


def read_warc(raw: io.BufferedReader, source: str) -> Iterator[Page | Reject | Skipped]:
    """Yield the pages of a web archive: its successful HTTP responses, resources and conversions of HTML or text.

    raw: the archive as it lies on the disk, packed or not. After damage, reading goes on at the next record that can be
    found, which in a stream (a pipe, an archive packed as a whole) is none. Positions are bytes of `raw`.

    Raises MissingExtra without FastWARC.
    """
    try:
        from fastwarc.warc import ArchiveIterator
    except ImportError:
        raise MissingExtra("Reading web archives", "warc") from None
    if packing(raw.peek(6)[:6]) not in (None, "gzip"):  # FastWARC reads these by itself
        raw = unpacked(raw)
    if not raw.seekable():
        raw = io.BufferedReader(_Forward(raw))
    last, number = -1, 0
    for _ in range(_MOST_DAMAGE):
        item = None
        try:
            for record in ArchiveIterator(raw, parse_http=False):
                # All records of an archive that is packed as a whole begin at one byte of it.
                number = number + 1 if record.stream_pos == last else 0
                last = record.stream_pos
                item = _page(record, f"{source}:{last}" + (f"#{number}" if number else ""))
                if item is not None:
                    yield item
                if isinstance(item, Reject) and item.reason == _ENDS_EARLY:
                    break  # its length may be wrong, and hide the records after it
            else:
                return
        except OSError:
            pass
        if not raw.seekable():
            break
        broken, sound = _resumed(raw, last + 1)
        for place in broken or ([] if isinstance(item, Reject) else [max(last, 0)]):
            yield Reject(f"{source}:{place}", _DAMAGED)
        if len(broken) == _MOST_DAMAGE:
            break
        if sound is None:
            return
    yield Reject(f"{source}:{max(last, 0)}", _LOST)


class _Forward(io.RawIOBase):
    """A stream that can only be read on, but says where it stands: FastWARC asks for that with a seek, and breaks down
    without an answer.
    """

    def __init__(self, stream: io.BufferedReader) -> None:
        self._stream, self._place = stream, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._stream.read1(len(buffer))
        buffer[: len(data)] = data
        self._place += len(data)
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if (offset, whence) not in ((0, io.SEEK_CUR), (self._place, io.SEEK_SET)):
            raise io.UnsupportedOperation("seek")
        return self._place


def _resumed(raw: io.BufferedReader, start: int) -> tuple[list[int], int | None]:
    """Move to the first record from `start` on that can be read; return the places of those that cannot, and its."""
    broken: list[int] = []
    while (place := _next_start(raw, start)) is not None and len(broken) < _MOST_DAMAGE:
        raw.seek(place)
        if _readable(raw):
            raw.seek(place)
            return broken, place
        broken.append(place)
        start = place + 1
    return broken, None


def _next_start(raw: io.BufferedReader, start: int) -> int | None:
    raw.seek(start)
    while chunk := raw.read(_CHUNK):
        for match in _START.finditer(chunk):
            raw.seek(start + match.start())
            if is_archive(beginning(raw, _LONGEST_START)):
                return start + match.start()
        start += max(1, len(chunk) - _LONGEST_START)
        raw.seek(start)
    return None


def _readable(raw: io.BufferedReader) -> bool:
    from fastwarc.warc import ArchiveIterator

    try:
        for record in ArchiveIterator(raw, parse_http=False):
            record.consume()
            return True
    except OSError:
        pass
    return False


def _page(record: Any, position: str) -> Page | Reject | Skipped | None:
    """Return the page that a record holds, or why it gives none; None for those about other records (requests ...)."""
    from fastwarc.warc import WarcRecordType as Type

    headers = record.headers
    if not (headers.get("Content-Length") or "").isdecimal():
        return Reject(position, _DAMAGED)
    size = record.content_length
    block = record.reader.read(min(size, LONGEST_RECORD))
    if len(block) < min(size, LONGEST_RECORD):
        return Reject(position, _ENDS_EARLY)
    if record.record_type == Type.revisit:
        return Skipped(position, "revisit: the page stands in another record")
    if record.record_type not in (Type.response, Type.resource, Type.conversion):
        return None
    kind, charset, data = headers.get("Content-Type") or "", None, block
    if kind.startswith("application/http"):
        http = _http(block)
        if http is None:
            return Reject(position, "damaged HTTP header")
        status = http.http_headers.status_code
        if not 200 <= status < 300:
            return Skipped(position, f"HTTP status {status}")
        kind, charset = http.http_content_type or "", http.http_charset
        data = _decoded(http.reader.read(), http.http_headers)
    name = kind.partition(";")[0].strip().lower()
    if name not in _FORMATS:
        return Skipped(position, "neither text nor HTML")
    if max(size, len(data)) > LONGEST_RECORD:
        return Reject(position, _TOO_LARGE)
    return Page(position, data, _FORMATS[name], headers.get("WARC-Target-URI"), headers.get("WARC-Date"), charset)


def _http(block: bytes) -> Any:
    """Return `block` with its HTTP header parsed, None where it has none."""
    from fastwarc.warc import WarcRecord

    # A record of its own: a header that cannot be parsed would end the iterator that the block came from.
    record = WarcRecord()
    record.is_http = True
    record.set_bytes_content(block)
    try:
        record.parse_http(max_header_len=_LONGEST_HEADER)
    except OSError:
        return None
    return record if isinstance(record.http_headers and record.http_headers.status_code, int) else None


def _decoded(data: bytes, headers: Any) -> bytes:
    """Undo chunks and compression, up to a byte more than a page may have.

    What is not packed as its header says is left as it is: many crawlers unpack, and keep the header.
    """
    from fastwarc.stream_io import BrotliReader, ChunkedReader, ZstdReader

    if (headers.get("Transfer-Encoding") or "").strip().lower() == "chunked":
        data = _read_through(ChunkedReader, data)
    packing = (headers.get("Content-Encoding") or "").strip().lower()
    if packing in ("gzip", "x-gzip", "deflate"):
        for wbits in (47, -15):  # gzip or zlib by their headers; a bare deflate stream, which some servers send
            try:
                return zlib.decompressobj(wbits).decompress(data, LONGEST_RECORD + 1)
            except zlib.error:
                continue
    elif packing == "br":
        return _read_through(BrotliReader, data)
    elif packing == "zstd":
        return _read_through(ZstdReader, data)
    return data


def _read_through(reader: Any, data: bytes) -> bytes:
    try:
        return bytes(reader(io.BytesIO(data)).read(LONGEST_RECORD + 1))
    except OSError:
        return data
