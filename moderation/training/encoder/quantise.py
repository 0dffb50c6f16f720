"""Ranges of activations, seen on real rows: what 8-bit matrix products need to know beforehand."""

from collections.abc import Sequence

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from moderation.training.encoder.graph import Range, Shape, Weights, build

_RARE = 0.01
"""Share of rows whose extremes are cut off: a range that fits the one wildest row is too coarse for all others."""


def seen_ranges(
    weights: Weights, shape: Shape, tokens: Sequence[NDArray[np.int32]], threads: int = 0
) -> dict[str, Range]:
    """Return the range of each matrix product's input on rows of token numbers, by channel. `threads` work (0: one
    for each core).
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(build(weights, shape, observed=True), options, ["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs() if output.name.endswith(".in")]
    lows: dict[str, list[NDArray[np.float32]]] = {name: [] for name in names}
    highs: dict[str, list[NDArray[np.float32]]] = {name: [] for name in names}
    for row in tokens:
        for name, value in zip(names, session.run(names, {"tokens": row[None].astype(np.int64)}), strict=True):
            lows[name].append(value[0].min(axis=0))
            highs[name].append(value[0].max(axis=0))
    return {
        name.removesuffix(".in"): Range(
            np.quantile(lows[name], _RARE, axis=0).astype(np.float32),
            np.quantile(highs[name], 1 - _RARE, axis=0).astype(np.float32),
        )
        for name in names
    }
