"""Result files: written aside and renamed, compressed where the name says so."""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from moderation.atomic import written_aside


@contextmanager
def output_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a result file for writing; it is there when the block has ended well, and not before. Raises OutputError."""
    with written_aside(path) as file:
        if path.suffix == ".gz":
            with gzip.GzipFile(filename="", fileobj=file, mode="wb", mtime=0) as packed:
                yield cast(IO[bytes], packed)
        else:
            yield file
