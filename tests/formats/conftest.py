from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from moderation.formats import Reject, Row, read_rows


class Read:
    """Write bytes to a file of some name and read them back as rows."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, data: bytes, name: str = "dump.jsonl", **options: Any) -> list[Row | Reject]:
        (self.folder / name).write_bytes(data)
        return list(read_rows(str(self.folder / name), **options))


@pytest.fixture
def read(tmp_path: Path) -> Read:
    return Read(tmp_path)


@pytest.fixture
def texts() -> Callable[[Sequence[Row | Reject]], list[str]]:
    """Return a function that gives the text of each row, and the reason of each reject in brackets."""

    def run(items: Sequence[Row | Reject]) -> list[str]:
        return [item.comment.text if isinstance(item, Row) else f"[{item.reason}]" for item in items]

    return run
