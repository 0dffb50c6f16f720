"""Writers: what they write is recognised and reads back equal, also in splits, also packed."""

import bz2
import gzip
import io
import lzma
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moderation.formats import WRITABLE, Row, read, read_rows, recognised, splits, write
from moderation.formats.packing import zstd_module
from moderation.types import Comment

SEVERAL = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
# What XML and HTML have no way to say is left out: control characters, noncharacters, lone surrogates.
plain = st.characters(exclude_categories=("Cc", "Cs", "Cn"), include_characters="\n\t", exclude_characters="\ufeff")
texts = st.one_of(
    st.text(plain, max_size=30),
    st.text(st.sampled_from("a \n\t<>&;\"'[]/=:b-!x#1"), max_size=30),
    st.sampled_from(
        ["a < b", "<b>bold</b>", "&amp;lt;", "]]>", "<!-- x -->", " two  spaces ", "[deleted] not", "\n\n"]
    ),
)
names = st.text(st.characters(categories=("L", "N"), max_codepoint=0x2FFF), min_size=1, max_size=8)
names = names.filter(lambda name: name != "0")  # WordPress's word for no parent
times = st.datetimes(datetime(1971, 1, 1), datetime(2037, 1, 1)).map(lambda t: t.strftime("%Y-%m-%dT%H:%M:%SZ"))
HELD = {
    "jsonl": ("author", "time", "parent", "lang", "site", "thread"),
    "csv": ("author", "time", "parent", "lang", "site", "thread"),
    "tsv": ("author", "time", "parent", "lang", "site", "thread"),
    "parquet": ("author", "time", "parent", "lang", "site", "thread"),
    "reddit": ("author", "time", "parent", "site", "thread"),
    "disqus": ("author", "time", "parent", "site", "thread"),
    "wxr": ("author", "time", "parent", "thread"),
}


@st.composite
def rows(draw: st.DrawFn, format: str) -> list[Row]:
    """Draw rows with the fields that a format holds."""
    found = []
    for row_id in draw(st.lists(names, max_size=5)):  # an id may come twice: all are kept
        held = {
            name: draw(st.none() | (times if name == "time" else names))
            for name in HELD[format]
            if name not in ("site", "thread")
        }
        comment = Comment(text=draw(texts), id=row_id, **held)
        thread = draw(names) if "thread" in HELD[format] else None
        found.append(Row(row_id, comment, draw(names) if "site" in HELD[format] else None, thread))
    return found


def written(items: Sequence[Row], format: str) -> bytes:
    file = io.BytesIO()
    write(items, file, format)
    return file.getvalue()


@pytest.mark.parametrize("format", WRITABLE)
def test_rows_read_back_equal(tmp_path: Path, format: str) -> None:
    path = tmp_path / "dump"

    @SEVERAL
    @given(rows(format))
    def holds(items: list[Row]) -> None:
        path.write_bytes(written(items, format))
        assert list(read_rows(str(path), format=format)) == items
        assert [row for split in splits(str(path), format, 50) for row in read(split)] == items

    holds()


@pytest.mark.parametrize("format", WRITABLE)
@pytest.mark.parametrize("pack", ["plain", "gzip", "bz2", "xz", "zstd"])
def test_what_is_written_is_recognised_and_unpacked(tmp_path: Path, format: str, pack: str) -> None:
    if format == "parquet" and pack != "plain":
        pytest.skip("Parquet packs by itself")
    items = [
        Row(f"k{k}", Comment("A tram.\nA bus.", f"k{k}", author="Ann"), "site" if format != "wxr" else None, "topic")
        for k in range(50)
    ]
    data = written(items, format)
    if pack == "zstd":
        data = zstd_module().compress(data)
    elif pack != "plain":
        data = {"gzip": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}[pack](data)
    path = tmp_path / "dump"
    path.write_bytes(data)
    assert recognised(str(path)) == format
    assert list(read_rows(str(path))) == items


def test_the_ids_of_json_keep_their_type(tmp_path: Path) -> None:
    items = [Row(row_id, Comment("x", str(row_id))) for row_id in (7, 0, 1.5, "7", 2**70)]
    (tmp_path / "d").write_bytes(written(items, "jsonl"))
    found = [row for row in read_rows(str(tmp_path / "d")) if isinstance(row, Row)]
    assert found == items
    assert [type(row.id) for row in found] == [int, int, float, str, int]


def test_a_blog_has_one_site(tmp_path: Path) -> None:
    items = [Row(str(k), Comment("x", str(k), pingback=k == 2), "blog.example", f"Post {k // 2}") for k in range(4)]
    (tmp_path / "d").write_bytes(written(items, "wxr"))
    assert list(read_rows(str(tmp_path / "d"))) == items


@pytest.mark.parametrize("format", ["disqus", "wxr"])
def test_what_xml_cannot_say_is_replaced(tmp_path: Path, format: str) -> None:
    (tmp_path / "d").write_bytes(written([Row("1", Comment("a\x00b\x1fc\ud800", "1"))], format))
    (row,) = read_rows(str(tmp_path / "d"))
    assert isinstance(row, Row)
    assert row.comment.text.replace("?", "\ufffd") == "a\ufffdb\ufffdc\ufffd"
