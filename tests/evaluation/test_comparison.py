import numpy as np
import pytest

from moderation.classifiers.base import ClassifierInfo
from moderation.errors import EvaluationError
from moderation.evaluation.comparison import Contender, compare, comparison_markdown
from moderation.evaluation.evaluate import Options
from moderation.evaluation.scoring import score_corpora

THRESHOLDS = {"hate": 0.5, "toxicity": 0.5}
QUICK = Options(resamples=100)


class Constant:
    info = ClassifierInfo("constant", "2", ("toxicity", "hate"), ("en",))

    def probabilities(self, texts):
        return np.full((len(texts), 2), 0.6, dtype=np.float32)


def contender(classifier, corpora):
    return Contender(classifier, THRESHOLDS, score_corpora(classifier, corpora))


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


def test_other_rows_and_no_shared_label_are_refused(word_weights, varied, make_corpus):
    other = make_corpus(["vile", "street"], "varied", hate=[1, 0])
    with pytest.raises(EvaluationError, match="different rows of varied"):
        compare(contender(word_weights, [varied]), contender(word_weights, [other]), QUICK)
    with pytest.raises(EvaluationError, match="nothing to compare"):
        compare(contender(word_weights, [varied]), contender(word_weights, []), QUICK)


def test_the_table_marks_what_is_clear(word_weights, varied):
    text = comparison_markdown(compare(contender(word_weights, [varied]), contender(Constant(), [varied]), QUICK))
    line = next(line for line in text.splitlines() if "| varied hate | auc |" in line)
    assert line.endswith("* |")
