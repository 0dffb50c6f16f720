"""Pages: where they are found, and as dumps of comments."""

import bz2
import gzip
import io
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from moderation.formats import Row
from moderation.formats.pages import page_files, pages
from moderation.formats.rows import Page, Reject, Skipped

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


@pytest.fixture
def folder(tmp_path: Path, warc_record: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder of pages, which is the current one."""
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "c").mkdir()
    for name in ("z.html", "a.TXT", "b/x.htm", "b/c/y.txt"):
        (tmp_path / name).write_text(name)
    (tmp_path / "b" / "w.txt.gz").write_bytes(gzip.compress(b"b/w.txt.gz"))
    (tmp_path / "b" / "photo.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    (tmp_path / "crawl.warc.gz").write_bytes(gzip.compress(warc_record(1, b"crawl")))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def told(items: Sequence[Page | Reject | Skipped]) -> list[str]:
    return [item.data.decode() if isinstance(item, Page) else f"{item.position}: {item.reason}" for item in items]


def test_a_directory_is_read_to_its_bottom_in_order(folder: Path) -> None:
    pytest.importorskip("fastwarc")
    assert told(list(pages(page_files(["."])))) == [
        "a.TXT",
        "crawl",
        "z.html",
        "b/photo.jpg: not the name of a page",
        "b/w.txt.gz",
        "b/x.htm",
        "b/c/y.txt",
    ]


def test_a_pattern_takes_all_that_it_matches(folder: Path) -> None:
    assert told(list(pages(page_files(["b/*"])))) == ["b/photo.jpg: neither text nor HTML", "b/w.txt.gz", "b/x.htm"]
    assert told(list(pages(page_files([str(folder / "**" / "*.txt")])))) == ["b/c/y.txt"]
    assert told(list(pages(page_files(["*.pdf"])))) == ["*.pdf: matches no file"]


def test_a_file_named_like_a_pattern_is_that_file(folder: Path) -> None:
    (folder / "[a].txt").write_text("brackets")
    assert told(list(pages(page_files(["[a].txt"])))) == ["brackets"]


def test_what_cannot_be_read_is_rejected_and_the_rest_goes_on(folder: Path) -> None:
    (folder / "cut.txt.gz").write_bytes(gzip.compress(b"some text" * 99)[:30])
    assert told(list(pages(page_files(["none.txt", "cut.txt.gz", "z.html"])))) == [
        "none.txt: cannot be read (No such file or directory)",
        "cut.txt.gz: the packed file is damaged or ends early",
        "z.html",
    ]


def test_an_archive_is_known_by_its_content(folder: Path) -> None:
    pytest.importorskip("fastwarc")
    data = (folder / "crawl.warc.gz").read_bytes()
    for content in (data, gzip.decompress(data)):
        (folder / "noname").write_bytes(content)
        assert told(list(pages(page_files(["noname"])))) == ["crawl"]
        assert told(list(pages(page_files(["noname"]), "wet"))) == ["crawl"]
        (item,) = pages(page_files(["noname"]), "text")
        assert isinstance(item, Page)
        assert item.data.startswith(b"WARC/1.0")
        assert item.format == "text"


def test_a_page_that_is_called_an_archive_is_rejected(folder: Path) -> None:
    pytest.importorskip("fastwarc")
    assert told(list(pages(page_files(["z.html"]), "warc"))) == ["z.html:0: damaged web archive record"]


def test_standard_input_is_a_page_or_an_archive(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("fastwarc")
    for content, expected in [
        (b"A page.", "A page."),
        (gzip.compress(b"A page."), "A page."),
        ((folder / "crawl.warc.gz").read_bytes(), "crawl"),
    ]:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(content))))  # type: ignore[arg-type]
        assert told(list(pages(page_files(["-"])))) == [expected]


def test_pages_are_read_one_at_a_time(folder: Path) -> None:
    found = pages(page_files(["z.html", "later.html"]))
    assert isinstance(next(found), Page)
    (folder / "later.html").write_text("later")
    assert told(list(found)) == ["later"]


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress])
def test_the_comments_of_an_archive_are_rows(
    read: Any, warc_record: Callable[..., bytes], pack: Callable[[bytes], bytes]
) -> None:
    pytest.importorskip("fastwarc")
    header = "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n"
    records = [
        warc_record(1, PAGE.encode(), header),
        warc_record(2, b"Gone", "HTTP/1.1 404 Gone\r\nContent-Type: text/plain\r\n"),
    ]
    first, second, skipped = read(pack(b"".join(records)), "crawl")
    assert [row.comment.text for row in (first, second)] == ["First!", "Second."]
    assert (first.site, first.thread) == ("a.example", "https://a.example/1")
    assert first.id.rpartition("#")[2] == "1" and first.id.startswith(str(read.folder / "crawl"))
    assert isinstance(skipped, Skipped) and skipped.reason == "HTTP status 404"


def test_a_record_of_an_archive_that_lies_about_its_length_hides_none(
    read: Any, warc_record: Callable[..., bytes]
) -> None:
    pytest.importorskip("fastwarc")
    header = "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n"
    records = [warc_record(k, PAGE.encode(), header) for k in range(3)]
    records[1] = records[1].replace(b"Content-Length: ", b"Content-Length: 9")
    items = read(b"".join(records), "crawl")
    assert [type(item) for item in items].count(Reject) == 1
    assert {row.thread for row in items if isinstance(row, Row)} == {"https://a.example/0", "https://a.example/2"}
