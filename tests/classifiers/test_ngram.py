"""The n-gram classifier: one score a text, whichever way it is computed, and an explanation that adds up to it."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from moderation.classifiers.base import ClassifierInfo, Explainer
from moderation.classifiers.ngram import NgramClassifier, Weights
from moderation.errors import BundleError
from moderation.training.features import feature_matrix, ngram_slots

# Pieces that the normaliser folds, joins, replaces or drops; st.text() gives the rest, lone surrogates included.
any_character = st.characters(exclude_categories=())
pieces = st.sampled_from(
    [
        "w o r d",
        "h4te",
        "@you",
        "http://a.b/c",
        "&amp;",
        "<b>",
        "(((x)))",
        "ﷺ",
        "😀👍🏽",
        "\ud800",
        "\x00",
        "\u200b",
        "е",
        "  ",
    ]
)
texts = st.lists(st.one_of(pieces, st.text(any_character, max_size=12)), max_size=8).map("".join)

hostile = ["", " ", "a", "\x00", "\ud800", "\udfff\ud800", "😀", "\u200b", "a" * 5000, "ﷺ" * 500, "(((" * 300, "@" * 99]


@settings(max_examples=200)
@given(st.lists(texts, max_size=6))
@example(hostile)
def test_training_and_inference_agree(classifier: NgramClassifier, batch: list[str]) -> None:
    bits = len(classifier.weights.table).bit_length() - 1
    features = feature_matrix(*ngram_slots(batch, bits, None), bits)
    ends = ngram_slots(batch, bits, None)[1]
    assert features.shape == (len(batch), len(classifier.weights.table))
    # Both blocks have factors of their own: multiply each with the part of the features that is its own.
    sizes = np.diff(ends, prepend=0)
    is_word = np.repeat(np.arange(len(ends)) % 2 == 1, sizes)
    expected = np.tile(classifier.weights.intercepts, (len(batch), 1))
    for block, chosen in enumerate((~is_word, is_word)):
        part = features.copy()
        part.data = part.data.astype(np.float64) * chosen
        expected += part @ (classifier.weights.table * classifier.weights.factors[block])
    np.testing.assert_allclose(classifier.logits(batch), expected, rtol=1e-6, atol=1e-6)
    probabilities = classifier.probabilities(batch)
    assert probabilities.dtype == np.float32 and probabilities.shape == (len(batch), 3)
    np.testing.assert_allclose(probabilities, 1 / (1 + np.exp(-expected)), rtol=0, atol=1e-6)


@settings(max_examples=200)
@given(texts)
@example("a b c d")
@example("x" * 3000)
def test_an_explanation_sums_to_the_logit(classifier: NgramClassifier, text: str) -> None:
    spans = classifier.explain(text)
    for k, label in enumerate(classifier.info.labels):
        total = sum(span.weight for span in spans if span.label == label)
        assert total == pytest.approx(classifier.logits([text])[0, k], abs=1e-9)


@settings(max_examples=200)
@given(texts)
def test_spans_lie_in_the_text_in_order(classifier: NgramClassifier, text: str) -> None:
    spans = [s for s in classifier.explain(text) if s.label == "hate"]
    assert (spans[0].start, spans[0].end) == (0, 0)
    for span in spans[1:]:
        assert 0 <= span.start < span.end <= len(text)
        assert text[span.start : span.end].strip()
    for before, after in pairwise(spans[1:]):
        assert before.start <= after.start and before.end <= after.end


def test_spans_are_the_words_as_they_were_written(classifier: NgramClassifier) -> None:
    text = "\ufeffYou,  K.I.L.L\u200b &lt;3 @someone https://example.org/x 😀"
    words = [text[s.start : s.end] for s in classifier.explain(text) if s.label == "hate" and s.end]
    assert words == ["You,", "K.I.L.L", "&lt;3", "@someone", "https://example.org/x", "😀"]


def test_what_shows_nothing_gets_the_intercept(classifier: NgramClassifier) -> None:
    for text in ("", " \n\x00", "\u200b\u2060"):
        np.testing.assert_array_equal(classifier.logits([text])[0], classifier.weights.intercepts)
        assert [(s.start, s.end) for s in classifier.explain(text)] == [(0, 0)] * 3


def test_it_is_an_explainer(classifier: NgramClassifier) -> None:
    assert isinstance(classifier, Explainer)


def test_no_texts_give_no_rows(classifier: NgramClassifier) -> None:
    assert classifier.probabilities([]).shape == (0, 3)


@settings(max_examples=20)
@given(st.lists(texts, min_size=1, max_size=5), st.integers(0, 5))
def test_neighbours_do_not_matter(classifier: NgramClassifier, batch: list[str], cut: int) -> None:
    whole = classifier.logits(batch)
    parts = np.concatenate([classifier.logits(batch[:cut]), classifier.logits(batch[cut:])])
    np.testing.assert_array_equal(whole, parts)


def test_batch_bounds_do_not_matter(classifier: NgramClassifier) -> None:
    # 2,500 texts fill three batches by number; a text of 1.5 million characters is a batch of its own.
    batch = [f"comment {k} on the harbour" for k in range(2500)]
    batch[700] = "tram " * 300_000
    alone = np.concatenate([classifier.logits([text]) for text in batch])
    np.testing.assert_array_equal(classifier.logits(batch), alone)


def test_threads_get_the_same(classifier: NgramClassifier) -> None:
    batches = [[f"thread {t} text {k} " + "word " * (k % 50) for k in range(400)] for t in range(8)]
    expected = [classifier.probabilities(batch) for batch in batches]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(3):
            for found, one in zip(pool.map(classifier.probabilities, batches), expected, strict=True):
                np.testing.assert_array_equal(found, one)
        explained = list(pool.map(classifier.explain, [batch[7] for batch in batches]))
    assert explained == [classifier.explain(batch[7]) for batch in batches]


@pytest.mark.parametrize("extreme", [-128, -127, 127])
def test_a_long_text_of_extreme_weights_overflows_nowhere(extreme: int) -> None:
    weights = Weights(np.full((1 << 10, 4), extreme, np.int8), np.ones((2, 4)), np.zeros(4))
    classifier = NgramClassifier(ClassifierInfo("extreme", "1", tuple("abcd"), ("en",)), weights)
    text = "ab cd " * 50_000
    slots, ends = ngram_slots([text], 10, None)
    chars, words = int(ends[0]), int(ends[1] - ends[0])
    assert len(slots) == chars + words
    expected = extreme * (np.sqrt(chars) + np.sqrt(words))
    np.testing.assert_allclose(classifier.logits([text]), [[expected] * 4], rtol=1e-12)
    np.testing.assert_array_equal(classifier.probabilities([text]), [[0 if extreme < 0 else 1] * 4])


def test_explaining_a_long_text_is_linear(classifier: NgramClassifier) -> None:
    spans = classifier.explain("one two three " * 20_000)
    assert len(spans) == 3 * (60_000 + 1)


def test_more_labels_than_the_kernel_has_lanes_are_refused() -> None:
    weights = Weights(np.zeros((4, 5), np.int8), np.zeros((2, 5)), np.zeros(5))
    with pytest.raises(BundleError, match="at most 4 labels"):
        NgramClassifier(ClassifierInfo("wide", "1", tuple("abcde"), ("en",)), weights)
