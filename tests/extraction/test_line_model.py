from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation import extract
from moderation.extraction.line_model import (
    AROUND,
    AUTHOR,
    BEGIN,
    INSIDE,
    OUTSIDE,
    STATES,
    agreed,
    best_path,
    pruned,
    segments,
)

RNG = np.random.default_rng(3)
STEPS = RNG.normal(size=(STATES, STATES)).astype(np.float32)
START = RNG.normal(size=STATES).astype(np.float32)


EMPTY = 1.5


def empty(states):
    """Return how many authors have no text before the next one, or before the end where other lines follow them."""
    count, waiting = 0, False
    for state in states:
        count += waiting and state == AUTHOR
        waiting = state == AUTHOR or (waiting and state == AROUND)
    return count + (waiting and states[-1] == AROUND)


def score(states, emissions):
    return (
        -EMPTY * empty(states)
        + START[states[0]]
        + sum(emissions[range(len(states)), states])
        + sum(STEPS[a][b] for a, b in pairwise(states))
    )


@given(st.lists(st.lists(st.floats(-6, 0, width=32), min_size=STATES, max_size=STATES), min_size=1, max_size=4))
def test_best_path_is_the_best_of_all(rows):
    emissions = np.array(rows, np.float32)
    path = best_path(emissions, START, STEPS, EMPTY)
    best = max(score(list(states), emissions) for states in product(range(STATES), repeat=len(rows)))
    assert score(path.tolist(), emissions) == pytest.approx(best, abs=1e-3)


def test_an_author_without_a_text_costs():
    emissions = np.full((4, STATES), -4.0, np.float32)
    emissions[[0, 2], AUTHOR] = emissions[3, BEGIN] = -0.1
    emissions[1, [AROUND, BEGIN]] = -0.5, -0.7
    flat = np.zeros((STATES, STATES), np.float32)
    assert best_path(emissions, flat[0], flat, 0.0).tolist() == [AUTHOR, AROUND, AUTHOR, BEGIN]
    assert best_path(emissions, flat[0], flat, 3.0).tolist() == [AUTHOR, BEGIN, AUTHOR, BEGIN]


def test_comments_that_are_none_are_taken_out():
    path = np.array([OUTSIDE, BEGIN, INSIDE, AUTHOR, BEGIN, INSIDE, AROUND, BEGIN, AROUND, BEGIN], np.int8)
    first, last = segments(path)
    assert (first.tolist(), last.tolist()) == ([1, 4, 7, 9], [2, 5, 7, 9])
    kept = pruned(path, first, last, np.array([False, True, False, True]))
    assert kept.tolist() == [OUTSIDE] * 3 + [AUTHOR, BEGIN, INSIDE, AROUND, AROUND, AROUND, BEGIN]
    assert set(pruned(path, first, last, np.zeros(4, bool)).tolist()) == {OUTSIDE}


def test_lines_set_alike_agree_on_what_begins_a_comment():
    emissions = np.full((8, STATES), -4.0, np.float32)
    path = np.array([BEGIN, INSIDE, BEGIN, INSIDE, BEGIN, INSIDE, INSIDE, INSIDE], np.int8)
    emissions[range(8), path] = -0.1
    emissions[6, [BEGIN, INSIDE]] = -1.5, -1.0  # set as the beginnings are, and not sure
    looks = np.array([1, 2, 1, 2, 1, 2, 1, 2])
    told = agreed(emissions, path, looks)
    assert told[6, BEGIN] > told[6, INSIDE]
    assert (told[7] == pytest.approx(emissions[7], abs=4)) and told[7, INSIDE] > told[7, BEGIN]


def test_a_short_page_without_blank_lines():
    text = "\n".join(
        ["The bridge", "It will be closed for a year, the town said on Monday, because the pillars are old."] * 3
        + ["3 comments", "Anna says:", "3 May 2012 at 10:00", "I use it every day, this is terrible!", "Reply"]
        + ["Tom says:", "3 May 2012 at 11:00", "Take the ferry, my friend. I do.", "Reply"]
        + ["Kim says:", "4 May 2012 at 9:00", "Thanks Tom, I will.", "Reply", "Leave a Reply", "Name *", "Email *"]
    )
    assert [comment.text for comment in extract(text, format="text").comments] == [
        "I use it every day, this is terrible!",
        "Take the ferry, my friend. I do.",
        "Thanks Tom, I will.",
    ]
