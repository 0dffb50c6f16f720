"""Classifiers out of bundles: what was saved is what is loaded, and what does not fit is refused."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save

from moderation.bundle import Manifest, load_bundle, write_bundle
from moderation.classifiers import load_classifier
from moderation.classifiers.ngram import ARRAYS, KIND, NgramClassifier
from moderation.errors import BundleCorrupt, BundleError
from moderation.text import NORMALISER_VERSION

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path, classifier: NgramClassifier) -> Write:
    """Return a function that writes the drawn classifier as a bundle, with manifest fields or arrays changed."""

    def run(arrays: bytes | None = None, **changes: Any) -> Path:
        manifest = Manifest(
            kind=KIND,
            name="drawn",
            version="1",
            labels=classifier.info.labels,
            languages=("en",),
            normaliser=NORMALISER_VERSION,
            thresholds={"hate": 0.5},
            licence="Apache-2.0",
        )
        write_bundle(tmp_path / "b", replace(manifest, **changes), {ARRAYS: arrays or classifier.to_file()})
        return tmp_path / "b"

    return run


def test_saved_and_loaded_are_equal(write: Write, classifier: NgramClassifier) -> None:
    loaded = load_classifier(load_bundle(write()))
    assert isinstance(loaded, NgramClassifier)
    assert loaded.info == classifier.info
    for name in ("table", "factors", "intercepts"):
        np.testing.assert_array_equal(getattr(loaded.weights, name), getattr(classifier.weights, name))
    texts = ["", "one", "the harbour cranes", "😀\ud800"]
    np.testing.assert_array_equal(loaded.logits(texts), classifier.logits(texts))
    assert loaded.to_file() == classifier.to_file()


def test_an_unknown_kind_is_refused(write: Write) -> None:
    with pytest.raises(BundleError, match=r"kind 'oracle'.*knows cascade, encoder, ngram.*pip install"):
        load_classifier(load_bundle(write(kind="oracle")))


def test_a_kind_is_a_name_and_no_path_to_code(write: Write) -> None:
    with pytest.raises(BundleError, match="knows cascade, encoder, ngram"):
        load_classifier(load_bundle(write(kind="os.system")))


@pytest.mark.parametrize("version", [0, NORMALISER_VERSION + 1])
def test_another_normaliser_is_refused(write: Write, version: int) -> None:
    with pytest.raises(BundleError, match=f"normaliser {version}.*Train it again"):
        load_classifier(load_bundle(write(normaliser=version)))


GOOD = {"table": np.zeros((8, 3), np.int8), "factors": np.zeros((2, 3)), "intercepts": np.zeros(3)}


@pytest.mark.parametrize(
    "changed",
    [
        {"table": np.zeros((8, 2), np.int8)},
        {"table": np.zeros((7, 3), np.int8)},
        {"table": np.zeros((1, 3), np.int8)},
        {"table": np.zeros((0, 3), np.int8)},
        {"table": np.zeros((8, 3), np.int16)},
        {"table": np.zeros(8, np.int8)},
        {"table": np.int8(3)},
        {"factors": np.zeros((3, 3))},
        {"factors": np.full((2, 3), np.nan)},
        {"factors": np.zeros((2, 3), np.float32)},
        {"intercepts": np.zeros(4)},
        {"intercepts": np.full(3, np.inf)},
    ],
    ids=lambda changed: ", ".join(f"{k} {np.asarray(v).dtype} {np.shape(v)}" for k, v in changed.items()),
)
def test_arrays_of_another_shape_are_refused(write: Write, changed: dict[str, Any]) -> None:
    bundle = load_bundle(write(save({k: np.asarray(v) for k, v in (GOOD | changed).items()})))
    with pytest.raises(BundleCorrupt, match="not the arrays of this kind"):
        load_classifier(bundle)


@pytest.mark.parametrize("contents", [b"x", b"\x80\x04pickle", save({"table": GOOD["table"]}), b"\xff" * 64])
def test_a_file_that_holds_no_arrays_is_refused(write: Write, contents: bytes) -> None:
    with pytest.raises(BundleCorrupt, match="not the arrays"):
        load_classifier(load_bundle(write(contents)))


def test_a_bundle_without_arrays_is_refused(write: Write, tmp_path: Path) -> None:
    bundle = load_bundle(write())
    write_bundle(tmp_path / "b", bundle.manifest, {"other": b"1"})
    with pytest.raises(BundleCorrupt, match=ARRAYS):
        load_classifier(load_bundle(tmp_path / "b"))
