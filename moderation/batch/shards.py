"""Shards: the pieces that a run's inputs are cut into, each done by one worker at a time and finished as a whole."""

import codecs
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from moderation.formats import Fields, Reject, Split, splits
from moderation.formats.columns import Columns, read_columns
from moderation.formats.json_records import HEAD
from moderation.formats.opening import beginning, lines, opened_raw, shown, unreadable
from moderation.formats.packing import packing, unpacked
from moderation.formats.splitting import of_lines


@dataclass(frozen=True, slots=True)
class Shard:
    """A piece of the inputs: `number` from 0 in their order, `splits` to be read one after the other, `weight` in bytes
    as they lie on the disk.

    Nobody can begin to read a packed stream in the middle: `data`, if not None, is what the only split holds, unpacked,
    and `rejects` what was found wrong behind it.
    """

    number: int
    splits: tuple[Split, ...]
    weight: int
    data: bytes | None = None
    rejects: tuple[Reject, ...] = ()

    def columns(self, fields: Fields) -> Iterator[Columns]:
        """Yield its comments by column. Raises InputError."""
        file: Any = None if self.data is None else io.BufferedReader(io.BytesIO(self.data))
        for split in self.splits:
            try:
                yield from read_columns(split, fields, file)
            except OSError as error:
                raise unreadable(split.source, error) from None
        if self.rejects:
            yield Columns(rejects=list(self.rejects))


def shards(inputs: Sequence[tuple[Split, int]], size: int) -> Iterator[Shard]:
    """Yield the shards of inputs, each given whole with its bytes on the disk. The same inputs give the same shards.

    size: about how many bytes a shard is to have. Large inputs are cut where their format allows it, small ones go
    together. Raises InputError where an input cannot be opened.
    """
    for number, shard in enumerate(_shards(inputs, size)):
        yield replace(shard, number=number)


def _shards(inputs: Sequence[tuple[Split, int]], size: int) -> Iterator[Shard]:
    group: list[Split] = []
    grouped = 0
    for whole, weight in inputs:
        large = weight > size
        if group and (large or grouped + weight > size):
            yield Shard(0, tuple(group), grouped)
            group, grouped = [], 0
        if not large:
            group.append(whole)
            grouped += weight
        elif _is_packed_lines(whole):
            yield from _unpacked(whole, size)
        else:
            found = splits(whole.source, whole.format, size)
            yield from (Shard(0, (split,), weight // len(found)) for split in found)
    if group:
        yield Shard(0, tuple(group), grouped)


def _is_packed_lines(whole: Split) -> bool:
    with opened_raw(whole.source) as raw:
        return packing(raw.peek(6)[:6]) is not None and of_lines(beginning(raw, HEAD), whole.format)


def _unpacked(whole: Split, size: int) -> Iterator[Shard]:
    """Unpack a file of lines and yield it in shards of whole lines, `size` bytes of them."""
    with opened_raw(whole.source) as raw:
        file = unpacked(raw)
        held, start, length, weighed = _mark(file), 0, 0, 0
        for item in lines(file, whole.source):
            if not isinstance(item, Reject):
                start = start if held else item[0]
                held.append(item[1])
                length += len(item[1])
            if isinstance(item, Reject) or length >= size:
                rejects = (item,) if isinstance(item, Reject) else ()
                place = raw.tell()
                yield Shard(0, (replace(whole, start=start),), place - weighed, b"".join(held), rejects)
                held, length, weighed = [], 0, place
        if held:
            yield Shard(0, (replace(whole, start=start),), raw.tell() - weighed, b"".join(held))


def _mark(file: io.BufferedReader) -> list[bytes]:
    """Return the byte order mark that a file begins with, which `lines` leaves out and positions count."""
    return [codecs.BOM_UTF8] if shown(file, 3) == codecs.BOM_UTF8 else []
