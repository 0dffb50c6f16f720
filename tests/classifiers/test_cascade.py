"""The cascade: the fast part decides what is clear, both together the rest; parts that do not fit are named."""

import json
import shutil
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("onnx")

from moderation.bundle import Bundle, Manifest, load_bundle, write_bundle
from moderation.classifiers import encoder, load_classifier, ngram
from moderation.classifiers.base import ClassifierInfo, Explainer
from moderation.classifiers.cascade import FILE, KIND, CascadeClassifier, Mix, Part, Plan, mixed
from moderation.classifiers.encoder import EncoderClassifier
from moderation.classifiers.ngram import NgramClassifier, Weights
from moderation.errors import BundleCorrupt, BundleError
from moderation.text import NORMALISER_VERSION
from tests.classifiers.drawn_encoder import INFO, LABELS, TOKENS, WORDS, model

Write = Callable[..., Path]
BANDS = {"hate": (0.4, 0.9), "antisemitism": (0.6, 0.7)}
MIXES = {"hate": Mix(0.3, 0.8, -0.2), "antisemitism": Mix(0.0, 1.1, 0.4)}
ALONE = dict.fromkeys(LABELS, Mix(0.0, 1.0))
MANIFEST = Manifest(
    "ngram", "drawn", "1", LABELS, ("en",), NORMALISER_VERSION, dict.fromkeys(LABELS, 0.5), "Apache-2.0"
)
TEXTS = [" ".join(WORDS[k % 11 : k % 11 + k % 5]) for k in range(200)]


def plan(bands: Any = BANDS, mixes: Any = MIXES) -> Plan:
    return Plan(Part("fast", "0" * 64), Part("accurate", "1" * 64), bands, mixes)


class Grave:
    """A classifier whose first column is its text's length over 100, and which says nothing of how it judged."""

    info = ClassifierInfo("grave", "1", LABELS, ("en",))

    def __init__(self, second: float = 0.1) -> None:
        self.second = second
        self.asked: list[str] = []

    def probabilities(self, texts: Any) -> Any:
        self.asked += texts
        return np.array([[len(text) / 100, self.second] for text in texts], np.float32).reshape(len(texts), 2)


@pytest.fixture(scope="module")
def fast() -> NgramClassifier:
    lot = np.random.default_rng(5)
    table = lot.integers(-127, 128, (1 << 10, 2), dtype=np.int8)
    return NgramClassifier(INFO, Weights(table, np.full((2, 2), 0.02), np.zeros(2)))


@pytest.fixture(scope="module")
def accurate() -> EncoderClassifier:
    return EncoderClassifier(INFO, model(), TOKENS, threads=1)


@pytest.fixture(scope="module")
def cascade(fast: NgramClassifier, accurate: EncoderClassifier) -> CascadeClassifier:
    return CascadeClassifier(INFO, fast, accurate, plan())


@pytest.fixture
def write(tmp_path: Path, fast: NgramClassifier) -> Write:
    """Return a function that writes three bundles side by side, with the cascade's description changed."""

    def run(description: bytes | None = None, **changes: Any) -> Path:
        first = write_bundle(tmp_path / "fast", MANIFEST, {ngram.ARRAYS: fast.to_file()})
        files = {encoder.MODEL: model(), encoder.TOKENIZER: TOKENS}
        second = write_bundle(tmp_path / "accurate", replace(MANIFEST, kind="encoder"), files)
        parts = [Part(b.path.name, b.manifest.sha256) for b in (first, second)]
        table = json.loads(replace(plan(), fast=parts[0], accurate=parts[1]).to_file()) | changes
        contents = json.dumps(table).encode() if description is None else description
        return write_bundle(tmp_path / "both", replace(MANIFEST, kind=KIND), {FILE: contents}).path

    return run


def load(path: Path, threads: int = 1) -> Any:
    return load_classifier(load_bundle(path), threads)


@given(st.lists(st.text(max_size=40) | st.lists(st.sampled_from(WORDS)).map(" ".join), max_size=12))
def test_a_text_has_the_scores_of_those_that_judged_it(cascade: CascadeClassifier, texts: list[str]) -> None:
    found = cascade.probabilities(texts)
    assert found.shape == (len(texts), 2) and found.dtype == np.float32
    fast = cascade.fast.probabilities(texts)
    for text, row, own in zip(texts, found, fast, strict=True):
        if any(low <= own[k] < high for k, (low, high) in enumerate(BANDS.values())):
            both = mixed(own[None], cascade.accurate.probabilities([text]), list(MIXES.values()))
            assert np.abs(both[0] - row).max() < 0.02
        else:
            np.testing.assert_array_equal(row, own)


