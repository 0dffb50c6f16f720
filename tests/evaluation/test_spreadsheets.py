import csv
from dataclasses import replace

import pytest

from moderation.evaluation.bias import IDENTITY_METRICS
from moderation.evaluation.evaluate import Options, evaluate
from moderation.evaluation.metrics import METRICS
from moderation.evaluation.spreadsheets import bias_csv, metrics_csv, suites_csv, thresholds_csv
from moderation.evaluation.suites import load_suite


@pytest.fixture
def evaluation(word_weights, varied, make_corpus, tmp_path):
    texts = [
        f"{'women' if k % 2 else 'they'} said {'vile things' if k % 4 > 1 else 'good morning'} {k}" for k in range(80)
    ]
    mentions = make_corpus(texts, "a,b", hate=[int(k % 4 > 1) for k in range(80)])
    path = tmp_path / "made.csv"
    path.write_text(
        "functionality,test_case,label_gold,target_ident\na,vile one,hateful,women\nb,vote,non-hateful,=1+1\n"
    )
    options = Options(resamples=10, robustness=False)
    return evaluate(word_weights, [varied, mentions], {"hate": 0.5, "toxicity": 0.5}, options, [load_suite(path)])


def rows_of(text):
    rows = list(csv.DictReader(text.splitlines()))
    assert rows and not any(None in row or None in row.values() for row in rows)
    return rows


def test_a_line_for_each_measure(evaluation):
    rows = rows_of(metrics_csv([evaluation]))
    assert {row["system"] for row in rows} == {"word-weights 1"}
    auc = next(row for row in rows if (row["corpus"], row["label"], row["metric"]) == ("varied", "hate", "auc"))
    assert float(auc["low"]) < float(auc["value"]) < float(auc["high"])
    assert len(rows) == len(METRICS) * sum(len(corpus.labels) for corpus in evaluation.corpora)


def test_a_line_for_each_group_and_measure(evaluation):
    rows = rows_of(bias_csv([evaluation]))
    assert [row["metric"] for row in rows if (row["corpus"], row["group"]) == ("a,b", "women")] == list(
        IDENTITY_METRICS
    )
    women = {row["metric"]: row for row in rows if row["group"] == "women"}
    assert women["bpsn_auc"]["value"] == "1.0"
    assert (women["target_recall"]["value"], women["target_recall"]["reason"]) == ("", "fewer than 10 rows of a kind")


def test_a_line_for_each_threshold(evaluation):
    rows = [r for r in rows_of(thresholds_csv([evaluation])) if (r["corpus"], r["label"]) == ("varied", "hate")]
    recalls = [float(row["recall"]) for row in rows]
    assert recalls == sorted(recalls, reverse=True)
    assert "shipped" in {row["wanted"] for row in rows}


def test_a_line_for_each_functionality_and_target(evaluation):
    rows = rows_of(suites_csv([evaluation]))
    found = [(row["kind"], row["name"], row["gold"], row["accuracy"]) for row in rows]
    assert ("whole", "overall", "", "1.0") in found
    assert ("functionality", "a", "hateful", "1.0") in found
    assert ("target", "women", "", "1.0") in found
    assert ("target", "'=1+1", "", "1.0") in found


def test_every_system_has_its_lines(evaluation):
    other = replace(evaluation, name="other")
    rows = rows_of(suites_csv([evaluation, other]))
    assert len(rows) == 2 * len(rows_of(suites_csv([evaluation])))
    assert [row["system"] for row in rows][-1] == "other"
