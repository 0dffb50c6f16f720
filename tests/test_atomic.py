"""Written all or nothing, also when the disk is full, the caller fails, or the name is not a file's."""

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from moderation.atomic import check_replaceable, write_directory, written_aside
from moderation.errors import OutputError

MANIFEST = b'{"files": {"a": ""}}'
BUNDLE = {"a": b"1", "manifest.json": MANIFEST}


def everything(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def no_space(*args: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_file_is_there_when_the_block_has_ended(tmp_path: Path) -> None:
    path = tmp_path / "out"
    with written_aside(path) as file:
        file.write(b"new")
        file.flush()
        assert not path.exists()
    assert everything(tmp_path) == {"out": b"new"}


def test_a_file_gets_the_usual_permissions(tmp_path: Path) -> None:
    (tmp_path / "usual").write_bytes(b"")
    with written_aside(tmp_path / "ours"):
        pass
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "usual").stat().st_mode


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_a_failing_block_leaves_what_was_there(tmp_path: Path, error: type[BaseException]) -> None:
    (tmp_path / "out").write_bytes(b"old")
    with pytest.raises(error), written_aside(tmp_path / "out") as file:
        file.write(b"half")
        raise error
    assert everything(tmp_path) == {"out": b"old"}


def test_a_full_disk_is_an_output_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "out").write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", no_space)
    full = pytest.raises(OutputError, match=r"out: cannot be written \(No space left on device\)\. Free space")
    with full, written_aside(tmp_path / "out") as file:
        file.write(b"half")
    assert everything(tmp_path) == {"out": b"old"}


@pytest.mark.parametrize("name", ["missing/out", "file/out", ".", "x" * 300])
def test_a_place_that_cannot_be_written_is_an_output_error(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="cannot be written"), written_aside(tmp_path / name) as file:
        file.write(b"lost")
    assert everything(tmp_path) == {"file": b""}


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to("real")
    with written_aside(tmp_path / "link") as file:
        file.write(b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"


def test_a_pipe_stays_a_pipe(tmp_path: Path) -> None:
    # /dev/null must not turn into a file, either; as root a rename would do that.
    os.mkfifo(tmp_path / "pipe")
    code = f"print(open({str(tmp_path / 'pipe')!r}).read(), end='')"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as reader:
        with written_aside(tmp_path / "pipe") as file:
            file.write(b"new")
        assert reader.communicate(timeout=60)[0] == b"new"
    assert (tmp_path / "pipe").is_fifo()


@pytest.mark.parametrize("before", [None, {}, BUNDLE | {"a": b"0"}])
def test_a_directory_is_written_whole(tmp_path: Path, before: dict[str, bytes] | None) -> None:
    path = tmp_path / "new" / "b"
    if before is not None:
        path.mkdir(parents=True)
        for name, contents in before.items():
            (path / name).write_bytes(contents)
    write_directory(path, BUNDLE)
    assert everything(tmp_path) == {f"new/b/{name}": contents for name, contents in BUNDLE.items()}
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["b"]


def test_files_of_the_old_bundle_do_not_stay(tmp_path: Path) -> None:
    write_directory(tmp_path / "b", {"manifest.json": b'{"files": {"onnx": ""}}', "onnx": b"1"})
    write_directory(tmp_path / "b", BUNDLE)
    assert everything(tmp_path / "b") == BUNDLE


@pytest.mark.parametrize(
    "files",
    [
        {"notes.txt": b"mine"},
        {"manifest.json": b"{}"},
        {"manifest.json": b"not JSON"},
        {"manifest.json": b"[]"},
        {"manifest.json": b"[" * 100_000},
        {"manifest.json": b'{"files": 3}'},
        BUNDLE | {"notes.txt": b"mine"},
    ],
    ids=lambda files: " ".join(f"{name}={contents[:12]!r}" for name, contents in files.items()),
)
def test_a_directory_that_is_no_bundle_is_not_replaced(tmp_path: Path, files: dict[str, bytes]) -> None:
    for name, contents in files.items():
        (tmp_path / name).write_bytes(contents)
    with pytest.raises(OutputError, match="Choose another place"):
        write_directory(tmp_path, BUNDLE)
    assert everything(tmp_path) == files


def test_a_file_is_not_replaced_by_a_directory(tmp_path: Path) -> None:
    (tmp_path / "b").write_bytes(b"mine")
    with pytest.raises(OutputError, match="is no bundle"):
        check_replaceable(tmp_path / "b")


def renaming_fails_at(number: int, error: BaseException) -> Callable[[Path, Path], Path]:
    """Return a `Path.replace` whose call of that number raises."""
    calls, real = iter(range(100)), Path.replace

    def replace(self: Path, target: Path) -> Path:
        if next(calls) == number:
            raise error
        return real(self, target)

    return replace


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(errno.EACCES, "Permission denied")], ids=repr)
def test_an_interrupted_write_leaves_the_old_bundle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, error: BaseException
) -> None:
    write_directory(tmp_path / "b", BUNDLE)
    monkeypatch.setattr(Path, "replace", renaming_fails_at(number, error))
    with pytest.raises((KeyboardInterrupt, OutputError)):
        write_directory(tmp_path / "b", BUNDLE | {"a": b"2"})
    assert everything(tmp_path) == {f"b/{name}": contents for name, contents in BUNDLE.items()}
    assert [p.name for p in tmp_path.iterdir()] == ["b"]


def test_a_full_disk_leaves_the_old_bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_directory(tmp_path / "b", BUNDLE)
    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(OutputError, match="No space left"):
        write_directory(tmp_path / "b", BUNDLE | {"a": b"2"})
    assert everything(tmp_path) == {f"b/{name}": contents for name, contents in BUNDLE.items()}
    assert [p.name for p in tmp_path.iterdir()] == ["b"]


def test_a_directory_below_a_file_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="cannot be written"):
        write_directory(tmp_path / "file" / "b", BUNDLE)
