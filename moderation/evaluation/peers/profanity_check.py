"""alt-profanity-check: a linear SVM over word counts, a popular filter (https://pypi.org/project/alt-profanity-check)."""

from collections.abc import Sequence
from importlib.metadata import version

import numpy as np
from numpy.typing import NDArray

from moderation.classifiers.base import ClassifierInfo
from moderation.errors import MissingExtra
from moderation.evaluation.contenders import Contender

NAME = "alt-profanity-check"


class ProfanityCheck:
    """Its `predict_prob` as the label toxicity, which is what it was trained on."""

    def __init__(self) -> None:
        try:
            from profanity_check import predict_prob
        except ImportError:
            raise MissingExtra("The peer alt-profanity-check", "peers") from None
        self._predict = predict_prob
        self.info = ClassifierInfo(NAME, version(NAME), ("toxicity",), ("en",))

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return its probabilities, float32 (n, 1)."""
        if not texts:
            return np.empty((0, 1), np.float32)
        result: NDArray[np.float32] = np.asarray(self._predict(list(texts)), np.float32)[:, None]
        return result


def make() -> Contender:
    """Return the peer. Raises MissingExtra without the extra "peers"."""
    classifier = ProfanityCheck()
    return Contender(
        f"{NAME} {classifier.info.version}",
        classifier,
        {"toxicity": 0.5},
        notes=(
            "Flags at 0.5. Trained on the tweets of the corpus davidson and on Jigsaw's Wikipedia comments: its "
            "figures on davidson and wiki_cat are partly on what trained it.",
        ),
    )
