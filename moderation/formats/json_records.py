"""Objects of JSON, one at a time: JSON Lines, one array of objects, or objects printed over several lines."""

import codecs
import json
import re
from collections.abc import Iterator
from io import BufferedReader

from moderation.formats.opening import BROKEN_OFF, lines, shown
from moderation.formats.packing import DamagedStream
from moderation.formats.rows import LONGEST_RECORD, Record, Reject, Split

# An array, also one that ends where the peek does, and an object whose first line holds no more than its brace.
_ARRAY = re.compile(rb"\s*\[\s*(?:\{|\]|$)")
_PRINTED = re.compile(rb"\s*\{\s*?\n")
# What phpMyAdmin begins its exports with: the rows stand in an array in an object in an array.
_PHPMYADMIN = re.compile(rb'\s*\[\s*\{\s*"type"\s*:\s*"header"')
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[{}\[\]]|"', re.DOTALL)
_CHUNK = 1 << 16
HEAD = 256
_DECODE = json.JSONDecoder(strict=False).decode  # json.loads would make a decoder for each line
_TOO_LONG = f"record longer than {LONGEST_RECORD >> 20} MiB"
_LOST = "JSON ends early: nothing after this could be read"


def json_records(file: BufferedReader, split: Split) -> Iterator[tuple[str, Record] | Reject]:
    """Yield (position, object) for each object of JSON Lines, of an array, of JSON printed over several lines, or
    of the tables in an export of phpMyAdmin, and a reject for each that cannot be read.
    """
    level = None if split.start else _level(shown(file, HEAD))
    yield from _line_records(file, split) if level is None else _objects(file, split.source, level)


def one_a_line(head: bytes) -> bool:
    """Return whether JSON is JSON Lines, of which `head` are the first HEAD bytes."""
    return _level(head) is None


def _level(head: bytes) -> int | None:
    """Return in how many brackets the objects stand of JSON that begins so, None for JSON Lines."""
    start = head.removeprefix(codecs.BOM_UTF8)
    if _ARRAY.match(start):
        return 3 if _PHPMYADMIN.match(start) else 1
    return 0 if _PRINTED.match(start) else None


def _objects(file: BufferedReader, source: str, level: int) -> Iterator[tuple[str, Record] | Reject]:
    """Yield the objects that stand inside `level` brackets."""
    data, offset, place, depth = b"", 0, 0, 0  # what is held, where it begins, what of it is done, brackets open
    begin = -1  # of the object that is read, in `data`
    while True:
        for token in _TOKEN.finditer(data, place):
            kind = token[0]
            if kind == b'"':  # the string goes on
                place = token.start()
                break
            place = token.end()
            if kind in (b"{", b"["):
                if depth == level and kind == b"{":
                    begin = token.start()
                depth += 1
            elif kind in (b"}", b"]"):
                depth -= 1
                if depth == level and begin >= 0:
                    position = f"{source}:{offset + begin}"
                    too_long = place - begin > LONGEST_RECORD
                    yield Reject(position, _TOO_LONG) if too_long else parsed(data[begin:place], position)
                    begin = -1
        else:
            place = len(data)
        keep = begin if begin >= 0 else place
        data, offset, place, begin = data[keep:], offset + keep, place - keep, min(begin, 0)
        if len(data) > LONGEST_RECORD:
            yield Reject(f"{source}:{offset}", f"{_TOO_LONG}: nothing after this could be read")
            return
        try:
            # Doubled with what is held, or a long string would be searched again and again.
            chunk = file.read(max(_CHUNK, len(data)))
        except DamagedStream:
            yield Reject(f"{source}:{offset}", BROKEN_OFF)
            return
        if not chunk:
            break
        data += chunk
    if depth or data:
        yield Reject(f"{source}:{offset}", _LOST)


def _line_records(file: BufferedReader, split: Split) -> Iterator[tuple[str, Record] | Reject]:
    """Yield (position, object) for each line that holds one, and a reject for each other line that is not blank."""
    for item in lines(file, split.source, split.start, split.end):
        if isinstance(item, Reject):
            yield item
        elif item[1].strip():
            yield parsed(item[1], f"{split.source}:{item[0]}")


def parsed(data: bytes, position: str) -> tuple[str, Record] | Reject:
    """Return (position, the object that `data` is), or why it is none."""
    try:
        record = _DECODE(data.decode())
    except UnicodeDecodeError:
        return Reject(position, "not UTF-8")
    except (ValueError, RecursionError):
        return Reject(position, "not JSON")
    return (position, record) if isinstance(record, dict) else Reject(position, "not a JSON object")
