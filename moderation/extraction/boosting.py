"""Boosting trees with LightGBM (Ke et al., NIPS 2017) and writing them as arrays; only training needs it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from moderation.extraction.trees import Trees

if TYPE_CHECKING:
    from lightgbm import Booster

_SHARED: dict[str, Any] = {
    "min_data_in_leaf": 40,
    "lambda_l2": 5.0,
    "path_smooth": 5.0,
    "max_bin": 63,
    "use_missing": False,
    "seed": 7,
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
) -> Trees:
    """Return trees that tell `outputs` classes apart, by gradient-based one-side sampling; 1: whether a row is one."""
    import lightgbm

    parameters = {
        **_SHARED,
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
    left: list[int] = []
    roots: list[int] = []
    for tree in booster.dump_model()["tree_info"]:
        roots.append(len(feature))
        for node, child in _side_by_side(tree["tree_structure"]):
            feature.append(node.get("split_feature", 0))
            threshold.append(_single(node["threshold"]) if child else np.float32(node["leaf_value"]))
            left.append(child)
    return Trees(
        np.array(feature, np.uint16),
        np.array(threshold, np.float32),
        np.array(left, np.uint8),
        np.array(roots, np.int32),
    )


def _single(threshold: float) -> np.float32:
    """Return the threshold as a single float, rounded down: features are single floats, so it parts them alike."""
    single = np.float32(threshold)
    return np.nextafter(single, np.float32(-np.inf)) if single > threshold else single


def _side_by_side(root: dict[str, Any]) -> Sequence[tuple[dict[str, Any], int]]:
    """Return a tree's nodes with the place of each one's left child, or 0; the right child is next after the left."""
    order = [root]
    laid = []
    for node in order:
        inner = "split_feature" in node
        laid.append((node, len(order) if inner else 0))
        if inner:
            order += [node["left_child"], node["right_child"]]
    return laid
