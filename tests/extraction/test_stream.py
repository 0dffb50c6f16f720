import gzip
import json

import pytest

from moderation.errors import InputError
from moderation.extraction.stream import Limits, Page, Worker, extract_pages, pages
from moderation.shipped import shipped

SAMPLES = shipped("data/samples/pages")


def rows(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_directory_gives_a_row_a_page(tmp_path):
    counts = extract_pages(pages([SAMPLES]), tmp_path / "out.jsonl")
    found = {row["name"].rsplit("/", 1)[-1]: len(row["comments"]) for row in rows(tmp_path / "out.jsonl")}
    assert counts == {"extracted": 4}
    assert found == {"harbour-cranes.txt": 10, "library-hours.html": 6, "orchard-prices.txt": 5, "tram-line.txt": 0}


def test_only_comments(tmp_path):
    extract_pages(pages([SAMPLES / "tram-line.txt"]), tmp_path / "out.jsonl", only="comments")
    assert "article" not in rows(tmp_path / "out.jsonl")[0]


def test_what_takes_too_long_is_cut_off_and_the_rest_goes_on():
    slow, quick = Page("slow", b"word " * 3_000_000, format="html"), Page("quick", b"Just one line.", format="text")
    with Worker(Limits(seconds=0.001)) as worker:
        assert worker.extract(slow)[0] == "too long"
    with Worker(Limits()) as worker:
        assert worker.extract(quick)[0] == "extracted"


def test_too_large_is_counted_not_tried():
    with Worker(Limits(size=3)) as worker:
        assert worker.extract(Page("a", b"four"))[0] == "too large"


def test_missing_path_is_an_error(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        list(pages([tmp_path / "nothing"]))


def test_archive(tmp_path):
    pytest.importorskip("fastwarc")
    body = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + (SAMPLES / "library-hours.html").read_bytes()
    head = (
        "WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:1>\r\nWARC-Target-URI: https://a.example/\r\n"
        f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    path = tmp_path / "a.warc.gz"
    path.write_bytes(gzip.compress(head.encode() + body + b"\r\n\r\n"))
    (page,) = pages([path])
    assert page.url == "https://a.example/"
    assert page.format == "html"
    assert b"The Library Opens" in page.data
