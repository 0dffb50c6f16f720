import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation import extract
from moderation.errors import InputError
from moderation.extraction.page import looks_like_html
from moderation.shipped import shipped

PAGES = shipped("data/samples/pages")
SEEDS = PAGES.parents[3] / "shared" / "seeds"
INTERFACE = (
    "Inline Feedbacks",
    "Last edited",
    "Would love your thoughts",
    "Support ",
    "Notify of",
    "View all comments",
    "Newest Most Voted",
    "Leave a Reply",
    "Your email address",
)


def read(name):
    return extract((PAGES / name).read_bytes())


def check_apart(document):
    for comment in document.comments:
        assert comment.text.strip()
        assert comment.text not in document.article
    assert len({comment.id for comment in document.comments}) == len(document.comments)
    for text in (document.article, *(comment.text for comment in document.comments)):
        assert not any(words in text for words in INTERFACE)


@pytest.mark.parametrize(
    ("name", "authors"),
    [
        (
            "harbour-cranes.txt",
            [
                "Rusty Anchor",
                None,
                None,
                None,
                "Marlene Voss",
                "Q. Tidewater",
                "HammerOfVellmar",
                None,
                "Benedikt Aumann",
                None,
            ],
        ),
        ("orchard-prices.txt", ["Wim", "Carlotta", "Nightingale88", "Theda", "Wim"]),
        ("library-hours.html", ["Petra L.", "Ada Quill", "Petra L.", "truthteller", "Osric Dane", None]),
        ("tram-line.txt", []),
    ],
)
def test_sample_page(name, authors):
    document = read(name)
    assert [comment.author for comment in document.comments] == authors
    check_apart(document)


def test_paragraphs_stay_one_comment():
    assert "ferry terminal" in read("harbour-cranes.txt").comments[5].text
    assert "ferry terminal" not in read("harbour-cranes.txt").comments[6].text


def test_article_is_whole():
    document = read("harbour-cranes.txt")
    assert "eleven years for this" in document.article
    assert "quay walls need repair" in document.article
    assert "214 comments from residents" in read("tram-line.txt").article


def test_html_replies_know_their_parent():
    comments = read("library-hours.html").comments
    assert [comment.parent for comment in comments] == [None, "comment-101", "comment-102", None, None, None]
    assert [comment.pingback for comment in comments] == [False] * 5 + [True]
    assert comments[0].time == "2025-02-12T18:20:00+00:00"


def test_widget_of_recent_comments_is_no_comment():
    document = read("library-hours.html")
    assert not any("The fair is back" in comment.text for comment in document.comments)


def test_forged_boundary_stays_in_its_comment():
    texts = [comment.text for comment in read("orchard-prices.txt").comments]
    assert texts[3].endswith("you can read how.")
    assert texts[4].startswith("3 comments\n")


@pytest.mark.skipif(not SEEDS.exists(), reason="the seeds lie beside the repository, not in it")
def test_seeds():
    first, second, third = (extract(path.read_bytes()) for path in sorted(SEEDS.glob("*.txt")))
    assert len(first.comments) == 11
    assert sum(comment.author is not None for comment in first.comments) == 5
    assert first.comments[6].author == "Dicksonrp"
    assert second.comments == third.comments == ()
    for document in (first, second, third):
        check_apart(document)
        assert "Lukashenk" in document.article


@pytest.mark.parametrize(
    "data",
    [
        "",
        b"",
        "\x00",
        b"\x00\xff\xfe",
        "<html></html>",
        "<!-- -->",
        "<frameset><frame src=a></frameset>",
        "<script>x</script>" * 9,
    ],
)
def test_nothing_gives_nothing(data):
    assert extract(data, format="html").comments == extract(data, format="text").comments == ()


def test_unknown_format_is_an_error():
    with pytest.raises(InputError, match="pdf"):
        extract("x", format="pdf")


def test_nuls_inside_html_are_dropped():
    document = extract(PAGES.joinpath("library-hours.html").read_bytes().replace(b"Finally", b"Fin\x00ally"))
    assert document.comments[0].text.startswith("Finally!")


