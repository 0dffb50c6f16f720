"""Result files: JSON Lines, packed where the name says so, and Parquet."""

import gzip
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from moderation.atomic import written_aside
from moderation.formats.packing import zstd_module
from moderation.formats.parquet import pyarrow_parquet

ENDINGS = (".jsonl", ".jsonl.gz", ".jsonl.zst", ".parquet")
"""How results are written, by the end of a name; the first where it has another."""

_GROUP = 1 << 16  # rows of Parquet written together


def ending(name: str) -> str:
    """Return the one of ENDINGS that a name has, or comes nearest to."""
    found = [end for end in ENDINGS if name.endswith(end.removeprefix(".jsonl") or end)]
    return found[-1] if found else ENDINGS[0]


@contextmanager
def output_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a result file for writing; it is there when the block has ended well, and not before. Raises OutputError."""
    with written_aside(path) as file, packed(file, path.name) as inner:
        yield inner


@contextmanager
def packed(file: IO[bytes], name: str) -> Iterator[IO[bytes]]:
    """Pack what is written, as a name says. The same contents give the same bytes. Raises MissingExtra."""
    if name.endswith(".gz"):
        with gzip.GzipFile(filename="", fileobj=file, mode="wb", compresslevel=6, mtime=0) as inner:
            yield cast(IO[bytes], inner)
    elif name.endswith(".zst"):
        with zstd_module().open(file, "wb") as inner:
            yield inner
    else:
        yield file


class Tables:
    """Writes Arrow tables to a file as Parquet, in row groups of a good size."""

    def __init__(self, file: IO[bytes], schema: Any) -> None:
        self._writer = pyarrow_parquet().ParquetWriter(file, schema, compression="zstd")
        self._held: list[Any] = []
        self._rows = 0

    def write(self, table: Any) -> None:
        """Append a table."""
        self._held.append(table)
        self._rows += table.num_rows
        if self._rows >= _GROUP:
            self._flush()

    def close(self) -> None:
        """Write what is held, and the end of the file."""
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        if self._rows:
            import pyarrow as pa

            self._writer.write_table(pa.concat_tables(self._held), row_group_size=2 * _GROUP)
        self._held, self._rows = [], 0


def joined(parts: Sequence[IO[bytes]] | Iterator[IO[bytes]], file: IO[bytes], name: str) -> None:
    """Write the contents of parts, one after the other, as one file of the same kind."""
    if ending(name) != ".parquet":
        for part in parts:  # packed streams may follow each other
            shutil.copyfileobj(part, file, 1 << 20)
        return
    parquet = pyarrow_parquet()
    writer = None
    for part in parts:
        source = parquet.ParquetFile(part)
        writer = writer or parquet.ParquetWriter(file, source.schema_arrow, compression="zstd")
        for group in range(source.num_row_groups):
            writer.write_table(source.read_row_group(group), row_group_size=2 * _GROUP)
    if writer is not None:
        writer.close()


def without_surrogates(value: Any) -> Any:
    """Return text, or what holds text, with question marks for lone surrogates, which UTF-8 has none of."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {name: without_surrogates(each) for name, each in value.items()}
    return [without_surrogates(each) for each in value] if isinstance(value, list) else value