def test_only_the_unclear_is_asked_about_and_scored_exactly_so(fast: NgramClassifier) -> None:
    accurate = Grave()
    own = fast.probabilities(TEXTS)
    found = CascadeClassifier(INFO, fast, accurate, plan(mixes=ALONE)).probabilities(TEXTS)
    inside = ((own[:, 0] >= 0.4) & (own[:, 0] < 0.9)) | ((own[:, 1] >= 0.6) & (own[:, 1] < 0.7))
    assert 0 < inside.sum() < len(TEXTS)
    assert accurate.asked == [text for text, own_one in zip(TEXTS, inside, strict=True) if own_one]
    np.testing.assert_array_equal(found[~inside], own[~inside])
    np.testing.assert_allclose(found[inside], Grave().probabilities(accurate.asked), rtol=1e-5, atol=1e-6)


@given(st.floats(0.001, 0.999), st.floats(0.001, 0.999))
def test_both_are_added_up_as_logits(first: float, second: float) -> None:
    sides = (np.array([[p, p]], np.float32) for p in (first, second))
    for found, mix in zip(mixed(*sides, list(MIXES.values()))[0].tolist(), MIXES.values(), strict=True):
        odds = (first / (1 - first)) ** mix.fast * (second / (1 - second)) ** mix.accurate * np.exp(mix.intercept)
        assert found == pytest.approx(odds / (1 + odds), abs=1e-5)


def test_what_is_certain_stays_a_number() -> None:
    certain = np.array([[0, 1]], np.float32)
    found = mixed(certain, certain, list(ALONE.values()))
    assert 0 < found[0, 0] < 1e-6 and found[0, 1] > 1 - 1e-6


@pytest.mark.parametrize(("length", "asked"), [(39, False), (40, True), (89, True), (90, False)])
def test_a_band_holds_its_lower_end_and_not_its_upper(length: int, asked: bool) -> None:
    accurate = Grave()
    CascadeClassifier(INFO, Grave(), accurate, plan()).probabilities(["x" * length])
    assert bool(accurate.asked) is asked


def test_one_label_in_its_band_is_enough_and_an_empty_band_asks_never() -> None:
    for second, bands, asked in ((0.65, BANDS, True), (0.65, dict.fromkeys(LABELS, (0.5, 0.5)), False)):
        accurate = Grave()
        CascadeClassifier(INFO, Grave(second), accurate, plan(bands)).probabilities(["x", "y" * 50])
        assert bool(accurate.asked) is asked


def test_no_texts(cascade: CascadeClassifier) -> None:
    assert cascade.probabilities([]).shape == (0, 2)


def test_those_that_judged_explain(cascade: CascadeClassifier, fast: NgramClassifier) -> None:
    assert isinstance(cascade, Explainer)
    unclear = cascade.unclear(fast.probabilities(TEXTS))
    for asked in (True, False):
        text = next(t for t, inside in zip(TEXTS, unclear, strict=True) if inside == asked and t)
        spans = cascade.explain(text)
        assert asked or spans == fast.explain(text)
        assert len({(s.start, s.end, s.label) for s in spans}) == len(spans)
        for label, p in zip(LABELS, cascade.probabilities([text])[0].tolist(), strict=True):
            weights = sum(s.weight for s in spans if s.label == label)
            assert weights == pytest.approx(np.log(p / (1 - p)), abs=0.05)


def test_a_part_that_cannot_explain_says_nothing(fast: NgramClassifier) -> None:
    assert CascadeClassifier(INFO, Grave(), Grave(), plan()).explain("A tram.") == ()
    wide = dict.fromkeys(LABELS, (0.0, 1.0))
    assert CascadeClassifier(INFO, fast, Grave(), plan(wide)).explain("A tram.") == ()


def test_several_threads_may_load_and_judge_at_once(write: Write) -> None:
    path = write()
    expected = load(path).probabilities(TEXTS)
    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.append(load(path).probabilities(TEXTS))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 3
    for other in found:
        np.testing.assert_array_equal(other, expected)


def test_the_threads_reach_the_encoder(write: Write) -> None:
    for threads in (1, 2):
        session = load(write(), threads).accurate._session
        assert session.get_session_options().intra_op_num_threads == threads


def test_it_is_loaded_with_the_bundles_beside_it(write: Write, cascade: CascadeClassifier, tmp_path: Path) -> None:
    loaded = load(write())
    assert isinstance(loaded, CascadeClassifier) and loaded.info == INFO
    np.testing.assert_allclose(loaded.probabilities(TEXTS), cascade.probabilities(TEXTS), atol=1e-6)
    shutil.copytree(tmp_path, tmp_path.with_name(tmp_path.name + "-moved"))  # the three together may lie anywhere
    moved = load(tmp_path.with_name(tmp_path.name + "-moved") / "both")
    np.testing.assert_array_equal(moved.probabilities(TEXTS), loaded.probabilities(TEXTS))


