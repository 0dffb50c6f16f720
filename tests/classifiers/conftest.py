import numpy as np
import pytest

from moderation.classifiers.base import ClassifierInfo
from moderation.classifiers.ngram import NgramClassifier, Weights

BITS = 10


@pytest.fixture(scope="session")
def classifier() -> NgramClassifier:
    """Return a classifier with drawn weights: every slot of its small table counts for something."""
    rng = np.random.default_rng(11)
    weights = Weights(
        rng.integers(-127, 128, (1 << BITS, 3), dtype=np.int8),
        rng.uniform(0.005, 0.05, (2, 3)),
        rng.uniform(-1, 1, 3),
    )
    return NgramClassifier(ClassifierInfo("drawn", "1", ("hate", "antisemitism", "toxicity"), ("en",)), weights)
