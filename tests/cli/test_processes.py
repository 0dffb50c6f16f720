"""The program as a process: signals, pipes, full disks, missing extras."""

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

Start = Callable[..., subprocess.Popen[bytes]]
ROOT = Path(__file__).resolve().parents[2]
LINE = b'{"text": "A tram on the bridge."}\n'

ABSENT = "import sys; sys.modules.update(dict.fromkeys({!r}))"
"""Makes importing the named modules an ImportError."""

SMALL_FILES = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000))"
"""Makes writing more than 9,000 bytes to a file fail, as a full disk does."""


def ended(process: subprocess.Popen[bytes]) -> tuple[int, bytes, str]:
    try:
        out, err = process.communicate(timeout=120)
    finally:
        process.kill()
    return process.returncode, out or b"", err.decode()


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_the_module_is_the_program(dump: Path, bundle_dir: Path) -> None:
    command = [sys.executable, "-m", "moderation", "score", str(dump), "--model", str(bundle_dir)]
    done = subprocess.run(command, capture_output=True, cwd=ROOT, check=True)
    assert len(done.stdout.splitlines()) == 3
    assert done.stderr.splitlines()[-1].startswith(b"3 comments; ")  # before it, perhaps, that it compiles


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_score_leaves_no_half_file(
    process: Start, bundle_dir: Path, tmp_path: Path, number: int, code: int
) -> None:
    (tmp_path / "out").write_bytes(b"old")
    running = process("score", "-", "-o", "out", "--model", bundle_dir)
    assert running.stdin
    running.stdin.write(LINE * 3000)
    running.stdin.flush()
    wait_for(lambda: [p for p in tmp_path.glob(".out.*") if p.stat().st_size > 0])
    running.send_signal(number)
    found, _, err = ended(running)
    assert (found, "Traceback" in err) == (code, False)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {"out": b"old"}


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="the system does not tell whose child is whose")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)])
def test_an_interrupted_extraction_leaves_no_half_file_and_no_process(
    process: Start, tmp_path: Path, number: int, code: int
) -> None:
    (tmp_path / "out").write_bytes(b"old")
    (tmp_path / "a.txt").write_text("A page.")
    running = process("extract", "a.txt", "-", "-o", "out")  # waits for standard input in the end
    wait_for(lambda: readers(running.pid))
    (reader,) = readers(running.pid)
    running.send_signal(number)
    found, _, err = ended(running)
    assert found == code, err
    assert (tmp_path / "out").read_bytes() == b"old"
    if number != signal.SIGKILL:  # of which no program hears
        assert "Traceback" not in err
        assert sorted(p.name for p in tmp_path.iterdir()) == ["a.txt", "out"]
    wait_for(lambda: not runs(reader))


def readers(pid: int) -> list[int]:
    """Return the processes in which `pid` reads pages."""
    return [child for child in map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()) if runs(child)]


def runs(pid: int) -> bool:
    try:
        return "spawn_main" in Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return False


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_training_leaves_no_bundle(process: Start, tmp_path: Path, number: int, code: int) -> None:
    running = process("train", "-o", "b", "--cache", "c", "--bits", 21)
    assert running.stderr
    wait_for(lambda: b"fitting" in running.stderr.readline())  # type: ignore[union-attr]
    running.send_signal(number)
    found, _, err = ended(running)
    assert (found, "Traceback" in err) == (code, False)
    assert [p.name for p in tmp_path.iterdir()] == ["c"]


def test_the_end_of_a_pipe_is_quiet(process: Start, bundle_dir: Path) -> None:
    running = process("score", "-", "--model", bundle_dir)
    assert running.stdin and running.stdout
    feeder = threading.Thread(target=feed, args=(running,))
    feeder.start()
    assert json.loads(running.stdout.readline())["action"]
    running.stdout.close()
    code = running.wait(timeout=120)
    feeder.join()
    assert running.stderr
    with running.stderr as err:
        assert (code, err.read()) == (141, b"")


