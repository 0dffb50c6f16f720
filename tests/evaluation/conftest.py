from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np
import pytest

from moderation.classifiers.base import ClassifierInfo
from moderation.corpora import Corpus, CorpusSpec
from moderation.corpora.copies import fingerprints
from moderation.labels import LABEL_NAMES
from moderation.types import Span


class WordWeights:
    """A classifier made for the tests: harmless words add to the logit of a label."""

    info = ClassifierInfo("word-weights", "1", ("hate", "toxicity"), ("en",))
    weights: ClassVar = {"vile": (3.0, 1.0), "awful": (0.5, 3.0), "group": (0.8, 0.0), "lovely": (-2.0, -2.0)}
    intercept = -2.0

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        logits = [
            np.sum([self.weights.get(word, (0.0, 0.0)) for word in text.split()], axis=0) + self.intercept
            if text.split()
            else np.full(2, self.intercept)
            for text in texts
        ]
        return (1 / (1 + np.exp(-np.array(logits).reshape(-1, 2)))).astype(np.float32)

    def explain(self, text: str) -> tuple[Span, ...]:
        spans = []
        for word in self.weights.keys() & set(text.split()):
            start = text.index(word)
            for label, weight in zip(self.info.labels, self.weights[word], strict=True):
                spans.append(Span(start, start + len(word), label, weight))
        return tuple(spans)


def corpus_of(texts: Sequence[str], name: str = "small", **values: Any) -> Corpus:
    """Make a corpus; a label given as keyword is a column of 1, 0 or None."""
    columns = {label: values.pop(label) for label in LABEL_NAMES if label in values}
    n = len(texts)
    labels = np.full((n, len(LABEL_NAMES)), np.nan, dtype=np.float32)
    for label, column in columns.items():
        labels[:, LABEL_NAMES.index(label)] = [np.nan if value is None else value for value in column]
    spec = CorpusSpec(
        name=name,
        title=f"The corpus {name}",
        file=f"{name}.jsonl",
        source="https://example.org",
        licence="CC0-1.0",
        citation="None.",
        language="en",
        may_train=values.pop("may_train", True),
        labels={label: "offensive" if label == "toxicity" else label for label in columns},
        splits={},
    )
    standard = {
        "ids": [f"{name}:{k}" for k in range(n)],
        "groups": [str(k) for k in range(n)],
        "split": ["validation"] * n,
        "targets": [()] * n,
        "meta": [{} for _ in range(n)],
        "fingerprints": fingerprints(texts),
        "drops": Counter({"copy": 2}),
        "rows_in": n + 2,
        "sha256": "0" * 64,
    }
    return Corpus(spec=spec, texts=list(texts), labels=labels, **(standard | values))


@pytest.fixture
def word_weights() -> WordWeights:
    return WordWeights()


@pytest.fixture
def make_corpus() -> Callable[..., Corpus]:
    return corpus_of


@pytest.fixture
def varied(make_corpus: Callable[..., Corpus]) -> Corpus:
    """Return 400 rows with and without the words that the classifier knows, labelled with some noise."""
    rng = np.random.default_rng(7)
    words = np.array(["vile", "awful", "group", "lovely", "street", "weather", "vote", "match"])
    texts, hate, toxicity = [], [], []
    for k in range(400):
        chosen = rng.choice(words, 4)
        texts.append(" ".join([*chosen, f"n{k}"]))
        hate.append(int(("vile" in chosen) != (rng.random() < 0.15)))
        toxicity.append(None if k % 7 == 0 else int(("awful" in chosen) != (rng.random() < 0.2)))
    return make_corpus(texts, "varied", hate=hate, toxicity=toxicity, groups=[str(k // 3) for k in range(400)])
