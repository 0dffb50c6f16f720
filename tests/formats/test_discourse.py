"""Posts of Discourse: JSON of its API, CSV, SQL of its backups."""

import json
from typing import Any

import pytest

from moderation.errors import InputError
from moderation.formats import Reject, Row, Skipped

POST = {
    "id": 11,
    "username": "ann",
    "created_at": "2023-01-15T19:29:25.790Z",
    "cooked": "<p>Hi &amp; <em>welcome</em></p>\n<p>Two</p>",
    "post_number": 1,
    "post_type": 1,
    "reply_to_post_number": None,
    "topic_id": 5,
    "topic_slug": "trams",
}
ANSWER = POST | {"id": 12, "post_number": 2, "reply_to_post_number": 1, "cooked": "<p>Yes</p>"}
NOTE = POST | {"id": 13, "post_number": 3, "post_type": 3, "cooked": ""}


@pytest.mark.parametrize("indent", [None, 2])
def test_a_topic(read: Any, indent: int | None) -> None:
    topic = {"post_stream": {"posts": [POST, ANSWER, NOTE], "stream": [11, 12, 13]}, "id": 5, "title": "Trams!"}
    first, second, third = read(json.dumps(topic, indent=indent).encode(), "5.json")
    assert (first.id, first.thread, first.comment.author) == ("11", "Trams!", "ann")
    assert first.comment.text == "Hi & welcome\n\nTwo"
    assert first.comment.time == "2023-01-15T19:29:25.790Z"
    assert (second.comment.parent, first.comment.parent) == ("11", None)
    assert isinstance(third, Skipped) and third.reason == "a note of the software"


def test_the_latest_posts_and_single_ones(read: Any) -> None:
    latest = read(json.dumps({"latest_posts": [POST, ANSWER]}).encode(), "posts.json")
    assert [row.id for row in latest] == ["11", "12"]
    lines = b"".join(json.dumps(post | {"raw": f"*{post['id']}*"}).encode() + b"\n" for post in (POST, ANSWER))
    assert [row.comment.text for row in read(lines, "posts")] == ["*11*", "*12*"]


def test_csv_of_an_export_and_of_a_query(read: Any) -> None:
    (row,) = read(b'topic_title,categories,post_raw,url,created_at\nTrams,x,"a\nb",/t/5/1,2023-01-15\n', "d.csv")
    assert (row.comment.text, row.id, row.thread) == ("a\nb", "/t/5/1", "Trams")
    items = read(b"id,user_id,topic_id,raw,deleted_at\n1,7,5,hi,\n2,7,5,gone,2023-01-15\n", "d.csv")
    assert isinstance(items[0], Row) and items[0].comment.author == "7"
    assert isinstance(items[1], Skipped)
    with pytest.raises(InputError, match="no column of a post's text"):
        read(b"id,title\n1,x\n", "d.csv", format="discourse")


def test_a_backup(read: Any) -> None:
    data = b"""--
-- PostgreSQL database dump
--
COPY public.posts (id, user_id, topic_id, post_number, raw, cooked, deleted_at, post_type) FROM stdin;
1\t7\t5\t1\tone\\ntwo \\\\ three\t<p>x</p>\t\\N\t1
2\t7\t5\t2\tgone\t<p>x</p>\t2023-01-15 19:29:25\t1
3\t7
\\.
COPY public.topics (id, raw) FROM stdin;
1\tno post
\\.
"""
    items = read(data, "dump.sql")
    assert [type(item) for item in items] == [Row, Skipped, Reject]
    assert items[0].comment.text == "one\ntwo \\ three"


def test_a_post_without_text_is_rejected(read: Any) -> None:
    items = read(b'{"id": 1, "topic_id": 5, "raw": null}\n{"id": 2, "topic_id": 5, "raw": "x"}\n', "d")
    assert [type(item) for item in items] == [Reject, Row]
