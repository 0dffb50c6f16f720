"""Shards: together they give every row once, in order, whatever their size and however the inputs are packed."""

import bz2
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moderation.batch.shards import Shard, shards
from moderation.formats import Fields, Reject, Split
from moderation.formats.columns import read_columns
from moderation.formats.opening import BROKEN_OFF

PACK = {"": bytes, ".gz": lambda data: gzip.compress(data, mtime=0), ".bz2": bz2.compress}


def cut(paths: list[Path], size: int) -> list[Shard]:
    return list(shards([(Split(str(path), "jsonl"), path.stat().st_size) for path in paths], size))


def content(blocks: Any) -> tuple[list[Any], list[Reject]]:
    found = list(blocks)
    return [pair for b in found for pair in zip(b.ids, b.texts, strict=True)], [r for b in found for r in b.rejects]


def of_shards(found: list[Shard]) -> tuple[list[Any], list[Reject]]:
    return content(block for shard in found for block in shard.columns(Fields()))


def whole(paths: list[Path]) -> tuple[list[Any], list[Reject]]:
    return content(block for path in paths for block in read_columns(Split(str(path), "jsonl"), Fields()))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(
    st.lists(
        st.tuples(
            st.lists(
                st.sampled_from([b'{"text": "a"}', b"", b"x", b'{"id": 1, "text": "%s"}' % (b"b" * 90)]), max_size=20
            ),
            st.sampled_from(sorted(PACK)),
            st.booleans(),
        ),
        min_size=1,
        max_size=4,
    ),
    st.integers(1, 400),
)
def test_shards_give_every_row_once(tmp_path: Path, files: list[tuple[list[bytes], str, bool]], size: int) -> None:
    paths = []
    for k, (lines, end, marked) in enumerate(files):
        paths.append(tmp_path / f"{k}.jsonl{end}")
        paths[-1].write_bytes(PACK[end](b"\xef\xbb\xbf" * marked + b"\n".join(lines)))
    found = cut(paths, size)
    assert [shard.number for shard in found] == list(range(len(found)))
    assert of_shards(found) == whole(paths)
    assert cut(paths, size) == found


@pytest.mark.parametrize("end", sorted(PACK))
def test_a_large_file_is_cut_packed_or_not(tmp_path: Path, end: str) -> None:
    path = tmp_path / f"d.jsonl{end}"
    # Random enough that no packing makes it small.
    data = b"".join(json.dumps({"text": str(hash((k, 1.5)))}).encode() + b"\n" for k in range(5000))
    path.write_bytes(PACK[end](data))
    found = cut([path], 20_000)
    assert len(found) > 4
    assert of_shards(found) == whole([path])
    assert sum(shard.weight for shard in found) <= path.stat().st_size
    assert {shard.data is None for shard in found} == {end == ""}


def test_small_files_go_together(tmp_path: Path) -> None:
    paths = [tmp_path / f"{k}.jsonl" for k in range(10)]
    for path in paths:
        path.write_text('{"text": "a"}\n')
    assert [len(shard.splits) for shard in cut(paths, 60)] == [4, 4, 2]
    assert [len(shard.splits) for shard in cut(paths, 1)] == [1] * 10


def test_a_packed_file_that_ends_early_gives_all_before_and_a_reject(tmp_path: Path) -> None:
    path = tmp_path / "d.jsonl.gz"
    data = b"".join(json.dumps({"text": str(hash((k, 1.5)))}).encode() + b"\n" for k in range(5000))
    packed = gzip.compress(data)
    path.write_bytes(packed[: len(packed) * 2 // 3])
    found = cut([path], 10_000)
    rows, rejects = of_shards(found)
    assert len(found) > 3 and 1000 < len(rows) < 5000
    assert [reject.reason for reject in rejects] == [BROKEN_OFF]
    assert (rows, rejects) == whole([path])
