"""Separating pages in batch: a row a page, the rest counted."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from moderation.batch.bounded import LIMITS_MEMORY, Bounded, Limits
from moderation.batch.extract import Summary, document_rows, painted, warm_up, write_documents
from moderation.formats.pages import page_files, pages
from moderation.formats.rows import Page, Reject, Skipped
from moderation.shipped import shipped

SAMPLES = shipped("data/samples/pages")
PAGE = b"The cranes.\n\nAn article.\n\n2 Comments\n\nAnn says:\n\nFirst!\n\nBob says:\n\nSecond."


@pytest.fixture(scope="module")
def process() -> Iterator[Bounded]:
    with Bounded(Limits(), warm_up) as bounded:
        yield bounded


def run(found: Any, process: Bounded, only: str | None = None) -> tuple[list[dict[str, Any]], Summary, list[Reject]]:
    summary, rejected = Summary(), list[Reject]()
    return list(document_rows(found, process, summary, rejected.append, only)), summary, rejected


def test_a_directory_gives_a_row_a_page(process: Bounded) -> None:
    rows, summary, rejected = run(pages(page_files([str(SAMPLES)])), process)
    assert {Path(row["source"]).name: len(row["comments"]) for row in rows} == {
        "harbour-cranes.txt": 10,
        "library-hours.html": 6,
        "orchard-prices.txt": 5,
        "tram-line.txt": 0,
    }
    assert (summary.pages, summary.with_comments, summary.comments, rejected) == (4, 3, 21, [])
    assert summary.line() == "4 pages; 3 with comments; 21 comments"


def test_what_the_archive_says_stands_in_the_row(process: Bounded) -> None:
    data = "<title>Größe</title><p>Ein längerer Artikel über die Größe von Brücken.".encode("cp1252")
    page = Page("a.warc:7", data, "html", "https://a.example/", "2024-01-02T03:04:05Z", "iso-8859-1")
    ((row,), _, _) = run([page], process)
    assert list(row) == ["source", "url", "date", "title", "article", "comments"]
    assert (row["source"], row["url"], row["date"]) == (page.source, page.url, page.date)
    assert row["title"] == "Größe"
    # The same bytes, were they Cyrillic, would be other letters: the server's word is believed.
    ((row,), _, _) = run([Page("b", data, "html", charset="windows-1251")], process)
    assert row["title"] == "GrцЯe"


def test_a_part_can_be_left_out(process: Bounded) -> None:
    for only, left_out in (("comments", "article"), ("article", "comments")):
        ((row,), _, _) = run([Page("a", PAGE)], process, only)
        assert only in row and left_out not in row


def test_a_page_that_states_absurd_votes_spoils_no_table(process: Bounded) -> None:
    pytest.importorskip("pyarrow")
    from pyarrow import parquet

    stated = [{"@type": "Comment", "text": text, "upvoteCount": n} for text, n in (("High.", 10**30), ("Low.", 7))]
    source = f"<p>An article.</p><script type='application/ld+json'>{json.dumps(stated)}</script>"
    rows, _, _ = run([Page("a", source.encode(), "html")], process)
    file = io.BytesIO()
    write_documents(rows, file, ".parquet", None)
    (row,) = parquet.read_table(file).to_pylist()
    assert [comment["votes"] for comment in row["comments"]] == [None, 7]


def test_what_gives_no_row_is_counted_and_the_rest_goes_on(process: Bounded) -> None:
    found = [Skipped("i", "no page"), Reject("r", "damaged"), Page("a", PAGE), Reject("s", "damaged")]
    rows, summary, rejected = run(found, process)
    assert [comment["text"] for comment in rows[0]["comments"]] == ["First!", "Second."]
    assert (summary.skipped, summary.rejects) == ({"no page": 1}, {"damaged": 2})
    assert [reject.position for reject in rejected] == ["r", "s"]
    assert "rejected 2 (damaged); skipped 1 (no page)" in summary.line()
    assert summary.headline()["rejected"] == 2
    total = Summary()
    for _ in range(2):
        total.add(Summary.from_json(summary.to_json()))
    assert (total.pages, total.comments, total.rejects) == (2, 4, {"damaged": 4})


def test_a_page_that_takes_too_long_is_cut_off_and_the_rest_goes_on() -> None:
    slow, quick = Page("slow", b"<p>word</p>" * 300_000, "html"), Page("quick", PAGE, "text")
    with Bounded(Limits(seconds=3), warm_up) as process:
        rows, summary, rejected = run([slow, quick], process)
    assert [row["source"] for row in rows] == ["quick"]
    assert rejected == [Reject("slow", "took longer than 3 seconds")]
    assert summary.rejects == {"took longer than 3 seconds": 1}


@pytest.mark.skipif(not LIMITS_MEMORY, reason="this system limits no memory")
def test_a_page_that_takes_too_much_memory_is_cut_off_and_the_rest_goes_on() -> None:
    large, small = Page("large", b"<p>word</p>" * 1_000_000, "html"), Page("small", PAGE, "text")
    with Bounded(Limits(memory=60), warm_up) as process:
        rows, summary, _ = run([large, small], process)
    assert [row["source"] for row in rows] == ["small"]
    assert summary.rejects == {"needed more than 60 MB of memory": 1}


def test_pages_are_painted_from_the_same_reading(process: Bounded) -> None:
    assert "Second." in process.call(painted, Page("a", PAGE))
