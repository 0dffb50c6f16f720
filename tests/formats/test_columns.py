"""Comments by column are the comments that are read one by one."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moderation.formats import Fields, Reject, Row, Skipped, Split, read
from moderation.formats.columns import BLOCK, read_columns
from moderation.formats.parquet import pyarrow_parquet

LINES = [
    b'{"id": 1, "text": "a", "author": "Ann", "time": "2024-05-01", "lang": "en"}',
    b'{"id": "", "text": "no id"}',
    b'{"text": "none", "id": null, "author": "", "time": 3, "lang": []}',
    b'{"id": 1180591620717411303424, "text": "a long id"}',
    b'{"id": true, "text": "x"}',
    b'{"id": 1.5, "text": "x"}',
    b'{"id": NaN, "text": "x"}',
    b'{"text": "lone \\ud800"}',
    b'{"text": "raw \x00 control"}',
    b'{"text": "caf\xe9"}',
    b'{"text": "x", "other": "caf\xe9"}',
    b'{"text": 3}',
    b'{"body": "x"}',
    b'["text"]',
    b"nonsense",
    b"",
    b"   ",
    b'{"text": "x"}{"text": "y"}',
    b'{"text": "x"} \r',
    b"[" * 3000,
    b'{"text": "first", "text": "last"}',
]


def by_row(split: Split, fields: Fields) -> list[Any]:
    return list(read(split, fields))


def flat(split: Split, fields: Fields) -> tuple[list[Any], list[Reject]]:
    blocks = list(read_columns(split, fields))
    rows = [values for b in blocks for values in zip(b.ids, b.texts, b.langs, b.times, b.sites, b.authors, strict=True)]
    assert max((len(b.ids) for b in blocks), default=0) <= BLOCK
    return rows, [reject for b in blocks for reject in b.rejects]


def check(split: Split, fields: Fields = Fields()) -> None:  # noqa: B008
    items = by_row(split, fields)
    rows, rejects = flat(split, fields)
    expected = [
        (r.id, r.comment.text, r.comment.lang, r.comment.time, r.site, r.comment.author)
        for r in items
        if isinstance(r, Row)
    ]
    assert list(map(repr, rows)) == list(map(repr, expected))
    assert rejects == [item for item in items if isinstance(item, Reject)]


# A parser that leaves out what nobody asks for does not see that it is not UTF-8.
@pytest.mark.parametrize("line", [line for line in LINES if b"other" not in line], ids=lambda line: ascii(line)[:30])
def test_each_line_is_read_alike(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "d.jsonl"
    path.write_bytes(LINES[0] + b"\n" + line + b"\n" + LINES[0] + b"\n")
    check(Split(str(path), "jsonl"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(st.lists(st.sampled_from([line for line in LINES if b"other" not in line]), max_size=30), st.booleans())
def test_files_are_read_alike(tmp_path: Path, lines: list[bytes], marked: bool) -> None:
    path = tmp_path / "d.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" * marked + b"\n".join(lines))
    check(Split(str(path), "jsonl"))
    size = path.stat().st_size
    middle = path.read_bytes().find(b"\n", size // 2) + 1
    if middle:
        check(Split(str(path), "jsonl", middle))
        check(Split(str(path), "jsonl", 0, middle))


@pytest.mark.parametrize("fields", [Fields("body", "key"), Fields("text", "text"), Fields('a"b', "id")], ids=str)
def test_fields_may_have_any_names(tmp_path: Path, fields: Fields) -> None:
    path = tmp_path / "d.jsonl"
    path.write_text(
        "".join(json.dumps({name: f"{name} {k}" for name in (fields.text, fields.id, "text")}) + "\n" for k in range(9))
    )
    check(Split(str(path), "jsonl"), fields)


def test_other_formats_and_skips_come_along(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    path.write_text("id,text\n1,a\n2\n3,c\n")
    check(Split(str(path), "csv"))
    from moderation.formats.columns import by_column

    (block,) = by_column([Skipped("x", "deleted")])
    assert (block.ids, block.skipped) == ([], ["deleted"])


def times(unit: str = "s") -> Any:
    """Return times of a unit, of which the last has a part of a second where the unit knows such."""
    pa = pytest.importorskip("pyarrow")
    found = [datetime(2024, 5, 1, 3, 4, 5), datetime(1980, 1, 1), datetime(2024, 5, 1, 0, 0, 0, 5 * (unit != "s"))]
    return pa.array(found, pa.timestamp(unit))


def test_parquet_is_read_alike(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    path = tmp_path / "d.parquet"
    days = [date(2024, 5, 1), None, date(2024, 6, 1)]
    for columns in (
        {"id": [1, 2, 3], "text": ["a", "b", "c"], "time": ["2024-05-01", None, ""], "lang": [None] * 3},
        {"id": ["x", "", "z"], "text": ["a", None, "c"], "time": days, "author": [3, 4, 5]},
        {"id": [1.5, None, 2.0], "text": ["a", "b", "c"], "site": ["s", "t", None]},
        {"id": [True, False, None], "text": pa.array(["a", "b", "c"]).dictionary_encode()},
        {"text": pa.array([b"a", b"caf\xe9", b"c"], pa.binary()).view(pa.string())},
        {"time": times(), "text": ["a", "b", "c"]},
        {"time": times("us"), "text": ["a", "b", "c"]},
        {"time": times("ns").cast(pa.timestamp("ns", "UTC")), "text": ["a", "b", "c"]},
        {"time": times().cast(pa.timestamp("s", "Europe/Berlin")), "text": ["a", "b", "c"]},
        {"id": [], "text": pa.array([], pa.string())},
    ):
        pyarrow_parquet().write_table(pa.table(columns), path, row_group_size=2)
        check(Split(str(path), "parquet"))
        check(Split(str(path), "parquet", 1))
