"""A small page for each platform, written for the project: markup as the platform prints it, words of our own."""

import pytest

from moderation import extract
from moderation.extraction.items import count_in
from moderation.extraction.platforms import platforms

ARTICLE = (
    "<article><p>"
    + "The ferry will sail again in May, the harbour office says, after two winters. " * 5
    + "</p></article>"
)

# Of each platform: an item that holds Ada's first comment, and one with Ben's answer to it.
PAGES = {
    "wordpress": """<ol class="commentlist"><li class="comment depth-1" id="comment-1"><div
class="comment-author vcard">
<cite class="fn">Ada</cite> <span class="says">says:</span></div><div class="comment-meta"><a
href="#comment-1">3 May 2021 at
10:15</a></div><div class="comment-content"><p>First words.</p></div><div class="reply">Reply</div>
<ul class="children"><li class="comment depth-2" id="comment-2"><div class="comment-author"><cite
class="fn">Ben</cite></div>
<div class="comment-content"><p>Second words.</p></div></li></ul></li></ol>""",
    "wordpress blocks": """<ol class="wp-block-comment-template"><li class="comment depth-1" id="comment-1">
<div class="wp-block-comment-author-name">Ada</div><div class="wp-block-comment-date"><time
datetime="2021-05-03">May</time>
</div><div class="wp-block-comment-content"><p>First words.</p></div></li><li class="comment depth-2" id="comment-2">
<div class="wp-block-comment-author-name">Ben</div><div class="wp-block-comment-content"><p>Second
words.</p></div></li></ol>""",
    "wordpress, a theme that only bolds": """<ol><li id="comment-1"><p>3 May 2021 at
10:15</p><p><strong>Ada</strong> said,</p>
<p>First words.</p></li><li class="alt" id="comment-2"><p>4 May 2021 at 9:00</p><p><strong>Ben</strong> said,</p>
<p>Second words.</p></li></ol>""",
    "wpdiscuz": """<div class="wpd-comment" id="comment-1"><div class="wpd-comment-author">Ada</div><div
class="wpd-comment-date"
title="3 May 2021 10:15">4 years ago</div><div class="wpd-comment-text"><p>First words.</p></div><div
class="wpd-comment-footer">
<div class="wpd-vote-result">7</div><span>Reply</span></div><div class="wpd-comment" id="comment-2"><div
class="wpd-comment-author">Ben</div><div class="wpd-comment-text"><p>Second words.</p></div></div></div>""",
    "wpdiscuz 5": """<div class="wc-comment" id="wc-1"><div class="wc-comment-author">Ada</div><div
class="wc-comment-date">3 May
2021</div><div class="wc-comment-text">First words.</div></div><div class="wc-comment" id="wc-2"><div
class="wc-comment-author">Ben</div><div class="wc-comment-text">Second words.</div></div>""",
    "disqus": """<ul><li class="post" id="post-1"><span class="author"><a>Ada</a></span><a class="time-ago"
title="3 May 2021">4
years ago</a><div class="post-message"><p>First words.</p></div><ul><li class="post" id="post-2"><span
class="author"><a>Ben</a>
</span><div class="post-message"><p>Second words.</p></div></li></ul></li></ul>""",
    "blogger": """<ol><li class="comment" id="c1"><div class="comment-block"><div class="comment-header"><cite
class="user">Ada</cite>
<span class="datetime"><a>3 May 2021 at 10:15</a></span></div><p class="comment-content">First words.</p></div>
<div class="comment-replies"><ol><li class="comment" id="c2"><div class="comment-block"><cite class="user">Ben</cite>
<p class="comment-content">Second words.</p></div></li></ol></div></li></ol>""",
    "blogger, definition list": """<dl id="comments-block"><dt class="comment-author" id="c1">Ada
said...</dt><dd class="comment-body">
<p>First words.</p></dd><dd class="comment-footer"><span class="comment-timestamp">3 May 2021</span></dd><dt
class="comment-author" id="c2">Ben said...</dt><dd class="comment-body"><p>Second words.</p></dd></dl>""",
    "typepad": """<div class="comment" id="comment-1"><div class="comment-content"><p>First words.</p></div><p
class="comment-footer">
Posted by: <a>Ada</a> | 3 May 2021 at 10:15 AM</p></div><div class="comment" id="comment-2"><div
class="comment-content">
<p>Second words.</p></div><p class="comment-footer">Posted by: <a>Ben</a> | 4 May 2021 at 9:00 AM</p></div>""",
    "movable type": """<div class="comment" id="comment-1"><div class="comment-header"><span class="vcard
author">Ada</span> | <a>3 May
2021</a></div><div class="comment-content"><p>First words.</p></div></div><div class="comment" id="comment-2"><div
class="comment-header"><span class="vcard author">Ben</span></div><div class="comment-content"><p>Second
words.</p></div></div>""",
    "drupal": """<div class="comment" id="comment-1"><div class="submitted">Submitted by <span
class="username">Ada</span> on 3 May
2021</div><div class="content"><div class="field-name-comment-body"><p>First words.</p></div></div></div><div
class="comment"
id="comment-2"><div class="submitted"><span class="username">Ben</span></div><div
class="field-name-comment-body"><p>Second words.
</p></div></div>""",
    "discourse": """<div class="topic-body crawler-post" id="post_1"><div class="creator"><a><span
itemprop="name">Ada</span></a></div>
<time class="post-time" datetime="2021-05-03T10:15:00Z">May</time><div class="post" itemprop="text"><p>First
words.</p></div>
</div><div class="topic-body crawler-post" id="post_2"><div class="creator"><a><span
itemprop="name">Ben</span></a></div>
<div class="post" itemprop="text"><p>Second words.</p></div></div>""",
    "phpbb": """<div class="post" id="p1"><dl class="postprofile"><dt><a class="username">Ada</a></dt></dl><div
class="postbody"><p
class="author">by <a class="username">Ada</a> » 3 May 2021, 10:15</p><div class="content">First
words.</div></div></div>
<div class="post" id="p2"><dl class="postprofile"><dt><a class="username">Ben</a></dt></dl><div class="postbody"><div
class="content">Second words.</div></div></div>""",
    "vbulletin": """<ol><li class="postcontainer" id="post_1"><span class="postdate"><span class="date">3 May
2021</span></span><a
class="username"><strong>Ada</strong></a><div id="post_message_1"><blockquote class="postcontent">First
words.</blockquote></div>
</li><li class="postcontainer" id="post_2"><a class="username"><strong>Ben</strong></a><div
id="post_message_2">Second words.</div>
</li></ol>""",
    "xenforo": """<article class="message message--post" data-author="Ada" id="js-post-1"><div
class="message-attribution"><time
datetime="2021-05-03T10:15:00+0000">May</time></div><div class="message-body"><div class="bbWrapper">First
words.</div></div>
</article><article class="message message--post" data-author="Ben" id="js-post-2"><div class="message-body"><div
class="bbWrapper">
Second words.</div></div></article>""",
    "ipb": """<article class="ipsComment" id="elComment_1"><div class="cAuthorPane_author"><a>Ada</a></div><time
datetime="2021-05-03T10:15:00Z">May</time><div data-role="commentContent"><p>First words.</p></div></article><article
class="ipsComment" id="elComment_2"><div class="cAuthorPane_author"><a>Ben</a></div><div
data-role="commentContent"><p>Second words.
</p></div></article>""",
    "stack exchange": """<div id="answers"><div class="answer" id="answer-1"><div
class="js-vote-count">12</div><div class="js-post-body">
<p>First words.</p></div><div class="post-signature"><span class="relativetime">3 May 2021</span><div
class="user-details"
itemprop="author"><a>Ada</a></div></div><ul><li class="comment js-comment" id="comment-2"><span
class="comment-copy">Second words.
</span><a class="comment-user">Ben</a></li></ul></div></div>""",
    "reddit, old": """<div class="thing comment" id="thing_1"><p class="tagline"><a class="author">Ada</a><span
class="score unvoted">5
</span><time datetime="2021-05-03T10:15:00+00:00">4 years ago</time></p><div class="usertext-body"><div
class="md"><p>First words.</p>
</div></div><div class="child"><div class="thing comment" id="thing_2"><p class="tagline"><a
class="author">Ben</a></p><div
class="usertext-body"><div class="md"><p>Second words.</p></div></div></div></div></div>""",
    "reddit, new": """<shreddit-comment author="Ada" thingid="t1_1" depth="0"><time
datetime="2021-05-03T10:15:00+00:00">4y</time><div
slot="comment"><p>First words.</p></div></shreddit-comment><shreddit-comment author="Ben" thingid="t1_2"
parentid="t1_1" depth="1">
<div slot="comment"><p>Second words.</p></div></shreddit-comment>""",
    "hacker news": """<table><tr class="comtr" id="1"><td><a class="hnuser">Ada</a> <span class="age"
title="2021-05-03T10:15:00">4 years
ago</span><div class="commtext">First words.</div></td></tr><tr class="comtr" id="2"><td><a class="hnuser">Ben</a><div
class="commtext">Second words.</div></td></tr></table>""",
    "livefyre": """<article class="fyre-comment-article" id="a1"><span class="fyre-comment-username">Ada</span><time
datetime="2021-05-03">May</time><div class="fyre-comment"><p>First words.</p></div></article><article
class="fyre-comment-article"
id="a2"><span class="fyre-comment-username">Ben</span><div class="fyre-comment"><p>Second
words.</p></div></article>""",
    "livefyre, 2012": """<div class="lf_comment_container" id="lf_1"><a
class="lf_comment_user_nick">Ada</a><span>5 pts</span><div
class="lf_body"><p>First words.</p></div></div><div class="lf_comment_container" id="lf_2"><a
class="lf_comment_user_nick">Ben</a>
<div class="lf_body"><p>Second words.</p></div></div>""",
    "isso": """<div class="isso-comment" id="isso-1"><span class="isso-author">Ada</span><time
datetime="2021-05-03">May</time><div
class="isso-text"><p>First words.</p></div><div class="isso-follow-up"><div class="isso-comment" id="isso-2"><span
class="isso-author">Ben</span><div class="isso-text"><p>Second words.</p></div></div></div></div>""",
    "commento": """<div class="commento-card" id="commento-1"><div class="commento-name">Ada</div><div
class="commento-timeago">4 years
ago</div><div class="commento-body"><p>First words.</p></div><div class="commento-card" id="commento-2"><div
class="commento-name">Ben</div><div class="commento-body"><p>Second words.</p></div></div></div>""",
    "github": """<div class="timeline-comment" id="issuecomment-1"><a class="author">Ada</a><relative-time
datetime="2021-05-03T10:15:00Z">May</relative-time><div class="comment-body"><p>First words.</p></div></div><div
class="timeline-comment" id="issuecomment-2"><a class="author">Ben</a><div class="comment-body"><p>Second
words.</p></div></div>""",
    "giscus": """<div class="gsc-comment" id="g1"><div class="gsc-comment-author"><a>Ada</a></div><time
datetime="2021-05-03">May</time>
<div class="gsc-comment-content"><p>First words.</p></div></div><div class="gsc-comment" id="g2"><div
class="gsc-comment-author">
<a>Ben</a></div><div class="gsc-comment-content"><p>Second words.</p></div></div>""",
    "squarespace": """<div class="comment" id="comment-a1"><div class="comment-header"><span
class="author">Ada</span><span class="date">3
May 2021</span></div><div class="comment-body"><p>First words.</p></div></div><div class="comment"
id="comment-a2"><span
class="author">Ben</span><div class="comment-body"><p>Second words.</p></div></div>""",
    "squarespace 5": """<div class="journal-comment-area"><div class="comment-wrapper"><div class="comment"
id="comment1"><div
class="body"><p>First words.</p></div><div class="signature">May 3, 2021 | <a>Ada</a></div></div></div><div
class="comment-wrapper">
<div class="comment" id="comment2"><div class="body"><p>Second words.</p></div><div class="signature">May 4,
2021 | <a>Ben</a></div>
</div></div></div>""",
    "facebook": """<div class="UFIComment" id="u1"><a class="UFICommentActorName">Ada</a><span
class="UFICommentBody">First words.</span>
<abbr class="livetimestamp" title="3 May 2021">4 years</abbr></div><div class="UFIComment" id="u2"><a
class="UFICommentActorName">Ben
</a><span class="UFICommentBody">Second words.</span></div>""",
    "coral": """<div class="coral-comment" id="coral-1"><span class="coral-comment-username">Ada</span><time
class="coral-comment-timestamp"
datetime="2021-05-03">May</time><div class="coral-comment-content">First words.</div></div><div
class="coral-comment" id="coral-2">
<span class="coral-comment-username">Ben</span><div class="coral-comment-content">Second words.</div></div>""",
    "bbpress": """<ul><li class="bbp-body"><div class="bbp-reply-header" id="post-1"><span
class="bbp-reply-post-date">3 May 2021</span>
</div><div class="reply"><div class="bbp-reply-author"><a class="bbp-author-name">Ada</a></div><div
class="bbp-reply-content"><p>First
words.</p></div></div><div class="bbp-reply-header" id="post-2"></div><div class="reply"><div
class="bbp-reply-author"><a
class="bbp-author-name">Ben</a></div><div class="bbp-reply-content"><p>Second words.</p></div></div></li></ul>""",
    "microdata": """<div itemscope itemtype="https://schema.org/Comment" id="m1"><span itemprop="author"
itemscope><meta itemprop="name"
content="Ada"></span><meta itemprop="dateCreated" content="2021-05-03"><div itemprop="text">First
words.</div></div><div itemscope
itemtype="http://schema.org/UserComments" id="m2"><span itemprop="creator">Ben</span><div
itemprop="commentText">Second words.</div>
</div>""",
}
PARENTED = (
    "wordpress",
    "wordpress blocks",
    "wpdiscuz",
    "disqus",
    "blogger",
    "stack exchange",
    "reddit, old",
    "reddit, new",
    "isso",
    "commento",
)
UNDATED = ("livefyre, 2012",)


