"""Hostile and broken dumps of every format: an error or a reject, in bounded memory, with nothing lost."""

import io
import json
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from moderation.errors import InputError
from moderation.formats import FORMATS, WRITABLE, Reject, Row, Skipped, read_rows, write
from moderation.types import Comment

ROWS = [Row(f"k{k % 40}", Comment(f"A tram, number {k}.", f"k{k % 40}", "Ann"), None, "t") for k in range(50)]
SQL = b"INSERT INTO phpbb_posts (post_id, post_text) VALUES "


def dump(format: str) -> bytes:
    """Return a sound dump of fifty comments, some with the same id."""
    if format in WRITABLE:
        file = io.BytesIO()
        write(ROWS, file, format)
        return file.getvalue()
    texts = [row.comment.text for row in ROWS]
    if format == "phpbb":
        return SQL + b",".join(f"({k % 40}, '{text}')".encode() for k, text in enumerate(texts)) + b";"
    shapes: dict[str, dict[str, Any]] = {
        "discourse": {"topic_id": 1, "raw": ""},
        "hackernews": {"type": "comment", "by": "x", "time": 1},
    }
    field = "raw" if format == "discourse" else "text"
    lines = (json.dumps(shapes[format] | {"id": k % 40, field: text}) for k, text in enumerate(texts))
    return "\n".join(lines).encode()


DUMPS = [name for name in FORMATS if name not in ("text", "html", "warc")]


@pytest.mark.parametrize("format", DUMPS)
def test_ids_that_come_twice_are_all_kept(read: Any, format: str) -> None:
    rows = read(dump(format), "dump")
    assert [row.comment.text for row in rows] == [row.comment.text for row in ROWS]
    assert len({row.id for row in rows}) == 40


@pytest.mark.parametrize("format", DUMPS)
@pytest.mark.parametrize("where", [0.2, 0.5, 0.9, 0.99])
def test_a_dump_that_is_cut_off_gives_what_came_before_and_says_so(read: Any, format: str, where: float) -> None:
    data = dump(format)
    try:
        items = read(data[: int(len(data) * where)], "dump", format=format)
    except InputError as error:
        assert format == "parquet", error  # its index stands at the end
        return
    texts = [item.comment.text for item in items if isinstance(item, Row)]
    assert texts[:-1] == [row.comment.text for row in ROWS][: max(0, len(texts) - 1)]
    if format not in ("csv", "tsv"):  # where a cut can look like an end
        assert isinstance(items[-1], Reject)


@pytest.mark.parametrize("format", DUMPS)
def test_every_byte_may_be_wrong(read: Any, format: str) -> None:
    data = dump(format)
    for place in range(0, len(data), max(1, len(data) // 60)):
        for byte in (0, 0x22, 0xFF, 0x3C):
            try:
                items = read(data[:place] + bytes([byte]) + data[place + 1 :], "dump", format=format)
            except InputError:
                continue
            assert {type(item) for item in items} <= {Row, Reject, Skipped}


@pytest.mark.parametrize("format", DUMPS)
@pytest.mark.parametrize("data", [b"", b"\n", b"\0" * 1000, b"\xff\xfe", b"nonsense", b"<a>", b"{", b"[", b"'"])
def test_what_is_no_dump_has_no_rows(read: Any, format: str, data: bytes) -> None:
    try:
        items = read(data, "dump", format=format)
    except InputError:
        return
    assert not any(isinstance(item, Row) for item in items)


@pytest.mark.parametrize("format", DUMPS)
def test_the_wrong_ending_of_a_name_does_not_matter(read: Any, format: str) -> None:
    for name in ("dump.txt", "dump.jsonl.gz", "dump.csv"):
        assert len(read(dump(format), name)) == 50


MEASURE = """
import resource, sys
from moderation.formats import Reject, read_rows
from moderation.formats import csv, disqus, discourse, hackernews, jsonl, phpbb, reddit, wxr
used = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (450 << 20),) * 2)
for item in read_rows('-', format=sys.argv[1]):
    print(item.reason if isinstance(item, Reject) else 'row')
"""
LONG = {
    "jsonl": (b'[{"text": "a"}, {"text": "', b'"}]'),
    "tsv": (b"id\ttext\n1\ta\n2\t", b"\n"),
    "reddit": (b'{"body": "a"}\n{"body": "', b'"}\n'),
    "hackernews": (b'[{"type": "comment", "text": "a"}, {"type": "', b'"}]'),
    "discourse": (b'{"raw": "a"}\n{"raw": "', b'"}\n'),
    "phpbb": (SQL + b"(1, 'a'), (2, '", b"');"),
    "disqus": (
        b'<disqus xmlns="http://disqus.com"><post><message>a</message></post><post><message>',
        b"</message></post>",
    ),
    "wxr": (
        b'<rss xmlns:wp="http://wordpress.org/export/1.2/"><channel><item><wp:comment><wp:comment_content>a'
        b"</wp:comment_content></wp:comment><content>",
        b"</content></item></channel></rss>",
    ),
}


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux to bound the memory")
@pytest.mark.parametrize("format", LONG)
def test_a_hundred_megabytes_in_one_line_are_rejected_in_bounded_memory(tmp_path: Path, format: str) -> None:
    before, after = LONG[format]
    path = tmp_path / "long"
    with path.open("wb") as file:
        file.write(before)
        for _ in range(100):
            file.write(b"a" * (1 << 20))
        file.write(after)
    with path.open("rb") as file:
        done = subprocess.run([sys.executable, "-c", MEASURE, format], stdin=file, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()[-500:]
    first, *others = done.stdout.decode().splitlines()
    assert first == "row"
    assert len(others) == 1 and ("longer than" in others[0])


def test_a_position_and_a_reason_hold_nothing_of_the_text(read: Any) -> None:
    for format in DUMPS:
        broken = dump(format).replace(b"number 7.", b"number\xff7.")
        try:
            items = read(broken, "dump", format=format)
        except InputError as error:
            assert "tram" not in str(error)
            continue
        assert not any("tram" in item.position + item.reason for item in items if isinstance(item, Reject))
        assert len(items) == 50


def test_many_rows_take_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "d.jsonl"
    path.write_bytes(b'{"text": "a"}\n' * 20_000)

    tracemalloc.start()
    assert sum(1 for _ in read_rows(str(path))) == 20_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 << 20
