"""Runs as processes: killed at any point, on a full disk, in a closed folder, without a worker."""

import json
import os
import random
import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from moderation.scorer import Scorer

Start = Callable[..., subprocess.Popen[bytes]]
Cli = Callable[..., Any]
SMALL_FILES = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (30000, 30000))"
"""Makes writing more than 30,000 bytes to a file fail, as a full disk does."""


@pytest.fixture
def many(tmp_path: Path) -> Path:
    path = tmp_path / "many.jsonl"
    # Long ones: their scores take the time, and not their files.
    texts = [f"Tram number {k} crosses the bridge. " * (1 + k % 80) for k in range(6000)]
    path.write_text("".join(json.dumps({"id": k, "text": text}) + "\n" for k, text in enumerate(texts)))
    return path


def parts(tmp_path: Path) -> list[Path]:
    return list(tmp_path.glob("out.jsonl.run/part-*"))


def ended(process: subprocess.Popen[bytes]) -> tuple[int, str]:
    try:
        err = process.communicate(timeout=120)[1].decode()
    finally:
        process.kill()
    return process.returncode, err


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


@pytest.mark.parametrize("jobs", [1, 2])
def test_killed_at_any_point_it_goes_on_and_ends_the_same(
    process: Start, cli: Cli, bundle_dir: Path, many: Path, tmp_path: Path, jobs: int
) -> None:
    pytest.importorskip("joblib")
    chance = random.Random(jobs)
    command = ("score", many, "--model", bundle_dir, "--shard-size", 0.4, "-j", jobs, "-o")
    assert cli(*command[:-3], "-j", 1, "-o", "straight.jsonl").code == 0
    total = -(-many.stat().st_size // 400_000)
    kills = 0
    for wanted in sorted(chance.sample(range(total - 1), 2)):
        running = process(*command, "out.jsonl")
        wait_for(lambda: len(parts(tmp_path)) > wanted or running.poll() is not None)  # noqa: B023
        time.sleep(chance.random() * 0.05)
        running.kill()
        kills += ended(running)[0] == -signal.SIGKILL
    left = {path.name: path.stat().st_mtime_ns for path in parts(tmp_path)}
    assert kills and not (tmp_path / "out.jsonl").exists() and left
    running = process(*command, "out.jsonl")
    done, err = ended(running)
    assert (done, "Traceback" in err) == (0, False), err
    assert (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "straight.jsonl").read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["many.jsonl", "out.jsonl", "straight.jsonl"]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_run_keeps_what_is_finished_and_nothing_half(
    process: Start, bundle_dir: Path, many: Path, tmp_path: Path, number: int, code: int
) -> None:
    running = process("score", many, "--model", bundle_dir, "--shard-size", 0.4, "-j", 2, "-o", "out.jsonl")
    wait_for(lambda: parts(tmp_path) or running.poll() is not None)
    running.send_signal(number)
    found, err = ended(running)
    assert (found, "Traceback" in err) == (code, False), err
    assert {re.sub(r"\d{6}", "N", path.name) for path in (tmp_path / "out.jsonl.run").iterdir()} == {
        "run.json",
        "lock",
        "part-N.jsonl",
        "shard-N.jsonl",
    }


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="the system does not tell whose child is whose")
def test_a_killed_worker_is_one_line_and_the_run_goes_on(
    process: Start, bundle_dir: Path, many: Path, tmp_path: Path
) -> None:
    command = ("score", many, "--model", bundle_dir, "--shard-size", 0.4, "-j", 2, "-o", "out.jsonl")
    running = process(*command)
    wait_for(lambda: parts(tmp_path) or running.poll() is not None)
    os.kill(workers(running.pid)[0], signal.SIGKILL)
    code, err = ended(running)
    assert (code, "Traceback" in err) == (1, False), err
    assert err.splitlines()[-1].startswith("error: A worker process was killed, most likely because memory ran out.")
    assert parts(tmp_path) and not list(tmp_path.glob("out.jsonl.run/.*"))
    code, err = ended(process(*command))
    assert code == 0, err
    assert (tmp_path / "out.jsonl").read_bytes().count(b"\n") == 6000


def workers(pid: int) -> list[int]:
    children = map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
    return [
        child
        for child in children
        if b"loky" in Path(f"/proc/{child}/cmdline").read_bytes()
        and b"resource_tracker" not in Path(f"/proc/{child}/cmdline").read_bytes()
    ]


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_full_disk_is_one_line_and_the_run_goes_on(
    process: Start, bundle_dir: Path, many: Path, tmp_path: Path, jobs: int
) -> None:
    command = ("score", many, "--model", bundle_dir, "--shard-size", 0.4, "-j", jobs, "-o", "out.jsonl")
    code, err = ended(process(*command, first=SMALL_FILES))
    assert (code, "Traceback" in err) == (1, False)
    said = r"error: .*out\.jsonl(\.run/(part|shard)-\d+\.jsonl)?: cannot be written \(File too large\)\. Free space"
    assert re.match(said, err.splitlines()[-1])
    assert not (tmp_path / "out.jsonl").exists() and not list(tmp_path.glob("**/.*.part"))
    code, err = ended(process(*command))
    assert code == 0, err
    assert (tmp_path / "out.jsonl").read_bytes().count(b"\n") == 6000


@pytest.mark.parametrize("output", ["/proc/out.jsonl", "/proc/out/", "none/out.jsonl"])
def test_an_output_that_cannot_be_written_is_one_line(
    cli: Cli, bundle_dir: Path, dump: Path, tmp_path: Path, output: str
) -> None:
    done = cli("score", dump, "--model", bundle_dir, "-o", output)
    assert (done.code, done.out, done.err.count("\n")) == (1, b"", 1)
    assert done.err.startswith("error: ") and ("another place" in done.err)
    assert [p.name for p in tmp_path.iterdir()] == ["dump.jsonl"]


def test_changed_options_are_named(cli: Cli, bundle_dir: Path, many: Path, process: Start, tmp_path: Path) -> None:
    command = ("score", many, "--model", bundle_dir, "--shard-size", 0.4, "-j", 1, "-o", "out.jsonl")
    running = process(*command)
    wait_for(lambda: parts(tmp_path) or running.poll() is not None)
    running.kill()
    ended(running)
    done = cli(*command, "--only-flagged")
    assert done.code == 1
    assert "out.jsonl.run: holds a run with other only flagged (False, and now True)." in done.err
    assert cli(*command, "--only-flagged", "--restart").code == 0
    assert all(json.loads(line)["action"] != "allow" for line in (tmp_path / "out.jsonl").read_text().splitlines())


def test_progress_is_a_line_of_json_once_a_minute(
    cli: Cli, bundle_dir: Path, many: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scorer: Scorer
) -> None:
    monkeypatch.setattr("moderation.cli.watching._MINUTE", 0.05)
    done = cli("score", many, "--model", bundle_dir, "--shard-size", 0.4, "-j", 1, "-o", "out.jsonl")
    told = [json.loads(line) for line in done.err.splitlines() if line.startswith("{")]
    assert done.code == 0 and len(told) > 1
    assert set(told[-1]) == {"comments", "flagged", "rejected", "rows_per_second", "done", "seconds_left"}
    assert told[-1]["comments"] > 0 and 0 < told[-1]["done"] <= 1
