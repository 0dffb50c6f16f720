"""What an encoder under training says of rows, and how good that is: the rule that stops the training."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from moderation.training.encoder.fitting import Measure, padded
from moderation.training.encoder.network import Encoder
from moderation.training.rows import Rows

_ROWS = 128  # at a time
_WATCHED = 200  # calibration rows of each corpus that the stopping rule looks at
_ENOUGH = 10  # of them with a label, and as many without it: of fewer an AUC is chance


def logits_of(model: Encoder, tokens: Sequence[NDArray[np.int32]]) -> NDArray[np.float32]:
    """Return the logits, float32 (n, labels), of rows of token numbers."""
    result = np.empty((len(tokens), model.classifier.out_features), np.float32)
    order = np.argsort([len(row) for row in tokens], kind="stable")
    device = model.offsets.device
    model.eval()
    with torch.inference_mode():
        for at in range(0, len(order), _ROWS):
            rows = order[at : at + _ROWS]
            result[rows] = model(padded([tokens[k] for k in rows]).to(device)).float().cpu().numpy()
    return result


def spread(rows: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Return at most `count` of `rows`, evenly spread."""
    return rows[np.linspace(0, len(rows) - 1, min(count, len(rows))).astype(np.int64)]


def mean_auc(tokens: Sequence[NDArray[np.int32]], rows: Rows, labels: Sequence[int]) -> Measure:
    """Return the stopping rule: the mean of the AUCs over all pairs of a corpus and a label, on calibration rows. Pairs
    with few rows of one kind count where there are no others.
    """
    from sklearn.metrics import roc_auc_score

    parts = [np.flatnonzero((rows.split == "calibration") & (rows.corpus == c)) for c in range(len(rows.names))]
    watched = np.concatenate([spread(part, _WATCHED) for part in parts])
    shown = [tokens[k] for k in watched]
    corpus, target = rows.corpus[watched], rows.labels[watched][:, labels]
    pairs = []
    for column in range(len(labels)):
        for c in range(len(rows.names)):
            own = np.flatnonzero((corpus == c) & ~np.isnan(target[:, column]))
            ones = int(target[own, column].sum())
            pairs.append((min(ones, len(own) - ones), own, column))
    least = _ENOUGH if any(fewer >= _ENOUGH for fewer, _, _ in pairs) else 1
    judged = [(own, column) for fewer, own, column in pairs if fewer >= least]

    def measure(model: Encoder) -> float:
        logits = logits_of(model, shown)
        areas = [float(roc_auc_score(target[own, column], logits[own, column])) for own, column in judged]
        return float(np.mean(areas)) if areas else 0.0

    return measure
