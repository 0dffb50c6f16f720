"""Apache Parquet, read with pyarrow: a comment a row, its text in a named column, a row group at a time."""

from collections.abc import Iterable, Iterator
from dataclasses import astuple
from datetime import date
from itertools import islice
from typing import IO, Any

from moderation.errors import InputError, MissingExtra
from moderation.formats.opening import opened_raw
from moderation.formats.rows import LONGEST_RECORD, Fields, Record, Reject, Row, Split, record_of, row_of

_BATCH = 1024  # rows; a batch of long texts is some megabytes
_GROUP = 1 << 16  # rows that are written at once
_SHOWN_COLUMNS = 20


def read_parquet(raw: IO[bytes], split: Split, fields: Fields) -> Iterator[Row | Reject]:
    """Yield the rows of a Parquet file's row groups from `split.start` to `split.end`, and a reject for each that
    cannot be used. Positions are numbers of rows in the file, from 1.

    raw: the file as it lies on the disk, seekable. After a damaged row group, reading goes on with the next.

    Raises InputError where it is no Parquet file, or has no text column of that name; MissingExtra without pyarrow.
    """
    for item in batches(raw, split, fields):
        if isinstance(item, Reject):
            yield item
            continue
        before, batch = item
        yield from rows_of(batch, split, fields, before)


def batches(raw: IO[bytes], split: Split, fields: Fields) -> Iterator[tuple[int, Any] | Reject]:
    """Yield (number of the rows before it, Arrow batch of the columns that `fields` names and that are there) for the
    rows that `read_parquet` reads, with a reject for what of a row group is damaged. Raises as it does.
    """
    import pyarrow as pa

    file = _opened(raw, split.source)
    _check_columns(file.schema_arrow, split.source, fields)
    columns = [name for name in dict.fromkeys(astuple(fields)) if name in file.schema_arrow.names]
    number = sum(file.metadata.row_group(k).num_rows for k in range(split.start))
    for group in range(split.start, file.num_row_groups if split.end is None else split.end):
        first, number = number, number + file.metadata.row_group(group).num_rows
        read = first
        try:
            for batch in file.iter_batches(_BATCH, row_groups=[group], columns=columns):
                yield read, batch
                read += batch.num_rows
        except (OSError, ValueError, pa.ArrowException):
            yield Reject(f"{split.source}#{read + 1}", f"damaged Parquet: {number - read:,} rows could not be read")


def column_values(batch: Any, name: str) -> list[Any]:
    """Return the values of one column of a batch as `read_parquet` reads them, None for a column that is not there."""
    import pyarrow as pa
    import pyarrow.types as types

    if name not in batch.schema.names:
        return [None] * batch.num_rows
    column = batch.column(name)
    if types.is_string(column.type) or types.is_large_string(column.type) or column.null_count == batch.num_rows:
        try:
            strings: list[Any] = column.to_numpy(zero_copy_only=False).tolist()
        except (UnicodeDecodeError, pa.ArrowException):
            return _values(column)
        return strings
    if types.is_integer(column.type) and column.null_count == 0:
        integers: list[Any] = column.to_numpy().tolist()
        return integers
    if types.is_timestamp(column.type) and column.type.tz in (None, "UTC") and column.null_count == 0:
        times = _times(column.to_numpy(zero_copy_only=False), "+00:00" if column.type.tz else "")
        if times is not None:
            return times
    return _values(column)


def _times(values: Any, zone: str) -> list[Any] | None:
    """Return times as ISO 8601, None where some have parts of seconds or years that `datetime` does not know."""
    import numpy as np

    seconds = values.astype("datetime64[s]")
    known = (seconds >= np.datetime64("0001-01-01")) & (seconds <= np.datetime64("9999-12-31"))
    if not ((seconds == values) & known).all():
        return None
    texts: list[Any] = np.datetime_as_string(seconds).tolist()
    return [text + zone for text in texts] if zone else texts


def rows_of(batch: Any, split: Split, fields: Fields, before: int) -> Iterator[Row | Reject]:
    """Yield the rows of a batch before which stand so many others."""
    for number, record in enumerate(_records(batch), start=before + 1):
        yield _row(record, fields, f"{split.source}#{number}")


