"""Sources: files, directories, patterns and standard input, with what is no dump skipped and counted."""

import gzip
from pathlib import Path

import pytest

from moderation.errors import InputError
from moderation.formats import Reject, Skipped, Split, found


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder of dumps, which is the current one."""
    (tmp_path / "b").mkdir()
    (tmp_path / "a.jsonl").write_text('{"text": "a"}\n')
    (tmp_path / "RC_2019-01.gz").write_bytes(gzip.compress(b'{"body": "", "subreddit": "", "created_utc": 1}'))
    (tmp_path / "b" / "posts.csv").write_text("id,text\n")
    (tmp_path / "b" / "photo.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    (tmp_path / "b" / "page.html").write_text("<!doctype html><p>x")
    (tmp_path / "b" / ".hidden.jsonl").write_text("{}")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_directory_gives_what_its_content_shows(folder: Path) -> None:
    assert list(found(["."])) == [
        Split("RC_2019-01.gz", "reddit"),
        Split("a.jsonl", "jsonl"),
        Skipped("b/.hidden.jsonl", "hidden file"),
        Split("b/page.html", "html"),
        Skipped("b/photo.jpg", "neither a dump nor a page"),
        Split("b/posts.csv", "csv"),
    ]


def test_a_pattern_and_a_format_that_is_given(folder: Path) -> None:
    assert list(found(["b/*.*"])) == [
        Split("b/page.html", "html"),
        Skipped("b/photo.jpg", "neither a dump nor a page"),
        Split("b/posts.csv", "csv"),
    ]
    assert list(found(["*.jsonl", "-"], "csv")) == [Split("a.jsonl", "csv"), Split("-", "csv")]
    assert list(found(["*.pdf"])) == [Reject("*.pdf", "matches no file")]


def test_what_is_named_by_itself_must_be_known(folder: Path) -> None:
    with pytest.raises(InputError, match="neither its content nor its name"):
        list(found(["b/photo.jpg"]))
    with pytest.raises(InputError, match="cannot be read"):
        list(found(["none.jsonl"]))


def test_a_file_that_is_closed_to_us_is_rejected(folder: Path) -> None:
    (folder / "b" / "link.jsonl").symlink_to("nowhere")
    (reject,) = (item for item in found(["b"]) if isinstance(item, Reject))
    assert reject.position == "b/link.jsonl" and reject.reason.startswith("cannot be read")
