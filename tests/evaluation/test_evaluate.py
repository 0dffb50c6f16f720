import numpy as np
import pytest

from moderation.errors import EvaluationError
from moderation.evaluation.evaluate import Options, evaluate
from moderation.evaluation.measuring import NO_FLAG, NO_NEGATIVE, NO_POSITIVE
from moderation.evaluation.metrics import METRICS
from moderation.evaluation.suites import load_suite

THRESHOLDS = {"hate": 0.5, "toxicity": 0.5}
QUICK = Options(resamples=50)


def test_each_label_is_measured_on_the_rows_that_carry_it(word_weights, varied):
    (result,) = evaluate(word_weights, [varied], THRESHOLDS, QUICK).corpora
    hate, toxicity = result.labels
    assert (hate.label, hate.n, hate.positives) == ("hate", 400, int(np.nansum(varied.labels[:, 0])))
    assert (toxicity.label, toxicity.n) == ("toxicity", int((~np.isnan(varied.labels[:, 2])).sum()))
    assert hate.groups == 134
    assert set(hate.metrics) == set(METRICS)
    for each in hate.metrics.values():
        assert each.low <= each.high
    assert hate.metrics["auc"].low < hate.metrics["auc"].value < hate.metrics["auc"].high
    assert hate.metrics["auc"].value > 0.75


def test_twice_the_same(word_weights, varied):
    assert evaluate(word_weights, [varied], THRESHOLDS, QUICK) == evaluate(word_weights, [varied], THRESHOLDS, QUICK)


def test_a_corpus_is_measured_alike_alone_and_among_others(word_weights, varied, make_corpus):
    other = make_corpus(["vile", "street"], "another", hate=[1, 0])
    alone = evaluate(word_weights, [varied], THRESHOLDS, QUICK).corpora
    among = evaluate(word_weights, [varied, other], THRESHOLDS, QUICK).corpora
    assert [c.name for c in among] == ["another", "varied"]
    assert among[1] == alone[0]


def test_benign_rows_only_give_a_false_positive_rate_and_reasons(word_weights, make_corpus):
    corpus = make_corpus(["vile", *["street"] * 9], hate=[0] * 10)
    (result,) = evaluate(word_weights, [corpus], THRESHOLDS, QUICK).corpora
    metrics = result.labels[0].metrics
    assert metrics["false_positive_rate"].value == pytest.approx(0.1)
    assert {name for name, each in metrics.items() if each.reason == NO_POSITIVE} == {
        "auc",
        "average_precision",
        "f1",
        "precision",
        "recall",
    }
    assert all(metrics[name].value is None for name in ("auc", "f1", "recall"))


def test_positive_rows_only(word_weights, make_corpus):
    corpus = make_corpus(["vile one", "vile two", "street"], hate=[1, 1, 1])
    metrics = evaluate(word_weights, [corpus], THRESHOLDS, QUICK).corpora[0].labels[0].metrics
    assert metrics["auc"].reason == metrics["false_positive_rate"].reason == NO_NEGATIVE
    assert metrics["recall"].value == pytest.approx(2 / 3)


def test_nothing_flagged_leaves_precision_undefined(word_weights, make_corpus):
    corpus = make_corpus(["street", "vote"], hate=[1, 0])
    metrics = evaluate(word_weights, [corpus], THRESHOLDS, QUICK).corpora[0].labels[0].metrics
    assert metrics["precision"].reason == NO_FLAG
    assert metrics["f1"].value == 0


def test_no_flag_at_all_is_not_certainty(word_weights, make_corpus):
    corpus = make_corpus([f"street {k}" for k in range(100)], hate=[0] * 100)
    rate = evaluate(word_weights, [corpus], THRESHOLDS, QUICK).corpora[0].labels[0].metrics["false_positive_rate"]
    assert (rate.value, rate.low) == (0, 0)
    assert 0.03 < rate.high < 0.04


def test_an_unlabelled_corpus_gives_flag_rates(word_weights, make_corpus):
    corpus = make_corpus(["vile", "awful", "vile awful", "street"])
    (result,) = evaluate(word_weights, [corpus], THRESHOLDS, QUICK).corpora
    assert result.labels == ()
    assert {name: each.value for name, each in result.flag_rates.items()} == {"hate": 0.5, "toxicity": 0.5, "any": 0.75}


def test_a_score_at_the_threshold_is_flagged(word_weights, make_corpus):
    corpus = make_corpus(["vile", "street"], hate=[1, 0])
    score = float(word_weights.probabilities(["vile"])[0, 0])
    rates = evaluate(word_weights, [corpus], {"hate": score, "toxicity": 1}, QUICK).corpora[0].flag_rates
    assert rates["hate"].value == 0.5


def test_nothing_to_evaluate_on_is_refused(word_weights):
    with pytest.raises(EvaluationError, match="no corpus and no suite"):
        evaluate(word_weights, [], THRESHOLDS)


def test_a_suite_is_decided_at_the_threshold_of_its_label(word_weights, tmp_path):
    path = tmp_path / "made.csv"
    path.write_text("functionality,test_case,label_gold\na,vile one,hateful\na,street,hateful\nb,vote,non-hateful\n")
    suites = [load_suite(path), load_suite("antisemitismcheck")]
    (result,) = evaluate(word_weights, [], THRESHOLDS, QUICK, suites).suites  # no label antisemitism, so no such suite
    assert (result.label, result.overall.correct, result.overall.n) == ("hate", 2, 3)
    assert [part.name for part in result.functionalities] == ["a", "b"]
