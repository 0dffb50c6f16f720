"""Result files."""

import gzip
from pathlib import Path

import pytest

from moderation.batch.output import output_file


def test_a_name_with_gz_is_packed_and_always_the_same(tmp_path: Path) -> None:
    for name in ("a.gz", "b.gz"):
        with output_file(tmp_path / name) as file:
            file.write(b"row\n" * 1000)
    assert gzip.decompress((tmp_path / "a.gz").read_bytes()) == b"row\n" * 1000
    assert (tmp_path / "a.gz").read_bytes() == (tmp_path / "b.gz").read_bytes()


@pytest.mark.parametrize("name", ["a.gz", "a.jsonl"])
def test_a_failing_block_leaves_nothing(tmp_path: Path, name: str) -> None:
    with pytest.raises(RuntimeError), output_file(tmp_path / name) as file:
        file.write(b"half")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []
