from functools import partial

import numpy as np
import pytest

from moderation.evaluation.bootstrap import (
    Estimate,
    Resampling,
    draws,
    estimates,
    group_numbers,
    interval,
    resampled_weights,
    widened,
    wilson,
)
from moderation.evaluation.metrics import Rows, decision, measure


def mean_of(values):
    return lambda weights: {"mean": weights @ values / weights.sum(axis=1)}


def test_groups_are_drawn_whole_and_as_often_as_there_are_groups():
    groups = group_numbers(["a", "b", "a", "c", "b", "a"])
    assert groups.tolist() == [0, 1, 0, 2, 1, 0]
    weights = np.concatenate(list(resampled_weights(groups, Resampling(300))))
    assert weights.shape == (300, 6)
    for group in range(3):
        columns = weights[:, groups == group]
        assert (columns == columns[:, :1]).all()
    first_of_each = weights[:, [0, 1, 3]]
    assert (first_of_each.sum(axis=1) == 3).all()


def test_blocks_do_not_change_what_is_drawn(monkeypatch):
    groups = np.arange(50)
    whole = np.concatenate(list(resampled_weights(groups, Resampling(40))))
    monkeypatch.setattr("moderation.evaluation.bootstrap._CELLS", 7 * 50)
    parts = list(resampled_weights(groups, Resampling(40)))
    assert [len(part) for part in parts] == [7, 7, 7, 7, 7, 5]
    np.testing.assert_array_equal(whole, np.concatenate(parts))


def test_same_seed_same_interval_and_another_salt_another():
    values = np.random.default_rng(0).random(80)
    groups = np.arange(80)
    one, same, other = (estimates(mean_of(values), groups, Resampling(salt=salt))["mean"] for salt in ("a", "a", "b"))
    assert one == same
    assert (one.low, one.high) != (other.low, other.high)
    assert one.value == other.value


def test_the_interval_of_a_mean_is_that_of_the_normal_distribution():
    values = np.random.default_rng(3).normal(size=4000)
    found = estimates(mean_of(values), np.arange(4000), Resampling())["mean"]
    half = 1.96 * values.std() / np.sqrt(4000)
    assert (found.low, found.high) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.15 * half)


def test_rows_that_hang_together_widen_the_interval():
    values = np.repeat(np.random.default_rng(3).random(40), 25)
    loose = estimates(mean_of(values), np.arange(1000), Resampling())["mean"]
    tied = estimates(mean_of(values), np.repeat(np.arange(40), 25), Resampling())["mean"]
    assert tied.high - tied.low > 4 * (loose.high - loose.low)


def test_one_group_has_no_interval():
    found = estimates(mean_of(np.array([1.0, 2.0])), np.array([0, 0]), Resampling())["mean"]
    assert (found.value, found.low, found.high) == (1.5, None, None)


def test_no_interval_where_many_resamples_are_undefined():
    assert interval(np.array([np.nan] * 20 + [0.5] * 80)) == (None, None)
    assert interval(np.array([np.nan] * 5 + [0.5] * 95)) == (0.5, 0.5)


def test_calibration_interval_covers_the_truth_where_the_classifier_is_calibrated():
    rng = np.random.default_rng(11)
    values = rng.random(1500)
    rows = Rows((rng.random(1500) < values).astype(float), values, 0.5)
    found = estimates(lambda weights: measure(rows, weights, 15), np.arange(1500), Resampling(300))["ece"]
    assert found.low == 0
    assert found.high < found.value  # what it shows is noise, and the interval says so


def test_wilson_agrees_with_the_published_formula():
    # Newcombe (1998), Two-sided confidence intervals for the single proportion, table I: 81 of 263 and 0 of 20.
    assert wilson(81 / 263, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(0.0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)


def test_a_share_of_none_gets_an_interval_with_width():
    groups, asked = np.array([0, 0, 1, 2]), np.array([True, True, True, False])
    assert widened(Estimate(0.0, 0.0, 0.0), groups, asked) == Estimate(0.0, *wilson(0.0, 2))
    assert widened(Estimate(0.5, 0.1, 0.9), groups, asked) == Estimate(0.5, 0.1, 0.9)
    assert widened(Estimate(None), groups, ~asked & asked) == Estimate(None)


def test_draws_of_two_classifiers_on_the_same_rows_are_paired():
    labels, values = np.array([0.0, 1.0] * 30), np.random.default_rng(2).random(60)
    groups = np.arange(60)
    rows = [Rows(labels, values, 0.4), Rows(labels, values / 2, 0.2)]
    one, same = (draws(partial(decision, each), groups, Resampling(50))["recall"] for each in rows)
    np.testing.assert_array_equal(one, same)
