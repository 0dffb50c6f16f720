"""Web archives: the pages that they hold, and what is left of them when they are damaged."""

import gzip
import io
import os
import zlib
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moderation.formats.rows import LONGEST_RECORD, Page, Reject, Skipped
from moderation.formats.warc import read_warc

compressed = partial(gzip.compress, mtime=0)  # parametrised: a test's name must not change with the clock

pytest.importorskip("fastwarc")

BODY = b"<html><body><p>" + b"A page of some length. " * 20 + b"</p></body></html>"
Item = Page | Reject | Skipped


def read(data: bytes, stream: bool = False) -> list[Item]:
    raw = io.BufferedReader(io.BytesIO(data))
    if stream:
        raw.seekable = lambda: False  # type: ignore[method-assign]
    return list(read_warc(raw, "a"))


def told(items: Sequence[Item]) -> list[str]:
    return [item.url or "" if isinstance(item, Page) else f"{item.position} {item.reason}" for item in items]


def urls(*numbers: int) -> list[str]:
    return [f"https://a.example/{number}" for number in numbers]


@pytest.fixture
def records(warc_record: Callable[..., bytes]) -> list[bytes]:
    return [warc_record(number, BODY) for number in range(5)]


@pytest.mark.parametrize("pack", [b"".join, lambda r: b"".join(map(compressed, r)), lambda r: compressed(b"".join(r))])
def test_every_response_is_a_page(records: list[bytes], pack: Any) -> None:
    items = read(pack(records))
    assert told(items) == urls(0, 1, 2, 3, 4)
    assert {type(item) for item in items} == {Page}
    pages = [item for item in items if isinstance(item, Page)]
    assert len({page.source for page in pages}) == 5
    assert pages[3].date == "2024-01-02T03:04:03Z"
    assert {(page.data, page.format, page.charset) for page in pages} == {(BODY, "html", "utf-8")}


def test_the_source_is_where_the_record_begins(records: list[bytes]) -> None:
    packed = [compressed(record) for record in records]
    page = read(b"".join(packed))[2]
    assert isinstance(page, Page)
    assert page.source == f"a:{len(packed[0] + packed[1])}"


def test_conversions_and_resources_are_pages_and_the_rest_is_not(warc_record: Callable[..., bytes]) -> None:
    text = warc_record(1, b"Plain text.", None, "conversion", "text/plain")
    resource = warc_record(2, BODY, None, "resource", "text/html")
    others = [
        warc_record(3, b"x", None, kind, "application/warc-fields") for kind in ("warcinfo", "request", "metadata")
    ]
    items = read(b"".join([*others, text, resource]))
    assert [(item.format, item.data) for item in items if isinstance(item, Page)] == [
        ("text", b"Plain text."),
        ("html", BODY),
    ]
    assert len(items) == 2


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\n", "HTTP status 404"),
        ("HTTP/1.1 301 Moved\r\nContent-Type: text/html\r\n", "HTTP status 301"),
        ("HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n", "neither text nor HTML"),
    ],
)
def test_what_is_no_page_is_skipped_with_a_reason(warc_record: Callable[..., bytes], header: str, reason: str) -> None:
    assert read(warc_record(0, BODY, header)) == [Skipped("a:0", reason)]


def test_a_revisit_is_skipped(warc_record: Callable[..., bytes]) -> None:
    (item,) = read(warc_record(0, b"", kind="revisit"))
    assert isinstance(item, Skipped)


@pytest.mark.parametrize(
    ("header", "format"),
    [
        ("Content-Type: text/html", "html"),
        ("Content-Type: TEXT/HTML;charset=x", "html"),
        ("Content-Type: application/xhtml+xml", "html"),
        ("Content-Type: text/plain", "text"),
        ("X-Nothing: y", None),
    ],
)
def test_the_content_type_tells_the_format(warc_record: Callable[..., bytes], header: str, format: str | None) -> None:
    (page,) = read(warc_record(0, BODY, f"HTTP/1.1 200 OK\r\n{header}\r\n"))
    assert isinstance(page, Page)
    assert page.format == format


def chunked(body: bytes) -> bytes:
    return (
        b"".join(b"%x\r\n%b\r\n" % (len(body[i : i + 50]), body[i : i + 50]) for i in range(0, len(body), 50))
        + b"0\r\n\r\n"
    )


