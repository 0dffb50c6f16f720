"""Opening inputs: by name, from standard input, packed or broken off; memory bounded whatever comes."""

import gzip
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from moderation.errors import InputError
from moderation.formats import Reject, Row, read_rows

DAMAGED = "[the packed file is damaged or ends early: nothing after this could be read]"
LINES = b"".join(b'{"text": "comment %d of the harbour"}\n' % k for k in range(20_000))


def test_a_given_format_wins_over_the_name(read: Any, texts: Any) -> None:
    assert texts(read(b'{"text": "a"}', "a.csv", format="jsonl")) == ["a"]


def test_a_missing_file_and_a_directory_are_errors(tmp_path: Path) -> None:
    (tmp_path / "d.jsonl").mkdir()
    for name in ("d.jsonl", "none.jsonl", "none/none.csv", "x" * 300 + ".txt"):
        with pytest.raises(InputError, match=r"cannot be read .* Check the path"):
            list(read_rows(str(tmp_path / name)))


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
def test_gzip_is_known_by_its_content(read: Any, name: str) -> None:
    assert read(gzip.compress(LINES), name) == read(LINES, name)


def test_several_gzip_members_are_one_stream(read: Any, texts: Any) -> None:
    data = gzip.compress(b'{"text": "a"}\n') + gzip.compress(b'{"text": "b"}\n')
    assert texts(read(data)) == ["a", "b"]


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv"])
def test_a_truncated_gzip_gives_what_came_before(read: Any, texts: Any, name: str) -> None:
    plain = (
        LINES if name == "a.jsonl" else b"text\n" + b"".join(b"comment %d of the harbour\n" % k for k in range(20_000))
    )
    data = gzip.compress(plain, mtime=0)
    found = texts(read(data[: len(data) * 3 // 4], name))
    assert found[-1] == DAMAGED
    assert 5_000 < len(found) < 20_000
    assert found[:-1] == [f"comment {k} of the harbour" for k in range(len(found) - 1)]


@pytest.mark.parametrize("place", [5, 500, -2])
def test_a_damaged_gzip_ends_with_a_reject(read: Any, texts: Any, place: int) -> None:
    data = bytearray(gzip.compress(LINES, mtime=0))
    data[place] ^= 0xFF
    found = texts(read(bytes(data)))
    assert found[-1] == DAMAGED or place == 5  # byte 5 is the time, which says nothing
    assert sum(text == DAMAGED for text in found) == (0 if place == 5 else 1)


@pytest.mark.parametrize("data", [b"\x1f\x8b", b"\x1f\x8bnonsense", b"\x1f"])
def test_what_only_looks_like_gzip_is_one_reject(read: Any, data: bytes) -> None:
    (reject,) = read(data)
    assert isinstance(reject, Reject)


@pytest.mark.parametrize("name", ["p.txt", "p.html"])
def test_a_damaged_page_is_one_reject(read: Any, texts: Any, name: str) -> None:
    assert texts(read(gzip.compress(b"page" * 1000)[:20], name)) == ["[the packed file is damaged or ends early]"]


@pytest.mark.parametrize("packed", [False, True])
def test_standard_input(monkeypatch: pytest.MonkeyPatch, texts: Any, packed: bool) -> None:
    data = b'{"id": 3, "text": "a"}\n{"text": "b"}\n'
    stream = io.TextIOWrapper(io.BufferedReader(io.BytesIO(gzip.compress(data) if packed else data)))  # type: ignore[arg-type]
    monkeypatch.setattr(sys, "stdin", stream)
    items = list(read_rows("-"))
    assert texts(items) == ["a", "b"]
    assert [item.id for item in items if isinstance(item, Row)] == [3, "-:23"]


# Reads with no more address space than a few records of the longest kind need.
LONG = """
import resource, sys
from moderation.formats import read_rows
import moderation.formats.csv, moderation.formats.jsonl, moderation.formats.pages
used = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (400 << 20),) * 2)
for item in read_rows('-', format=sys.argv[1]):
    print(type(item).__name__, getattr(item, 'reason', ''), getattr(item, 'id', ''))
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux to bound the memory")
@pytest.mark.parametrize("kind", ["jsonl", "csv", "text"])
def test_an_endless_line_is_rejected_in_bounded_memory(kind: str) -> None:
    good = {"jsonl": b'{"text": "b"}\n', "csv": b"b\n", "text": b""}[kind]
    data = (b"text\n" if kind == "csv" else b"") + b"a" * (70 << 20) + b"\n" + good
    packed = gzip.compress(data, compresslevel=1)
    done = subprocess.run([sys.executable, "-c", LONG, kind], input=packed, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()[-500:]
    what = "page larger" if kind == "text" else "line longer"
    assert f"Reject {what} than 64 MiB" in done.stdout.decode()
    assert done.stdout.decode().count("Row") == (0 if kind == "text" else 1)


def test_lines_up_to_the_bound_are_read(monkeypatch: pytest.MonkeyPatch, read: Any, texts: Any) -> None:
    monkeypatch.setattr("moderation.formats.opening.LONGEST_RECORD", 1000)
    fits = json.dumps({"text": "a" * 985}).encode() + b"\n"
    assert len(fits) == 998
    longer = json.dumps({"text": "a" * 5000}).encode() + b"\n"
    assert texts(read(fits + longer + fits)) == ["a" * 985, "[line longer than 0 MiB]", "a" * 985]
