"""Fitting one label's weights: logistic regression on features scaled by how much they tell."""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class FitOptions:
    """`inverse_penalty` is scikit-learn's C; `most_iterations` bounds L-BFGS; `smoothing` is added to the counts of
    the ratio; `synthetic` is what a row that was written for the project weighs beside one that people posted.
    """

    synthetic: float = 0.4
    inverse_penalty: float = 1.0
    most_iterations: int = 100
    smoothing: float = 1.0


def fit_label(
    features: Any,
    target: NDArray[np.float32],
    corpora: NDArray[np.int64],
    importance: NDArray[np.float32],
    options: FitOptions,
) -> NDArray[np.float32]:
    """Return the weights (columns,) of one label, trained on CSR `features` (n, columns) and `target` (n,) of 0 and
    1, of which each row counts as much as its `importance` (n,) says.

    Features are scaled by `informativeness` before the regression, so that the penalty falls on what tells little.
    Each corpus (`corpora` (n,) numbers them) has an intercept of its own: corpora differ in how common the label is,
    and the words of a corpus must not be paid for that. The intercepts are left out of the result; calibration finds
    the one that is used.
    """
    from scipy.sparse import csr_matrix, hstack
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    scale = informativeness(features, target, options.smoothing)
    scaled = features.copy()
    scaled.data *= scale[scaled.indices]
    rows = np.arange(len(target))
    intercepts = csr_matrix(
        (np.ones(len(target), np.float32), (rows, corpora)), shape=(len(target), int(corpora.max()) + 1)
    )
    model = LogisticRegression(C=options.inverse_penalty, max_iter=options.most_iterations, tol=1e-4)
    with warnings.catch_warnings():  # the bound on iterations is chosen: later ones change no figure
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(hstack([scaled, intercepts], format="csr"), target, sample_weight=importance)
    weights: NDArray[np.float32] = (model.coef_[0, : features.shape[1]] * scale).astype(np.float32)
    return weights


def informativeness(features: Any, target: NDArray[np.float32], smoothing: float) -> NDArray[np.float32]:
    """Return how much each feature tells, float32 (columns,): |log(P(feature | positive) / P(feature | negative))|,
    from smoothed counts (after Wang and Manning 2012, "Baselines and Bigrams"), times the square root of its inverse
    document frequency (Spärck Jones 1972), which is 1 on average.
    """
    counts = [
        np.bincount(features[np.flatnonzero(target == side)].indices, minlength=features.shape[1])
        for side in (1.0, 0.0)
    ]
    shares = [(count + smoothing) / (count + smoothing).sum() for count in counts]
    total = counts[0] + counts[1]
    rarity = np.log((1 + features.shape[0]) / (1 + np.minimum(total, features.shape[0])))
    rarity /= np.average(rarity, weights=total)
    scale: NDArray[np.float32] = (np.abs(np.log(shares[0] / shares[1])) * np.sqrt(rarity)).astype(np.float32)
    return scale


def quantised(weights: NDArray[np.float32]) -> tuple[NDArray[np.int8], float]:
    """Return int8 weights and the factor that gives the real ones back. The largest 1 in 100,000 are cut off.

    A few extreme weights would otherwise leave the others, which do the work, only a handful of steps.
    """
    used = np.abs(weights[weights != 0])
    top = float(np.quantile(used, 0.99999)) if len(used) else 1.0
    step = top / 127 if top > 0 else 1.0
    return np.clip(np.rint(weights / step), -127, 127).astype(np.int8), step
