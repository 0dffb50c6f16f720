"""Markup: HTML and BBCode become what their readers see."""

import time

import pytest

from moderation.formats.markup import html_of_text, text_of_bbcode, text_of_html


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>One.</p>\n<p>Two<br>lines &amp; <b>bold</b>.</p>", "One.\n\nTwo\nlines & bold."),
        ("First<p>Second<p>Third", "First\n\nSecond\n\nThird"),
        ("a\n  b\tc", "a b c"),
        ("<ul>\n<li>one</li>\n<li>two</li>\n</ul>after", "one\ntwo\n\nafter"),
        ("<div>a</div><div>b</div>", "a\nb"),
        ('<a href="http://x/?a>b">link</a>', 'b">link'),
        ('<a href="http://x/" rel="nofollow">http:&#x2F;&#x2F;x</a>', "http://x"),
        ("<pre><code>  a\n    b</code></pre>", "a\nb"),
        ("I <3 you & a < b > c", "I <3 you & a < b > c"),
        ("seen<!-- unseen --> seen<!-- open", "seen seen"),
        ("&lt;b&gt;", "<b>"),
        ("", ""),
        ("<p></p>", ""),
        ("<br>a<br/>", "\na\n"),
        ("\x01a\x02<p>b", "a\n\nb"),
    ],
)
def test_html(markup: str, text: str) -> None:
    assert text_of_html(markup) == text


def test_the_line_ends_of_wordpress_stay() -> None:
    assert text_of_html("One.\r\n\r\nTwo <i>two</i>\nthree\n", lines=True) == "One.\n\nTwo two\nthree"


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("[b:3kx9]bold[/b:3kx9] [i]i[/i]", "bold i"),
        ('[quote="Ann":3kx9]hi[/quote:3kx9]no', "hi\nno"),
        ("[url=http://x.example/a]there[/url]", "there"),
        ("[list=1][*]one[*]two[/list]", "one\ntwo"),
        ("he said [sic] and [3] [a=b]", "he said [sic] and [3] [a=b]"),
        ("[custom:3kx9]x[/custom:3kx9]", "x"),
        ("[color=#FF0000]red[/color] [size=150]big[/size]", "red big"),
        ("[", "["),
    ],
)
def test_bbcode(markup: str, text: str) -> None:
    assert text_of_bbcode(markup) == text


def test_text_as_html_is_read_by_others_too() -> None:
    assert html_of_text("a < b\n c  d") == "a &lt; b<br />&#32;c &#32;d"


@pytest.mark.parametrize("piece", ["<!--", "<a", "<pre>", "&", "<", "[a=", "[/", "<p>", " <br> ", "[b:"])
def test_hostile_markup_takes_linear_time(piece: str) -> None:
    began = time.process_time()
    text_of_html(piece * 300_000)
    text_of_bbcode(piece * 300_000)
    assert time.process_time() - began < 5
