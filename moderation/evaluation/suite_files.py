"""The cases of other people's suites: fetched from their official place, kept in the user's data directory, and found.

A suite of several files (one a language) is named with its part: `multilingual-hatecheck/de`. Beside each file lies its
sha256, in the form of the tool `sha256sum`: a file that was trusted once is from then on the only one that is taken.
"""

import hashlib
import re
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from moderation.atomic import written_aside
from moderation.directories import data_directory
from moderation.errors import CorpusError, FetchError, OutputError
from moderation.evaluation.cases import Suite, SuiteSpec
from moderation.evaluation.suites import load_spec, load_suite, read_rows
from moderation.fetching import Progress, fetch, is_sha256, silent

_NAME: Final = re.compile(r"(?P<spec>.*\.toml|[a-z0-9_-]+)(?:/(?P<part>[a-z0-9_-]+))?")


@dataclass(frozen=True, slots=True)
class SuiteFile:
    """A file of cases that is, or will be, at `path`. `name` is what to call it on the command line, `sha256` what it
    must have, None where nobody knows yet.
    """

    name: str
    part: str
    url: str
    path: Path
    sha256: str | None

    @property
    def is_there(self) -> bool:
        """Whether the file is there, whatever is in it."""
        return self.path.is_file()


def suite_files(name: str) -> tuple[SuiteFile, ...]:
    """Return the files of a suite, or the one of the part that is named; none where its cases ship, or have no address.

    Raises CorpusError where there is no such suite or part, or a recorded sha256 cannot be read.
    """
    spec, given, part = _parsed(name)
    if part and part not in spec.files:
        parts = ", ".join(sorted(spec.files)) if "" not in spec.files else ""
        raise CorpusError(f"{spec.title or spec.name} has no part {part!r}. Known: {parts or 'none'}.")
    return tuple(_file(spec, given, each) for each in sorted(spec.files) if not part or each == part)


def get_suite(
    name: str, sha256: str | None = None, *, trust: bool = False, progress: Progress = silent
) -> tuple[SuiteFile, ...]:
    """Fetch the files of a suite that are not there, and return all that are now, each with its sha256.

    A file must have the sha256 of the spec, of `sha256`, or that it had when it was trusted. Where none of them is
    known, `trust` takes what is there now and records it. What is no suite is not kept.

    Raises:
        CorpusError: no such suite or part.
        FetchError: nothing says which file is the right one, it is not, or it cannot be fetched.
        OutputError: the data directory cannot be written.
    """
    spec, _, _ = _parsed(name)
    files = suite_files(name)
    if not files:
        raise CorpusError(f"{spec.title or spec.name} is not fetched: {_where(spec)}")
    if sha256 is not None and (len(files) > 1 or not is_sha256(sha256)):
        raise CorpusError("A sha256 is that of one file: name one part, and give 64 hexadecimal digits.")
    return tuple(_got(spec, file, sha256, trust, progress) for file in files)


def open_suite(name: str, rows: Path | None = None) -> Suite:
    """Load a suite by name, part, or path, with the cases from `rows` or from where `get_suite` has put them.

    Raises CorpusError as `load_suite` does; where the cases were not fetched yet the error names the command.
    """
    if not _NAME.fullmatch(name):
        return load_suite(name, rows)
    spec, given, part = _parsed(name)
    if rows is not None:
        return read_rows(rows, _named(spec, part))
    files = suite_files(name)
    if not files:
        return load_suite(given)
    if len(files) > 1:
        raise CorpusError(f"{spec.title} has a file a part. Name one of: {', '.join(f.name for f in files)}.")
    (file,) = files
    if not file.is_there:
        raise CorpusError(
            f"The cases of {spec.title or spec.name} do not ship with this project. Run: moderation data get "
            f"{file.name}. Or get {file.url} yourself and give it with --suite-file {file.name}=FILE."
        )
    if file.sha256 is None or _sha256(file.path) != file.sha256:
        raise CorpusError(
            f"{file.path} is not the file that was fetched. Remove it, then run: moderation data get {file.name}."
        )
    return read_rows(file.path, _named(spec, part))


