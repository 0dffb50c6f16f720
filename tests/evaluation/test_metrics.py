import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sk

from moderation.evaluation.metrics import (
    METRICS,
    Rows,
    calibration,
    calibration_noise,
    equal_mass_bins,
    measure,
    ranking,
)

# Few distinct scores, so that ties abound; float32, as classifiers give them.
scores = st.sampled_from([0.0, 0.1, 0.25, 0.3, 0.5, 0.75, 0.9, 1.0]).map(lambda x: float(np.float32(x)))
rows = st.lists(st.tuples(st.integers(0, 1), scores, st.integers(0, 4)), min_size=2, max_size=60)


def split(table):
    labels, values, weights = (np.array(column, dtype=np.float64) for column in zip(*table, strict=True))
    return labels, values, weights


def both_classes(labels, weights):
    return 0 < (labels * weights).sum() < weights.sum()


@given(rows)
def test_agrees_with_scikit_learn_on_weighted_rows(table):
    labels, values, weights = split(table)
    if not both_classes(labels, weights):
        return
    flags = values >= 0.5
    got = {name: value[0] for name, value in measure(Rows(labels, values, 0.5), weights[None], 15).items()}
    assert set(got) == set(METRICS)
    assert got["auc"] == pytest.approx(sk.roc_auc_score(labels, values, sample_weight=weights))
    assert got["average_precision"] == pytest.approx(sk.average_precision_score(labels, values, sample_weight=weights))
    assert got["brier"] == pytest.approx(sk.brier_score_loss(labels, values, sample_weight=weights, pos_label=1))
    precision, recall, f1, _ = sk.precision_recall_fscore_support(
        labels, flags, average="binary", sample_weight=weights, zero_division=np.nan
    )
    if (flags * weights).sum() > 0:
        assert got["precision"] == pytest.approx(precision)
        assert got["f1"] == pytest.approx(f1)
    else:
        assert np.isnan(got["precision"])
        assert got["f1"] == 0
    assert got["recall"] == pytest.approx(recall)
    assert got["flag_rate"] == pytest.approx(np.average(flags, weights=weights))
    assert got["false_positive_rate"] == pytest.approx(np.average(flags[labels == 0], weights=weights[labels == 0]))


@given(rows)
def test_rows_are_measured_alike_alone_and_in_a_block_of_weights(table):
    labels, values, weights = split(table)
    block = np.stack([weights, np.ones_like(weights), weights * 2])
    together = measure(Rows(labels, values, 0.5), block, 15)
    for k in range(3):
        alone = measure(Rows(labels, values, 0.5), block[k : k + 1], 15)
        for name in METRICS:
            np.testing.assert_allclose(together[name][k], alone[name][0], rtol=1e-12)


@given(rows)
def test_a_monotone_map_leaves_the_ranking_as_it_is(table):
    labels, values, weights = split(table)
    before, after = (ranking(labels, x, weights[None]) for x in (values, values**3 / 2 - 7))
    np.testing.assert_array_equal(before["auc"], after["auc"])
    np.testing.assert_array_equal(before["average_precision"], after["average_precision"])


@given(rows)
def test_swapped_labels_mirror_the_area(table):
    labels, values, weights = split(table)
    area, mirrored = (ranking(x, values, weights[None])["auc"][0] for x in (labels, 1 - labels))
    if both_classes(labels, weights):
        assert area == pytest.approx(1 - mirrored)
    else:
        assert np.isnan(area)
        assert np.isnan(mirrored)


def test_one_class_leaves_undefined_what_it_cannot_tell():
    found = measure(Rows(np.zeros(4), np.array([0.1, 0.2, 0.6, 0.7]), 0.5), np.ones((1, 4)), 15)
    assert {name for name in METRICS if np.isnan(found[name][0])} == {
        "auc",
        "average_precision",
        "f1",
        "precision",
        "recall",
    }
    assert found["false_positive_rate"][0] == 0.5


def test_calibration_error_worked_by_hand():
    # Two bins of three: means 0.2 and 0.8 against shares 1/3 and 2/3, so (3 * 0.1333 + 3 * 0.1333) / 6.
    values = np.array([0.1, 0.2, 0.3, 0.7, 0.8, 0.9])
    labels = np.array([0.0, 0.0, 1.0, 1.0, 1.0, 0.0])
    found = calibration(Rows(labels, values, 0.5), np.ones((1, 6)), 2)
    assert found["ece"][0] == pytest.approx((0.4 / 3 + 0.4 / 3) / 2)
    assert found["brier"][0] == pytest.approx((0.01 + 0.04 + 0.49 + 0.09 + 0.04 + 0.81) / 6)


@given(st.lists(scores, min_size=1, max_size=80), st.integers(1, 20))
def test_bins_rise_with_the_scores_and_never_part_equals(values, bins):
    values = np.sort(np.array(values))
    found = equal_mass_bins(values, bins)
    assert found.min() >= 0
    assert found.max() < bins
    assert (np.diff(found) >= 0).all()
    assert all(len(set(found[values == x])) == 1 for x in values)


def test_bins_of_distinct_scores_have_equal_mass():
    found = equal_mass_bins(np.random.default_rng(1).permutation(150) / 150, 15)
    assert np.bincount(found).tolist() == [10] * 15


def test_calibration_noise_is_what_perfect_calibration_shows():
    rng = np.random.default_rng(5)
    values = rng.beta(1, 3, 2000)
    shown = [
        calibration(Rows((rng.random(2000) < values).astype(float), values, 0.5), np.ones((1, 2000)), 15)["ece"][0]
        for _ in range(200)
    ]
    assert calibration_noise(values, 15) == pytest.approx(np.mean(shown), rel=0.05)
