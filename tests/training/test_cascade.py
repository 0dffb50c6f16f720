"""Making a cascade: of two trained bundles beside it, with bands from rows that trained nothing."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from moderation.bundle import load_bundle, write_bundle
from moderation.classifiers import load_classifier
from moderation.classifiers.cascade import FILE, CascadeClassifier
from moderation.corpora import load_corpora
from moderation.errors import BundleError, CorpusError, OutputError
from moderation.golden import replay
from moderation.scorer import Scorer
from moderation.shipped import shipped
from moderation.training import TrainOptions, train
from moderation.training.cascade import CascadeOptions, fit_cascade

SAMPLE = shipped("data/samples/corpus")
Cli = Callable[..., Any]


@pytest.fixture(scope="module")
def small_parts(bundle_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with two real bundles, the fast one worse than the other; n-grams both, to be quick."""
    home = tmp_path_factory.mktemp("parts")
    train(TrainOptions(output=home / "fast", name="fast", version="1", bits=10, jobs=1))
    shutil.copytree(bundle_dir, home / "accurate")
    return home


@pytest.fixture
def home(small_parts: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(small_parts, tmp_path / "models"))


def options(home: Path, **changes: Any) -> CascadeOptions:
    return replace(CascadeOptions(home / "both", home / "fast", home / "accurate", version="1"), **changes)


def test_it_is_written_loaded_and_replayed(home: Path) -> None:
    written = fit_cascade(options(home))
    bundle = load_bundle(home / "both")
    assert bundle.manifest == written.manifest
    classifier = load_classifier(bundle)
    assert isinstance(classifier, CascadeClassifier)
    count, worst = replay(bundle, classifier)
    assert count > 20 and worst < 1e-5
    assert all(0 < threshold <= 1 for threshold in bundle.manifest.thresholds.values())
    assert Scorer.load(home / "both").score(["A tram."])[0].scores
    assert "decides most comments" in bundle.files["README.md"].decode()


def test_both_parts_count_and_a_fast_one_never_against_its_word(home: Path) -> None:
    fit_cascade(options(home))
    mixes = json.loads((home / "both" / FILE).read_bytes())["mixes"]
    assert all(mix["fast"] >= 0 and mix["accurate"] > 0 for mix in mixes.values())


def test_the_bands_hold_the_thresholds_and_the_stated_loss(home: Path) -> None:
    for loss in (0.0, 0.3):
        bundle = fit_cascade(options(home, loss=loss))
        bands = json.loads(bundle.files[FILE])["bands"]
        for label, threshold in bundle.manifest.thresholds.items():
            assert bands[label][0] <= threshold <= bands[label][1]
        assert bundle.manifest.training["lost"] <= loss == bundle.manifest.training["loss"]


def test_the_manifest_says_who_judges_how_much_and_how_well(home: Path) -> None:
    bundle = fit_cascade(options(home, loss=0.1))
    made_with = bundle.manifest.training
    fast, accurate = (load_bundle(home / name) for name in ("fast", "accurate"))
    assert (made_with["fast"], made_with["accurate"]) == (fast.identity, accurate.identity)
    (corpus,) = load_corpora(SAMPLE, for_training=True)
    held_out = [k for k, part in enumerate(corpus.split) if part == "validation"]
    texts = [corpus.texts[k] for k in held_out]
    classifier = load_classifier(bundle)
    assert isinstance(classifier, CascadeClassifier)
    asked = classifier.unclear(classifier.fast.probabilities(texts))
    assert made_with["asked"] == {"sample": round(float(asked.mean()), 4)}
    for column, label in enumerate(bundle.manifest.labels):
        found = bundle.manifest.metrics[label]["sample"]
        known = ~np.isnan(corpus.labels[held_out, column])
        flagged = classifier.probabilities(texts)[known, column] >= bundle.manifest.thresholds[label]
        assert (found["rows"], found["flag_rate"]) == (known.sum(), pytest.approx(flagged.mean(), abs=1e-4))


def test_the_same_parts_and_corpora_give_the_same_bytes(home: Path) -> None:
    contents = []
    for _ in range(2):
        fit_cascade(options(home))
        contents.append({path.name: path.read_bytes() for path in (home / "both").iterdir()})
    assert contents[0] == contents[1]


def test_parts_that_do_not_lie_beside_it_are_refused(home: Path, tmp_path: Path) -> None:
    for changes in (
        {"output": tmp_path / "both"},
        {"output": home / "fast"},
        {"accurate": home / "fast"},
        {"fast": home / "deeper" / "fast"},
    ):
        with pytest.raises(BundleError, match="must be three folders side by side"):
            fit_cascade(options(home, **changes))
    assert sorted(path.name for path in home.iterdir()) == ["accurate", "fast"]


def test_parts_that_are_no_pair_are_refused(home: Path) -> None:
    fit_cascade(options(home))
    with pytest.raises(BundleError, match="is a cascade itself"):
        fit_cascade(options(home, output=home / "third", fast=home / "both"))
    other = load_bundle(home / "fast")
    arrays = dict(other.files)
    write_bundle(home / "fast", replace(other.manifest, labels=tuple(reversed(other.manifest.labels))), arrays)
    with pytest.raises(BundleError, match="two of the same labels, in the same order"):
        fit_cascade(options(home, output=home / "third"))
    with pytest.raises(BundleError, match="no bundle here"):
        fit_cascade(options(home, output=home / "third", fast=home / "none"))


def test_nothing_that_is_no_bundle_is_replaced(home: Path) -> None:
    (home / "both").mkdir()
    (home / "both" / "letter.txt").write_text("keep me")
    with pytest.raises(OutputError):
        fit_cascade(options(home))
    assert (home / "both" / "letter.txt").read_text() == "keep me"


def test_corpora_without_calibration_rows_are_refused(home: Path, tmp_path: Path) -> None:
    with pytest.raises(CorpusError):
        fit_cascade(options(home, corpora=SAMPLE, names=("nothing",)))
    shutil.copytree(SAMPLE, tmp_path / "tiny")
    file = tmp_path / "tiny" / "sample.jsonl"
    file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:2]))
    with pytest.raises(CorpusError, match="no calibration row carries a label"):
        fit_cascade(options(home, corpora=tmp_path / "tiny"))
    assert not (home / "both").exists()
