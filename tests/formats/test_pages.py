"""Pages as dumps of comments."""

from typing import Any

from moderation.formats import Row

PAGE = "The cranes.\n\nAn article about cranes.\n\n2 Comments\n\nAnn says:\n\nFirst!\n\nBob says:\n\nSecond."


def test_each_comment_is_a_row_with_its_number_on_the_page(read: Any, texts: Any) -> None:
    items = read(PAGE.encode(), "p.txt")
    assert texts(items) == ["First!", "Second."]
    assert [item.id for item in items] == [f"{read.folder / 'p.txt'}#{k}" for k in (1, 2)]
    assert [item.comment.id for item in items] == [item.id for item in items]
    assert [item.comment.author for item in items] == ["Ann", "Bob"]


def test_a_page_without_comments_has_no_rows(read: Any) -> None:
    assert read(b"An article and nothing else.", "p.txt") == []
    assert read(b"", "p.html") == []


def test_broken_bytes_are_read_as_far_as_they_go(read: Any) -> None:
    items = read(PAGE.replace("First", "Fir\x00st").encode() + b"\xff\xfe\x80", "p.txt")
    assert all(isinstance(item, Row) for item in items)
    assert len(items) == 2
