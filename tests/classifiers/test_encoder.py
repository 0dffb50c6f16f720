"""The encoder: what it says of a text depends on that text alone, however it is asked, and bad files are named."""

import json
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("onnx")

from moderation.bundle import Bundle, Manifest, load_bundle, write_bundle
from moderation.classifiers import encoder as module
from moderation.classifiers import load_classifier
from moderation.classifiers.base import Explainer
from moderation.classifiers.encoder import KIND, MODEL, TOKENIZER, WINDOW, EncoderClassifier
from moderation.errors import BundleCorrupt, BundleError
from moderation.text import NORMALISER_VERSION
from moderation.training.encoder.vocabulary import tokenizer_of
from tests.classifiers.drawn_encoder import INFO, LABELS, PIECES, TOKENS, WORDS, model


@pytest.fixture(scope="module")
def classifier() -> EncoderClassifier:
    return EncoderClassifier(INFO, model(), TOKENS, threads=1)


texts = st.lists(st.text() | st.lists(st.sampled_from(WORDS)).map(" ".join), max_size=12)


@settings(max_examples=40, deadline=None)
@given(texts)
def test_a_text_is_judged_alike_alone_and_among_others(classifier: EncoderClassifier, texts: list[str]) -> None:
    together = classifier.probabilities(texts)
    assert together.shape == (len(texts), 2) and together.dtype == np.float32
    assert ((together >= 0) & (together <= 1)).all()
    for text, row in zip(texts, together, strict=True):
        assert np.abs(classifier.probabilities([text])[0] - row).max() < 0.02


def test_long_texts_are_judged_to_their_end(classifier: EncoderClassifier) -> None:
    filler = "the old tram opens at noon " * 100
    plain, ended = classifier.logits([filler, filler + "crane " * 60])
    alone = classifier.logits(["crane " * 60])[0]
    assert (ended >= plain - 0.05).all()
    assert np.abs(ended - plain).max() > 0.01  # the end was seen
    assert alone.shape == (2,)


@given(st.integers(0, 1000))
def test_windows_hold_every_token(count: int) -> None:
    tokens = np.array([2, *range(10, 10 + count), 3], np.int64)
    windows = module.windows_of(tokens)
    assert all(len(w) <= WINDOW and w[0] == 2 and w[-1] == 3 for w in windows)
    assert set(np.concatenate([w[1:-1] for w in windows]).tolist()) == set(range(10, 10 + count))
    assert len(windows) == 1 or all(len(w) > module.OVERLAP for w in windows)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.sampled_from([*WORDS, "\u200bТhe", "<b>crane</b>", "don't"]), max_size=300).map(" ".join) | st.text()
)
def test_the_weights_of_a_label_sum_to_its_logit(classifier: EncoderClassifier, text: str) -> None:
    assert isinstance(classifier, Explainer)
    spans = classifier.explain(text)
    logits = classifier.logits([text])[0]
    for label, logit in zip(LABELS, logits, strict=True):
        assert sum(s.weight for s in spans if s.label == label) == pytest.approx(logit, abs=0.05)
    for span in spans:
        assert 0 <= span.start <= span.end <= len(text)


def test_a_words_weight_is_what_the_logit_loses_without_it(classifier: EncoderClassifier) -> None:
    text = "The blue  crane opens at noon"
    for span in classifier.explain(text):
        if span.end > span.start:
            word = text[span.start : span.end]
            assert word in text.split()
            rest = (text[: span.start] + text[span.end :]).replace("  ", " ")
            column = LABELS.index(span.label)
            fall = classifier.logits([text])[0, column] - classifier.logits([rest])[0, column]
            assert span.weight == pytest.approx(fall, abs=0.05)


def test_two_threads_may_judge_at_once(classifier: EncoderClassifier) -> None:
    given_texts = [" ".join(WORDS[k % 7 :]) for k in range(60)]
    expected = classifier.probabilities(given_texts)
    found: list[np.ndarray] = []
    threads = [threading.Thread(target=lambda: found.append(classifier.probabilities(given_texts))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    for other in found:
        np.testing.assert_array_equal(other, expected)


def test_no_texts(classifier: EncoderClassifier) -> None:
    assert classifier.probabilities([]).shape == (0, 2)


def bundle(path: Path, files: dict[str, bytes], normaliser: int = NORMALISER_VERSION) -> Bundle:
    manifest = Manifest(KIND, "drawn", "1", LABELS, ("en",), normaliser, dict.fromkeys(LABELS, 0.5), "Apache-2.0")
    write_bundle(path, manifest, files)
    return load_bundle(path)


def test_a_bundle_is_loaded_by_its_kind(classifier: EncoderClassifier, tmp_path: Path) -> None:
    loaded = load_classifier(bundle(tmp_path / "b", {MODEL: model(), TOKENIZER: TOKENS}))
    assert loaded.info == INFO
    np.testing.assert_allclose(
        loaded.probabilities(["the blue crane"]), classifier.probabilities(["the blue crane"]), atol=1e-6
    )


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({MODEL: model()[:2000], TOKENIZER: TOKENS}, "no model that onnxruntime can run"),
        ({MODEL: b"", TOKENIZER: TOKENS}, "no model that onnxruntime can run"),
        ({MODEL: model(labels=3), TOKENIZER: TOKENS}, "judges 3 labels, and the manifest names 2"),
        ({MODEL: model(), TOKENIZER: b"{}"}, "no tokenizer"),
        ({MODEL: model(), TOKENIZER: b"\xff"}, "no tokenizer"),
        ({MODEL: model(), TOKENIZER: tokenizer_of(PIECES[:-1]).to_str().encode()}, "of another model"),
        ({MODEL: model()}, "holds no tokenizer.json"),
        ({TOKENIZER: TOKENS}, "holds no encoder.onnx"),
    ],
)
def test_files_that_do_not_fit_are_named(tmp_path: Path, files: dict[str, bytes], said: str) -> None:
    with pytest.raises(BundleCorrupt, match=said) as caught:
        load_classifier(bundle(tmp_path / "b", files))
    assert "Get the bundle again" in str(caught.value)


def test_a_model_of_another_make_is_refused(tmp_path: Path) -> None:
    import onnx
    from onnx import TensorProto, helper

    inside = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n"])
    outside = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n"])
    graph = helper.make_graph([helper.make_node("Neg", ["x"], ["y"])], "g", [inside], [outside])
    foreign: onnx.ModelProto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    with pytest.raises(BundleCorrupt, match="not an encoder of this project"):
        load_classifier(bundle(tmp_path / "b", {MODEL: foreign.SerializeToString(), TOKENIZER: TOKENS}))


def test_another_normaliser_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="made for normaliser 99"):
        load_classifier(bundle(tmp_path / "b", {MODEL: model(), TOKENIZER: TOKENS}, normaliser=99))


def test_the_tokenizer_keeps_marks_whole() -> None:
    tokens = json.loads(TOKENS)
    assert tokens["truncation"] is None and tokens["padding"] is None
    assert tokenizer_of(PIECES).encode("the <url> <user>").tokens == ["[CLS]", "the", "<url>", "<user>", "[SEP]"]
