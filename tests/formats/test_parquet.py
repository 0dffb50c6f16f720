"""Parquet: columns by name, positions by row, damage bounded to a row group."""

import datetime
import io
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from moderation.errors import InputError, MissingExtra
from moderation.formats import Fields, Reject, Row, read_rows


def table(tmp_path: Path, columns: dict[str, Any], **options: Any) -> str:
    path = tmp_path / "d.parquet"
    parquet.write_table(pa.table(columns), path, **options)
    return str(path)


def test_columns_are_taken(tmp_path: Path) -> None:
    when = datetime.datetime(2024, 5, 1, 10, tzinfo=datetime.UTC)
    path = table(tmp_path, {"nr": [7, 8], "body": ["a", None], "who": ["Ann", ""], "at": [when, None], "x": [[1], []]})
    row, reject = read_rows(path, fields=Fields("body", "nr", author="who", time="at"))
    assert isinstance(row, Row)
    assert (row.id, row.comment.text, row.comment.author) == (7, "a", "Ann")
    assert row.comment.time == "2024-05-01T10:00:00+00:00"
    assert reject == Reject(f"{path}#2", "no field 'body'")


def test_a_row_without_an_id_is_named_by_its_number(tmp_path: Path) -> None:
    path = table(tmp_path, {"text": [f"c{k}" for k in range(3000)]}, row_group_size=700)
    assert [row.id for row in read_rows(path) if isinstance(row, Row)] == [f"{path}#{k}" for k in range(1, 3001)]


@pytest.mark.parametrize("kind", [pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())])
def test_every_kind_of_string_is_text(tmp_path: Path, kind: Any) -> None:
    values = pa.array(["a", "b", "a"]).cast(kind)
    assert [row.comment.text for row in read_rows(table(tmp_path, {"text": values}))] == ["a", "b", "a"]  # type: ignore[union-attr]


def test_a_missing_column_is_an_error_that_names_the_columns(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no column 'text'; the columns are: id, body\. Name one with --text-field"):
        list(read_rows(table(tmp_path, {"id": [1], "body": ["a"]})))
    with pytest.raises(InputError, match="column 'text' holds int64, and not text"):
        list(read_rows(table(tmp_path, {"text": [1]})))


@pytest.mark.parametrize("data", [b"", b"PAR1", b"PAR1" * 10, b"text,id\n1,2\n"])
def test_what_is_no_parquet_is_an_error(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "d.parquet").write_bytes(data)
    with pytest.raises(InputError, match="not a Parquet file, or its end is missing"):
        list(read_rows(str(tmp_path / "d.parquet"), format="parquet"))


def test_a_truncated_file_is_an_error(tmp_path: Path) -> None:
    path = Path(table(tmp_path, {"text": ["a"] * 1000}))
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InputError, match="its end is missing"):
        list(read_rows(str(path)))


def test_damage_costs_one_row_group(tmp_path: Path) -> None:
    texts = [f"comment {k * 7919 % 1000} of the harbour" for k in range(3000)]
    options = {"row_group_size": 1000, "use_dictionary": False, "compression": "gzip"}
    path = Path(table(tmp_path, {"text": texts}, **options))
    data = bytearray(path.read_bytes())
    place = parquet.ParquetFile(path).metadata.row_group(1).column(0).data_page_offset
    data[place : place + 2000] = bytes(2000)
    path.write_bytes(data)
    items = list(read_rows(str(path)))
    assert [item for item in items if isinstance(item, Reject)] == [
        Reject(f"{path}#1001", "damaged Parquet: 1,000 rows could not be read")
    ]
    assert [item.comment.text for item in items if isinstance(item, Row)] == texts[:1000] + texts[2000:]


def test_a_text_that_is_not_utf_8_is_rejected_alone(tmp_path: Path) -> None:
    values = pa.array([b"a", b"caf\xe9", b"b"]).view(pa.string())
    items = list(read_rows(table(tmp_path, {"text": values})))
    assert [type(item) for item in items] == [Row, Reject, Row]
    assert items[1] == Reject(str(tmp_path / "d.parquet") + "#2", "not UTF-8")


def test_without_pyarrow_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = table(tmp_path, {"text": ["a"]})
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(MissingExtra, match=r"pip install 'moderation\[parquet\]'"):
        list(read_rows(path))


def test_a_pipe_is_an_error_that_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(Pipe(b"PAR1"))))  # type: ignore[arg-type]
    with pytest.raises(InputError, match="which a pipe does not allow"):
        list(read_rows("-"))
