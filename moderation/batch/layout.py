"""Where a run keeps what: its parts, its state, its result.

    verdicts.jsonl               the result, there when the run has ended well
    verdicts.rejects.jsonl       what could not be read, if anything
    verdicts.jsonl.run/          while it is unfinished:
      run.json                     what runs: inputs, model, options
      part-000000.jsonl            a finished shard; it appears whole, after what has been counted in it:
      shard-000000.jsonl           its rejects, and in the last line its tally

In a directory (`verdicts/`) the parts are the result; state stands in `_run/`, rejects in `_rejects.jsonl`, names that
readers of such directories leave out.
"""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from moderation.batch.folder import Folder
from moderation.batch.output import ENDINGS, ending, joined, packed
from moderation.errors import OutputError
from moderation.formats.remote import is_remote

_MANIFEST = "run.json"
_LOCK = "lock"


@dataclass(frozen=True, slots=True)
class Layout:
    """The folders of one run; `target` is the file to be made of its parts, None where they stay as they are."""

    parts: Folder
    work: Folder
    ending: str
    target: tuple[Folder, str] | None
    rejects: tuple[Folder, str]

    @classmethod
    def of(cls, output: str) -> "Layout":
        """Return the layout for an output: a directory (one that is there, or a name that ends in "/"), or a file."""
        if output.endswith("/") or (not is_remote(output) and Path(output).is_dir()):
            folder = Folder(output)
            return cls(folder, Folder(folder.path("_run")), ending(folder.place), None, (folder, "_rejects.jsonl"))
        if is_remote(output):
            above, _, name = output.rpartition("/")
        else:
            above, name = str(Path(output).parent), Path(output).name
        work = Folder(f"{output}.run")
        stem = name.removesuffix(max((end for end in ENDINGS if name.endswith(end)), key=len, default=""))
        folder = Folder(above)
        return cls(work, work, ending(name), (folder, name), (folder, f"{stem}.rejects.jsonl"))

    def holds(self, source: str) -> bool:
        """Return whether a file is of this run itself: a folder may be read that results are written into."""
        if self.work.is_remote:
            return False
        path = Path(source).absolute()
        own = [Path(folder.place).absolute() for folder in (self.parts, self.work)]
        folder, name = self.rejects
        return path == Path(folder.path(name)).absolute() or any(path.is_relative_to(place) for place in own)

    def part(self, number: int) -> str:
        """Return the name of a shard's part."""
        return f"part-{number:06d}{self.ending}"

    def manifest(self) -> dict[str, Any] | None:
        """Return what the unfinished or finished run that lies here is, None where none does. Raises OutputError."""
        if _MANIFEST not in self.work.names():
            return None
        try:
            found: dict[str, Any] = json.loads(self.work.read(_MANIFEST))
        except ValueError:
            raise OutputError(f"{self.work.path(_MANIFEST)}: damaged. Begin anew with --restart.") from None
        return found

    def begin(self, plan: dict[str, Any] | None) -> set[int]:
        """Write down what runs here (None: what already stands there), and return the numbers of the shards that are
        finished.
        """
        if plan is not None:
            with self.work.written(_MANIFEST) as file:
                file.write(json.dumps(plan, indent=1).encode() + b"\n")
        self.tidy()
        return self.finished()

    def finished(self) -> set[int]:
        """Return the numbers of the shards whose parts are there."""
        parts, shards = self.parts.names(), self.work.names()
        numbers = {int(n[6:12]) for n in shards if n.startswith("shard-") and n[6:12].isdecimal()}
        return {number for number in numbers if self.part(number) in parts}

    @contextlib.contextmanager
    def shard_written(self, number: int) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
        """Open a shard's part, packed as its name says, and its side file. Both are there when the block has ended
        well, the part last.
        """
        with (
            self.parts.written(self.part(number)) as file,
            packed(file, self.ending) as part,
            self.work.written(f"shard-{number:06d}.jsonl") as side,
        ):
            yield part, side

    def side(self, number: int) -> Iterator[bytes]:
        """Yield the lines of a shard's side file."""
        with self.work.opened(f"shard-{number:06d}.jsonl") as file:
            yield from file

    def conclude(self, total: int) -> None:
        """Make the target of `total` parts, and remove these."""
        if self.target is None:
            return
        folder, name = self.target

        def parts() -> Iterator[IO[bytes]]:
            for number in range(total):
                with self.parts.opened(self.part(number)) as part:
                    yield part

        with folder.written(name) as file:
            joined(parts(), file, name)
        self.work.remove_all()

    def tidy(self) -> None:
        """Remove what killed processes have left half written."""
        for folder in {self.parts.place: self.parts, self.work.place: self.work}.values():
            for name in folder.names():
                if name.startswith((".part-", ".shard-", f".{_MANIFEST}")) and name.endswith(".part"):
                    folder.remove(name)

    def discard(self) -> None:
        """Remove all parts and all state, if there are any."""
        for folder in {self.parts.place: self.parts, self.work.place: self.work}.values():
            for name in folder.names():
                if name == _MANIFEST or name.startswith(("part-", "shard-")):
                    folder.remove(name)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Make the folder of the run's state, and keep other runs on this machine away from it.

        Raises OutputError where it cannot be made, another run is at work, or a directory holds other files.
        """
        if self.target is None and self.parts.names() - {"_run"} and "_run" not in self.parts.names():
            raise OutputError(f"{self.parts.place}: holds other files. Choose a new or an empty folder.")
        if self.target is None:
            self.parts.create()
        elif not self.work.is_remote and not Path(self.target[0].place).is_dir():
            raise OutputError(f"{self.target[0].place}: no such folder. Make it, or choose another place.")
        self.work.create()
        with contextlib.ExitStack() as stack:
            if not self.work.is_remote:
                _lock(stack.enter_context(Path(self.work.path(_LOCK)).open("ab")), self.work.place)
            yield


def _lock(file: IO[bytes], place: str) -> None:
    try:
        import fcntl
    except ImportError:  # Windows
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise OutputError(f"{place}: another run is at work there. Wait for it, or stop it.") from None
