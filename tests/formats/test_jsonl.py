"""JSON Lines: what is a comment becomes a row, what is none a reject with its place, and nothing is lost."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moderation.formats import Fields, Reject, Row


def test_fields_are_taken(read: Any) -> None:
    line = {"id": "a", "text": "x", "author": "Ann", "time": "2024-05-01", "parent": "p", "lang": "en", "votes": 3}
    (row,) = read(json.dumps(line).encode())
    assert (row.id, row.comment.id, row.comment.text, row.comment.author) == ("a", "a", "x", "Ann")
    assert (row.comment.time, row.comment.parent, row.comment.lang) == ("2024-05-01", "p", "en")


@pytest.mark.parametrize("row_id", ["a", 17, 0, -1, 2**70, 1.5, True, "\ud800", " "])
def test_ids_keep_their_type(read: Any, row_id: Any) -> None:
    (row,) = read(json.dumps({"id": row_id, "text": "x"}).encode())
    assert row.id == row_id and type(row.id) is type(row_id)
    assert row.comment.id == str(row_id)


@pytest.mark.parametrize("value", ['""', "null", "[1]", "{}", "NaN", "Infinity", "1e999"])
def test_an_id_that_is_none_is_the_position(read: Any, value: str) -> None:
    _, row = read(b'{"text": "x"}\n{"text": "y", "id": ' + value.encode() + b"}\n")
    assert row.id == f"{read.folder / 'dump.jsonl'}:14"


@pytest.mark.parametrize("field", ["author", "time", "parent", "lang"])
@pytest.mark.parametrize("value", [3, None, [], "", {}])
def test_another_field_of_the_wrong_type_is_left_out(read: Any, field: str, value: Any) -> None:
    (row,) = read(json.dumps({"text": "x", field: value}).encode())
    assert getattr(row.comment, field) is None


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"text": "caf\xe9"}', "not UTF-8"),
        (b'\xff\xfe{\x00"\x00', "not UTF-8"),
        (b"nonsense", "not JSON"),
        (b'{"text": "x"', "not JSON"),
        (b'{"text": "x"}{"text": "y"}', "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'{"id": 1' + b"0" * 5000 + b', "text": "x"}', "not JSON"),
        (b'["text"]', "not a JSON object"),
        (b"3", "not a JSON object"),
        (b"null", "not a JSON object"),
        (b"{}", "no field 'text'"),
        (b'{"text": null}', "no field 'text'"),
        (b'{"body": "x"}', "no field 'text'"),
        (b'{"text": 3}', "field 'text' is not a string"),
        (b'{"text": ["x"]}', "field 'text' is not a string"),
    ],
    ids=lambda value: ascii(value)[:30],
)
def test_what_is_no_comment_is_rejected_alone(read: Any, texts: Any, line: bytes, reason: str) -> None:
    items = read(b'{"text": "before"}\n' + line + b'\n{"text": "after"}\n')
    assert texts(items) == ["before", f"[{reason}]", "after"]
    assert items[1].position == f"{read.folder / 'dump.jsonl'}:19"


def test_a_reject_holds_nothing_of_the_text(read: Any) -> None:
    (reject,) = read(b'{"text": "a secret", "x": }')
    assert "secret" not in reject.position + reject.reason


def test_blank_lines_count_and_are_no_rows(read: Any, texts: Any) -> None:
    items = read(b'\n{"text": "a"}\n  \t\n\r\n{"text": "b"}')
    assert texts(items) == ["a", "b"]
    assert [item.id.rpartition(":")[2] for item in items] == ["1", "21"]


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_an_empty_file_has_no_rows(read: Any, data: bytes) -> None:
    assert read(data) == []


def test_a_mark_and_windows_line_ends_are_no_part_of_a_row(read: Any, texts: Any) -> None:
    assert texts(read(b'\xef\xbb\xbf{"text": "a"}\r\n{"text": "b"}\r\n')) == ["a", "b"]


def test_the_text_may_have_another_name(read: Any, texts: Any) -> None:
    items = read(b'{"body": "a", "key": 3}\n{"text": "b"}', fields=Fields("body", "key"))
    assert texts(items) == ["a", "[no field 'body']"]
    assert items[0].id == 3


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.lists(st.text(st.characters(exclude_categories=())), max_size=5), st.booleans())
def test_every_text_comes_back_as_it_was(read: Any, texts: Any, found: list[str], escaped: bool) -> None:
    # NULs, lone surrogates (only escapes can say them), line separators inside a string: all are the text's own.
    if not escaped:
        found = [text.encode("utf-8", "replace").decode() for text in found]
    data = "".join(json.dumps({"text": text}, ensure_ascii=escaped) + "\n" for text in found)
    assert texts(read(data.encode())) == found


def test_raw_control_characters_are_read(read: Any, texts: Any) -> None:
    assert texts(read(b'{"text": "a\x00b\tc"}')) == ["a\x00b\tc"]


def test_rows_and_rejects_are_all_that_comes(read: Any) -> None:
    assert {type(item) for item in read(b'{"text": "a"}\nx\n')} == {Row, Reject}
