"""Fitting one label: what tells gets weight, and the export to small integers loses little."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from moderation.training.fit import FitOptions, fit_label, informativeness, quantised


def rows(n: int = 400) -> tuple[csr_matrix, np.ndarray]:
    """Return features of which the first makes positive, the second negative, the third nothing."""
    rng = np.random.default_rng(1)
    target = rng.integers(0, 2, n).astype(np.float32)
    dense = np.stack(
        [target * (rng.random(n) < 0.8), (1 - target) * (rng.random(n) < 0.8), rng.random(n) < 0.5, np.zeros(n)], axis=1
    )
    return csr_matrix(dense.astype(np.float32)), target


def test_weights_have_the_sign_of_what_a_feature_tells() -> None:
    features, target = rows()
    weights = fit_label(
        features, target, np.zeros(len(target), np.int64), np.ones(len(target), np.float32), FitOptions()
    )
    assert weights[0] > 0.5 and weights[1] < -0.5
    assert abs(weights[2]) < 0.1
    assert weights[3] == 0


def test_a_common_corpus_does_not_pay_with_its_words() -> None:
    # Corpus 1 is all but always positive and marked by feature 2: its own intercept takes that, not the feature.
    features, target = rows(2000)
    corpora = np.array([0, 1] * 1000)
    target = np.where(corpora == 1, (np.arange(2000) % 20 != 1).astype(np.float32), target)
    marked = features.tolil()
    marked[:, 2] = corpora[:, None].astype(np.float32)
    shared = fit_label(marked.tocsr(), target, np.zeros(2000, np.int64), np.ones(2000, np.float32), FitOptions())
    own = fit_label(marked.tocsr(), target, corpora, np.ones(len(target), np.float32), FitOptions())
    assert abs(own[2]) < 0.7 * abs(shared[2])


def test_what_tells_more_scales_more() -> None:
    features, target = rows()
    scale = informativeness(features, target, 1.0)
    assert (scale >= 0).all() and np.isfinite(scale).all()
    assert scale[0] > 3 * scale[2]


@given(st.lists(st.floats(-1e4, 1e4, width=32), max_size=50))
def test_small_integers_give_the_weights_back(values: list[float]) -> None:
    weights = np.array(values, np.float32)
    table, step = quantised(weights)
    assert table.dtype == np.int8 and step > 0
    assert (table > -128).all()
    top = np.quantile(np.abs(weights[weights != 0]), 0.99999) if (weights != 0).any() else 0
    kept = np.clip(weights.astype(np.float64), -top, top)
    np.testing.assert_allclose(table * step, kept, atol=step * 0.51)


def test_a_row_counts_as_much_as_its_importance() -> None:
    features = csr_matrix(np.array([[1, 0], [1, 0], [1, 0], [0, 1], [0, 1], [0, 1]] * 20, np.float32))
    target = np.array([1, 1, 0, 1, 0, 0] * 20, np.float32)  # the first feature is positive two times in three
    corpora = np.zeros(120, np.int64)
    alike = fit_label(features, target, corpora, np.ones(120, np.float32), FitOptions())
    assert alike[0] > 0 > alike[1]
    importance = np.array([1, 1, 9, 9, 1, 1] * 20, np.float32)  # the exceptions count more than the rule
    turned = fit_label(features, target, corpora, importance, FitOptions())
    assert turned[0] < 0 < turned[1]
