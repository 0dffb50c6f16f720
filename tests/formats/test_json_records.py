"""JSON that is an array, or printed over lines: one object at a time, whatever the objects hold."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moderation.formats import Reject, read_rows

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(['"', "\\", "{", "]", '\\"']),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(st.lists(st.tuples(st.text(max_size=10), values), max_size=5), st.sampled_from([None, 0, 2]), st.integers(1, 9))
def test_every_object_of_an_array_is_a_row(
    tmp_path: Path, found: list[tuple[str, Any]], indent: int | None, chunk: int
) -> None:
    data = json.dumps([{"text": text, "more": more} for text, more in found], indent=indent)
    (tmp_path / "d.json").write_text(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("moderation.formats.json_records._CHUNK", chunk)
        items = list(read_rows(str(tmp_path / "d.json"), format="jsonl"))
    assert [item.comment.text for item in items if not isinstance(item, Reject)] == [text for text, _ in found]
    assert len(items) == len(found)
    assert all(data[int(str(item.id).rpartition(":")[2])] == "{" for item in items if not isinstance(item, Reject))


def test_a_broken_object_is_rejected_alone(read: Any, texts: Any) -> None:
    data = b'[{"text": "a"}, {"text": b}, {"text": "\xff"}, {"text": "c"}]'
    assert texts(read(data, "d.json")) == ["a", "[not JSON]", "[not UTF-8]", "c"]


@pytest.mark.parametrize("end", [b"", b",", b', {"text": "b', b', {"text": {'])
def test_an_array_that_breaks_off_says_so(read: Any, texts: Any, end: bytes) -> None:
    assert texts(read(b'[{"text": "a"}' + end, "d.json")) == [
        "a",
        "[JSON ends early: nothing after this could be read]",
    ]


def test_an_object_that_is_too_long_ends_it(read: Any, texts: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("moderation.formats.json_records.LONGEST_RECORD", 1 << 18)
    found = texts(read(b'[{"text": "a"}, {"text": "' + b"b" * (1 << 20) + b'"}]', "d.json"))
    assert found == ["a", "[record longer than 64 MiB: nothing after this could be read]"]


def test_one_array_is_one_split(tmp_path: Path) -> None:
    from moderation.formats import splits

    (tmp_path / "d.json").write_text("[\n" + ",\n".join(['{"text": "a"}'] * 100) + "\n]")
    assert len(splits(str(tmp_path / "d.json"), "jsonl", 50)) == 1
