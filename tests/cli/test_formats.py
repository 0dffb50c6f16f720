"""`moderation score` over dumps of every format: the same comments get the same numbers."""

import gzip
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from moderation.formats import FORMATS, WRITABLE, Row, write
from moderation.types import Comment

Cli = Callable[..., Any]
TEXTS = ["You are a pathetic idiot, shut up.", "Lovely photographs,\nthank you & <3.", "A tram"]
ROWS = [Row(f"k{k}", Comment(text, f"k{k}", "Ann")) for k, text in enumerate(TEXTS)]


def test_every_format_is_listed(cli: Cli) -> None:
    done = cli("score", "--list-formats")
    assert done.code == 0
    assert all(f" {name} " in done.out.decode() for name in FORMATS)
    assert "subreddit" in done.out.decode()


def test_every_format_gives_the_same_numbers(cli: Cli, bundle_dir: Path, tmp_path: Path) -> None:
    printed = []
    for format in WRITABLE:
        file = io.BytesIO()
        write(ROWS, file, format)
        packed = file.getvalue() if format == "parquet" else gzip.compress(file.getvalue())
        (tmp_path / "dump").write_bytes(packed)
        printed.append(cli("score", "dump", "--model", bundle_dir).out)
    assert printed == printed[:1] * len(WRITABLE)
    assert printed[0].count(b"\n") == 3


def test_a_directory_is_scored(cli: Cli, bundle_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "a.jsonl").write_text('{"text": "A tram."}\n')
    (tmp_path / "d" / "b.csv").write_text("id,text\n7,A bus.\n")
    (tmp_path / "d" / "RC_1").write_text('{"id": "c", "body": "[removed]", "subreddit": "x", "created_utc": 1}\n')
    (tmp_path / "d" / "photo.jpg").write_bytes(b"\xff\xd8\xff")
    done = cli("score", "d", "--model", bundle_dir)
    assert done.code == 0
    assert [row["id"] for row in done.rows] == ["d/a.jsonl:0", "7"]
    assert "skipped 1 (neither a dump nor a page); skipped 1 (removed by moderators)" in done.err


def test_columns_are_named(cli: Cli, bundle_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "c").write_text("nr,body,language\n7,Ein Zug.,xx\n")
    done = cli(
        "score", "c", "--text-field", "body", "--field", "id=nr", "--field", "lang=language", "--model", bundle_dir
    )
    assert done.rows[0]["id"] == "7"
    assert done.rows[0]["unscored"] == "unsupported language"


@pytest.mark.parametrize("field", ["x=y", "author", "author="])
def test_a_field_that_is_none_is_told(cli: Cli, dump: Path, field: str) -> None:
    done = cli("score", dump, "--field", field)
    assert done.code == 2
    assert "id|author|time|parent|lang|site|thread" in done.err.replace("\n", "").replace(" ", "").replace("│", "")
