"""Splits: read one by one, they give what the whole gives, whatever the size and the content."""

import csv
import io
import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moderation.formats import Reject, Row, Split, read, splits

ALONE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)


def in_splits(path: Path, format: str, size: int) -> list[Any]:
    return [item for split in splits(str(path), format, size) for item in read(split)]


@ALONE
@given(st.lists(st.sampled_from([b'{"text": "a"}', b"", b"x", b'{"text": "\xc3\xa9"}\r', b" "])), st.integers(1, 40))
def test_lines_are_read_once_in_order(tmp_path: Path, lines: list[bytes], size: int) -> None:
    path = tmp_path / "d.jsonl"
    for end in (b"", b"\n"):
        path.write_bytes(b"\n".join(lines) + end)
        assert in_splits(path, "jsonl", size) == list(read(Split(str(path), "jsonl")))


PIECES = [b'"', b",", b"\n", b"\r", b"\r\n", b"a", b'""', b'"a"', b"1,"]


# Any bytes at all, with much that matters to CSV: what is wrong must be wrong in the same way.
@ALONE
@given(st.lists(st.sampled_from(PIECES), max_size=40), st.integers(1, 30))
def test_rows_are_read_once_in_order(tmp_path: Path, pieces: list[bytes], size: int) -> None:
    path = tmp_path / "d.csv"
    path.write_bytes(b"id,text\n" + b"".join(pieces))
    assert in_splits(path, "csv", size) == list(read(Split(str(path), "csv")))


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("chunk", [3, 50, 1 << 20])
def test_quoted_line_ends_do_not_end_a_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bom: bytes, chunk: int
) -> None:
    monkeypatch.setattr("moderation.formats.row_ends._CHUNK", chunk)
    drawn = random.Random(7)
    texts = ["".join(drawn.choices(["a", '"', "\n", "\r\n", ",", '""'], k=drawn.randrange(12))) for _ in range(300)]
    file = io.StringIO(newline="")
    csv.writer(file).writerows([["id", "text"], *([str(k), text] for k, text in enumerate(texts))])
    path = tmp_path / "d.csv"
    path.write_bytes(bom + file.getvalue().encode())
    for size in (1, 64, 500):
        found = in_splits(path, "csv", size)
        assert [item.comment.text for item in found] == texts
        assert found == list(read(Split(str(path), "csv")))
    if chunk > 3:  # so small a chunk may hold nothing but quotes
        assert 20 < len(splits(str(path), "csv", 100)) < 100


def test_after_a_stray_quote_there_is_no_cut(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    path.write_bytes(b"id,text\n" + b"1,a\n" * 100 + b'2,5" pipe\n' + b"1,a\n" * 100)
    cut = splits(str(path), "csv", 40)
    assert len(cut) == 11
    assert cut[-1].start < 412 and cut[-1].end == path.stat().st_size
    assert in_splits(path, "csv", 40) == list(read(Split(str(path), "csv")))


def test_a_line_longer_than_a_split_is_not_cut(tmp_path: Path) -> None:
    path = tmp_path / "d.jsonl"
    path.write_bytes((json.dumps({"text": "a" * 200_000}) + "\n").encode() * 3 + b'{"text": "b"}')
    assert [split.start for split in splits(str(path), "jsonl", 100)] == [0, 200_013, 400_026, 600_039]
    assert len(in_splits(path, "jsonl", 100)) == 4


@pytest.mark.parametrize("format", ["jsonl", "csv", "html"])
def test_what_cannot_be_cut_is_one_split(tmp_path: Path, format: str) -> None:
    path = tmp_path / "d"
    path.write_bytes(b"\x1f\x8b" + b"a\n" * 100)
    assert splits(str(path), format, 10) == [Split(str(path), format)]
    path.write_bytes(b"")
    assert splits(str(path), format, 10) == [Split(str(path), format)]
    assert splits("-", format, 10) == [Split("-", format)]


def test_row_groups_are_splits(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "d.parquet"
    table = pa.table({"id": range(100), "text": [f"comment {k}" if k % 7 else None for k in range(100)]})
    parquet.write_table(table, path, row_group_size=10)
    assert [(s.start, s.end) for s in splits(str(path), "parquet", 1)] == [(k, k + 1) for k in range(10)]
    assert [(s.start, s.end) for s in splits(str(path), "parquet", 1 << 30)] == [(0, 10)]
    found = in_splits(path, "parquet", 1)
    assert found == list(read(Split(str(path), "parquet")))
    assert [item.id for item in found if isinstance(item, Row)] == [k for k in range(100) if k % 7]
    assert Reject(f"{path}#15", "no field 'text'") in found


@pytest.mark.parametrize("start", [b" " * 100 + b"[", b"\xef\xbb\xbf[\n", b"\n" * 70 + b"{\n", b"[" + b" " * 300])
def test_all_agree_on_what_is_an_array(tmp_path: Path, start: bytes) -> None:
    path = tmp_path / "d.json"
    objects = b",\n".join([b'{"text": "a"}'] * 50)
    path.write_bytes(start + (b'"text": "a"}' if b"{" in start else objects + b"]"))
    whole = list(read(Split(str(path), "jsonl")))
    assert in_splits(path, "jsonl", 20) == whole
    assert {type(item) for item in whole} == {Row}
