import json

import numpy as np
import pytest

from moderation.classifiers.base import ClassifierInfo
from moderation.errors import EvaluationError
from moderation.evaluation.contenders import Contender
from moderation.evaluation.evaluate import Options
from moderation.evaluation.side_by_side import measure_side_by_side
from moderation.evaluation.side_tables import side_json, side_markdown
from moderation.evaluation.suites import load_suite

THRESHOLDS = {"hate": 0.5, "toxicity": 0.5}
QUICK = Options(resamples=30)


class OnlyHate:
    """Judges one label, and refuses texts with the word "weather"."""

    info = ClassifierInfo("only-hate", "1", ("hate",), ("en",))
    unjudged = "it is about the weather"

    def probabilities(self, texts):
        return np.array([[np.nan if "weather" in text else 0.7 * ("vile" in text)] for text in texts], np.float32)


@pytest.fixture
def contenders(word_weights):
    return [
        Contender("ours|<b>", word_weights, THRESHOLDS, attacked=True),
        Contender("theirs", OnlyHate(), {"hate": 0.5}, notes=("Made for this test.",)),
    ]


@pytest.fixture
def suite(tmp_path):
    path = tmp_path / "made.csv"
    path.write_text(
        "functionality,test_case,label_gold\na,vile one,hateful\nb,weather,non-hateful\nb,vile,non-hateful\n"
    )
    return load_suite(path)


def test_both_stand_in_the_same_tables(contenders, varied, suite):
    side = measure_side_by_side(contenders, [varied], [suite], QUICK)
    text = side_markdown(side)
    assert text.startswith("# Evaluation of ours\\|&lt;b>\n\n## Side by side\n")
    assert "| AUC | ours\\|&lt;b> | theirs |" in text
    assert "| made, accuracy % | ours\\|&lt;b> | theirs |" in text
    assert "| varied hate | AUC | " in text
    assert "Side by side: toxicity" not in text  # theirs does not judge it
    assert "Made for this test." in text
    assert len(side.first.robustness) == 2
    assert side.others[0].robustness == ()


def test_the_first_is_measured_as_if_alone(contenders, varied, suite):
    both = measure_side_by_side(contenders, [varied], [suite], QUICK)
    alone = measure_side_by_side(contenders[:1], [varied], [suite], QUICK)
    assert both.first.corpora == alone.first.corpora
    assert both.first.robustness == alone.first.robustness
    assert "Side by side" not in side_markdown(alone)
    assert "others" not in side_json(alone)


def test_what_one_refuses_is_unscored_and_counted(contenders, varied, suite):
    side = measure_side_by_side(contenders, [varied], [suite], QUICK)
    (theirs,) = side.others
    refused = sum("weather" in text for text in varied.texts)
    assert theirs.corpora[0].drops["unscored: it is about the weather"] == refused > 50
    assert theirs.corpora[0].rows == 400 - refused
    assert theirs.unscored == {"made": 1}
    assert side.first.corpora[0].rows == 400
    assert {d.n for d in side.comparisons[0].differences} == {400 - refused}


def test_json_holds_every_figure_of_all(contenders, varied):
    side = measure_side_by_side(contenders, [varied], [], QUICK)
    values = json.loads(json.dumps(side_json(side), allow_nan=False))
    assert [each["name"] for each in values["others"]] == ["theirs"]
    (comparison,) = values["comparisons"]
    assert (comparison["first"], comparison["second"]) == ("ours|<b>", "theirs")
    first = {m: v["value"] for m, v in values["corpora"][0]["labels"][0]["metrics"].items()}
    assert {"auc", "f1", "ece"} <= {d["metric"] for d in comparison["differences"]} <= first.keys()


def test_one_name_twice_is_refused_in_one_line(contenders, varied):
    with pytest.raises(EvaluationError, match="compared with itself") as caught:
        measure_side_by_side([contenders[0]] * 2, [varied], [], QUICK)
    assert "\n" not in str(caught.value)


def test_scores_that_are_nan_are_refused_in_one_line(contenders, varied):
    class Broken:
        info = OnlyHate.info

        def probabilities(self, texts):
            return np.full((len(texts), 1), np.nan, np.float32)

    with pytest.raises(EvaluationError, match="400 of 400 texts a score that is NaN") as caught:
        measure_side_by_side([contenders[0], Contender("broken", Broken(), {"hate": 0.5})], [varied], [], QUICK)
    assert "\n" not in str(caught.value)
