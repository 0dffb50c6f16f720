"""Training: the same corpora give the same bundle, which is good for what it learned from."""

import json
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from moderation.bundle import load_bundle
from moderation.classifiers import load_classifier
from moderation.errors import CorpusError, OutputError
from moderation.scorer import Scorer
from moderation.shipped import shipped
from moderation.training import TrainOptions, train

SAMPLE = shipped("data/samples/corpus")


def contents(path: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in path.iterdir()}


@pytest.mark.parametrize("jobs", [1, 3])
def test_a_second_run_gives_the_same_bytes(bundle_dir: Path, tmp_path: Path, jobs: int) -> None:
    options = TrainOptions(
        output=tmp_path / "again", corpora=SAMPLE, name="small", version="1", bits=12, jobs=jobs, cache=tmp_path / "c"
    )
    train(options)
    assert contents(tmp_path / "again") == contents(bundle_dir)
    train(options)  # from the cache now, over the old bundle
    assert contents(tmp_path / "again") == contents(bundle_dir)


def test_the_manifest_says_what_it_is(bundle_dir: Path) -> None:
    manifest = load_bundle(bundle_dir).manifest
    assert (manifest.kind, manifest.name, manifest.version) == ("ngram", "small", "1")
    assert manifest.labels == ("hate", "antisemitism", "toxicity")
    assert set(manifest.thresholds) == set(manifest.calibration) == set(manifest.metrics) == set(manifest.labels)
    (corpus,) = manifest.corpora
    assert corpus["name"] == "sample"
    assert sum(corpus["rows"].values()) == len((SAMPLE / "sample.jsonl").read_bytes().splitlines())
    assert all(0 < threshold < 1 for threshold in manifest.thresholds.values())


def test_the_card_says_what_the_manifest_says(bundle_dir: Path) -> None:
    bundle = load_bundle(bundle_dir)
    card = bundle.files["README.md"].decode()
    for label, threshold in bundle.manifest.thresholds.items():
        assert f"| {label} |" in card and f"{threshold:.3f}" in card
    assert bundle.manifest.corpora[0]["sha256"][:12] in card


def test_it_learned_something(scorer: Scorer) -> None:
    rude, kind = scorer.score(["Shut up, you pathetic idiot.", "Lovely photographs, thank you."])
    assert rude.scores["toxicity"] > 2 * kind.scores["toxicity"]


def test_the_exported_table_separates_what_it_was_trained_on(bundle_dir: Path) -> None:
    bundle = load_bundle(bundle_dir)
    rows = [json.loads(line) for line in (SAMPLE / "sample.jsonl").read_bytes().splitlines()]
    found = load_classifier(bundle).probabilities([row["text"] for row in rows])
    target = np.array([row["offensive"] for row in rows])
    assert found[target == 1, 2].mean() > found[target == 0, 2].mean() + 0.1


def test_too_little_to_learn_from_is_an_error(tmp_path: Path) -> None:
    shutil.copy(SAMPLE / "sample.toml", tmp_path)
    rows = (SAMPLE / "sample.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    (tmp_path / "sample.jsonl").write_text("".join(rows[:8]), encoding="utf-8")
    with pytest.raises(CorpusError, match="no label has at least 10 positive and 10 negative rows"):
        train(TrainOptions(output=tmp_path / "b", corpora=tmp_path, bits=12))
    assert not (tmp_path / "b").exists()


def test_a_label_that_is_not_annotated_is_left_out(tmp_path: Path) -> None:
    spec = (SAMPLE / "sample.toml").read_text(encoding="utf-8").replace('antisemitism = "antisemitism"\n', "")
    (tmp_path / "sample.toml").write_text(spec, encoding="utf-8")
    shutil.copy(SAMPLE / "sample.jsonl", tmp_path)
    bundle = train(TrainOptions(output=tmp_path / "b", corpora=tmp_path, bits=10, jobs=1))
    assert bundle.manifest.labels == ("hate", "toxicity")
    assert set(Scorer.load(tmp_path / "b").score(["A tram."])[0].scores) == {"hate", "toxicity"}


def test_a_folder_in_use_is_refused_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_bytes(b"")
    steps: list[str] = []
    with pytest.raises(OutputError, match="no bundle"):
        train(TrainOptions(output=tmp_path), lambda what, done, total: steps.append(what))
    assert steps == []


def test_a_cache_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match=r"the cache cannot be written.* --cache"):
        train(TrainOptions(output=tmp_path / "b", bits=10, cache=tmp_path / "file" / "cache"))


def test_a_damaged_cache_is_made_again(bundle_dir: Path, tmp_path: Path) -> None:
    options = TrainOptions(output=tmp_path / "b", name="small", version="1", bits=12, jobs=1, cache=tmp_path / "c")
    train(options)
    stored = list((tmp_path / "c").rglob("*.pkl"))
    assert stored
    for path in stored:
        path.write_bytes(path.read_bytes()[:100])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # joblib says that it computes again
        train(options)
    assert contents(tmp_path / "b") == contents(bundle_dir)


def test_progress_is_told_in_order(tmp_path: Path) -> None:
    steps: list[tuple[int, int]] = []
    progress: Callable[[str, int, int], None] = lambda what, done, total: steps.append((done, total))  # noqa: E731
    train(TrainOptions(output=tmp_path / "b", bits=10, jobs=1), progress)
    assert steps == [(k, 4) for k in range(5)]
