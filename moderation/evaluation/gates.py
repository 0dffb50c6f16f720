"""Pinned floors: an evaluation fails where a figure falls below what was promised.

[[floor]]
corpus = "isca_twitter"          # or suite = "antisemitismcheck's title" with part = "hateful"
label = "antisemitism"
metric = "f1"
at_least = 0.60                  # or at_most
reason = "what was measured when it was pinned; lowering it needs a new reason"

`group = "jewish"` beside a corpus sets it on the rows that mention a group, with one of bias.IDENTITY_METRICS.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moderation.errors import CorpusError, EvaluationError
from moderation.evaluation.bias import IDENTITY_METRICS
from moderation.evaluation.evaluate import Evaluation
from moderation.evaluation.metrics import METRICS
from moderation.evaluation.tables import read_toml
from moderation.labels import LABEL_NAMES

PARTS = ("overall", "hateful", "non_hateful", "pairs")
"""Of a suite's result: what a floor can be set on."""

_KEYS = {"corpus", "label", "metric", "group", "suite", "part", "at_least", "at_most", "reason"}
_ANY = "any"


@dataclass(frozen=True, slots=True)
class Floor:
    """A figure and its bound. `of`, `label` and `what` name it: a corpus, a label and a metric ("metric on group"), or
    a suite, "" and a part of it.
    """

    of: str
    label: str
    what: str
    at_least: float | None
    at_most: float | None
    reason: str

    def __str__(self) -> str:
        bound = f"at least {self.at_least:g}" if self.at_least is not None else f"at most {self.at_most:g}"
        return " ".join(part for part in (self.of, self.label, self.what, bound) if part)


@dataclass(frozen=True, slots=True)
class Missed:
    """A floor that an evaluation misses: `value` is what it reached, None where it was measured but undefined."""

    floor: Floor
    value: float | None

    def __str__(self) -> str:
        got = "undefined" if self.value is None else f"{self.value:.4f}"
        return f"{self.floor}: got {got} ({self.floor.reason})"


@dataclass(frozen=True, slots=True)
class GateResult:
    """What came of a gate: `missed` floors fail it, `skipped` ones are of corpora and suites that were not measured.

    A floor on a measured corpus that has no such figure is missed: else a typing error would switch it off.
    """

    held: tuple[Floor, ...]
    missed: tuple[Missed, ...]
    skipped: tuple[Floor, ...]


def read_floors(path: Path) -> tuple[Floor, ...]:
    """Read a gate's file. Raises EvaluationError, naming the entry, for whatever is missing, unknown or mistyped."""
    try:
        table = read_toml(path)
    except CorpusError as error:
        raise EvaluationError(str(error)) from error
    entries = table.get("floor")
    if table.keys() != {"floor"} or not isinstance(entries, list) or not entries:
        raise EvaluationError(f"{path} must hold [[floor]] entries, at least one, and nothing else.")
    return tuple(_floor(entry, f"{path}, floor {number}") for number, entry in enumerate(entries, 1))


def check_floors(evaluation: Evaluation, floors: tuple[Floor, ...]) -> GateResult:
    """Compare an evaluation with floors.

    Raises EvaluationError where none of them could be checked: such a gate would always pass.
    """
    figures = _figures(evaluation)
    measured = {of for of, _, _ in figures}
    held, missed, skipped = [], [], []
    for floor in floors:
        value = figures.get((floor.of, floor.label, floor.what))
        if floor.of not in measured:
            skipped.append(floor)
        elif _holds(value, floor):
            held.append(floor)
        else:
            missed.append(Missed(floor, value))
    if not held and not missed:
        raise EvaluationError("No floor of the gate was measured. Evaluate on the corpora and suites that it names.")
    return GateResult(tuple(held), tuple(missed), tuple(skipped))


def _figures(evaluation: Evaluation) -> dict[tuple[str, str, str], float | None]:
    found: dict[tuple[str, str, str], float | None] = {}
    for corpus in evaluation.corpora:
        for result in corpus.labels:
            found |= {(corpus.name, result.label, name): e.value for name, e in result.metrics.items()}
        found |= {(corpus.name, name, "flag_rate"): e.value for name, e in corpus.flag_rates.items()}
    for bias in evaluation.bias:
        for one in bias.identities:
            found |= {(bias.corpus, bias.label, _on(name, one.identity)): e.value for name, e in one.metrics.items()}
    for suite in evaluation.suites:
        for part in PARTS:
            accuracy = getattr(suite, part)
            found[suite.suite, "", part] = None if accuracy is None else accuracy.value
    return found


def _on(metric: str, group: str) -> str:
    return f"{metric} on {group}"


def _holds(value: float | None, floor: Floor) -> bool:
    if value is None:
        return False
    return (floor.at_least is None or value >= floor.at_least) and (floor.at_most is None or value <= floor.at_most)


def _floor(entry: Any, where: str) -> Floor:
    if not isinstance(entry, dict) or entry.keys() - _KEYS:
        raise EvaluationError(f"{where} may have the keys {', '.join(sorted(_KEYS))} only.")
    on_suite = "suite" in entry
    names = ("suite", "part") if on_suite else ("corpus", "label", "metric", *(["group"] if "group" in entry else []))
    if on_suite and entry.keys() & {"corpus", "label", "metric", "group"}:
        raise EvaluationError(f"{where} names a suite and a corpus. Make two entries of it.")
    for name in (*names, "reason"):
        if not isinstance(entry.get(name), str) or not entry[name].strip():
            raise EvaluationError(f"{where} needs {name!r}, a string that is not empty.")
    on_rows: tuple[str, ...] = IDENTITY_METRICS if "group" in entry else METRICS
    what, known = (entry["part"], PARTS) if on_suite else (entry["metric"], on_rows)
    if what not in known:
        raise EvaluationError(f"{where} is set on {what!r}; known: {', '.join(known)}.")
    if not on_suite and entry["label"] not in (*LABEL_NAMES, _ANY):
        raise EvaluationError(
            f"{where}: there is no label {entry['label']!r}; known: {', '.join(LABEL_NAMES)}, {_ANY}."
        )
    if len(entry.keys() & {"at_least", "at_most"}) != 1:
        raise EvaluationError(f"{where} needs one of at_least and at_most.")
    of, label = (entry["suite"], "") if on_suite else (entry["corpus"], entry["label"])
    what = _on(what, entry["group"]) if "group" in entry else what
    return Floor(of, label, what, _bound(entry, "at_least", where), _bound(entry, "at_most", where), entry["reason"])


def _bound(entry: Mapping[str, Any], key: str, where: str) -> float | None:
    value = entry.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise EvaluationError(f"{where}: {key} must be a number from 0 to 1.")
    return float(value)