@pytest.mark.parametrize(
    ("header", "body"),
    [
        ("Content-Encoding: gzip", compressed(BODY)),
        ("Content-Encoding: deflate", zlib.compress(BODY)),
        ("Content-Encoding: deflate", zlib.compress(BODY)[2:-4]),
        ("Content-Encoding: identity", BODY),
        ("Transfer-Encoding: chunked", chunked(BODY)),
        ("Transfer-Encoding: chunked\r\nContent-Encoding: gzip", chunked(compressed(BODY))),
        # Crawlers unpack, and leave the header as it was.
        *(
            (f"{name}: {value}", BODY)
            for name, value in [("Transfer-Encoding", "chunked"), ("Content-Encoding", "foo")]
        ),
        *((f"Content-Encoding: {value}", BODY) for value in ("gzip", "deflate", "br", "zstd")),
    ],
)
def test_bodies_are_unpacked(warc_record: Callable[..., bytes], header: str, body: bytes) -> None:
    (page,) = read(warc_record(0, body, f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n{header}\r\n"))
    assert isinstance(page, Page)
    assert page.data == BODY


def test_what_is_large_and_no_page_is_skipped(warc_record: Callable[..., bytes]) -> None:
    large = bytes(LONGEST_RECORD + 1)
    video = warc_record(0, large, "HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\n")
    items = read(video + warc_record(1, large) + warc_record(2, BODY))
    place = len(video)
    assert told(items) == ["a:0 neither text nor HTML", f"a:{place} page larger than 64 MiB", *urls(2)]


def test_a_body_that_unpacks_to_too_much_is_rejected(warc_record: Callable[..., bytes]) -> None:
    bomb = compressed(bytes(LONGEST_RECORD + 1), 1)
    items = read(warc_record(0, bomb, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\n"))
    assert told(items) == ["a:0 page larger than 64 MiB"]


@pytest.mark.parametrize("header", ["", "HTTP/1.1\r\n", "\x00\x00\r\n", "HTTP/1.1 200 OK\r\n" + "X: y\r\n" * 200_000])
def test_a_damaged_http_header_costs_its_page_only(warc_record: Callable[..., bytes], header: str) -> None:
    items = read(warc_record(0, BODY, header) + warc_record(1, BODY), stream=True)
    assert told(items) == ["a:0 damaged HTTP header", *urls(1)]


def damaged(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes(byte ^ 255 for byte in data[middle : middle + 8]) + data[middle + 8 :]


def test_a_damaged_record_is_told_and_the_next_one_found(records: list[bytes]) -> None:
    packed = [compressed(record) for record in records]
    size = len(packed[0])
    packed[1] = damaged(packed[1])
    assert told(read(b"".join(packed))) == [*urls(0), f"a:{size} damaged web archive record", *urls(2, 3, 4)]


def test_garbage_between_records_is_told(records: list[bytes]) -> None:
    for before, between, after in [
        (records[0], b"\x00\xffgarbage\n" * 50, b"".join(records[1:])),
        (compressed(records[0]), b"garbage" * 30, b"".join(map(compressed, records[1:]))),
        (compressed(records[0]), b"\x1f\x8b\x08garbage" * 30, b"".join(map(compressed, records[1:]))),
    ]:
        items = read(before + between + after)
        assert told(items) == [*urls(0), "a:0 damaged web archive record", *urls(1, 2, 3, 4)]


def test_a_length_that_hides_the_records_after_it_hides_none(records: list[bytes]) -> None:
    records[1] = records[1].replace(b"Content-Length: ", b"Content-Length: 9")
    items = read(b"".join(records))
    assert told(items) == [*urls(0), f"a:{len(records[0])} web archive record ends early", *urls(2, 3, 4)]


def test_a_length_that_is_none_is_told(records: list[bytes]) -> None:
    records[1] = records[1].replace(b"Content-Length: ", b"Content-Length: x")
    for pack in (bytes, compressed):
        packed = [pack(record) for record in records]
        assert told(read(b"".join(packed))) == [
            *urls(0),
            f"a:{len(packed[0])} damaged web archive record",
            *urls(2, 3, 4),
        ]


def test_a_stream_cannot_be_searched_for_the_next_record(records: list[bytes]) -> None:
    packed = [compressed(record) for record in records]
    packed[1] = damaged(packed[1])
    lost = "a:0 damaged web archive: nothing after this could be read"
    assert told(read(b"".join(packed), stream=True)) == [*urls(0), lost]


def test_what_is_no_archive_is_rejected() -> None:
    assert told(read(b"Just some lines.\n" * 9)) == ["a:0 damaged web archive record"]
    assert read(b"") == []


def test_an_archive_of_nothing_but_damage_ends(records: list[bytes]) -> None:
    start = b"WARC/1.0\r\nContent-Length: 99999999\r\n\r\n"
    items = read(start * 5000)
    assert told(items[:1]) == ["a:0 web archive record ends early"]
    assert told(items[-1:])[0].endswith("nothing after this could be read")
    assert len(items) < 2500


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(packed=st.booleans(), cut=st.floats(0, 1), place=st.floats(0, 1), value=st.integers(0, 255))
def test_whatever_is_cut_off_or_changed_gives_items_and_never_raises(
    records: list[bytes], packed: bool, cut: float, place: float, value: int
) -> None:
    data = bytearray(b"".join(map(compressed if packed else bytes, records)))
    data[int(place * (len(data) - 1))] = value
    items = read(bytes(data[: int(cut * len(data))]))
    assert len([item for item in items if isinstance(item, Page)]) <= 5


@pytest.mark.parametrize("pack", [bytes, compressed])
def test_a_pipe_is_read_to_its_end(records: list[bytes], pack: Callable[[bytes], bytes]) -> None:
    end, begin = os.pipe()
    with os.fdopen(begin, "wb") as file:
        file.write(b"".join(pack(record) for record in records))
    with os.fdopen(end, "rb") as raw:
        assert told(list(read_warc(raw, "-"))) == urls(0, 1, 2, 3, 4)