def write_parquet(rows: Iterable[Row], file: IO[bytes]) -> None:
    """Write rows as Parquet, 65,536 a row group, which `read_parquet` reads back, ids as strings; a lone surrogate
    becomes "?". Raises MissingExtra without pyarrow.
    """
    parquet = pyarrow_parquet()
    import pyarrow as pa

    schema = pa.schema([(name, pa.string()) for name in astuple(Fields())])
    with parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        rest = iter(rows)
        while records := [_encodable(record_of(row)) for row in islice(rest, _GROUP)]:
            writer.write_table(pa.Table.from_pylist(records, schema=schema))


def row_groups(source: str, size: int) -> list[tuple[int, int]]:
    """Return runs [start, end) of row groups of about `size` bytes each, unpacked; none for a file without rows.

    Raises InputError where it is no Parquet file; MissingExtra without pyarrow.
    """
    with opened_raw(source) as raw:
        metadata = _opened(raw, source).metadata
        runs, start, held = [], 0, 0
        for group in range(metadata.num_row_groups):
            held += metadata.row_group(group).total_byte_size
            if held >= size or group == metadata.num_row_groups - 1:
                runs.append((start, group + 1))
                start, held = group + 1, 0
    return runs


def pyarrow_parquet() -> Any:
    """Return the module `pyarrow.parquet`. Raises MissingExtra."""
    try:
        import pyarrow.parquet as parquet
    except ImportError:
        raise MissingExtra("Reading and writing Parquet", "parquet") from None
    return parquet


def _opened(raw: IO[bytes], source: str) -> Any:
    parquet = pyarrow_parquet()
    import pyarrow as pa

    if not raw.seekable():
        raise InputError(f"{source}: Parquet is read from its end on, which a pipe does not allow. Name a file.")
    try:
        return parquet.ParquetFile(raw, buffer_size=1 << 20, pre_buffer=False)
    except (OSError, ValueError, pa.ArrowException):  # names that are not UTF-8 are a ValueError
        raise InputError(f"{source}: not a Parquet file, or its end is missing. Copy it again.") from None


def _check_columns(schema: Any, source: str, fields: Fields) -> None:
    import pyarrow.types as types

    if fields.text not in schema.names:
        shown = ", ".join(schema.names[:_SHOWN_COLUMNS]) or "none"
        raise InputError(f"{source}: no column {fields.text!r}; the columns are: {shown}. Name one with --text-field.")
    kind = schema.field(fields.text).type
    plain = kind.value_type if types.is_dictionary(kind) else kind
    if not any(is_text(plain) for is_text in (types.is_string, types.is_large_string, types.is_string_view)):
        raise InputError(f"{source}: column {fields.text!r} holds {kind}, and not text. Name one with --text-field.")


def _encodable(record: Record) -> Record:
    return {name: str(value).encode("utf-8", "replace").decode() for name, value in record.items()}


def _records(batch: Any) -> Iterator[dict[str, object]]:
    """Yield a batch's rows. A string that is not UTF-8 becomes bytes."""
    columns = [_values(batch.column(k)) for k in range(batch.num_columns)]
    for values in zip(*columns, strict=True):
        yield dict(zip(batch.schema.names, values, strict=True))


def _values(column: Any) -> list[object]:
    import pyarrow as pa

    try:
        found: list[object] = column.to_pylist()
    except UnicodeDecodeError:
        return [_decoded(value) for value in column.cast(pa.large_binary()).to_pylist()]
    return [value.isoformat() if isinstance(value, date) else value for value in found]


def _decoded(value: bytes | None) -> object:
    try:
        return value.decode() if value is not None else None
    except UnicodeDecodeError:
        return value


def _row(record: dict[str, object], fields: Fields, position: str) -> Row | Reject:
    text = record[fields.text]
    if isinstance(text, bytes):
        return Reject(position, "not UTF-8")
    if isinstance(text, str) and len(text) > LONGEST_RECORD:
        return Reject(position, f"text longer than {LONGEST_RECORD >> 20} MiB")
    return row_of(record, fields, position)
