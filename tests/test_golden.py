"""Golden texts: replayed to the same scores, or the bundle is not to be used."""

import json
from pathlib import Path

import numpy as np
import pytest

from moderation.bundle import load_bundle, write_bundle
from moderation.classifiers import load_classifier
from moderation.errors import BundleCorrupt, GoldenMismatch
from moderation.golden import GOLDEN, TOLERANCE, golden_file, replay


def test_a_trained_bundle_replays(bundle_dir: Path) -> None:
    bundle = load_bundle(bundle_dir)
    count, worst = replay(bundle, load_classifier(bundle))
    assert count == len(bundle.files[GOLDEN].splitlines()) > 20
    assert worst <= TOLERANCE


def test_a_changed_score_is_found(bundle_dir: Path, tmp_path: Path) -> None:
    bundle = load_bundle(bundle_dir)
    rows = [json.loads(line) for line in bundle.files[GOLDEN].splitlines()]
    rows[2]["scores"]["hate"] += 0.01
    changed = "".join(json.dumps(row) + "\n" for row in rows).encode()
    forged = write_bundle(tmp_path / "b", bundle.manifest, {**bundle.files, GOLDEN: changed})
    with pytest.raises(GoldenMismatch, match=r"golden text 3 differs by 0\.01 .*\(1 of \d+ do\)"):
        replay(forged, load_classifier(forged))


def test_a_bundle_without_golden_texts_is_refused(bundle_dir: Path, tmp_path: Path) -> None:
    bundle = load_bundle(bundle_dir)
    files = {name: contents for name, contents in bundle.files.items() if name != GOLDEN}
    bare = write_bundle(tmp_path / "b", bundle.manifest, files)
    with pytest.raises(BundleCorrupt, match="no golden texts"):
        replay(bare, load_classifier(bare))


@pytest.mark.parametrize(
    "line", [b"{", b"[]", b"3", b'{"text": "a"}', b'{"text": "a", "scores": {"hate": "x"}}', b"\xff"]
)
def test_golden_texts_that_are_none_are_refused(bundle_dir: Path, tmp_path: Path, line: bytes) -> None:
    bundle = load_bundle(bundle_dir)
    forged = write_bundle(tmp_path / "b", bundle.manifest, {**bundle.files, GOLDEN: line + b"\n"})
    with pytest.raises(BundleCorrupt, match="no golden texts"):
        replay(forged, load_classifier(forged))


def test_the_file_holds_each_text_with_its_scores(bundle_dir: Path) -> None:
    classifier = load_classifier(load_bundle(bundle_dir))
    texts = ["", "a tram", "😀 \ud800\x00\u2028"]
    rows = [json.loads(line) for line in golden_file(classifier, texts).decode("ascii").splitlines()]
    assert [row["text"] for row in rows] == texts
    found = [[row["scores"][label] for label in classifier.info.labels] for row in rows]
    np.testing.assert_allclose(found, classifier.probabilities(texts), atol=1e-6)
