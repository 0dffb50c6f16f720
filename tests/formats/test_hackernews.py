"""Hacker News items, as the Firebase API gives them."""

import json
from typing import Any

import pytest

from moderation.formats import Reject, Row, Skipped

ITEMS: list[dict[str, Any]] = [
    {
        "by": "ann",
        "id": 1,
        "type": "comment",
        "parent": 9,
        "text": "Don&#x27;t<p>Second <i>line</i>",
        "time": 1546300800,
    },
    {"id": 2, "type": "comment", "parent": 9, "deleted": True, "time": 1546300801},
    {"by": "bob", "id": 3, "type": "story", "title": "A tram", "url": "http://x.example/", "time": 1546300802},
    {"by": "bob", "id": 4, "type": "comment", "parent": 1, "text": "dead", "dead": True, "time": 1546300803},
]


@pytest.mark.parametrize("form", ["lines", "array", "printed array", "printed"])
def test_items(read: Any, form: str) -> None:
    if form.endswith("array"):
        data = json.dumps(ITEMS, indent=2 if "printed" in form else None)
    else:
        data = "\n".join(json.dumps(item, indent=1 if form == "printed" else None) for item in ITEMS)
    first, second, third, fourth = read(data.encode(), "items")
    assert isinstance(first, Row)
    assert (first.id, first.comment.id, first.comment.author, first.comment.parent) == (1, "1", "ann", "9")
    assert first.comment.text == "Don't\n\nSecond line"
    assert first.comment.time == "2019-01-01T00:00:00Z"
    assert isinstance(second, Skipped) and second.reason == "deleted"
    assert isinstance(third, Skipped) and third.reason == "an item without text"
    assert isinstance(fourth, Row) and fourth.comment.text == "dead"
    place = data.encode().index(b'"id": 2')
    assert int(second.position.rpartition(":")[2]) <= place


def test_what_is_no_item_is_rejected(read: Any) -> None:
    items = read(b'null\n{"type": "user", "id": 1}\n{"type": "comment", "text": 3}\n', format="hackernews")
    assert [type(item) for item in items] == [Reject] * 3
