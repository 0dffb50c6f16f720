"""Reddit comments, as Pushshift and Arctic Shift dump them."""

import json
from typing import Any

from moderation.formats import Reject, Row, Skipped

COMMENT = {
    "id": "c0a",
    "author": "Ann",
    "body": "A &lt;b&gt; &amp;amp; so on\n\n&gt; quoted",
    "created_utc": 1546300800,
    "link_id": "t3_9x",
    "parent_id": "t1_c09",
    "subreddit": "trams",
    "score": 3,
}


def dump(*changes: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(COMMENT | change).encode() + b"\n" for change in changes)


def test_a_comment(read: Any) -> None:
    (row,) = read(dump({}), "RC_2019-01")
    assert (row.id, row.site, row.thread) == ("c0a", "trams", "9x")
    assert row.comment.text == "A <b> &amp; so on\n\n> quoted"
    assert (row.comment.author, row.comment.time, row.comment.parent) == ("Ann", "2019-01-01T00:00:00Z", "c09")


def test_an_answer_to_a_submission_has_no_parent(read: Any) -> None:
    (row,) = read(dump({"parent_id": "t3_9x"}))
    assert row.comment.parent is None


def test_times_may_be_strings_and_nonsense(read: Any) -> None:
    rows = read(
        dump({"created_utc": "1546300800"}, {"created_utc": "x"}, {"created_utc": 1e300}, {"created_utc": None})
    )
    assert [row.comment.time for row in rows] == ["2019-01-01T00:00:00Z", None, None, None]


def test_what_is_gone_is_skipped_with_its_reason(read: Any) -> None:
    items = read(
        dump({"body": "[deleted]"}, {"body": "[removed]"}, {"body": "[ Removed by Reddit ]"}, {"author": "[deleted]"})
    )
    assert [type(item) for item in items] == [Skipped, Skipped, Skipped, Row]
    assert [item.reason for item in items[:3]] == [
        "deleted by its author",
        "removed by moderators",
        "removed by Reddit",
    ]
    assert items[1].position.endswith(f":{len(dump({'body': '[deleted]'}))}")
    assert items[3].comment.author is None


def test_what_is_no_comment_is_rejected(read: Any) -> None:
    items = read(dump({}, {"body": None}, {"body": 3}) + b"{\n")
    assert [item.reason for item in items[1:]] == ["no field 'body'", "field 'body' is not a string", "not JSON"]
    assert {type(item) for item in items[1:]} == {Reject}
