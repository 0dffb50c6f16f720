"""Comments without a node of their own: an anchor, a block with a number or the term of a list begins each."""

from itertools import product

import pytest
from lxml.html import fromstring

from moderation import extract
from moderation.extraction.flow import _MOST_KINDS, _after_anchors
from moderation.extraction.selectors import Index

ARTICLE = "<div class='story'><p>" + "The weir will be rebuilt next summer, the water board says. " * 6 + "</p></div>"
ANCHORS = """<h2><a id="comments"></a>Comments</h2>
<a id="c101"></a><p>The old weir held for ninety years.</p><p>Nobody asked for a new one.</p>
<p class="posted">Posted by: <a>Ada</a> | May 3, 2021 10:15:00 AM</p>
<a id="c102"></a><p>It leaks, come and look at it.</p>
<p class="posted">Posted by: Ben | May 4, 2021 9:00:00 AM</p>
<h2>Post a comment</h2><form><textarea></textarea></form><p>All rights reserved.</p>"""
BLOCKS = """<h2>Comments</h2><div id="c101"><p>The old weir held for ninety years.</p>
<p>Nobody asked for a new one.</p></div>
<p class="posted">Posted by: Ada at May 3, 2021 10:15 AM</p><div id="c102"><p>It leaks, come and look at it.</p></div>
<p class="posted">Posted by: Ben at May 4, 2021 9:00 AM</p>"""
OPENING = """<div class="Normal"><a name="comment101"></a><p>The old weir held for ninety years.</p>
<p>Nobody asked for a new one.</p><p class="postfoot">posted on May 3, 2021 at 10:15 by Ada</p></div><hr>
<div class="Normal"><a name="comment102"></a><p>It leaks, come and look at it.</p>
<p class="postfoot">posted on May 4, 2021 at 9:00 by Ben</p></div>"""
TERMS = """<div id="comments"><dl><dt><a href="#1">1.</a> Ada - May 3, 2021</dt>
<dd><p>The old weir held for ninety years.</p><p>Nobody asked for a new one.</p></dd>
<dt><a href="#2">2.</a> Ben - May 4, 2021</dt><dd><p>It leaks, come and look at it.</p></dd></dl></div>"""


def test_a_page_may_number_many_things_and_few_kinds_are_looked_at() -> None:
    names = ("".join(letters) for letters in product("abcdefgh", repeat=3))
    page = "".join(f'<a name="comment{name}12"></a><p>The weir is old.</p>' for name in names)
    assert len(_after_anchors(Index(fromstring(f"<html><body>{page}</body></html>")))) == _MOST_KINDS


@pytest.mark.parametrize("comments", [ANCHORS, BLOCKS, OPENING, TERMS], ids=["anchors", "blocks", "opening", "terms"])
def test_each_comment_is_found_whole(comments: str) -> None:
    document = extract(f"<html><body>{ARTICLE}<div>{comments}</div></body></html>")
    first, second = document.comments
    assert first.text.split("\n")[::2] == ["The old weir held for ninety years.", "Nobody asked for a new one."]
    assert second.text == "It leaks, come and look at it."
    assert [(comment.author, (comment.time or "")[:10]) for comment in document.comments] == [
        ("Ada", "2021-05-03"),
        ("Ben", "2021-05-04"),
    ]
    assert "water board" in document.article
    assert "leaks" not in document.article


@pytest.mark.parametrize(
    "numbered",
    [
        "".join(f'<a name="note{n}"></a><p>See the report of the water board, page {n}.</p>' for n in range(10, 14)),
        "".join(f'<a id="sec{n}"></a><h2>Part {n}</h2><p>The gates are opened by hand.</p>' for n in range(10, 14)),
        "<dl><dt>Weir</dt><dd>A low dam.</dd><dt>Sluice</dt><dd>A gate for water.</dd></dl>",
    ],
    ids=["footnotes", "sections", "glossary"],
)
def test_numbered_parts_of_an_article_are_no_comments(numbered: str) -> None:
    assert extract(f"<html><body>{ARTICLE}<div>{numbered}</div></body></html>").comments == ()
