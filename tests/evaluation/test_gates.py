import pytest

from moderation.errors import EvaluationError
from moderation.evaluation.evaluate import Options, evaluate
from moderation.evaluation.gates import check_floors, read_floors
from moderation.evaluation.suites import load_suite

FLOOR = '[[floor]]\ncorpus = "varied"\nlabel = "hate"\nmetric = "auc"\nat_least = {bound}\nreason = "as measured"\n'


@pytest.fixture
def evaluation(word_weights, varied, tmp_path):
    path = tmp_path / "made.csv"
    path.write_text("functionality,test_case,label_gold\na,vile one,hateful\na,street,hateful\nb,vote,non-hateful\n")
    options = Options(resamples=5, robustness=False)
    return evaluate(word_weights, [varied], {"hate": 0.5, "toxicity": 0.5}, options, [load_suite(path)])


def floors_of(tmp_path, text):
    path = tmp_path / "floors.toml"
    path.write_text(text, encoding="utf-8")
    return read_floors(path)


def test_a_floor_holds_or_is_missed(evaluation, tmp_path):
    auc = evaluation.corpora[0].labels[0].metrics["auc"].value
    floors = floors_of(tmp_path, FLOOR.format(bound=round(auc - 0.01, 4)) + FLOOR.format(bound=round(auc + 0.01, 4)))
    result = check_floors(evaluation, floors)
    assert (len(result.held), len(result.missed), len(result.skipped)) == (1, 1, 0)
    assert str(result.missed[0]).startswith("varied hate auc at least")
    assert f"got {auc:.4f} (as measured)" in str(result.missed[0])


def test_ceilings_suites_and_what_was_not_measured(evaluation, tmp_path):
    text = """
[[floor]]
corpus = "varied"
label = "any"
metric = "flag_rate"
at_most = 0.05
reason = "workload"

[[floor]]
suite = "made"
part = "hateful"
at_least = 0.5
reason = "one of two"

[[floor]]
corpus = "elsewhere"
label = "hate"
metric = "f1"
at_least = 0.5
reason = "not here"
"""
    result = check_floors(evaluation, floors_of(tmp_path, text))
    assert [str(each.floor) for each in result.missed] == ["varied any flag_rate at most 0.05"]
    assert [each.of for each in result.held] == ["made"]
    assert [each.of for each in result.skipped] == ["elsewhere"]


def test_a_floor_that_a_measured_corpus_has_no_figure_for_is_missed(evaluation, tmp_path):
    floors = floors_of(tmp_path, FLOOR.format(bound=0.0).replace('"hate"', '"antisemitism"'))
    assert [missed.value for missed in check_floors(evaluation, floors).missed] == [None]


def test_a_floor_on_a_group(word_weights, make_corpus, tmp_path):
    n = 40
    texts = [
        f"{'women' if k % 2 else 'they'} said {'vile things' if k % 4 > 1 else 'good morning'} {k}" for k in range(n)
    ]
    corpus = make_corpus(texts, "varied", hate=[int(k % 4 > 1) for k in range(n)])
    measured = evaluate(word_weights, [corpus], {"hate": 0.5, "toxicity": 0.5}, Options(resamples=10, robustness=False))
    on_women = FLOOR.replace('"auc"', '"bpsn_auc"\ngroup = "women"')
    (held,) = check_floors(measured, floors_of(tmp_path, on_women.format(bound=0.9))).held
    assert str(held) == "varied hate bpsn_auc on women at least 0.9"
    floors = floors_of(tmp_path, on_women.replace("women", "nobody").format(bound=0.9))
    assert len(check_floors(measured, floors).missed) == 1


def test_a_gate_that_checks_nothing_is_an_error(evaluation, tmp_path):
    floors = floors_of(tmp_path, FLOOR.format(bound=0.5).replace("varied", "elsewhere"))
    with pytest.raises(EvaluationError, match="No floor"):
        check_floors(evaluation, floors)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "at least one"),
        ("floor = 3", "at least one"),
        ("[[floor]", "not TOML"),
        (FLOOR.format(bound=1.5), "from 0 to 1"),
        (FLOOR.format(bound="nan"), "from 0 to 1"),
        (FLOOR.format(bound=0.5) + "at_most = 0.9\n", "one of"),
        (FLOOR.format(bound=0.5) + "floor = 1\n", "keys"),
        (FLOOR.format(bound=0.5) + 'suite = "x"\n', "two entries|needs"),
        (FLOOR.format(bound=0.5).replace("auc", "accuracy"), "known: auc"),
        (FLOOR.format(bound=0.5).replace("hate", "haet"), "no label 'haet'; known: hate"),
        (FLOOR.format(bound=0.5) + 'group = "women"\n', "known: subgroup_auc"),
        (FLOOR.format(bound=0.5) + 'group = ""\n', "needs 'group'"),
        (FLOOR.format(bound=0.5).replace('reason = "as measured"', ""), "needs 'reason'"),
    ],
)
def test_bad_files_are_refused(tmp_path, text, why):
    with pytest.raises(EvaluationError, match=why):
        floors_of(tmp_path, text)
