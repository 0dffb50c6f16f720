"""`moderation extract`: a row a page, and what happened to the others."""

import gzip
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from moderation.cli import console
from moderation.formats.parquet import pyarrow_parquet

Cli = Callable[..., Any]
PAGE = "The cranes.\n\nAn article about cranes.\n\n2 Comments\n\nAnn says:\n\nFirst!\n\nBob says:\n\nSecond.\n"


@pytest.fixture
def page(tmp_path: Path) -> Path:
    (tmp_path / "p.txt").write_text(PAGE)
    return tmp_path / "p.txt"


def test_pages_are_separated(cli: Cli, page: Path) -> None:
    done = cli("extract", "p.txt")
    (row,) = done.rows
    assert done.code == 0
    assert list(row) == ["source", "url", "date", "title", "article", "comments"]
    assert [comment["author"] for comment in row["comments"]] == ["Ann", "Bob"]
    assert "cranes" in row["article"]
    assert re.search(r"(?m)^1 pages; 1 with comments; 2 comments; [\d.,]+ pages/s\n\Z", done.err)
    assert "article" not in cli("extract", "p.txt", "--only", "comments").rows[0]
    assert cli("extract", "-", "--format", "text", stdin=PAGE.encode()).rows[0]["comments"] == row["comments"]


@pytest.mark.parametrize("name", ["out.jsonl", "out.jsonl.gz"])
def test_directories_archives_and_patterns_go_to_one_file(
    cli: Cli, page: Path, tmp_path: Path, warc_record: Any, name: str
) -> None:
    pytest.importorskip("fastwarc")
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "q.html").write_text("<p>A page of HTML.</p><p>And more</p><br>")
    (tmp_path / "d" / "q.png").write_bytes(b"\x89PNG")
    records = warc_record(1, PAGE.encode(), "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n") + warc_record(2, b"<p>x")
    (tmp_path / "c.warc.gz").write_bytes(gzip.compress(records))
    done = cli("extract", "p.*", "d", "c.warc.gz", "-o", name)
    assert (done.code, done.out) == (0, b"")
    data = (tmp_path / name).read_bytes()
    rows = [json.loads(line) for line in (gzip.decompress(data) if name.endswith("gz") else data).splitlines()]
    assert [(row["source"], row["url"], len(row["comments"])) for row in rows] == [
        ("p.txt", None, 2),
        ("d/q.html", None, 0),
        ("c.warc.gz:0", "https://a.example/1", 2),
        (rows[3]["source"], "https://a.example/2", 0),
    ]
    assert rows[2]["date"] == "2024-01-02T03:04:01Z"
    assert "4 pages; 2 with comments; 4 comments; skipped 1 (not the name of a page)\n" in done.err


def test_an_archive_may_come_through_standard_input(cli: Cli, warc_record: Any) -> None:
    pytest.importorskip("fastwarc")
    data = gzip.compress(warc_record(1, b"<p>x")) + gzip.compress(warc_record(2, b"<p>y"))
    assert [row["url"] for row in cli("extract", "-", stdin=data).rows] == [
        "https://a.example/1",
        "https://a.example/2",
    ]


@pytest.mark.parametrize(("allowed", "code"), [(0, 3), (1, 3), (2, 0)])
def test_what_cannot_be_read_is_told_and_the_rest_written(
    cli: Cli, page: Path, tmp_path: Path, allowed: int, code: int
) -> None:
    (tmp_path / "p.pdf").write_bytes(b"%PDF-1.7")
    done = cli("extract", "none.txt", "p.txt", "p.pdf", "-o", "out", "--max-rejects", allowed)
    assert done.code == code
    assert len((tmp_path / "out").read_bytes().splitlines()) == 1
    assert "rejected none.txt: cannot be read (No such file or directory)\n" in done.err
    assert "rejected p.pdf: neither text nor HTML\n" in done.err
    assert ("error: 2 pages were rejected (1 cannot" in done.err) == (code == 3)


def test_a_page_beyond_a_limit_is_cut_off(cli: Cli, page: Path, tmp_path: Path) -> None:
    (tmp_path / "big.html").write_bytes(b"<p>word</p>" * 300_000)
    done = cli("extract", "big.html", "p.txt", "--timeout", "3")
    assert (done.code, len(done.rows)) == (3, 1)
    assert "rejected big.html: took longer than 3 seconds" in done.err


@pytest.mark.parametrize(
    "option",
    [("--only", "authors"), ("--format", "pdf"), ("--timeout", "0"), ("--memory", "0"), ("--show", "--only=article")],
)
def test_what_is_not_known_is_refused(cli: Cli, page: Path, tmp_path: Path, option: tuple[str, ...]) -> None:
    assert cli("extract", "p.txt", *option).code == 2
    assert [p.name for p in tmp_path.iterdir()] == ["p.txt"]


def test_an_input_is_never_replaced(cli: Cli, page: Path, tmp_path: Path) -> None:
    for inputs in (["p.txt"], ["."], ["p.*"], ["none", str(tmp_path)]):
        done = cli("extract", *inputs, "-o", "./p.txt")
        assert done.code == 1
        assert done.err.splitlines()[-1].startswith("error: ./p.txt: is an input, too, and would be lost.")
        assert page.read_text() == PAGE


def test_a_page_is_shown(cli: Cli, page: Path, tmp_path: Path) -> None:
    done = cli("extract", "--show", "p.txt")
    assert (done.code, done.out, done.err.endswith("Wrote p-shown.html.\n")) == (0, b"", True)
    shown = (tmp_path / "p-shown.html").read_bytes()
    assert b"Second." in shown
    assert cli("extract", "--show", "p.txt", "-o", "-").out == shown
    assert cli("extract", "--show", "-", stdin=PAGE.encode()).out == shown
    assert cli("extract", "--show", "p.txt", "-o", "x.html").code == 0
    assert (tmp_path / "x.html").read_bytes() == shown


def test_pages_in_two_languages_are_shown_in_two_files(cli: Cli, tmp_path: Path) -> None:
    for name in ("a.en.txt", "a.de.txt"):
        (tmp_path / name).write_text(PAGE)
        assert cli("extract", "--show", name).code == 0
    assert {path.name for path in tmp_path.glob("*.html")} == {"a.en-shown.html", "a.de-shown.html"}


def test_a_page_that_takes_too_long_is_not_shown(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "big.html").write_bytes(b"<p>word</p>" * 300_000)
    done = cli("extract", "--show", "big.html", "--timeout", "0.1")
    assert (done.code, done.err.endswith("error: big.html: took longer than 0.1 seconds.\n")) == (1, True)
    assert [p.name for p in tmp_path.iterdir()] == ["big.html"]


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (["p.txt", "p.txt"], "error: --show paints one page, and more are here. Name one.\n"),
        (["."], "error: --show paints one page, and more are here. Name one.\n"),
        (["empty"], "error: --show paints one page, and none is here. Name one.\n"),
        (["none.txt"], "error: none.txt: cannot be read (No such file or directory).\n"),
    ],
)
def test_one_page_is_shown(cli: Cli, page: Path, tmp_path: Path, inputs: list[str], message: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "q.txt").write_text(PAGE)
    done = cli("extract", "--show", *inputs, "-o", "s.html")
    assert (done.code, done.err.endswith(message)) == (1, True)
    assert not (tmp_path / "s.html").exists()


def test_a_run_that_takes_long_tells_how_far_it_is(cli: Cli, page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "_MINUTE", -1.0)
    said = cli("extract", "p.txt", "none.txt", "p.txt").err.splitlines()
    figures = json.loads(next(line for line in said if line.startswith("{")))
    assert (figures["pages"], figures["comments"], figures["rejected"]) == (1, 2, 0)


def test_a_system_that_limits_no_memory_says_so(cli: Cli, page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("moderation.batch.bounded.LIMITS_MEMORY", False)
    assert cli("extract", "p.txt").err.startswith("This system cannot limit the memory of a process")


def test_an_archive_without_its_extra_names_it(
    cli: Cli, tmp_path: Path, warc_record: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "fastwarc.warc", None)
    (tmp_path / "c.warc").write_bytes(warc_record(1, b"<p>x"))
    done = cli("extract", "c.warc", "-o", "out")
    assert (done.code, "pip install 'moderation[warc]'" in done.err) == (1, True)
    assert [p.name for p in tmp_path.iterdir()] == ["c.warc"]


@pytest.mark.parametrize("name", ["out.jsonl", "out.jsonl.gz", "out.parquet", "out.parquet/"])
def test_workers_write_what_one_process_writes(cli: Cli, tmp_path: Path, name: str) -> None:
    (tmp_path / "d").mkdir()
    for k in range(6):
        (tmp_path / "d" / f"{k}.txt").write_text(PAGE.replace("First!", f"First of {k}\ud800!"), errors="surrogatepass")
    rows = cli("extract", "d").rows
    done = cli("extract", "d", "-o", name, "-j", 2 if name == "out.jsonl" else 1, "--shard-size", 0.0003)
    assert (done.code, done.out) == (0, b""), done.err
    if "parquet" in name:
        written = pyarrow_parquet().read_table(tmp_path / name).to_pylist()
        assert len(list((tmp_path / name).glob("part-*"))) in (0, 2)
    else:
        data = (tmp_path / name).read_bytes()
        written = [json.loads(line) for line in (gzip.decompress(data) if name.endswith("gz") else data).splitlines()]
    assert [row["source"] for row in written] == [row["source"] for row in rows]
    assert [[c["author"] for c in row["comments"]] for row in written] == [["Ann", "Bob"]] * 6
    if "parquet" not in name:
        assert written == rows


def test_an_output_in_the_folder_that_is_read_is_no_input(cli: Cli, page: Path, tmp_path: Path) -> None:
    for _ in range(2):
        assert cli("extract", ".", "-o", "out.txt/").code == 0
    assert len(list((tmp_path / "out.txt").glob("part-*"))) == 1
