from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.extraction.features import describe
from moderation.extraction.line_model import AROUND, BEGIN, INSIDE, OUTSIDE, best_path, shipped_model
from moderation.extraction.lines import split_lines

STEPS = np.log(
    np.array([[0.9, 0.05, 0.05, 1e-6], [0.2, 0.4, 0.4, 1e-6], [0.1, 0.4, 0.2, 0.3], [0.1, 0.3, 0.1, 0.5]], np.float32)
)


def brute(emissions, steps):
    """The best path by trying them all."""
    n = len(emissions)
    best, path = -np.inf, None
    for code in range(4**n):
        states = [(code >> (2 * k)) & 3 for k in range(n)]
        if states[0] == INSIDE:
            continue
        score = sum(emissions[k][s] for k, s in enumerate(states)) + sum(steps[a][b] for a, b in pairwise(states))
        if score > best:
            best, path = score, states
    return best, path


@given(st.lists(st.lists(st.floats(-6, 0, width=32), min_size=4, max_size=4), min_size=1, max_size=5))
def test_best_path_is_the_best_of_all(rows):
    emissions = np.array(rows, np.float32)
    path, gain = best_path(emissions, STEPS)
    best, _ = brute(emissions, STEPS)
    score = sum(emissions[k][s] for k, s in enumerate(path)) + sum(STEPS[a][b] for a, b in pairwise(path))
    nothing = emissions[:, OUTSIDE].sum() + STEPS[OUTSIDE][OUTSIDE] * (len(rows) - 1)
    assert score == pytest.approx(best, abs=1e-3)
    assert gain == pytest.approx(best - nothing, abs=1e-3)


def test_states_of_a_plain_page():
    text = "\n".join(
        ["The bridge", "It will be closed for a year, the town said on Monday, because the pillars are old."] * 3
        + ["3 comments", "Anna says:", "3 May 2012 at 10:00", "I use it every day, this is terrible!", "Reply"]
        + ["Tom says:", "3 May 2012 at 11:00", "Take the ferry, my friend. I do.", "Reply"]
        + ["Kim says:", "4 May 2012 at 9:00", "Thanks Tom, I will.", "Reply", "Leave a Reply", "Name *", "Email *"]
    )
    lines = split_lines(text)
    begun = [line.text for line, state in zip(lines, shipped_model().states(lines), strict=True) if state == BEGIN]
    assert begun == ["I use it every day, this is terrible!", "Take the ferry, my friend. I do.", "Thanks Tom, I will."]


@given(st.text(max_size=400))
def test_features_are_finite_and_of_the_model_s_width(text):
    lines = split_lines(text)
    if lines:
        features = describe(lines)
        assert features.shape == (len(lines), len(shipped_model().mean))
        assert np.isfinite(features).all()
        assert set(shipped_model().states(lines)) <= {OUTSIDE, AROUND, BEGIN, INSIDE}
