"""Calibration and thresholds on rows whose right answer is known."""

import numpy as np
import pytest

from moderation.training.calibrate import corpus_weights, fit_platt, threshold_for_precision


def drawn(n: int, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Return scores, and targets drawn with probability logistic(2 * score - 1)."""
    rng = np.random.default_rng(seed)
    scores = rng.normal(0, 1.5, n)
    return scores, (rng.random(n) < 1 / (1 + np.exp(-(2 * scores - 1)))).astype(np.float32)


def test_the_curve_that_made_the_rows_is_found() -> None:
    scores, target = drawn(40_000)
    platt = fit_platt(scores, target, np.ones(len(scores)))
    assert platt.slope == pytest.approx(2, rel=0.05)
    assert platt.intercept == pytest.approx(-1, abs=0.05)
    assert platt.rows == 40_000


def test_the_scale_of_the_scores_does_not_matter() -> None:
    scores, target = drawn(2000)
    one, other = (fit_platt(scores * k, target, np.ones(len(scores))) for k in (1.0, 1000.0))
    assert other.slope * 1000 == pytest.approx(one.slope, rel=1e-3)


def test_a_weight_of_two_is_a_row_twice() -> None:
    scores, target = drawn(500)
    twice = fit_platt(np.tile(scores, 2), np.tile(target, 2), np.ones(1000))
    weighted = fit_platt(scores, target, np.full(500, 2.0))
    assert weighted.slope == pytest.approx(twice.slope, rel=1e-3)
    assert weighted.intercept == pytest.approx(twice.intercept, abs=1e-3)


def test_scores_that_are_all_the_same_are_no_error() -> None:
    platt = fit_platt(np.zeros(20), np.array([1, 0] * 10, np.float32), np.ones(20))
    assert platt.intercept == pytest.approx(0, abs=1e-2)


def test_every_corpus_counts_the_same() -> None:
    corpora = np.array([0] * 90 + [1] * 10)
    weights = corpus_weights(corpora)
    assert weights[corpora == 0].sum() == pytest.approx(weights[corpora == 1].sum())
    assert weights.mean() == pytest.approx(1)


@pytest.mark.parametrize("precision", [0.3, 0.5, 0.8])
@pytest.mark.parametrize("prevalence", [0.05, 0.5])
def test_the_threshold_is_the_lowest_that_keeps_the_precision(precision: float, prevalence: float) -> None:
    scores, target = drawn(20_000)
    probabilities = 1 / (1 + np.exp(-scores))
    corpora = np.zeros(len(scores), np.int64)
    threshold = threshold_for_precision(probabilities, target, corpora, precision, prevalence)

    def standardised(t: float) -> float:
        hits = prevalence * (probabilities[target == 1] >= t).mean()
        return float(hits / (hits + (1 - prevalence) * (probabilities[target == 0] >= t).mean()))

    assert threshold < 1
    assert standardised(threshold) >= precision
    lower = np.quantile(probabilities, max(0.0, (probabilities < threshold).mean() - 0.02))
    if lower < threshold and (probabilities < threshold).any():
        assert standardised(lower) < precision + 0.01


def test_where_no_threshold_is_good_enough_nothing_is_flagged() -> None:
    rng = np.random.default_rng(5)
    probabilities, target = rng.random(1000), rng.integers(0, 2, 1000).astype(np.float32)
    assert threshold_for_precision(probabilities, target, np.zeros(1000, np.int64), 0.9, 0.1) == 1.0
