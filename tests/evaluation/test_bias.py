import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from moderation.evaluation.bias import AREAS, FEWEST, generalised_mean, measure_bias
from moderation.evaluation.bootstrap import Resampling
from moderation.evaluation.identities import identities, mentioned
from moderation.evaluation.scoring import score_corpus

THRESHOLDS = {"hate": 0.5, "toxicity": 0.5}


@pytest.mark.parametrize(
    ("text", "groups"),
    [
        ("My Jewish neighbours and Muslims alike.", {"jewish", "muslim"}),
        ("the black people on the white wall", {"black"}),
        ("women's match, (women) won", {"women"}),
        ("the weather", set()),
        ("", set()),
    ],
)
def test_mention(text, groups):
    assert mentioned(text) == groups


def test_a_corpus_own_annotation_goes_before_the_list(make_corpus):
    corpus = make_corpus(["jewish", "street"], hate=[0, 0], meta=[{"ident": ["sikh"]}, {"ident": []}])
    assert identities(corpus) == [{"sikh"}, set()]


def biased_corpus(make_corpus):
    """Return rows in which every mention of women comes with a word that raises the score."""
    texts, hate = [], []
    for k in range(40):
        texts += [f"women group street {k}", f"vile women group {k}", f"street {k}", f"vile {k}"]
        hate += [0, 1, 0, 1]
    attacked = [("women",) if y and "women" in text else () for text, y in zip(texts, hate, strict=True)]
    return make_corpus(texts, hate=hate, targets=attacked)


def test_areas_are_those_of_the_parts_they_name(word_weights, make_corpus):
    corpus = biased_corpus(make_corpus)
    (result,) = measure_bias(score_corpus(word_weights, corpus), THRESHOLDS, Resampling(20), 15)
    (women,) = result.identities
    scores, gold = word_weights.probabilities(corpus.texts)[:, 0], corpus.labels[:, 0]
    inside = np.array(["women" in text for text in corpus.texts])
    parts = (inside, np.where(inside, gold == 0, gold == 1), np.where(inside, gold == 1, gold == 0))
    for area, part in zip(AREAS, parts, strict=True):
        assert women.metrics[area].value == pytest.approx(roc_auc_score(gold[part], scores[part]))
        assert result.means[area] == pytest.approx(women.metrics[area].value)
    assert (women.n, women.positives, women.targeted) == (80, 40, 40)
    assert women.metrics["target_recall"].value == 1
    assert women.metrics["gap"].value == pytest.approx(float((scores - gold)[inside].mean()))


def test_false_positives_are_of_benign_mention_only(word_weights, make_corpus):
    texts = [f"women {word} {k}" for k in range(20) for word in ("vile", "street")]
    corpus = make_corpus(texts, hate=[0] * 40)
    (result,) = measure_bias(score_corpus(word_weights, corpus), THRESHOLDS, Resampling(20), 15)
    assert result.identities[0].metrics["false_positive_rate"].value == 0.5
    assert result.identities[0].metrics["subgroup_auc"].reason
    assert result.auc is None


def test_rare_groups_and_other_languages_are_left_out(word_weights, make_corpus):
    corpus = make_corpus(["women"] * (FEWEST - 1) + ["street"], hate=[0] * FEWEST)
    assert measure_bias(score_corpus(word_weights, corpus), THRESHOLDS, Resampling(5), 15) == ()


@given(st.lists(st.floats(0.01, 1), min_size=1, max_size=20))
def test_the_generalised_mean_lies_between_the_least_and_the_plain_mean(values):
    mean = generalised_mean(values)
    assert min(values) - 1e-12 <= mean <= np.mean(values) + 1e-12


def test_generalised_mean_worked_by_hand():
    assert generalised_mean([0.5, 1.0]) == pytest.approx(((2**5 + 1) / 2) ** -0.2)
    assert generalised_mean([0.0, 1.0]) == 0
    assert generalised_mean([]) is None
