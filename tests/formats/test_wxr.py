"""WordPress's export."""

from typing import Any

import pytest

from moderation.formats import Reject, Row, Skipped


def export(comments: str, version: str = "1.2", more: str = "") -> bytes:
    return f"""<?xml version="1.0" encoding="UTF-8" ?>
<!-- This is a WordPress eXtended RSS file. -->
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
  xmlns:wp="http://wordpress.org/export/{version}/">
<channel><title>Harbour</title><link>https://harbour.example</link><image><title>no post</title></image>
<item><title>A post</title><link>https://harbour.example/?p=1</link>
<content:encoded><![CDATA[<p>An article.</p>]]></content:encoded><wp:post_id>1</wp:post_id>
{comments}</item>{more}</channel></rss>""".encode()


def comment(
    number: int, text: str = "One\n\nTwo <b>b</b>", approved: str = "1", kind: str = "", parent: int = 0
) -> str:
    return f"""<wp:comment><wp:comment_id>{number}</wp:comment_id><wp:comment_author><![CDATA[Ann]]></wp:comment_author>
<wp:comment_date>2012-12-13 02:02:03</wp:comment_date><wp:comment_date_gmt>2012-12-13 01:02:03</wp:comment_date_gmt>
<wp:comment_content><![CDATA[{text}]]></wp:comment_content><wp:comment_approved>{approved}</wp:comment_approved>
<wp:comment_type>{kind}</wp:comment_type><wp:comment_parent>{parent}</wp:comment_parent>
<wp:commentmeta><wp:meta_key>x</wp:meta_key></wp:commentmeta></wp:comment>"""


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2"])
def test_comments_with_their_posts(read: Any, version: str) -> None:
    data = export(comment(7) + comment(8, parent=7), version, f"<item><link>x:/2</link>{comment(9)}</item>")
    first, second, third = read(data, "export.xml")
    assert (first.id, first.site, first.thread) == ("7", "harbour.example", "A post")
    found = first.comment
    assert (found.text, found.author, found.time, found.parent) == (
        "One\n\nTwo b", "Ann", "2012-12-13T01:02:03Z", None,
    )  # fmt: skip
    assert (second.comment.parent, third.thread) == ("7", "x:/2")


def test_spam_and_trash_are_skipped_and_pingbacks_marked(read: Any) -> None:
    data = export(
        comment(1, approved="spam") + comment(2, approved="trash") + comment(3, kind="pingback", approved="0")
    )
    items = read(data, "export.xml")
    assert [item.reason for item in items if isinstance(item, Skipped)] == ["marked as spam", "in the trash"]
    assert isinstance(items[2], Row) and items[2].comment.pingback


def test_a_comment_without_content_is_rejected_alone(read: Any) -> None:
    broken = "<wp:comment><wp:comment_id>1</wp:comment_id></wp:comment>"
    items = read(export(broken + comment(2)), "export.xml")
    assert [type(item) for item in items] == [Reject, Row]
    assert items[0] == Reject(f"{read.folder / 'export.xml'}#1", "no element 'wp:comment_content'")


def test_a_time_that_is_none_is_left_out(read: Any) -> None:
    data = export(comment(1)).replace(b"2012-12-13 01:02:03", b"0000-00-00 00:00:00")
    assert read(data, "export.xml")[0].comment.time == "2012-12-13T02:02:03"
