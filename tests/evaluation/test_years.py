import pytest

from moderation.evaluation.bootstrap import Resampling
from moderation.evaluation.evaluate import Options, evaluate
from moderation.evaluation.rendering import to_markdown
from moderation.evaluation.scoring import score_corpus
from moderation.evaluation.years import measure_years

THRESHOLDS = {"hate": 0.5, "toxicity": 0.5}


@pytest.fixture
def dated(make_corpus):
    """Return a corpus whose hateful rows of the second year use a word that the classifier does not know."""
    texts, hate, meta = [], [], []
    for year, word in ((2020, "vile"), (2021, "ghastly")):
        texts += [f"{word} {year} {k}" for k in range(12)] + [f"street {year} {k}" for k in range(12)]
        hate += [1] * 12 + [0] * 12
        meta += [{"date": f"{year}-05-01 00:00:00"}] * 24
    extra = [({"date": "1999-01-01"}, 1), ({"date": "soon"}, 0), ({}, 0)]
    texts += [f"row {k}" for k in range(3)]
    return make_corpus(texts, "dated", hate=hate + [y for _, y in extra], meta=meta + [m for m, _ in extra])


def test_each_year_by_itself(word_weights, dated):
    found = measure_years(score_corpus(word_weights, dated), THRESHOLDS, Resampling(20), 15)
    assert [(each.year, each.n, each.positives) for each in found] == [(2020, 24, 12), (2021, 24, 12)]
    assert [each.metrics["recall"].value for each in found] == [1, 0]


def test_it_is_shown_where_there_are_dates(word_weights, dated, varied):
    options = Options(resamples=5, robustness=False)
    assert "| dated hate 2021 | 24 |" in to_markdown(evaluate(word_weights, [dated], THRESHOLDS, options))
    assert "By year" not in to_markdown(evaluate(word_weights, [varied], THRESHOLDS, options))