def open_suites(names: Iterable[str], files: Mapping[str, Path]) -> list[Suite]:
    """Load the suites `names`, then those of `files` (name to file with the cases). Raises CorpusError."""
    return [*(open_suite(n) for n in names if n not in files), *(open_suite(n, rows) for n, rows in files.items())]


def _parsed(name: str) -> tuple[SuiteSpec, str, str]:
    """Return the spec, what it was called, and the part."""
    found = _NAME.fullmatch(name)
    given, part = (found["spec"], found["part"] or "") if found else (name, "")
    return load_spec(given), given, part


def _named(spec: SuiteSpec, part: str) -> SuiteSpec:
    return replace(spec, title=f"{spec.title or spec.name} ({part})") if part else spec


def _where(spec: SuiteSpec) -> str:
    if spec.templates is not None:
        return "its cases ship with the project."
    return f"its spec names no address. Get it from {spec.source or 'its authors'} and use --suite-file."


def _file(spec: SuiteSpec, given: str, part: str) -> SuiteFile:
    download = spec.files[part]
    suffix = ".jsonl" if download.url.endswith(".jsonl") else ".csv"
    folder = data_directory() / "suites"
    path = folder / spec.name / f"{part}{suffix}" if part else folder / f"{spec.name}{suffix}"
    return SuiteFile(f"{given}/{part}" if part else given, part, download.url, path, download.sha256 or _recorded(path))


def _record(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")


def _recorded(path: Path) -> str | None:
    record = _record(path)
    try:
        found = record.read_text(encoding="ascii")[:64]
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError):
        found = ""
    if not is_sha256(found):
        raise CorpusError(f"{record} holds no sha256. Remove it and {path.name}, then fetch the suite again.")
    return found


def _got(spec: SuiteSpec, file: SuiteFile, sha256: str | None, trust: bool, progress: Progress) -> SuiteFile:
    pinned = spec.files[file.part]
    if pinned.sha256 is not None and sha256 not in (None, pinned.sha256):
        raise FetchError(f"The sha256 of {file.url} is pinned to {pinned.sha256}, not {sha256}. Leave --sha256 out.")
    wanted = sha256 or file.sha256
    if file.is_there and wanted is not None and _sha256(file.path) == wanted:
        _write_record(file.path, wanted)
        return replace(file, sha256=wanted)
    if wanted is None and not trust:
        raise FetchError(
            f"Nothing says yet which file is the right one at {file.url}. Give its hash with --sha256 HASH, or take "
            "what is there now with --trust: its hash is then recorded, and no other file is taken after it."
        )
    try:
        file.path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=file.path.parent, prefix=".fetching-") as aside:
            fresh = Path(aside) / file.path.name
            found = fetch(replace(pinned, sha256=wanted), fresh, progress)
            read_rows(fresh, spec)
            # First the hash: a hash without its file is harmless, a file without its hash is nobody's.
            _write_record(file.path, found)
            fresh.replace(file.path)
    except CorpusError as error:
        raise FetchError(f"{file.url} is not {spec.title or spec.name} and was not kept: {error}") from None
    except FetchError as error:
        raise FetchError(
            f"{error} You can also get {file.url} yourself and give it with --suite-file {file.name}=FILE."
        ) from None
    except OSError as error:
        raise OutputError(
            f"{file.path}: cannot be written ({error.strerror}). Name another folder in MODERATION_DATA."
        ) from None
    return replace(file, sha256=found)


def _write_record(path: Path, sha256: str) -> None:
    with written_aside(_record(path)) as record:
        record.write(f"{sha256}  {path.name}\n".encode())


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise CorpusError(f"{path} cannot be read: {error.strerror}. Fetch the suite again.") from error
