"""Separating pages in batch."""

import gzip
from pathlib import Path

from moderation.batch.extract import document_rows

PAGE = b"The cranes.\n\nAn article.\n\n2 Comments\n\nAnn says:\n\nFirst!\n\nBob says:\n\nSecond."


def test_each_page_is_a_row_and_a_broken_one_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(PAGE)
    (tmp_path / "b.txt").write_bytes(gzip.compress(PAGE)[:30])
    (tmp_path / "c.txt.gz").write_bytes(gzip.compress(PAGE))
    names = [str(tmp_path / name) for name in ("a.txt", "b.txt", "none.txt", "c.txt.gz")]
    failed: list[str] = []
    rows = list(document_rows(names, None, None, lambda position, reason: failed.append(position)))
    assert [row["source"] for row in rows] == [names[0], names[3]]
    assert failed == names[1:3]
    assert [comment["text"] for comment in rows[1]["comments"]] == ["First!", "Second."]
    assert "cranes" in rows[0]["article"]


def test_a_part_can_be_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(PAGE)
    for only, left_out in (("comments", "article"), ("article", "comments")):
        (row,) = document_rows([str(tmp_path / "a.txt")], None, only, lambda position, reason: None)
        assert only in row and left_out not in row
