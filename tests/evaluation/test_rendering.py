import json

from moderation.evaluation.evaluate import Options, evaluate
from moderation.evaluation.rendering import to_json, to_markdown

THRESHOLDS = {"hate": 0.5, "toxicity": 0.5}


def made(word_weights, varied, make_corpus):
    benign = make_corpus(["vile", "street", "vote"], "benign", hate=[0, 0, 0], may_train=False)
    return evaluate(word_weights, [varied, benign], THRESHOLDS, Options(resamples=20))


def test_json_holds_what_is_needed_to_measure_again(word_weights, varied, make_corpus):
    found = json.loads(json.dumps(to_json(made(word_weights, varied, make_corpus)), allow_nan=False))
    assert found["format"] == 1
    assert found["options"] == {"resamples": 20, "seed": 20250101, "bins": 15, "robustness": True}
    assert found["thresholds"] == THRESHOLDS
    assert found["versions"]["numpy"]
    assert found["corpora"][1]["sha256"] == "0" * 64
    assert found["corpora"][1]["drops"] == {"copy": 2}
    assert found["corpora"][0]["labels"][0]["metrics"]["auc"] == {
        "value": None,
        "low": None,
        "high": None,
        "reason": "no positive row",
    }


def test_markdown_has_every_corpus_under_its_label_and_whole_tables(word_weights, varied, make_corpus):
    text = to_markdown(made(word_weights, varied, make_corpus))
    hate = text.split("## hate")[1].split("## toxicity")[0]
    assert "| varied | 400 |" in hate
    assert "benign: AUC, AP, F1, precision, recall undefined: no positive row." in hate
    assert "| varied |" in text.split("## toxicity")[1].split("##")[0]
    assert "copy: 2" in text
    for block in text.split("\n\n"):
        widths = {line.count("|") for line in block.splitlines() if line.startswith("|")}
        assert len(widths) <= 1


def test_the_lowest_come_first(word_weights, varied, make_corpus):
    summary = to_markdown(made(word_weights, varied, make_corpus)).split("## hate")[0]
    line = next(line for line in summary.splitlines() if line.startswith("- AUC"))
    shown = [float(part.split()[2]) for part in line.removeprefix("- AUC: ").split("; ")]
    assert shown == sorted(shown)
    assert len(shown) == 2


def test_the_groups_that_fare_worst_are_named_at_the_top(word_weights, make_corpus):
    texts = [f"{'a vile group of women' if k % 2 else 'lovely street'} {k}" for k in range(60)]
    corpus = make_corpus(texts, "harsh", hate=[int(k % 3 == 0) for k in range(60)])
    measured = evaluate(word_weights, [corpus], THRESHOLDS, Options(resamples=10, robustness=False))
    summary = to_markdown(measured).split("## hate")[0]
    assert "- lowest BPSN AUC of a group's mention: harsh hate women 0.000" in summary
    assert "- highest FPR % on a group's mention: harsh hate women 100.00" in summary
    assert "- highest ECE on a group's mention: harsh hate women 0." in summary