@pytest.mark.parametrize("name", PAGES)
def test_platform(name):
    document = extract(f"<html><body>{ARTICLE}<div>{PAGES[name]}</div></body></html>")
    first, second = document.comments
    assert (" ".join(first.text.split()), first.author) == ("First words.", "Ada")
    assert (" ".join(second.text.split()), second.author) == ("Second words.", "Ben")
    assert bool(first.raw_time) == (name not in UNDATED)
    assert second.parent == (first.id if name in PARENTED else None)
    assert "words." not in document.article
    assert "harbour office" in document.article


@pytest.mark.parametrize(("name", "votes"), [("wpdiscuz", 7), ("reddit, old", 5), ("stack exchange", 12)])
def test_votes(name, votes):
    assert extract(f"<html><body>{PAGES[name]}</body></html>").comments[0].votes == votes


def test_every_row_names_an_item_and_a_body():
    names = [platform.name for platform in platforms()]
    assert len(set(names)) == len(names)
    assert all(platform.item and platform.body for platform in platforms())


@pytest.mark.parametrize(
    ("printed", "votes"),
    [
        ("-3", -3),
        ("\N{MINUS SIGN}3", -3),
        ("12 points", 12),
        ("1,234", 1234),
        ("10 000", 10_000),
        ("1.234.567 Punkte", 1_234_567),
        ("Score:-5", -5),
        ("3 Likes", 3),
        ("1.5k", None),
        ("3k", None),
        ("3 of 4", None),
        ("9" * 12, None),
        ("Vote", None),
    ],
)
def test_votes_are_the_only_number_that_is_shown(printed, votes):
    assert count_in(printed) == votes


