"""The rule that stops a training looks at pairs of a corpus and a label that have enough rows of both kinds."""

from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from moderation.training.encoder import judging  # noqa: E402
from moderation.training.encoder.judging import mean_auc  # noqa: E402
from moderation.training.rows import Rows  # noqa: E402


def _rows(sides: list[tuple[int, int]]) -> Rows:
    """Return calibration rows of a corpus for each pair of positives and negatives."""
    labels = [label for ones, zeros in sides for label in [1.0] * ones + [0.0] * zeros]
    corpus = np.repeat(np.arange(len(sides)), [sum(side) for side in sides])
    names = tuple(f"corpus {k}" for k in range(len(sides)))
    split = np.array(["calibration"] * len(labels))
    return Rows(np.array(labels, np.float32)[:, None], split, corpus, names, (False,) * len(sides))


def _measured(rows: Rows, said: Any, monkeypatch: pytest.MonkeyPatch) -> float:
    monkeypatch.setattr(judging, "logits_of", lambda model, tokens: np.array([[said[k[0]]] for k in tokens], float))
    tokens = [np.array([k], np.int32) for k in range(len(rows.labels))]
    no_model: Any = None
    return mean_auc(tokens, rows, [0])(no_model)


def test_a_pair_with_a_single_positive_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = _rows([(20, 20), (1, 50)])
    right_then_wrong = np.where(rows.corpus == 0, rows.labels[:, 0], -rows.labels[:, 0])
    assert _measured(rows, right_then_wrong, monkeypatch) == 1


def test_where_all_pairs_are_small_they_count(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = _rows([(2, 3), (3, 2)])
    right_then_wrong = np.where(rows.corpus == 0, rows.labels[:, 0], -rows.labels[:, 0])
    assert _measured(rows, right_then_wrong, monkeypatch) == 0.5