def test_a_plan_is_written_as_it_is_read(write: Write) -> None:
    path = write()
    table = json.loads(plan().to_file())
    assert table.keys() == json.loads((path / FILE).read_bytes()).keys() == {"fast", "accurate", "bands", "mixes"}
    assert table["bands"] == {label: list(band) for label, band in BANDS.items()}
    assert table["mixes"]["hate"] == {"fast": 0.3, "accurate": 0.8, "intercept": -0.2}


@pytest.mark.parametrize(
    "description",
    [b"", b"\xff", b"[]", b"{}", b"[" * 200_000, b'{"fast": "fast", "accurate": "accurate", "bands": {}}'],
)
def test_no_description_of_a_cascade(write: Write, description: bytes) -> None:
    refused(write(description), "no description of a cascade")


@pytest.mark.parametrize(
    "bands",
    [
        {"hate": [0.4, 0.9]},
        {"hate": [0.4, 0.9], "antisemitism": [0.7, 0.6]},
        {"hate": [0.4, 0.9], "antisemitism": [-0.1, 0.6]},
        {"hate": [0.4, 0.9], "antisemitism": [0.5]},
        {"hate": [0.4, 0.9], "antisemitism": ["low", "high"]},
        {"hate": [0.4, 0.9], "antisemitism": [float("nan"), 0.5]},
        {"hate": [0.4, 0.9], "antisemitism": [0.1, float("nan")]},
        [],
    ],
)
def test_bands_that_are_none(write: Write, bands: Any) -> None:
    refused(write(bands=bands), "no description of a cascade")


@pytest.mark.parametrize(
    "mix",
    [
        {"fast": 1.0, "accurate": 1.0},
        {"fast": "much", "accurate": 1.0, "intercept": 0.0},
        {"fast": float("inf"), "accurate": 1.0, "intercept": 0.0},
        {"fast": 1.0, "accurate": float("nan"), "intercept": 0.0},
        [1.0, 1.0, 0.0],
    ],
)
def test_weights_that_are_none(write: Write, mix: Any) -> None:
    refused(write(mixes=dict.fromkeys(LABELS, mix)), "no description of a cascade")


@pytest.mark.parametrize("folder", ["../fast", "/tmp", "", "..", "a/b"])
def test_a_part_lies_beside_it_and_nowhere_else(write: Write, folder: str) -> None:
    refused(write(fast={"folder": folder, "sha256": "0" * 64}), "a part that is not beside it")


def test_a_part_that_is_missing_or_damaged(write: Write, tmp_path: Path) -> None:
    path = write()
    shutil.rmtree(tmp_path / "accurate")
    refused(path, "a part of it cannot be loaded: .*accurate: no bundle here", BundleError)
    path = write()
    (tmp_path / "fast" / ngram.ARRAYS).write_bytes(b"\0")
    refused(path, f"a part of it cannot be loaded: .*{ngram.ARRAYS}: its sha256 is", BundleError)


def test_a_part_that_is_another_one(write: Write, tmp_path: Path, fast: NgramClassifier) -> None:
    path = write()
    write_bundle(tmp_path / "fast", replace(MANIFEST, version="2"), {ngram.ARRAYS: fast.to_file()})
    refused(path, "was made for another fast", BundleError)


def test_a_part_that_is_a_cascade(write: Write) -> None:
    path = write()
    inner = load_bundle(path).manifest.sha256
    other = write_bundle(path.with_name("outer"), replace(MANIFEST, kind=KIND), {FILE: nested(path, inner)})
    refused(other.path, "a part is a cascade, too")


def nested(path: Path, sha256: str) -> bytes:
    table = json.loads((path / FILE).read_bytes())
    return json.dumps(table | {"fast": {"folder": path.name, "sha256": sha256}}).encode()


def test_parts_of_other_labels(write: Write, tmp_path: Path) -> None:
    path = write()
    lot = np.random.default_rng(6)
    weights = Weights(lot.integers(-9, 9, (1 << 10, 1), dtype=np.int8), np.ones((2, 1)), np.zeros(1))
    one = NgramClassifier(ClassifierInfo("one", "1", ("hate",), ("en",)), weights)
    part: Bundle = write_bundle(tmp_path / "one", replace(MANIFEST, labels=("hate",)), {ngram.ARRAYS: one.to_file()})
    table = json.loads((path / FILE).read_bytes()) | {"fast": {"folder": "one", "sha256": part.manifest.sha256}}
    refused(write(json.dumps(table).encode()), "its parts do not judge its labels", BundleError)


def refused(path: Path, said: str, kind: type[Exception] = BundleCorrupt) -> None:
    with pytest.raises(kind, match=said) as caught:
        load(path)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 700
