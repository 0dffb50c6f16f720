"""What of an evaluation goes into a bundle and its card: figures with their intervals, the worst groups and attacks.

It is read from what `moderation evaluate --json` wrote, so that a card never says what was not measured.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from moderation.bundle import Manifest
from moderation.errors import EvaluationError

FILE = "evaluation.json"
"""What it is called in a bundle."""

SHOWN = ("auc", "average_precision", "f1", "precision", "recall", "false_positive_rate", "ece", "brier")
WORST = 10
"""Groups, functionalities and attacks that a card names."""

_PARTS = ("overall", "hateful", "non_hateful", "pairs")
_SAME = 1e-6


def figures(evaluation: Any, manifest: Manifest) -> dict[str, Any]:
    """Reduce an evaluation (parsed JSON) to what a card shows: plain values, rounded to four digits.

    Raises EvaluationError where it is no evaluation, or one of another model or other thresholds than the manifest's.
    """
    try:
        classifier = evaluation["classifier"]
        measured, thresholds = (classifier["name"], classifier["version"]), evaluation["thresholds"]
        if measured != (manifest.name, manifest.version):
            raise EvaluationError(
                f"The evaluation is one of {' '.join(map(str, measured))}, not of {manifest.name} {manifest.version}. "
                "Evaluate this bundle."
            )
        same = thresholds.keys() == manifest.thresholds.keys() and all(
            abs(thresholds[label] - manifest.thresholds[label]) <= _SAME for label in thresholds
        )
        if not same:
            raise EvaluationError("The evaluation flagged at other thresholds than the bundle's. Evaluate this bundle.")
        return {
            "resamples": evaluation["options"]["resamples"],
            "seed": evaluation["options"]["seed"],
            "versions": evaluation["versions"],
            "labels": [_label(c, each) for c in evaluation["corpora"] for each in c["labels"]],
            "flag_rates": [_flag_rate(c) for c in evaluation["corpora"]],
            "suites": [_suite(each) for each in evaluation["suites"]],
            "false_positives": _worst_groups(evaluation["bias"], "false_positive_rate", sign=-1),
            "bpsn": _worst_groups(evaluation["bias"], "bpsn_auc", sign=1),
            "attacks": _worst_attacks(evaluation["robustness"]),
        }
    except (LookupError, TypeError, AttributeError, ValueError, ArithmeticError):
        raise EvaluationError(
            "This is not what `moderation evaluate --json` writes. Evaluate the bundle anew."
        ) from None


def to_json(values: Mapping[str, Any]) -> bytes:
    """Return figures as they stand in a bundle."""
    return json.dumps(values, indent=1, sort_keys=True, allow_nan=False).encode() + b"\n"


def _label(corpus: Mapping[str, Any], result: Mapping[str, Any]) -> dict[str, Any]:
    metrics = {name: _estimate(result["metrics"][name]) for name in SHOWN}
    about = {"corpus": str(corpus["name"]), "label": str(result["label"])}
    return about | {"n": int(result["n"]), "positives": int(result["positives"]), "metrics": metrics}


def _flag_rate(corpus: Mapping[str, Any]) -> dict[str, Any]:
    return {"corpus": str(corpus["name"]), "rows": int(corpus["rows"]), "any": _estimate(corpus["flag_rates"]["any"])}


def _suite(suite: Mapping[str, Any]) -> dict[str, Any]:
    parts = {name: _accuracy(suite[name]) for name in _PARTS if suite[name] is not None}
    worst = [{"name": str(each["name"])} | _accuracy(each) for each in suite["functionalities"][:WORST]]
    return {"suite": str(suite["suite"]), "label": str(suite["label"]), "parts": parts, "worst": worst}


def _accuracy(part: Mapping[str, Any]) -> dict[str, Any]:
    return {"accuracy": round(part["correct"] / part["n"], 4), "n": int(part["n"])}


def _worst_groups(bias: Iterable[Mapping[str, Any]], metric: str, *, sign: int) -> list[dict[str, Any]]:
    found: list[tuple[float, dict[str, Any]]] = []
    for each in bias:
        for one in each["identities"]:
            estimate = _estimate(one["metrics"][metric])
            if estimate[0] is not None:
                about = {"corpus": str(each["corpus"]), "label": str(each["label"]), "group": str(one["identity"])}
                found.append((sign * estimate[0], about | {"value": estimate}))
    return [values for _, values in sorted(found, key=lambda pair: pair[0])[:WORST]]


def _worst_attacks(robustness: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the attacks by the recall that they cost on average over corpora and labels, the costliest first."""
    lost: dict[str, list[float]] = {}
    for result in robustness:
        for attack in result["attacks"]:
            if attack["recall_lost"]["value"] is not None:
                lost.setdefault(str(attack["attack"]), []).append(float(attack["recall_lost"]["value"]))
    means = sorted((-sum(values) / len(values), name, len(values)) for name, values in lost.items())
    return [{"attack": name, "recall_lost": round(-mean, 4), "measured": n} for mean, name, n in means[:WORST]]


def _estimate(estimate: Mapping[str, Any]) -> list[float | None]:
    """Return value, low and high."""
    return [None if estimate[k] is None else round(float(estimate[k]), 4) for k in ("value", "low", "high")]
