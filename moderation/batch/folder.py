"""Folders that results are written to: on this machine, or behind a URL that fsspec knows (s3://, gs://, ...)."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import IO, Any, cast

from moderation.atomic import written_aside
from moderation.errors import OutputError
from moderation.formats.remote import filesystem, is_remote


class Folder:
    """A folder. A file in it appears whole or not at all. It can be pickled, and need not exist yet.

    Every method raises OutputError where it cannot do what it should.
    """

    def __init__(self, place: str) -> None:
        self.place = place.removeprefix("file://").rstrip("/") or "/"

    @property
    def is_remote(self) -> bool:
        """Whether it lies behind a URL."""
        return is_remote(self.place)

    def path(self, name: str) -> str:
        """Return where a file of it lies."""
        return f"{self.place}/{name}"

    def create(self) -> None:
        """Make the folder, unless it is there; one in a folder that is missing is not made."""
        with self._failing(""):
            if self.is_remote:
                self._files.makedirs(self.place, exist_ok=True)
            else:
                Path(self.place).mkdir(exist_ok=True)

    def names(self) -> set[str]:
        """Return the names of the files in it; none where it does not exist."""
        with self._failing(""):
            if not self.is_remote:
                path = Path(self.place)
                return {entry.name for entry in path.iterdir()} if path.is_dir() else set()
            self._files.invalidate_cache()
            found = self._files.ls(self.place, detail=False) if self._files.isdir(self.place) else []
            return {str(name).rstrip("/").rpartition("/")[2] for name in found}

    @contextmanager
    def written(self, name: str) -> Iterator[IO[bytes]]:
        """Open a file for writing: it takes its place when the block ends well."""
        if not self.is_remote:
            with written_aside(Path(self.path(name))) as file:
                yield file
            return
        # An object store has no rename; what is uploaded whole appears whole.
        with self._failing(name), tempfile.TemporaryDirectory() as folder:
            local = Path(folder) / name
            with local.open("wb") as file:
                yield file
            self._files.put_file(str(local), self.path(name))

    @contextmanager
    def opened(self, name: str) -> Iterator[IO[bytes]]:
        """Open a file for reading."""
        with self._failing(name), contextlib.ExitStack() as stack:
            if self.is_remote:
                file = cast(IO[bytes], stack.enter_context(self._files.open(self.path(name), "rb")))
            else:
                file = stack.enter_context(Path(self.path(name)).open("rb"))
            yield file

    def read(self, name: str) -> bytes:
        """Return what a file holds."""
        with self.opened(name) as file:
            return file.read()

    def remove(self, name: str) -> None:
        """Remove a file, unless it is gone."""
        with self._failing(name):
            if not self.is_remote:
                Path(self.path(name)).unlink(missing_ok=True)
            elif self._files.exists(self.path(name)):
                self._files.rm_file(self.path(name))

    def remove_all(self) -> None:
        """Remove the folder and all in it, unless it is gone."""
        with self._failing(""):
            if not self.is_remote:
                if Path(self.place).exists():
                    shutil.rmtree(self.place)
            elif self._files.exists(self.place):
                self._files.rm(self.place, recursive=True)

    @cached_property
    def _files(self) -> Any:
        return filesystem(self.place)

    def __getstate__(self) -> dict[str, str]:
        return {"place": self.place}

    @contextmanager
    def _failing(self, name: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            where = self.path(name) if name else self.place
            why = error.strerror or type(error).__name__
            raise OutputError(f"{where}: cannot be used ({why}). Free space, or choose another place.") from None
