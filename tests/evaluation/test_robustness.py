import numpy as np
import pytest

from moderation.evaluation.bootstrap import Resampling
from moderation.evaluation.robustness import MOST, measure_clean, measure_robustness
from moderation.evaluation.scoring import score_corpus

THRESHOLDS = {"hate": 0.5, "toxicity": 0.5}
QUICK = Resampling(30)


def test_what_is_lost_is_what_the_classifier_no_longer_finds(word_weights, make_corpus):
    texts = [f"vile {k}" for k in range(20)] + [f"street {k}" for k in range(20)]
    corpus = make_corpus(texts, hate=[1] * 20 + [0] * 20)
    (result,) = measure_robustness(word_weights, score_corpus(word_weights, corpus), THRESHOLDS, QUICK)
    attacks = {each.attack: each for each in result.attacks}
    assert (result.positives, result.negatives, result.recall) == (20, 20, 1.0)
    assert attacks["leet"].recall_lost.value == 1.0  # the classifier of the tests knows whole words only
    assert attacks["benign padding"].recall_lost.value == 0.0
    assert attacks["upper case"].recall.value == 0.0
    assert attacks["leet"].false_positives_gained.value == 0.0
    assert result.attacks[0].recall_lost.value == 1.0


def test_differences_are_paired(word_weights, varied):
    scored = score_corpus(word_weights, varied)
    for result in measure_robustness(word_weights, scored, THRESHOLDS, QUICK):
        for attack in result.attacks:
            assert attack.recall_lost.value == pytest.approx(result.recall - attack.recall.value)
            if attack.attack == "benign padding":
                assert attack.recall_lost.value == 0


def test_the_sample_is_bounded_and_does_not_hang_on_the_order(word_weights, make_corpus):
    texts = [f"vile {k}" if k % 2 else f"street {k}" for k in range(800)]
    labels = [k % 2 for k in range(800)]
    ids = [f"id{k}" for k in range(800)]
    order = np.random.default_rng(1).permutation(800)
    one, other = (
        measure_robustness(
            word_weights,
            score_corpus(
                word_weights,
                make_corpus([texts[k] for k in o], hate=[labels[k] for k in o], ids=[ids[k] for k in o]),
            ),
            THRESHOLDS,
            QUICK,
        )[0]
        for o in (range(800), order.tolist())
    )
    assert one.positives == one.negatives == MOST
    assert [(a.attack, a.recall_lost.value) for a in one.attacks] == [
        (a.attack, a.recall_lost.value) for a in other.attacks
    ]


def test_few_positives_are_left_out(word_weights, make_corpus):
    corpus = make_corpus(["vile"] * 9 + ["street"] * 9, hate=[1] * 9 + [0] * 9)
    assert measure_robustness(word_weights, score_corpus(word_weights, corpus), THRESHOLDS, QUICK) == ()


def test_clean_texts_are_measured_for_each_label(word_weights):
    assert [(each.label, each.flag_rate.value) for each in measure_clean(word_weights, THRESHOLDS, QUICK)] == [
        ("hate", 0.0),
        ("toxicity", 0.0),
    ]
