"""The model card: the headings of Mitchell et al., every figure of the evaluation, the bad ones first."""

import copy
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from moderation.bundle import Bundle, load_bundle, write_bundle
from moderation.classifiers import load_classifier
from moderation.corpora import load_corpora
from moderation.errors import BundleCorrupt, EvaluationError
from moderation.evaluation.evaluate import Options, evaluate
from moderation.evaluation.rendering import to_json as evaluation_json
from moderation.evaluation.suites import load_suite
from moderation.golden import replay
from moderation.shipped import shipped
from moderation.training.card import model_card
from moderation.training.carding import CARD, figures_of, read_evaluation, write_carded
from moderation.training.figures import FILE, figures

HEADINGS = (
    "Model details",
    "Intended use",
    "Out of scope",
    "Factors",
    "Metrics",
    "Evaluation data",
    "Training data",
    "Quantitative analyses",
    "Ethical considerations",
    "Caveats and recommendations",
)


@pytest.fixture(scope="session")
def measured(bundle_dir: Path) -> Any:
    """Return an evaluation of the small bundle as `moderation evaluate --json` writes it."""
    bundle = load_bundle(bundle_dir)
    corpora = load_corpora(shipped("data/samples/corpus"), for_training=False)
    suites = [load_suite("antisemitismcheck")]
    options = Options(resamples=10)
    found = evaluate(load_classifier(bundle), corpora, bundle.manifest.thresholds, options, suites)
    return json.loads(json.dumps(evaluation_json(found)))


@pytest.fixture
def own(bundle_dir: Path, tmp_path: Path) -> Bundle:
    return load_bundle(shutil.copytree(bundle_dir, tmp_path / "own"))


def test_the_shipped_card_is_what_the_generator_gives() -> None:
    bundle = load_bundle()
    assert bundle.files[CARD].decode() == model_card(bundle.manifest, figures_of(bundle))


@pytest.mark.parametrize("with_figures", [False, True])
def test_every_heading_is_there_and_every_table_is_whole(own: Bundle, measured: Any, with_figures: bool) -> None:
    card = model_card(own.manifest, figures(measured, own.manifest) if with_figures else None)
    assert re.findall(r"^## (.*)", card, re.MULTILINE) == list(HEADINGS)
    for block in card.split("\n\n"):
        assert len({line.count("|") for line in block.splitlines() if line.startswith("|")}) <= 1
    for label, threshold in own.manifest.thresholds.items():
        assert f"| {label} |" in card and f"{threshold:.3f}" in card


def test_the_figures_are_those_of_the_evaluation(own: Bundle, measured: Any) -> None:
    card = model_card(own.manifest, figures(measured, own.manifest))
    hate = next(each for each in measured["corpora"][0]["labels"] if each["label"] == "hate")
    assert f"| hate, sample | {hate['n']} | {hate['positives']} | {hate['metrics']['auc']['value']:.3f} (" in card
    (suite,) = measured["suites"]
    accuracy = 100 * suite["hateful"]["correct"] / suite["hateful"]["n"]
    assert f"| hateful cases | {accuracy:.1f} | {suite['hateful']['n']} |" in card
    assert card.index("### The worst first") < card.index("### By label and corpus")
    assert suite["functionalities"][0]["name"] in card


def test_training_writes_the_card_that_is_made_of_its_manifest(own: Bundle) -> None:
    # The manifest in memory and the one read back differ in the order of their keys.
    assert own.files[CARD].decode() == model_card(own.manifest)


def test_a_card_and_its_figures_go_into_the_bundle(own: Bundle, measured: Any) -> None:
    written = write_carded(own, figures(measured, own.manifest))
    again = load_bundle(own.path)
    assert again.identity == written.identity != own.identity
    assert figures_of(again) == figures(measured, own.manifest)
    assert again.files[CARD].decode() == model_card(again.manifest, figures_of(again))
    assert replay(again, load_classifier(again))[1] < 1e-5
    assert write_carded(again, None).identity == own.identity  # and out again


def test_an_evaluation_of_another_model_is_refused(own: Bundle, measured: Any) -> None:
    with pytest.raises(EvaluationError, match="is one of small 1, not of small 2"):
        figures(measured, replace(own.manifest, version="2"))
    with pytest.raises(EvaluationError, match="other thresholds"):
        figures(measured, replace(own.manifest, thresholds=dict.fromkeys(own.manifest.thresholds, 0.5)))


def broken(values: Any, change: Callable[[Any], object]) -> Any:
    values = copy.deepcopy(values)
    change(values)
    return values


@pytest.mark.parametrize(
    "change",
    [
        lambda v: v.pop("corpora"),
        lambda v: v.update(corpora=[3]),
        lambda v: v.update(suites=[{}]),
        lambda v: v.update(bias="x"),
        lambda v: v["corpora"][0]["labels"][0]["metrics"].pop("auc"),
        lambda v: v["corpora"][0]["labels"][0].update(n="many"),
        lambda v: v["suites"][0]["overall"].update(n=0),
        lambda v: v.update(thresholds=[]),
    ],
)
def test_what_is_no_evaluation_is_one_clear_error(own: Bundle, measured: Any, change: Callable[[Any], object]) -> None:
    with pytest.raises(EvaluationError, match="not what `moderation evaluate --json` writes"):
        figures(broken(measured, change), own.manifest)


@pytest.mark.parametrize("content", ["", "{", "[" * 100_000, "3", "[]", "null", "\xff"])
def test_hostile_files(own: Bundle, tmp_path: Path, content: str) -> None:
    (tmp_path / "figures.json").write_bytes(content.encode("latin-1"))
    with pytest.raises(EvaluationError):
        read_evaluation(tmp_path / "figures.json", own.manifest)
    with pytest.raises(EvaluationError, match="cannot be read"):
        read_evaluation(tmp_path / "none.json", own.manifest)


@pytest.mark.parametrize("content", [b"", b"{}", b'{"labels": 3}', b"null"])
def test_figures_that_a_bundle_should_not_hold(own: Bundle, content: bytes) -> None:
    changed = write_bundle(own.path, own.manifest, {**own.files, FILE: content})
    with pytest.raises(BundleCorrupt, match="no figures"):
        figures_of(changed)
