import numpy as np
import pytest

from moderation.errors import EvaluationError
from moderation.evaluation.scoring import checked_thresholds, score_corpus, score_texts


def wrapped(classifier, answer):
    class Wrapped:
        info = classifier.info

        def probabilities(self, texts):
            return answer(classifier.probabilities(texts))

    return Wrapped()


def test_batches_join_into_one_table(word_weights, monkeypatch):
    texts = [f"vile {k}" if k % 2 else "street" for k in range(11)]
    whole = score_texts(word_weights, texts)
    monkeypatch.setattr("moderation.evaluation.scoring._BATCH", 3)
    np.testing.assert_array_equal(score_texts(word_weights, texts), whole)
    assert score_texts(word_weights, []).shape == (0, 2)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -0.01, 1.01])
def test_scores_that_are_no_probabilities_are_refused(word_weights, bad):
    def spoil(scores):
        scores[1, 0] = bad
        return scores

    with pytest.raises(EvaluationError, match=r"1 of 3 texts.*first: text 1"):
        score_texts(wrapped(word_weights, spoil), ["a", "b", "c"])


def test_a_wrong_shape_is_refused(word_weights):
    with pytest.raises(EvaluationError, match="shape"):
        score_texts(wrapped(word_weights, lambda scores: scores[:, 0]), ["a"])


def test_an_empty_corpus_is_refused(word_weights, make_corpus):
    with pytest.raises(EvaluationError, match="has no rows"):
        score_corpus(word_weights, make_corpus([], "nothing", hate=[]))


def test_thresholds_must_be_there_and_be_numbers(word_weights):
    assert checked_thresholds(word_weights, {"toxicity": 0.5, "hate": 1, "antisemitism": 0.3}) == {
        "hate": 1.0,
        "toxicity": 0.5,
    }
    for bad in ({"hate": 0.5}, {"hate": 0.5, "toxicity": 1.5}, {"hate": 0.5, "toxicity": float("nan")}):
        with pytest.raises(EvaluationError, match="toxicity has no threshold"):
            checked_thresholds(word_weights, bad)
