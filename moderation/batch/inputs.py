"""The inputs of a run, and by what it is told later that they are still the same."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moderation.errors import InputError
from moderation.formats import Split
from moderation.formats.opening import unreadable
from moderation.formats.remote import filesystem, is_remote


@dataclass(frozen=True, slots=True)
class Input:
    """An input, whole: its bytes on the disk, when it was changed last (as its file system says it), and the sha256 of
    its contents; behind a URL, which nobody reads twice, what the store tells a version by.
    """

    split: Split
    size: int
    changed: str
    version: str

    def entry(self) -> list[Any]:
        """Return what stands in a run's manifest."""
        return [self.split.source, self.split.format, self.size, self.changed, self.version]


def identified(found: Iterable[Split], known: Mapping[str, list[Any]], hashed: Callable[[int], None]) -> list[Input]:
    """Return the inputs that `found` names. Those of which `known` (manifest entries by source) has the size and the
    time are not read again. `hashed` is told how many bytes have been.

    Raises InputError where one cannot be read.
    """
    return [_identified(split, known.get(split.source), hashed) for split in found]


def _identified(split: Split, known: list[Any] | None, hashed: Callable[[int], None]) -> Input:
    size, changed, version = _state(split.source)
    if version is None and known is not None and known[2:4] == [size, changed]:
        version = str(known[4])
    return Input(split, size, changed, version or _sha256(split.source, hashed))


def check_unchanged(inputs: Iterable[Input]) -> None:
    """Raise InputError where an input has changed since it was identified."""
    for one in inputs:
        size, changed, _ = _state(one.split.source)
        if (size, changed) != (one.size, one.changed):
            raise InputError(
                f"{one.split.source}: was changed while it was read. Run again with --restart when it is at rest."
            )


def difference(before: Iterable[list[Any]], now: Iterable[list[Any]]) -> str | None:
    """Say in what the inputs of two manifests differ, None where in nothing that counts."""
    old, new = list(before), list(now)
    for a, b in zip(old, new, strict=False):
        if a[0] != b[0]:
            return f"inputs ({a[0]}, and now {b[0]})"
        if a[1] != b[1]:
            return f"formats ({a[0]} read as {a[1]}, and now as {b[1]})"
        if (a[2], a[4]) != (b[2], b[4]):
            return f"contents of {a[0]} ({_named(a)}, and now {_named(b)})"
    if len(old) != len(new):
        return f"inputs ({len(old):,} of them, and now {len(new):,})"
    return None


def _named(entry: list[Any]) -> str:
    return f"{entry[2]:,} bytes, sha256 {str(entry[4])[:12]}"


def _state(source: str) -> tuple[int, str, str | None]:
    """Return the size of a file, when it was changed, and for one behind a URL its version."""
    if is_remote(source):
        files = filesystem(source)
        try:
            return int(files.info(source)["size"]), "", str(files.ukey(source))
        except OSError as error:
            raise unreadable(source, error) from None
    try:
        status = Path(source).stat()
    except OSError as error:
        raise unreadable(source, error) from None
    return status.st_size, str(status.st_mtime_ns), None


def _sha256(source: str, hashed: Callable[[int], None]) -> str:
    digest = hashlib.sha256()
    try:
        with Path(source).open("rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
                hashed(len(chunk))
    except OSError as error:
        raise unreadable(source, error) from None
    return digest.hexdigest()