def feed(running: subprocess.Popen[bytes]) -> None:
    assert running.stdin
    try:
        with running.stdin as file:
            for _ in range(200):
                file.write(LINE * 1000)
    except BrokenPipeError:
        pass


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_a_full_standard_output_is_one_line(process: Start, dump: Path, bundle_dir: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        code, _, err = ended(process("score", dump, "--model", bundle_dir, stdout=full))
    assert code == 1
    assert err == (
        "error: standard output: cannot be written (No space left on device). Free space, or name a file with "
        "--output.\n"
    )


def test_a_closed_standard_output_is_one_line(process: Start, dump: Path, bundle_dir: Path) -> None:
    code, _, err = ended(process("score", dump, "--model", bundle_dir, first="import sys; sys.stdout = None"))
    said = [line for line in err.splitlines() if not line.startswith("Compiling")]  # a slow machine says that, too
    assert (code, said) == (1, ["error: standard output: closed. Name a file with --output."])


def test_a_full_disk_leaves_no_half_result(process: Start, bundle_dir: Path, tmp_path: Path) -> None:
    running = process("score", "-", "-o", "out", "--model", bundle_dir, first=SMALL_FILES)
    err = running.communicate(LINE * 5000, timeout=120)[1].decode()
    assert (running.returncode, "Traceback" in err) == (1, False)
    assert err.splitlines()[-1].startswith("error: out: cannot be written (File too large). Free space")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "what"), [((), "c: the cache"), (("--cache", "/dev/null/c"), "/dev/null/c: the cache")]
)
def test_a_full_disk_leaves_no_half_bundle(process: Start, tmp_path: Path, options: tuple[str, ...], what: str) -> None:
    command = ("train", "-o", "b", "--bits", 12, "--cache", "c", *options)
    code, _, err = ended(process(*command, first=SMALL_FILES))
    assert (code, "Traceback" in err) == (1, False)
    assert err.splitlines()[-1] == (
        f"error: {what} cannot be written. Free space, or name another folder with --cache."
    )
    assert [p.name for p in tmp_path.iterdir() if p.name != "c"] == []


def test_a_disk_that_fills_at_the_end_leaves_the_old_bundle(process: Start, tmp_path: Path) -> None:
    command = ("train", "-o", "b", "--bits", 12, "--cache", "c")
    assert ended(process(*command))[0] == 0
    before = {p.name: p.read_bytes() for p in (tmp_path / "b").iterdir()}
    code, _, err = ended(process(*command, first=SMALL_FILES))  # the features come from the cache now
    assert (code, "Traceback" in err) == (1, False)
    assert err.splitlines()[-1].startswith("error: b: cannot be written (File too large). Free space")
    assert {p.name: p.read_bytes() for p in (tmp_path / "b").iterdir()} == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["b", "c"]


@pytest.mark.parametrize("package", ["sklearn", "scipy", "joblib", "datasets"])
def test_training_without_its_extra_names_it(process: Start, tmp_path: Path, package: str) -> None:
    code, out, err = ended(process("train", "-o", "b", "--cache", "c", first=ABSENT.format([package])))
    assert (code, out, "Traceback" in err) == (1, b"", False)
    assert err.splitlines()[-1].startswith("error: ")
    assert err.splitlines()[-1].endswith("needs packages that are not installed. Run: pip install 'moderation[train]'")
    assert not (tmp_path / "b").exists()


def test_evaluating_without_its_extra_names_it(process: Start, bundle_dir: Path) -> None:
    sample = ROOT / "data" / "samples" / "corpus"
    code, out, err = ended(process("evaluate", bundle_dir, "--corpora", sample, first=ABSENT.format(["datasets"])))
    assert (code, out, "Traceback" in err) == (1, b"", False)
    assert "pip install 'moderation[train]'" in err


def test_scoring_needs_no_extra(process: Start, bundle_dir: Path, dump: Path) -> None:
    absent = ["sklearn", "scipy", "joblib", "datasets", "pandas", "torch"]
    code, out, _ = ended(process("score", dump, "--model", bundle_dir, first=ABSENT.format(absent)))
    assert (code, len(out.splitlines())) == (0, 3)
