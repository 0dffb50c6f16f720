from moderation.corpora.sketch import sketch_texts
from moderation.evaluation.contamination import COPY, NEAR, without_seen
from moderation.evaluation.evaluate import Options, evaluate
from moderation.evaluation.rendering import to_markdown

TEXT = "the committee met on a tuesday and talked at length about the colour of the new fence by the river"


def test_what_trained_is_left_out_and_counted(word_weights, make_corpus):
    corpus = make_corpus(["vile one", TEXT, f"{TEXT} bank", "street two"], hate=[1, 0, 0, 0])
    (clean,) = without_seen([corpus], sketch_texts([TEXT, "something else"]))
    assert clean.texts == ["vile one", "street two"]
    assert clean.labels[:, 0].tolist() == [1, 0]
    assert (clean.drops[COPY], clean.drops[NEAR]) == (1, 1)
    assert clean.rows_in == len(clean.texts) + clean.drops.total()
    report = to_markdown(evaluate(word_weights, [clean], {"hate": 0.5, "toxicity": 0.5}, Options(resamples=5)))
    assert f"{COPY}: 1" in report


def test_what_is_clean_stays_as_it_is(make_corpus):
    corpus = make_corpus(["vile one", "street two"], hate=[1, 0])
    assert without_seen([corpus], sketch_texts([TEXT])) == [corpus]
