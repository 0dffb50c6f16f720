"""Writing files so that no reader, and no crash, ever meets half of one."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from moderation.errors import OutputError


@contextmanager
def written_aside(path: Path) -> Iterator[IO[bytes]]:
    """Open a file beside `path` for writing; it takes the place of `path` when the block ends well, and vanishes
    otherwise.

    Raises OutputError where the disk is full, or the folder is missing or closed to us.
    """
    temporary = None
    try:
        if path.is_dir():
            raise IsADirectoryError(f"{path} is a directory")
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o666 & ~_umask())
        Path(temporary).replace(path)
        temporary = None
    except OSError as error:
        raise OutputError(
            f"{path}: cannot be written ({error.strerror or error}). Free space, or choose another place."
        ) from None
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)


def write_directory(path: Path, files: Mapping[str, bytes]) -> None:
    """Write `files` (name to contents) as the directory `path`, in the place of what stood there, all at once.

    Raises OutputError as `written_aside` does, and where `path` holds something that is not among `files` and was not
    written by an earlier call: a typing error must not wipe out a home directory.
    """
    if path.exists() and (not path.is_dir() or (any(path.iterdir()) and not (path / "manifest.json").is_file())):
        raise OutputError(f"{path}: exists and is no bundle. Choose another place, or remove it first.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part"))
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror or error}). Choose another place.") from None
    try:
        for name, contents in files.items():
            with (fresh / name).open("wb") as file:
                file.write(contents)
                file.flush()
                os.fsync(file.fileno())
        fresh.chmod(0o777 & ~_umask())
        old = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}.", suffix=".old"))
        try:
            if path.exists():
                path.replace(old / "bundle")
            fresh.replace(path)
        finally:
            shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise OutputError(
            f"{path}: cannot be written ({error.strerror or error}). Free space, or choose another place."
        ) from None
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
