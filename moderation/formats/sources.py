"""The inputs that a command line names: files, directories, patterns, standard input."""

import glob
import os
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path

from moderation.errors import InputError
from moderation.formats.opening import STDIN, unreadable
from moderation.formats.recognition import recognised, seen
from moderation.formats.remote import is_remote, remote_files
from moderation.formats.rows import Fields, Reject, Skipped, Split


def found(
    sources: Collection[str], format: str | None = None, fields: Fields | None = None
) -> Iterator[Split | Reject | Skipped]:
    """Yield each input that `sources` name, as a split that is the whole of it: files, directories, patterns, and "-".

    What is neither a dump nor a page, or hidden, is skipped in a directory, and an error where it is named by itself.

    Raises InputError as `recognised` does.
    """
    for item in files(sources, lambda name: not name.startswith("."), "hidden file"):
        if not isinstance(item, str):
            yield item
        elif item in sources or format is not None:
            yield Split(item, recognised(item, format, fields))
        else:
            try:
                kind = seen(item, fields or Fields())
            except InputError as error:
                yield Reject(item, str(error).removeprefix(f"{item}: "))
                continue
            yield Split(item, kind) if kind else Skipped(item, "neither a dump nor a page")


def files(sources: Iterable[str], wanted: Callable[[str], bool], unwanted: str) -> Iterator[str | Reject | Skipped]:
    """Yield the files that `sources` name: files, directories, patterns, and "-" for standard input.

    Of a directory, those below it whose names are `wanted`; all others are skipped, as `unwanted`. A pattern, such as
    "site/**", is what names no file; it gives the files that it matches, whatever their names.
    """
    for source in sources:
        path = Path(source)
        if is_remote(source):
            try:
                yield from remote_files(source)
            except OSError as error:
                raise unreadable(source, error) from None
        elif source == STDIN:
            yield source
        elif path.is_dir():
            yield from _below(source, wanted, unwanted)
        elif glob.has_magic(source) and not path.exists():
            # Path.glob takes no absolute pattern.
            matches = sorted(name for name in glob.glob(source, recursive=True) if not Path(name).is_dir())  # noqa: PTH207
            if not matches:
                yield Reject(source, "matches no file")
            yield from matches
        else:
            yield source


def _below(folder: str, wanted: Callable[[str], bool], unwanted: str) -> Iterator[str | Reject | Skipped]:
    closed: list[Reject] = []

    def on_error(error: OSError) -> None:
        closed.append(Reject(str(error.filename), f"cannot be read ({error.strerror})"))

    # One folder's names at a time: a crawl may hold more files than fit into memory.
    for place, folders, names in os.walk(folder, onerror=on_error):
        folders.sort()
        for name in sorted(names):
            file = str(Path(place) / name)
            yield file if wanted(name) else Skipped(file, unwanted)
    yield from closed
