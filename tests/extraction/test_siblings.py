import pytest

from moderation import extract

ARTICLE = (
    "<article><p>"
    + "The mill by the river will be a museum, the council said, once the roof is repaired. " * 6
    + "</p></article>"
)


def custom(n):
    posts = "".join(
        f'<div class="xyz-remark opinion-card"><span class="opinion-user">Reader{i}</span> '
        f'<span class="opinion-date">{i + 1} May 2020</span>'
        f'<div class="opinion-text"><p>I have thoughts of my own about the mill, number {i}.</p></div></div>'
        for i in range(n)
    )
    return f"<html><body>{ARTICLE}<section>{posts}</section></body></html>"


def test_comments_of_an_unknown_system():
    document = extract(custom(4))
    assert [comment.author for comment in document.comments] == [f"Reader{i}" for i in range(4)]
    assert [comment.time for comment in document.comments] == [f"2020-05-0{i + 1}" for i in range(4)]
    assert document.comments[2].text == "I have thoughts of my own about the mill, number 2."
    assert "thoughts of my own" not in document.article
    assert "museum" in document.article


def box(kind, *entries):
    """A box of entries of one class, as pages print them."""
    inner = "".join(f'<div class="{kind}-item">{entry}</div>' for entry in entries)
    return f'<div class="{kind}">{inner}</div>'


@pytest.mark.parametrize(
    "around",
    [
        box("faq", "<h3>Is it open?</h3><p>It is open on Sundays.</p>", "<h3>Is it free?</h3><p>It is.</p>"),
        box("testimonials", "<p>Best mill ever, we loved it.</p><cite>Ann</cite>", "<p>Great.</p><cite>Bob</cite>"),
        box("recentcomments", "Ann on The mill", "Bob on The weir"),
        box("ticker", "<time>10:01</time><p>The mayor arrives.</p>", "<time>10:05</time><p>She speaks.</p>"),
        '<div id="comments"><h2>0 comments</h2><form><textarea></textarea></form></div>',
        box("related-posts", "<a>A story</a><time>1 May 2020</time>", "<a>Another</a><time>2 May 2020</time>"),
    ],
    ids=["faq", "testimonials", "recent comments", "ticker", "0 comments", "related"],
)
def test_what_only_looks_like_comments(around):
    assert extract(f"<html><body>{ARTICLE}{around}</body></html>").comments == ()


def test_single_comment_is_found():
    (comment,) = extract(custom(1)).comments
    assert comment.author == "Reader0"
