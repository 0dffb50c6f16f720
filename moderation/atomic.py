"""Writing files so that no reader, and no crash, ever meets half of one."""

import json
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
    otherwise. What is no file (a pipe, /dev/null) is written to directly, and a link stays a link.

    Raises OutputError where the disk is full, or the folder is missing or closed to us.
    """
    temporary = None
    try:
        if path.is_dir():
            raise IsADirectoryError(f"{path} is a directory")
        if path.exists() and not path.is_file():
            with path.open("wb") as file:
                yield file
            return
        target = Path(os.path.realpath(path))
        descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part")
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o666 & ~_umask())
        Path(temporary).replace(target)
        temporary = None
    except OSError as error:
        raise OutputError(
            f"{path}: cannot be written ({error.strerror or error}). Free space, or choose another place."
        ) from None
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)


def write_directory(path: Path, files: Mapping[str, bytes], *, checked: bool = False) -> None:
    """Write `files` (name to contents) as the directory `path`, in the place of what stood there, all at once.

    Raises OutputError as `written_aside` does, and as `check_replaceable` does unless the caller has `checked` that
    what stands there may go.
    """
    if not checked:
        check_replaceable(path)
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
        _put_in_place(fresh, path)
    except OSError as error:
        raise OutputError(
            f"{path}: cannot be written ({error.strerror or error}). Free space, or choose another place."
        ) from None
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def check_replaceable(path: Path) -> None:
    """Raise OutputError unless `path` is free, an empty directory, or one that holds a manifest.json and the files that
    it names and nothing else: a typing error must not wipe out a home directory.
    """
    if not path.exists():
        return
    try:
        found = {entry.name for entry in path.iterdir()}
        known = {"manifest.json", *json.loads((path / "manifest.json").read_bytes())["files"]} if found else set()
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        raise OutputError(f"{path}: exists and is no bundle. Choose another place, or remove it first.") from None
    if not found <= known:
        raise OutputError(
            f"{path}: holds more than a bundle ({sorted(found - known)[0]}). Choose another place, or move that away."
        )


def _put_in_place(fresh: Path, path: Path) -> None:
    """Rename a directory to `path`. What stood there goes when that has worked, and comes back when it has not."""
    old = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}.", suffix=".old"))
    kept = old / path.name
    try:
        if path.exists():
            path.replace(kept)
        fresh.replace(path)
    except BaseException:
        if kept.exists() and not path.exists():
            kept.replace(path)
        raise
    finally:
        shutil.rmtree(old, ignore_errors=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