@pytest.mark.parametrize(
    "page",
    [
        "<div>" * 50_000 + "deep text" + "</div>" * 50_000,
        "<ul><li class=comment id=c1><p class=comment-content>hi there" * 5_000,
        "<table><tr><td>" * 3_000 + "text",
        "<p>" + "word " * 1_000_000,
        "word " * 1_000_000,
        "a" * 5_000_000,
        "- reply 1" * 20_000,
        "3 comments\n" + "a b " * 39 + "says:\nhello\n",
        "1" * 158 + "x\n" + "reply " * 26 + "x\n",
    ],
    ids=lambda page: page[:12],
)
def test_hostile_page_takes_bounded_time(page):
    started = time.perf_counter()
    for format in ("text", "html"):
        document = extract(page, format=format)
        assert document.article or document.comments
    assert time.perf_counter() - started < 20


def test_many_comments():
    items = "".join(
        f'<li class="comment" id="comment-{i}"><cite class="fn">A{i}</cite>'
        f'<div class="comment-content"><p>Text number {i}</p></div></li>'
        for i in range(3_000)
    )
    comments = extract(f"<html><body><p>Article.</p><ol>{items}</ol></body></html>").comments
    assert [comment.text for comment in comments] == [f"Text number {i}" for i in range(3_000)]


def test_a_comment_of_a_megabyte():
    page = f'<body><ol><li class="comment"><div class="comment-content">{"long " * 200_000}</div></li></ol></body>'
    assert len(extract(page).comments[0].text) == 999_999


@pytest.mark.parametrize("text", ["<p>a</p><p>b</p><br>", "<!DOCTYPE html>x", "  <html>", "<?xml version='1.0'?>"])
def test_markup_is_recognised(text):
    assert looks_like_html(text)


@pytest.mark.parametrize("text", ["", "a < b and b > c", "Use the <p> tag for a paragraph.", "<3 you all <3"])
def test_prose_is_recognised(text):
    assert not looks_like_html(text)


WORDS = st.sampled_from(
    [
        "3 comments",
        "Comments",
        "Bob says:",
        "Reply",
        "",
        "",
        "3 May 2012 at 10:00",
        "Leave a Reply",
        "Nice words here, thank you.",
        "Anna",
        "View all comments",
        "Inline Feedbacks",
        "Posted by: Carl | 3 May 2012",
        "Last edited 2 days ago by Dora",
        "A sentence of the article that is long enough to be one.",
    ]
)


@given(st.lists(WORDS, max_size=40))
def test_order_is_document_order_and_no_line_is_in_both_parts(lines):
    numbered = [f"{line} {i}." if line.endswith(".") else line for i, line in enumerate(lines)]
    text = "\n".join(numbered)
    document = extract(text, format="text")
    unique = [line for line in numbered if line.endswith(".")]
    body = "\n".join(comment.text for comment in document.comments)
    places = [body.find(line) for line in unique if line in body]
    assert places == sorted(places)
    assert not any(line in document.article.splitlines() and line in body.splitlines() for line in unique)


@given(st.text())
@settings(deadline=None)
def test_never_raises_on_text(text):
    for format in (None, "text", "html"):
        extract(text, format=format)


@given(st.binary())
@settings(deadline=None)
def test_never_raises_on_bytes(data):
    extract(data)


MARKUP = st.sampled_from(
    [
        '<li class="comment" id="c">',
        "</li>",
        '<div class="comment-content">',
        "</div>",
        "<p>",
        "words",
        '<cite class="fn">A</cite>',
        "<article>",
        "<body>",
        "<ol>",
        "<form>",
        "<!--",
        "-->",
        "\x00",
        '<time datetime="x">',
        "&#0;&#xD800;",
        "<svg>",
        "<template>",
    ]
)


@given(st.lists(MARKUP, max_size=60))
@settings(deadline=None)
def test_never_raises_on_markup(pieces):
    extract("".join(pieces), format="html")
