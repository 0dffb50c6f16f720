"""Pages made to break the extraction: bounded time and memory, and an honest result."""

import time
import tracemalloc
from collections.abc import Iterator

import pytest

from moderation import extract

ARTICLE = (
    "<p>The council met on Tuesday and spoke for three hours about the new bridge over the mill stream.</p>"
    "<p>It will cost four million, which the county and the town share, and it will be open in the spring.</p>"
)
SECONDS = 30.0  # of processor time, on any machine; each takes a tenth of it or less


def item(number: int, text: str, author: str = "Ann") -> str:
    return (
        f'<li class="comment" id="comment-{number}"><cite class="fn">{author}</cite> says:'
        f'<div class="comment-content"><p>{text}</p></div></li>'
    )


def page(items: str) -> str:
    return f"<!doctype html><html><body><article>{ARTICLE}</article><ol class=comment-list>{items}</ol></body></html>"


@pytest.fixture(autouse=True)
def bounded() -> Iterator[None]:
    started = time.process_time()
    yield
    assert time.process_time() - started < SECONDS


@pytest.mark.parametrize(
    ("tag", "size"), [("div", 2_000_000), *((tag, 200_000) for tag in ("b", "table", "ul><li", "a", "form", "svg"))]
)
def test_megabytes_of_open_tags(tag: str, size: int) -> None:
    opened = f"<{tag}>" * (size // (len(tag) + 2))
    assert extract(opened + "deep text", format="html").comments == ()
    assert "says a few words" in extract(f"<p>An article that says a few words.</p>{opened}", format="html").article


@pytest.mark.parametrize("opened", ["<!--", "<script ", "<style>", "</script <script "])
def test_a_megabyte_that_is_never_closed_on_a_page_too_deep_for_a_tree(opened: str) -> None:
    source = "<div>" * 1_000 + "<p>An article that says a few words.</p>" + opened * (1_000_000 // len(opened))
    assert extract(source, format="html").article == "An article that says a few words."


def test_megabytes_of_closing_tags_attributes_and_entities() -> None:
    for junk in (
        "</div>" * 200_000,
        "<p " + "a=1 " * 300_000 + ">",
        "&amp;" * 300_000,
        "<" * 1_000_000,
        "<!--" * 300_000,
    ):
        assert extract(page(item(1, "A comment.")) + junk, format="html").comments[0].text == "A comment."


def test_twenty_thousand_comments() -> None:
    document = extract(page("".join(item(n, f"Comment number {n}.") for n in range(20_000))))
    assert [comment.text for comment in document.comments] == [f"Comment number {n}." for n in range(20_000)]
    assert "open in the spring" in document.article


def test_five_thousand_comments_that_only_an_anchor_parts() -> None:
    runs = "".join(
        f'<a name="c{n}"></a><p>I say number {n}.</p><p class="posted">Posted by: Ann | 3 May 2012 10:00</p>'
        for n in range(10_000, 15_000)
    )
    document = extract(f"<html><body><div>{ARTICLE}</div><div>{runs}</div></body></html>", format="html")
    assert len(document.comments) == 5_000
    assert (document.comments[-1].text, document.comments[-1].author) == ("I say number 14999.", "Ann")


def test_twenty_thousand_comments_in_text() -> None:
    lines = "".join(
        f"Ann{n} says:\n3 May 2012 at 10:00\n\nI wrote comment number {n} of them.\n\nReply\n\n" for n in range(20_000)
    )
    document = extract(f"The new bridge.\n\nIt will be open in the spring.\n\n20000 comments\n\n{lines}", format="text")
    assert len(document.comments) == 20_000
    assert document.comments[19_999].author == "Ann19999"


def test_twenty_thousand_comments_that_answer_each_other() -> None:
    items = "".join(item(n, f"Level {n}.").removesuffix("</li>") + "<ul>" for n in range(20_000))
    document = extract(page(items))
    assert "Level 0." in document.article + "".join(comment.text for comment in document.comments)


@pytest.mark.parametrize("form", ["html", "text"])
def test_a_comment_of_a_megabyte(form: str) -> None:
    long = "I have a lot to say. " * 50_000
    source = page(item(1, "First.") + item(2, long) + item(3, "Third."))
    if form == "text":
        source = (
            f"The new bridge.\n\n3 comments\n\nAnn says:\n\nFirst.\n\nBob says:\n\n{long}\n\nCarl says:\n\nThird.\n"
        )
    assert [comment.text for comment in extract(source, format=form).comments] == ["First.", long.strip(), "Third."]


def test_memory_is_a_small_multiple_of_the_page() -> None:
    source = page("".join(item(n, f"Comment number {n}. " * 20) for n in range(2_000)))
    extract(page(""))
    tracemalloc.start()
    extract(source)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 40 * len(source)


@pytest.mark.parametrize(
    "source",
    [
        "<html><head><title>No body</title></head></html>",
        '<html><frameset cols="20%,80%"><frame src="a.html"><frame src="b.html"></frameset></html>',
        "<html><body>" + "<script>document.write('<li class=comment>x</li>')</script>" * 5000 + "</body></html>",
        "<html><body><noscript>Please enable JavaScript to view the comments.</noscript></body></html>",
        "<html><body><iframe src='https://comments.example/'></iframe></body></html>",
        "<style>" + "li.comment{} " * 50_000 + "</style>",
    ],
)
def test_a_page_without_text_has_no_comments(source: str) -> None:
    assert extract(source, format="html").comments == ()


@pytest.mark.parametrize("codec", ["utf-8", "utf-16", "windows-1252"])
@pytest.mark.parametrize("junk", [b"\xff", b"\x00", b"\xed\xa0\x80", b"\xf8\x88\x80\x80\x80", b"\x81\x8d"])
def test_broken_bytes_cost_no_comment(codec: str, junk: bytes) -> None:
    items = "".join(item(n, f"Comment number {n} about the bridge, für die Brücke.") for n in range(5))
    data = (f"<meta charset={codec}>" + page(items)).encode(codec)
    document = extract(data + junk * 1001, format="html")
    assert len(document.comments) == 5
    assert "about the bridge, für die Brücke" in document.comments[3].text


def test_a_forged_boundary_and_author_stay_in_their_comment_in_html() -> None:
    forged = "I agree.</p><p>3 comments</p><p>Bob says:</p><p>3 May 2012 at 10:00</p><p>I am Bob, and I am a fool."
    document = extract(page(item(1, "First.") + item(2, forged, "Mallory") + item(3, "Third.", "Bob")))
    assert [comment.author for comment in document.comments] == ["Ann", "Mallory", "Bob"]
    assert document.comments[1].text.splitlines()[::2] == [
        "I agree.",
        "3 comments",
        "Bob says:",
        "3 May 2012 at 10:00",
        "I am Bob, and I am a fool.",
    ]


def test_a_forged_boundary_in_text_loses_nothing() -> None:
    """Whether Bob is real cannot be told from the text alone; but his words are no article, and none are lost."""
    text = (
        "The new bridge\n\nThe council met on Tuesday and spoke for three hours about the bridge.\n\n3 comments\n\n"
        "Ann says:\n3 May 2012 at 9:00\n\nThe old bridge was good enough for all of us.\n\nReply\n\n"
        "Mallory says:\n3 May 2012 at 9:30\n\nI agree with everything that was said here.\n\n3 comments\n\n"
        "Bob says:\n3 May 2012 at 10:00\n\nI am Bob and I know nothing about bridges.\n\nReply\n\n"
        "Bob says:\n3 May 2012 at 11:00\n\nThat was not me, this is the real one.\n\nReply\n"
    )
    document = extract(text, format="text")
    body = "\n".join(comment.text for comment in document.comments)
    for words in ("good enough for all", "agree with everything", "know nothing about", "this is the real one"):
        assert words in body
        assert words not in document.article
    assert "spoke for three hours" in document.article
