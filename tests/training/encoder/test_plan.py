"""The order of rows: each as often as it is to be seen, in batches that hold no more tokens than they may."""

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from moderation.training.encoder.plan import batches, passes_over

LENGTHS = st.lists(st.integers(1, 90), min_size=1, max_size=60)


@given(LENGTHS, st.integers(1, 200), st.integers(0, 9))
def test_batches_hold_all_rows_and_no_more_tokens_than_they_may(lengths: list[int], tokens: int, seed: int) -> None:
    order = np.arange(len(lengths))
    cut = batches(order, np.array(lengths), tokens, np.random.default_rng(seed))
    assert sorted(np.concatenate(cut).tolist()) == order.tolist()
    for batch in cut:
        assert len(batch) == 1 or len(batch) * max(lengths[k] for k in batch) <= tokens


@given(st.floats(0, 3), st.floats(0, 3), st.integers(0, 9))
def test_rows_are_seen_as_often_as_is_asked(one: float, two: float, seed: int) -> None:
    rows = [np.arange(10), np.arange(10, 30)]
    seen = passes_over(rows, [one, two], np.random.default_rng(seed))
    for own, times in zip(rows, (one, two), strict=True):
        counts = Counter(k for k in seen.tolist() if k in own)
        assert sum(counts.values()) == int(times) * len(own) + round(times % 1 * len(own))
        assert all(int(times) <= counts[k] <= int(times) + 1 for k in own.tolist())
