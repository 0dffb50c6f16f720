"""Where the parts of a document stand in the text of its page."""

import time

from hypothesis import given
from hypothesis import strategies as st

from moderation.extraction.placing import placed
from moderation.types import Comment, Document

TEXT = """Home

A bridge is built over the river, the council said.
It will cost four million, and a little more.

2 comments
Ann says:
3 May 2012
Thanks!

Reply
Bob wrote: Thanks!
And the ferry?
Share
3 May 2012 Carl
Thanks!
"""
DOCUMENT = Document(
    "A bridge is built over the river, the council said. It will cost four million, and a little more.",
    (
        Comment("Thanks!", id="1", author="Ann", time="2012-05-03", raw_time="3 May 2012"),
        Comment("Thanks!\n\nAnd the ferry?", id="2", author="Bob"),
        Comment("Thanks!", id="3", author="Carl", time="2012-05-03", raw_time="2012-05-03T00:00"),
    ),
)


def parts(text: str, document: Document) -> list[tuple[str, int | None]]:
    return [(line.part, line.comment) for line in placed(text, document)[0]]


def test_every_line_has_its_part_and_its_comment() -> None:
    assert parts(TEXT, DOCUMENT) == [
        ("dropped", None),
        ("article", None),
        ("article", None),
        ("dropped", None),
        ("byline", 0),
        ("byline", 0),
        ("comment", 0),
        ("dropped", None),
        ("comment", 1),
        ("comment", 1),
        ("dropped", None),
        ("byline", 2),
        ("comment", 2),
    ]


def test_authors_and_times_are_found_in_their_lines() -> None:
    lines, unseen = placed(TEXT, DOCUMENT)
    said = [(line.text[slice(*line.author or (0, 0))], line.text[slice(*line.time or (0, 0))]) for line in lines]
    assert [pair for pair in said if any(pair)] == [("Ann", ""), ("", "3 May 2012"), ("Carl", "3 May 2012")]
    assert unseen == []


def test_a_comment_that_is_not_in_the_text_is_told() -> None:
    document = Document("", (Comment("Nowhere to be seen."), Comment("Thanks!")))
    lines, unseen = placed("Thanks!", document)
    assert (unseen, [line.comment for line in lines]) == ([0], [1])


def test_comments_out_of_order_are_found() -> None:
    document = Document("", (Comment("Second."), Comment("First.")))
    assert parts("First.\nSecond.", document) == [("comment", 1), ("comment", 0)]


WORDS = st.sampled_from(["ok", "ok then", "A line of the page.", "Ann says:", "Reply", ""])


@given(st.lists(WORDS, max_size=30), st.lists(st.lists(WORDS, min_size=1, max_size=3), max_size=8))
def test_no_line_is_lost_and_none_changed(lines: list[str], comments: list[list[str]]) -> None:
    text = "\n".join(lines)
    document = Document("ok then", tuple(Comment("\n".join(comment), author="Ann") for comment in comments))
    found, unseen = placed(text, document)
    assert [line.text for line in found] == [line for line in lines if line]
    shown = {line.comment for line in found if line.part == "comment"}
    assert shown | set(unseen) == set(range(len(comments)))
    assert not shown & set(unseen)


def test_many_alike_comments_take_bounded_time() -> None:
    document = Document("word " * 50_000, tuple(Comment("ok", author="Ann") for _ in range(20_000)))
    started = time.process_time()
    found, unseen = placed("Ann\nok\n" * 10_000, document)
    assert time.process_time() - started < 10
    assert (sum(line.part == "comment" for line in found), len(unseen)) == (10_000, 10_000)
