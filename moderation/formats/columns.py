"""Comments by column, a block at a time: what dumps of millions are scored from."""

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from io import BufferedReader
from typing import Any

import msgspec

from moderation.formats import read, read_unpacked
from moderation.formats.json_records import HEAD, one_a_line, parsed
from moderation.formats.opening import lines, opened, opened_raw, shown
from moderation.formats.rows import LONGEST_RECORD, Fields, Reject, Row, Skipped, Split, row_of

BLOCK = 1024
"""Comments in a block, at most."""

_BLOCK_CHARACTERS = 4 << 20

_OPTIONAL = ("lang", "time", "author", "site")


@dataclass(slots=True)
class Columns:
    """A block of n comments: `ids` to `authors` have n entries each, as `Row` and `Comment` define them. `rejects` and
    `skipped` (reasons) are what stood among them and is none.
    """

    ids: list[str | int | float] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    langs: list[str | None] = field(default_factory=list)
    times: list[str | None] = field(default_factory=list)
    sites: list[str | None] = field(default_factory=list)
    authors: list[str | None] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)

    def add(self, item: Row | Reject | Skipped) -> None:
        """Append what a reader has yielded."""
        if isinstance(item, Reject):
            self.rejects.append(item)
        elif isinstance(item, Skipped):
            self.skipped.append(item.reason)
        else:
            comment = item.comment
            self.ids.append(item.id)
            self.texts.append(comment.text)
            self.langs.append(comment.lang)
            self.times.append(comment.time)
            self.sites.append(item.site)
            self.authors.append(comment.author)


def read_columns(split: Split, fields: Fields, file: BufferedReader | None = None) -> Iterator[Columns]:
    """Yield the comments of a split by column, as `read` does one by one, and faster for JSON Lines and Parquet.

    file: what the split holds, unpacked; None: open it. Raises InputError as `read` does.
    """
    record = _record_type(fields) if split.format == "jsonl" else None
    with contextlib.ExitStack() as stack:
        if split.format == "parquet":
            raw = stack.enter_context(opened_raw(split.source))
            yield from _parquet_columns(raw, split, fields)
            return
        if file is None and record is not None:
            file = stack.enter_context(opened(split.source))
            if split.start:
                file.seek(split.start)
        if file is None:
            yield from by_column(read(split, fields))
        elif record is not None and (split.start or one_a_line(shown(file, HEAD))):
            yield from _jsonl_columns(file, split, fields, record)
        else:
            yield from by_column(read_unpacked(file, split, fields))


def by_column(items: Iterable[Row | Reject | Skipped]) -> Iterator[Columns]:
    """Gather rows into blocks, in their order. Memory is bounded by one block."""
    block, size = Columns(), 0
    for item in items:
        block.add(item)
        size += len(item.comment.text) if isinstance(item, Row) else 1
        if len(block.ids) + len(block.rejects) + len(block.skipped) >= BLOCK or size > _BLOCK_CHARACTERS:
            yield block
            block, size = Columns(), 0
    yield block


def _jsonl_columns(file: BufferedReader, split: Split, fields: Fields, record: Any) -> Iterator[Columns]:
    decode = msgspec.json.Decoder(record).decode
    block, found, size = Columns(), list[Any](), 0

    def filled() -> Columns:
        block.ids = [r.id for r in found]
        block.texts = [r.text for r in found]
        block.langs = [r.lang or None for r in found]
        block.times = [r.time or None for r in found]
        block.authors = [r.author or None for r in found]
        block.sites = [r.site or None for r in found]
        return block

    for item in lines(file, split.source, split.start, split.end):
        if isinstance(item, Reject):
            block.rejects.append(item)
            size += 1
        else:
            begin, line = item
            size += len(line)
            try:
                one = decode(line)
                if one.id is None or one.id == "":
                    one.id = f"{split.source}:{begin}"
                found.append(one)
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                # What the fast parser does not take may still be a comment: the slow one, by which it is judged, says.
                slow = _judged_slowly(line, f"{split.source}:{begin}", fields)
                if isinstance(slow, Row):
                    c = slow.comment
                    found.append(
                        record(id=slow.id, text=c.text, lang=c.lang, time=c.time, author=c.author, site=slow.site)
                    )
                elif slow is not None:
                    block.rejects.append(slow)
        if len(found) + len(block.rejects) >= BLOCK or size > _BLOCK_CHARACTERS:
            yield filled()
            block, found, size = Columns(), [], 0
    yield filled()


def _parquet_columns(raw: BufferedReader, split: Split, fields: Fields) -> Iterator[Columns]:
    from moderation.formats.parquet import batches, column_values, rows_of

    for item in batches(raw, split, fields):
        if isinstance(item, Reject):
            yield Columns(rejects=[item])
            continue
        before, batch = item
        ids, texts = column_values(batch, fields.id), column_values(batch, fields.text)
        sound = all(type(text) is str for text in texts) and max(map(len, texts), default=0) <= LONGEST_RECORD
        if sound and all(type(row_id) is int or (type(row_id) is str and row_id) for row_id in ids):
            langs, times, sites, authors = (
                [value if isinstance(value, str) and value else None for value in column_values(batch, name)]
                for name in (fields.lang, fields.time, fields.site, fields.author)
            )
            yield Columns(ids, texts, langs, times, sites, authors)
        else:
            yield from by_column(rows_of(batch, split, fields, before))


def _judged_slowly(line: bytes, position: str, fields: Fields) -> Row | Reject | None:
    """Return what the reader of single rows makes of a line, None for a blank one."""
    if not line.strip():
        return None
    found = parsed(line, position)
    return found if isinstance(found, Reject) else row_of(found[1], fields, position)


def _record_type(fields: Fields) -> Any:
    """Return the type of what is taken of an object: nothing else of it is built. None where the parser knows no such
    type: for two parts under one name, or a name with a quote in it.
    """
    text = str | None
    kinds: list[Any] = [("id", str | int | None, None), ("text", str), *((name, text, None) for name in _OPTIONAL)]
    names = {name: str(getattr(fields, name)) for name in ("id", "text", *_OPTIONAL)}
    try:
        return msgspec.defstruct("Record", kinds, rename=names, kw_only=True, gc=False)
    except ValueError:
        return None
