"""Plain texts made to cost time or memory: an honest result in bounded time."""

import random
import time

import pytest

from moderation import extract

TEXTS = {
    "a line of 50 MB": "word " * 10_000_000,
    "a line of signs": "[(|·»" * 400_000,
    "many announcements": "3 comments\n" * 30_000,
    "many authors": "Ann says:\n" * 30_000,
    "many dates": "3 May 2012 at 10:00\n" * 30_000,
    "NULs": "Ann says:\n\x00\x00\n\x00hello there\x00\n" * 3_000,
    "digits": "1 2 3 4 5 6 7 8 9 10 11 12\n" * 30_000,
    "short lines": "a\n" * 200_000,
    "blank lines": "\n" * 2_000_000 + "text",
    "a long author line": "x" * 100 + " says:\n" + "by " * 60 + "\n",
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_hostile_text_takes_bounded_time(name: str) -> None:
    extract("warm up", format="text")
    started = time.process_time()
    document = extract(TEXTS[name], format="text")
    assert document.article or document.comments or name in ("many announcements", "digits")
    assert time.process_time() - started < 30


def test_twenty_thousand_comments_are_all_read() -> None:
    rng = random.Random(5)
    words = ("I", "you", "the", "ferry", "was", "it", "not", "never", "bus", "summer", "money", "think", "would", "old")
    page = "An article of one line.\n\n20000 Comments\n\n" + "".join(
        f"Reader {i} says:\n\n3 May 2012 at 10:00\n\nI {' '.join(rng.choices(words, k=i % 27 + 3))}!\n\nReply\n\n"
        for i in range(20_000)
    )
    comments = extract(page, format="text").comments
    assert len(comments) > 19_900
    assert sum(comment.author is not None for comment in comments) > 19_900


def test_a_comment_of_a_megabyte_stays_whole() -> None:
    long = "I could go on about this for ever, my friend. " * 22_000
    page = f"An article.\n\n2 Comments\n\nAnn says:\n\n{long}\n\nReply\n\nBob says:\n\nPlease do not.\n\nReply\n"
    assert [len(comment.text) for comment in extract(page, format="text").comments] == [len(long.strip()), 14]
