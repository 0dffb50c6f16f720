"""The baseline that everybody builds: TF-IDF of words and characters with logistic regression, by scikit-learn."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation.classifiers.base import ClassifierInfo
from moderation.corpora import Corpus, load_corpora
from moderation.corpora.sketch import sketch_of
from moderation.errors import EvaluationError, MissingExtra
from moderation.evaluation.contenders import Contender
from moderation.labels import LABEL_NAMES

_LARGEST = {"word": 100_000, "char_wb": 200_000}
_FEWEST = 10


class TfidfClassifier:
    """Words and pairs of words, runs of 2 to 5 characters within words; a logistic regression a label.

    Nothing of it is tuned and no text is normalised but for case. Its probabilities are the regression's own.
    """

    def __init__(
        self, labels: tuple[str, ...], languages: tuple[str, ...], features: Any, models: Sequence[Any]
    ) -> None:
        import sklearn

        self.info = ClassifierInfo("tfidf", f"scikit-learn {sklearn.__version__}", labels, languages)
        self._features = features
        self._models = models

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return probabilities, float32 (n, labels)."""
        if not texts:
            return np.empty((0, len(self.info.labels)), np.float32)
        rows = self._features.transform([_encodable(text) for text in texts])
        return np.stack([model.predict_proba(rows)[:, 1] for model in self._models], axis=1).astype(np.float32)


def make(directory: Path) -> Contender:
    """Train the baseline on the train and calibration parts of the corpora that may train.

    Raises MissingExtra without the extra "train", CorpusError for corpora that cannot be used, EvaluationError where
    they hold too little.
    """
    corpora = load_corpora(directory, for_training=True)
    return fitted(corpora)


def fitted(corpora: Sequence[Corpus]) -> Contender:
    """Train the baseline on what is not in the validation part of `corpora`."""
    try:
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_union
    except ImportError:
        raise MissingExtra("The peer tfidf", "train") from None
    used = [[part != "validation" for part in corpus.split] for corpus in corpora]
    texts, prints = (
        [
            value
            for c, mask in zip(corpora, used, strict=True)
            for value, use in zip(getattr(c, name), mask, strict=True)
            if use
        ]
        for name in ("texts", "fingerprints")
    )
    labels = np.concatenate([c.labels[np.array(mask, dtype=bool)] for c, mask in zip(corpora, used, strict=True)])
    learned = [
        k for k in range(len(LABEL_NAMES)) if min((labels[:, k] == 1).sum(), (labels[:, k] == 0).sum()) >= _FEWEST
    ]
    if not learned:
        raise EvaluationError(
            "The peer tfidf has nothing to train on: no label has 10 rows of either kind. Add corpora."
        )
    features = make_union(
        *(
            TfidfVectorizer(
                analyzer=analyzer,
                ngram_range=sizes,
                sublinear_tf=True,
                max_features=_LARGEST[analyzer],
                dtype=np.float32,
            )
            for analyzer, sizes in (("word", (1, 2)), ("char_wb", (2, 5)))
        )
    )
    rows = features.fit_transform([_encodable(text) for text in texts]).tocsr()
    models = []
    for k in learned:
        known = np.flatnonzero(~np.isnan(labels[:, k]))
        with warnings.catch_warnings():  # the bound on iterations is scikit-learn's own
            warnings.simplefilter("ignore", ConvergenceWarning)
            models.append(LogisticRegression().fit(rows[known], labels[known, k]))
    names = tuple(LABEL_NAMES[k] for k in learned)
    languages = tuple(sorted({c.spec.language for c in corpora}))
    return Contender(
        "tfidf",
        TfidfClassifier(names, languages, features, models),
        dict.fromkeys(names, 0.5),
        record=sketch_of(prints),
        notes=(f"Trained in this run on {len(texts):,} rows: the train and calibration parts. Flags at 0.5.",),
    )


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
