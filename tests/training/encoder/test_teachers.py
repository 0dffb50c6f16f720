"""Teachers: what they say of rows that they did not learn from becomes soft labels."""

import numpy as np
import pytest
from numpy.typing import NDArray

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from moderation.corpora import load_corpora  # noqa: E402
from moderation.training.encoder.labelling import Lessons, known_labels  # noqa: E402
from moderation.training.encoder.teachers import folds_of, ngrams_say, stacked, taught  # noqa: E402
from tests.training.encoder.conftest import SAMPLE  # noqa: E402

nan = np.nan
NONE_WRITTEN = np.zeros(6, np.bool_)


def lessons(labels: list[float], corpus: list[int]) -> Lessons:
    column = np.array(labels, np.float32)[:, None]
    return known_labels([np.array([1, 2], np.int32)] * len(labels), column, np.array(corpus))


def learned(known: Lessons, said: list[NDArray[np.float32]], written: NDArray[np.bool_], trust: float) -> Lessons:
    return taught(known, stacked(known, said, written), written, trust)


def test_a_known_label_is_the_teachers_in_part_and_an_unknown_one_wholly() -> None:
    known = lessons([1, 0, 1, 0, nan, nan], [0, 0, 0, 0, 1, 1])
    logits = np.array([[3], [-3], [3], [-3], [3], [-3]], np.float32)
    soft = learned(known, [logits, logits / 2], NONE_WRITTEN, 1.0)
    mixed = learned(known, [logits, logits / 2], NONE_WRITTEN, 0.25)
    np.testing.assert_allclose(mixed.labels[:4], 0.75 * known.labels[:4] + 0.25 * soft.labels[:4], rtol=1e-5)
    np.testing.assert_array_equal(mixed.labels[4:], soft.labels[4:])
    assert soft.labels[4, 0] > 0.5 > soft.labels[5, 0]
    assert mixed.weights[:, 0].tolist() == [1, 1, 1, 1, 0.5, 0.5]


def test_what_the_project_wrote_keeps_its_labels() -> None:
    known = lessons([1, 0, 1, 0, 1, 0], [0, 0, 0, 0, 1, 1])
    logits = np.array([[3], [-3], [3], [-3], [-3], [3]], np.float32)
    soft = learned(known, [logits], np.array([0, 0, 0, 0, 1, 1], np.bool_), 0.9)
    assert soft.labels[4:, 0].tolist() == [1, 0] and 0 < soft.labels[1, 0] < soft.labels[0, 0] < 1


def test_the_teacher_that_was_right_is_trusted() -> None:
    known = lessons([1, 0, 1, 0, nan, nan], [0, 0, 0, 0, 0, 0])
    right = np.array([[2], [-2], [2], [-2], [2], [-2]], np.float32)
    astray = np.array([[2], [2], [-2], [-2], [-2], [2]], np.float32)
    soft = learned(known, [right, astray], NONE_WRITTEN, 0.5)
    assert soft.labels[4, 0] > 0.5 > soft.labels[5, 0]


def test_where_nothing_tells_who_is_right_they_have_the_same_say() -> None:
    known = lessons([nan] * 6, [0] * 6)
    said = [np.full((6, 1), 2, np.float32), np.full((6, 1), -2, np.float32)]
    assert learned(known, said, NONE_WRITTEN, 0.5).labels[:, 0].tolist() == [0.5] * 6


def test_where_teachers_said_nothing_a_label_stays_as_it_is() -> None:
    known = lessons([1, 0, nan, nan], [0, 0, 0, 0])
    soft = np.array([[0.25], [nan], [0.25], [nan]], np.float32)
    mixed = taught(known, soft, NONE_WRITTEN[:4], 0.5)
    assert mixed.labels[:3, 0].tolist() == [0.625, 0, 0.25]
    assert mixed.weights[:, 0].tolist() == [1, 1, 0.5, 0]


def test_rows_of_a_group_lie_in_one_fold() -> None:
    (corpus,) = load_corpora(SAMPLE, for_training=True)
    fold = folds_of([corpus], 3)
    assert set(fold.tolist()) == {0, 1, 2}
    by_group: dict[str, set[int]] = {}
    for group, k in zip(corpus.groups, fold.tolist(), strict=True):
        by_group.setdefault(group, set()).add(k)
    assert all(len(own) == 1 for own in by_group.values())


def test_ngrams_judge_only_what_they_did_not_learn_from() -> None:
    words = ["tree", "river", "stone", "cloud", "meadow", "bridge"]
    texts = [f"{word} {side}" for word in words for side in ("vile", "kind")]
    known = lessons([1.0, 0.0] * 6, [0] * 12)
    fold = np.arange(12) // 2 % 3
    none = np.zeros(12, np.bool_)
    said = ngrams_say(texts, known, fold, none, 1)
    assert (said[::2] > said[1::2]).all()
    turned = known.labels.copy()
    turned[fold == 0] = 1 - turned[fold == 0]
    again = ngrams_say(texts, Lessons(known.tokens, turned, known.weights, known.corpus), fold, none, 1)
    np.testing.assert_array_equal(again[fold == 0], said[fold == 0])
    assert (again[fold != 0] != said[fold != 0]).any()
