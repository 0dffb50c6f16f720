"""Boosting trees with LightGBM (Ke et al., NIPS 2017) and writing them as arrays; only training needs it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from moderation.extraction.trees import Trees
from moderation.extraction.trees_kernel import LEAVES

if TYPE_CHECKING:
    from lightgbm import Booster

_SHARED: dict[str, Any] = {
    "min_data_in_leaf": 40,
    "lambda_l2": 5.0,
    "path_smooth": 5.0,
    "max_bin": 63,
    "use_missing": False,
    "deterministic": True,
    "force_col_wise": True,
    "num_threads": 1,
    "verbose": -1,
}


@dataclass(frozen=True, slots=True)
class Growth:
    """How trees are grown: rounds of boosting, leaves of a tree, learning rate, share of the features a tree tries."""

    rounds: int
    leaves: int
    rate: float
    tried: float = 0.3


def boosted(
    x: NDArray[np.float32],
    y: NDArray[np.int8],
    outputs: int,
    growth: Growth,
    weights: NDArray[np.float64] | None = None,
    seed: int = 0,
) -> Trees:
    """Return trees that tell `outputs` classes apart, by gradient-based one-side sampling; 1: whether a row is one."""
    import lightgbm

    parameters = {
        **_SHARED,
        "seed": seed,
        "num_leaves": growth.leaves,
        "learning_rate": growth.rate,
        "feature_fraction": growth.tried,
        "data_sample_strategy": "goss",
        "top_rate": 0.2,
        "other_rate": 0.15,
        **({"objective": "multiclass", "num_class": outputs} if outputs > 1 else {"objective": "binary"}),
    }
    data = lightgbm.Dataset(x, y, weight=weights, params=parameters)
    return exported(lightgbm.train(parameters, data, growth.rounds))


def exported(booster: "Booster") -> Trees:
    """Return LightGBM's trees as arrays that give the same sums."""
    feature: list[int] = []
    threshold: list[np.float32] = []
    kept: list[int] = []
    starts = [0]
    values = []
    for tree in booster.dump_model()["tree_info"]:
        leaves: list[float] = []
        for node, left in _inner(tree["tree_structure"], leaves):
            feature.append(node["split_feature"])
            threshold.append(_single(node["threshold"]))
            kept.append(((1 << LEAVES) - 1) & ~sum(1 << leaf for leaf in left))
        starts.append(len(feature))
        values.append(leaves + [0.0] * (LEAVES - len(leaves)))
    return Trees(
        np.array(feature, np.uint16),
        np.array(threshold, np.float32),
        np.array(kept, np.int32),
        np.array(starts, np.int32),
        np.array(values, np.float32),
    )


def _single(threshold: float) -> np.float32:
    """Return the threshold as a single float, rounded down: features are single floats, so it parts them alike."""
    single = np.float32(threshold)
    return np.nextafter(single, np.float32(-np.inf)) if single > threshold else single


def _inner(node: dict[str, Any], leaves: list[float]) -> Iterator[tuple[dict[str, Any], range]]:
    """Yield the inner nodes of a tree with the leaves to their left, and add the leaves' values from left to right."""
    if "split_feature" not in node:
        leaves.append(node["leaf_value"])
        return
    first = len(leaves)
    yield from _inner(node["left_child"], leaves)
    yield node, range(first, len(leaves))
    yield from _inner(node["right_child"], leaves)