def test_answers_and_votes_in_microdata():
    item = (
        "<div itemprop={}Answer itemscope itemtype=https://schema.org/Answer><span itemprop=author>{}</span>"
        "<meta itemprop=upvoteCount content={}><div itemprop=text>{} words.</div></div>"
    )
    items = item.format("accepted", "Ada", 4, "First") + item.format("suggested", "Ben", 1, "Second")
    pages = [
        f"<html itemscope itemtype=https://schema.org/{kind}><body>{ARTICLE}{items}</body></html>"
        for kind in ("QAPage", "FAQPage")
    ]
    assert [(c.author, c.votes) for c in extract(pages[0]).comments] == [("Ada", 4), ("Ben", 1)]
    assert "Ada" not in [c.author for c in extract(pages[1]).comments]  # whose answers are the site's own


@pytest.mark.parametrize("ids", [("", ""), ("id=c1", "id=c1"), ("", "id=1")])
@pytest.mark.parametrize("kind", ["comment", "cmt"], ids=["listed", "unlisted"])
def test_nesting_names_the_parent_whatever_the_ids(ids, kind):
    item = (
        f"<li class={kind} {{}}><cite class=author>{{}}</cite> <time datetime=2021-05-03>3 May 2021</time>"
        f"<div class={kind}-content><p>{{}}</p></div>{{}}</li>"
    )
    answer = item.format(ids[1], "Ben", "Second words of them all.", "")
    first = item.format(ids[0], "Ada", "First words of them all.", f"<ul>{answer}</ul>")
    document = extract(f"<html><body>{ARTICLE}<ul>{first}</ul></body></html>")
    assert [c.author for c in document.comments] == ["Ada", "Ben"]
    assert document.comments[1].parent == document.comments[0].id != document.comments[1].id
