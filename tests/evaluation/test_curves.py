import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.evaluation.curves import (
    curves,
    precision_recall,
    reliability,
    threshold_for_precision,
    threshold_for_workload,
)
from moderation.evaluation.metrics import Rows

some_rows = st.lists(
    st.tuples(st.integers(0, 1), st.sampled_from([0.0, 0.2, 0.3, 0.55, 0.6, 0.9, 1.0])), min_size=1, max_size=60
).map(lambda table: Rows(np.array([y for y, _ in table], float), np.array([s for _, s in table]), 0.5))


@given(some_rows)
def test_reliability_bins_hold_every_row_once(rows):
    bins = reliability(rows, 5)
    assert sum(each.n for each in bins) == len(rows.labels)
    assert sum(each.n * each.share for each in bins) == pytest.approx(rows.labels.sum())
    assert [each.score for each in bins] == sorted(each.score for each in bins)
    assert all(each.low <= each.share <= each.high for each in bins)


@given(some_rows)
def test_points_of_the_curve_are_what_their_thresholds_give(rows):
    points = precision_recall(rows)
    assert bool(points) == bool(rows.labels.any())
    for point in points:
        flags = rows.scores >= point.threshold
        assert point.precision == pytest.approx(rows.labels[flags].mean())
        assert point.recall == pytest.approx(rows.labels[flags].sum() / rows.labels.sum())
    if points:
        assert points[-1].recall == 1


@given(some_rows, st.sampled_from([0.3, 0.5, 0.8, 1.0]))
def test_the_threshold_for_a_precision_is_the_lowest_that_reaches_it(rows, wanted):
    def reaches(t):
        flags = rows.scores >= t
        return rows.labels[flags].mean() >= wanted - 1e-12

    reaching = [t for t in set(rows.scores.tolist()) if reaches(t)] if rows.labels.any() else []
    assert threshold_for_precision(rows, wanted) == (min(reaching) if reaching else None)


@given(some_rows, st.sampled_from([0.01, 0.1, 0.5, 1.0]))
def test_the_threshold_for_a_workload_is_the_lowest_that_keeps_within_it(rows, share):
    allowed = [t for t in set(rows.scores.tolist()) if (rows.scores >= t).mean() <= share]
    assert threshold_for_workload(rows.scores, share) == (min(allowed) if allowed else None)


def test_a_long_curve_is_thinned_and_keeps_its_ends():
    rng = np.random.default_rng(4)
    rows = Rows((rng.random(5000) < 0.4).astype(float), rng.random(5000), 0.5)
    points = precision_recall(rows)
    assert len(points) <= 200
    assert points[-1].recall == 1
    assert points[0].threshold > 0.99


def test_the_table_names_the_shipped_threshold_and_those_looked_for():
    rows = Rows(np.array([0.0, 0, 1, 0, 1, 1]), np.array([0.1, 0.2, 0.3, 0.4, 0.8, 0.9]), 0.37)
    table = curves(rows, 3).thresholds
    named = {row.wanted: row for row in table if row.wanted}
    assert named["shipped"].threshold == 0.37
    assert named["precision 0.9"].threshold == 0.8
    assert named["precision 0.9"].recall == pytest.approx(2 / 3)
    assert "flags 10 %" not in named  # the highest score alone flags a sixth
    assert [row.threshold for row in table] == sorted(row.threshold for row in table)
