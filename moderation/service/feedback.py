"""What people say against a score: kept in a file of JSON Lines, and acknowledged when it is on the disk.

The file holds comments. It is made for its owner's eyes alone.
"""

import asyncio
import os
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic_core import to_json

from moderation.errors import OutputError
from moderation.service.problems import Problem


class Feedback:
    """An append-only file; None: nothing is kept, and nobody is told otherwise."""

    def __init__(self, path: Path | None) -> None:
        """Open the file, or make it. Raises OutputError."""
        self._lock = threading.Lock()
        self._file: int | None = None
        if path is None:
            return
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            size = os.fstat(self._file).st_size
            if size and os.pread(self._file, 1, size - 1) != b"\n":
                os.write(self._file, b"\n")  # a crash cut a line: the next one must not be glued to it
        except OSError as error:
            raise OutputError(f"{path}: feedback cannot be kept there ({error.strerror}). Name another file.") from None

    async def keep(self, protocol: str, record: Mapping[str, Any]) -> None:
        """Return when the record is on the disk. Raises Problem: "no-feedback" (501), "not-kept" (503)."""
        if self._file is None:
            raise Problem(501, "no-feedback", "This service keeps no feedback. Set `feedback` to the name of a file.")
        line = to_json({"time": round(time.time(), 3), "protocol": protocol, **record}, inf_nan_mode="null") + b"\n"
        try:
            await asyncio.to_thread(self._append, self._file, line)
        except OSError as error:
            detail = f"The feedback could not be kept ({error.strerror})."
            raise Problem(503, "not-kept", detail, headers={"Retry-After": "60"}) from None

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _append(self, file: int, line: bytes) -> None:
        with self._lock:
            before = os.fstat(file).st_size
            try:
                written = 0
                while written < len(line):
                    written += os.write(file, line[written:])
                os.fsync(file)
            except OSError:
                os.ftruncate(file, before)  # a full disk must not leave half a line
                raise
