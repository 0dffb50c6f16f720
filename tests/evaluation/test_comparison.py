import numpy as np
import pytest

from moderation.classifiers.base import ClassifierInfo
from moderation.evaluation.comparison import compare
from moderation.evaluation.contenders import Contender, Scored
from moderation.evaluation.evaluate import Options
from moderation.evaluation.scoring import score_corpora

THRESHOLDS = {"hate": 0.5, "toxicity": 0.5}
QUICK = Options(resamples=100)


class Constant:
    info = ClassifierInfo("constant", "2", ("toxicity", "hate"), ("en",))

    def probabilities(self, texts):
        return np.full((len(texts), 2), 0.6, dtype=np.float32)


def contender(classifier, corpora):
    name = classifier.info.name
    return Scored(Contender(name, classifier, THRESHOLDS), score_corpora(classifier, corpora))


def test_a_classifier_differs_from_itself_in_nothing(word_weights, varied):
    one = contender(word_weights, [varied])
    for each in compare(one, one, QUICK).differences:
        assert (each.difference.value, each.difference.low, each.difference.high) == (0, 0, 0)
        assert not each.clear


def test_differences_are_second_less_first_and_turn_with_the_order(word_weights, varied):
    one, other = contender(word_weights, [varied]), contender(Constant(), [varied])
    there = {(d.label, d.metric): d for d in compare(one, other, QUICK).differences}
    back = {(d.label, d.metric): d for d in compare(other, one, QUICK).differences}
    auc = there["hate", "auc"]
    assert (auc.second, auc.clear) == (0.5, True)
    assert auc.difference.value == pytest.approx(0.5 - auc.first)
    assert auc.difference.low < auc.difference.value < auc.difference.high < 0
    for key, each in there.items():
        assert each.difference.value == pytest.approx(-back[key].difference.value)
        assert each.difference.low == pytest.approx(-back[key].difference.high)


def test_rows_that_one_of_them_did_not_judge_are_left_out(word_weights, varied):
    """A difference on the rows of both is what a comparison of two that judged no others gives."""
    gone = np.arange(400) % 5 == 0
    part = varied.without(gone, "refused")
    found = compare(contender(word_weights, [varied]), contender(Constant(), [part]), QUICK)
    assert found == compare(contender(word_weights, [part]), contender(Constant(), [part]), QUICK)
    assert {d.n for d in found.differences if d.label == "hate"} == {320}


def test_nothing_shared_is_no_difference(word_weights, varied):
    assert compare(contender(word_weights, [varied]), contender(word_weights, []), QUICK).differences == ()
