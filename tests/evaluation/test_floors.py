"""The floors of the shipped models: what they name exists, and those that every checkout can measure hold."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from moderation.bundle import SHIPPED, load_bundle
from moderation.classifiers import load_classifier
from moderation.corpora import load_corpora, load_specs
from moderation.evaluation.evaluate import Options, evaluate
from moderation.evaluation.gates import check_floors, read_floors
from moderation.evaluation.suites import load_spec, load_suite, suite_names
from moderation.shipped import shipped

FLOORS = {word: shipped(f"data/floors/{word}.toml") for word in SHIPPED}
SAMPLE = shipped("data/samples/corpus")


@pytest.mark.parametrize("word", SHIPPED)
def test_every_floor_is_on_something_that_exists(word: str) -> None:
    corpora = load_specs(SAMPLE)
    suites = {load_spec(name).title for name in suite_names()}
    for floor in read_floors(FLOORS[word]):
        assert floor.of in (corpora if floor.label else suites), floor
        assert floor.label in ("", "any", *(corpora[floor.of].labels if floor.label else ())), floor


@pytest.mark.parametrize("word", SHIPPED)
def test_no_figure_is_pinned_twice(word: str) -> None:
    named = [(floor.of, floor.label, floor.what) for floor in read_floors(FLOORS[word])]
    assert len(set(named)) == len(named)


@pytest.mark.parametrize("word", SHIPPED)
def test_a_shipped_model_holds_what_every_checkout_can_measure(word: str) -> None:
    bundle = load_bundle(word)
    corpora = load_corpora(SAMPLE, for_training=False)
    options = Options(resamples=10, robustness=False)
    suites = [load_suite("antisemitismcheck")]
    result = evaluate(load_classifier(bundle), corpora, bundle.manifest.thresholds, options, suites)
    outcome = check_floors(result, read_floors(FLOORS[word]))
    assert [str(missed) for missed in outcome.missed] == []
    assert {floor.of for floor in outcome.held} == {"sample", "AntisemitismCheck"}


def test_ci_runs_the_gate() -> None:
    root = Path(__file__).resolve().parents[2]
    assert "make gate\n" in (root / ".ci" / "run").read_text()
    if shutil.which("make") is None:
        return
    environment = {k: v for k, v in os.environ.items() if k not in ("MODERATION_CORPORA", "MAKEFLAGS", "MAKELEVEL")}
    done = subprocess.run(
        ["make", "--dry-run", "gate"], cwd=root, env=environment, capture_output=True, text=True, check=True
    )
    assert "for model in fast accurate default; do" in done.stdout
    assert "moderation model check $model" in done.stdout
    assert '--corpora "$corpora" --gate data/floors/$model.toml' in done.stdout
