"""Inputs and outputs behind URLs: the same rows, the same result, the same resume."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from moderation.errors import InputError, MissingExtra, OutputError
from moderation.formats import Row, Split, found, read, splits
from moderation.formats.remote import filesystem

fsspec = pytest.importorskip("fsspec")
Cli = Any


@pytest.fixture
def bucket() -> Iterator[Any]:
    files = fsspec.filesystem("memory")
    files.makedirs("/bucket/in", exist_ok=True)
    yield files
    files.rm("/bucket", recursive=True)


@pytest.fixture
def lines(bucket: Any) -> bytes:
    data = b"".join(b'{"id": %d, "text": "Tram %d."}\n' % (k, k) for k in range(200)) + b"x\n"
    bucket.pipe_file("/bucket/in/a.jsonl", data)
    bucket.pipe_file("/bucket/in/b.jsonl.gz", gzip.compress(data))
    return data


def test_urls_are_found_and_cut_like_files(lines: bytes) -> None:
    inputs = list(found(["memory://bucket/in"]))
    assert inputs == [Split("memory:///bucket/in/a.jsonl", "jsonl"), Split("memory:///bucket/in/b.jsonl.gz", "jsonl")]
    assert list(found(["memory://bucket/in/*.gz"])) == inputs[1:]
    pieces = splits(inputs[0].source, "jsonl", 1000)
    rows = [item for piece in pieces for item in read(piece) if isinstance(item, Row)]
    assert len(pieces) > 4 and [row.id for row in rows] == list(range(200))


@pytest.mark.parametrize("output", ["out.jsonl", "out/"])
def test_a_run_from_url_to_url_is_one_from_file_to_file(
    cli: Cli, bundle_dir: Path, bucket: Any, lines: bytes, tmp_path: Path, output: str
) -> None:
    (tmp_path / "a.jsonl").write_bytes(lines)
    options = ("--model", bundle_dir, "--shard-size", 0.002, "-j", 1, "--max-rejects", 2)
    assert cli("score", "a.jsonl", "-o", "here.jsonl", *options).code == 0
    done = cli("score", "memory://bucket/in/a.jsonl", "-o", f"memory://bucket/{output}", *options)
    assert done.code == 0, done.err
    names = sorted(name for name in bucket.find("/bucket") if "/in/" not in name and "/_run/" not in name)
    written = b"".join(bucket.cat_file(name) for name in names if "rejects" not in name)
    assert written == (tmp_path / "here.jsonl").read_bytes()
    (rejects,) = [name for name in names if "rejects" in name]
    assert json.loads(bucket.cat_file(rejects))["reason"] == "not JSON"
    assert len(names) == 2 if output == "out.jsonl" else len(names) > 3
    assert not any(".run" in name for name in names)


def test_what_an_interrupted_run_left_behind_a_url_is_kept(
    cli: Cli, bundle_dir: Path, bucket: Any, lines: bytes
) -> None:
    command = ("score", "memory://bucket/in/*", "-o", "memory://bucket/out/", "--model", bundle_dir, "-j", 1)
    command += ("--shard-size", 0.002, "--max-rejects", 2)
    assert cli(*command).code == 0
    parts = sorted(name for name in bucket.find("/bucket/out") if "part-" in name)
    before = {name: bucket.cat_file(name) for name in parts}
    bucket.rm_file(parts[1])
    kept = bucket.created(parts[0])
    assert cli(*command).code == 0
    assert {name: bucket.cat_file(name) for name in parts} == before
    assert bucket.created(parts[0]) == kept
    bucket.pipe_file("/bucket/in/a.jsonl", lines + b'{"text": "more"}\n')
    done = cli(*command)
    assert done.code == 1 and "holds a run with other contents of memory:///bucket/in/a.jsonl" in done.err
    done = cli(*command, "--restart")
    assert done.code == 0 and done.err.startswith("rejected memory:///bucket/in/a.jsonl:")


def test_addresses_that_lead_nowhere_are_errors(bucket: Any) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        list(found(["memory://bucket/none.jsonl"]))
    with pytest.raises(InputError, match="no address of a kind"):
        list(found(["nonsense://x"]))
    with pytest.raises((MissingExtra, InputError, OutputError)):
        filesystem("gopher://x")
