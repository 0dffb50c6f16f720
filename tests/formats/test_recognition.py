"""Recognition: the content tells the format, else the name; what neither tells is an error that lists the formats."""

import gzip
import json
from pathlib import Path

import pytest

from moderation.errors import InputError
from moderation.formats import FORMATS, Fields, recognised

JSONL = b'{"text": "x"}\n'


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.jsonl", "jsonl"),
        ("a.b.NDJSON", "jsonl"),
        ("a.csv.gz", "csv"),
        ("a.csv.zst", "csv"),
        ("a.TSV", "tsv"),
        ("a.txt", "text"),
        ("a.html.gz", "html"),
        ("a.htm", "html"),
        ("a.parquet", "parquet"),
    ],
)
def test_a_name_tells_the_format_of_an_empty_file(tmp_path: Path, name: str, kind: str) -> None:
    (tmp_path / name).touch()
    assert recognised(str(tmp_path / name)) == kind
    assert kind in FORMATS


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (JSONL, "jsonl"),
        (b"\xef\xbb\xbf \n{", "jsonl"),
        (b"id,text\n1,x\n", "csv"),
        (b'"text", "id"\r\n', "csv"),
        (b"id\ttext\n", "tsv"),
        (b"<!DOCTYPE html><p>x", "html"),
        (b"<?xml version='1.0'?>\n<html>", "html"),
        (b"WARC/1.0\r\n", "warc"),
        (b"PAR1", "parquet"),
    ],
)
@pytest.mark.parametrize("name", ["dump", "a.csv", "a.txt", "a.jsonl"])
def test_the_content_wins_over_the_name(tmp_path: Path, data: bytes, kind: str, name: str) -> None:
    (tmp_path / name).write_bytes(data)
    assert recognised(str(tmp_path / name)) == kind
    (tmp_path / name).write_bytes(gzip.compress(data))
    assert recognised(str(tmp_path / name)) == kind


def test_a_header_line_is_known_by_the_column_that_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "dump").write_bytes(b"nr,body\n1,x\n")
    assert recognised(str(tmp_path / "dump"), fields=Fields("body")) == "csv"
    with pytest.raises(InputError):
        recognised(str(tmp_path / "dump"))


@pytest.mark.parametrize("name", ["a", "a.pdf", ".jsonl", "a.gz", "a.jsonl.zip"])
def test_what_nothing_tells_is_an_error_that_names_the_formats(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"%PDF-1.4")
    with pytest.raises(InputError, match=r"nor its name tells a format\. Give one with --format: jsonl, csv, tsv"):
        recognised(str(tmp_path / name))


def test_an_unknown_format_is_an_error() -> None:
    with pytest.raises(InputError, match=r"'xlsx' is not known. Give one of: jsonl"):
        recognised("a.jsonl", "xlsx")


def test_every_format_is_in_the_docs() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "formats.md").read_text(encoding="utf-8")
    headings = {name for line in page.splitlines() if line.startswith("## ") for name in line[3:].split(", ")}
    assert set(FORMATS) <= headings
    for format in FORMATS.values():
        assert not format.extra or f"`{format.extra}`" in page


def test_the_sites_of_json_are_told_by_their_fields(tmp_path: Path) -> None:
    shapes = {
        "jsonl": {"id": 1, "type": "comment", "text": "x", "time": "2024"},
        "reddit": {"body": "x", "subreddit": "y", "created_utc": 1},
        "hackernews": {"id": 1, "type": "comment", "by": "z", "time": 1, "text": "x"},
        "discourse": {"id": 1, "topic_id": 2, "cooked": "x"},
        "phpbb": {"post_id": "1", "post_text": "x"},
    }
    for kind, shape in shapes.items():
        for text in (json.dumps(shape), json.dumps([shape]), json.dumps(shape, indent=2)):
            (tmp_path / "dump").write_text(text)
            assert recognised(str(tmp_path / "dump")) == kind
