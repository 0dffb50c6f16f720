from moderation.evaluation.scoring import score_corpora
from moderation.evaluation.worst import worst_errors

THRESHOLDS = {"hate": 0.5, "toxicity": 0.5}


def test_the_surest_errors_come_first_with_what_pulled_that_way(word_weights, make_corpus):
    texts = ["vile group talk", "vile talk", "lovely group street", "lovely street", "street", "vile yes"]
    corpus = make_corpus(texts, hate=[0, 0, 1, 1, 0, 1])
    found = worst_errors(word_weights, score_corpora(word_weights, [corpus]), THRESHOLDS)
    assert [(each.kind, each.text) for each in found] == [
        ("false positive", "vile group talk"),
        ("false positive", "vile talk"),
        ("false negative", "lovely street"),
        ("false negative", "lovely group street"),
    ]
    assert [texts[0][s.start : s.end] for s in found[0].evidence] == ["vile", "group"]
    assert [found[3].text[s.start : s.end] for s in found[3].evidence] == ["lovely"]


def test_few_of_each_and_none_where_all_is_right(word_weights, make_corpus):
    corpus = make_corpus([f"vile {k}" for k in range(9)], hate=[0] * 9)
    scored = score_corpora(word_weights, [corpus])
    assert len(worst_errors(word_weights, scored, THRESHOLDS, each=3)) == 3
    assert worst_errors(word_weights, scored, {"hate": 0.99, "toxicity": 0.99}) == ()
