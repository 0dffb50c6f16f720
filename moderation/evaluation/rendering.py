"""An evaluation as Markdown to read and as plain values for JSON."""

from dataclasses import asdict
from typing import Any

from moderation.evaluation.bias import BiasResult
from moderation.evaluation.evaluate import Evaluation
from moderation.evaluation.markdown import cell, number, table
from moderation.evaluation.measuring import CorpusResult, LabelResult
from moderation.evaluation.suite_results import render_markdown

FORMAT = 1

_TITLES = {
    "auc": "AUC",
    "average_precision": "AP",
    "f1": "F1",
    "precision": "precision",
    "recall": "recall",
    "flag_rate": "flag rate %",
    "false_positive_rate": "FPR %",
    "ece": "ECE",
    "brier": "Brier",
}
_PERCENT = ("flag_rate", "false_positive_rate")
_LOWEST = 5


def to_json(evaluation: Evaluation) -> dict[str, Any]:
    """Return the evaluation as dicts, lists, strings, numbers and None."""
    return {"format": FORMAT, **plain(evaluation)}


def plain(result: Any) -> dict[str, Any]:
    """Return a dataclass as what `json.dumps` takes."""
    found: dict[str, Any] = _plain(asdict(result))
    return found


def to_markdown(evaluation: Evaluation) -> str:
    """Return the evaluation as tables: the lowest figures, each label with its corpora, and how it was measured."""
    info = evaluation.classifier
    lines = [f"# Evaluation of {cell(info.name)} {cell(info.version)}", "", *_lowest(evaluation)]
    for label, threshold in evaluation.thresholds.items():
        found = [(corpus, result) for corpus in evaluation.corpora for result in corpus.labels if result.label == label]
        lines += [f"## {label}", "", f"Flagged at {threshold:.4g} or more.", "", *_label_table(found), ""]
    for suite in evaluation.suites:
        lines += [render_markdown(suite)]
    lines += _flag_rates(evaluation) + _bias(evaluation) + _thresholds(evaluation) + _method(evaluation)
    return "\n".join(lines).rstrip() + "\n"


def _lowest(evaluation: Evaluation) -> list[str]:
    lines = ["## Lowest first", ""]
    for name in ("auc", "f1"):
        found = [
            (estimate.value, f"{cell(corpus.name)} {result.label} {number(estimate)}")
            for corpus in evaluation.corpora
            for result in corpus.labels
            if (estimate := result.metrics[name]).value is not None
        ]
        if found:
            lines.append(f"- {_TITLES[name]}: {'; '.join(text for _, text in sorted(found)[:_LOWEST])}")
    return [*lines, ""] if len(lines) > 2 else []


def _label_table(found: list[tuple[CorpusResult, LabelResult]]) -> list[str]:
    if not found:
        return ["No corpus carries this label."]
    rows, missing = [], []
    for corpus, result in found:
        numbers = [number(result.metrics[name], percent=name in _PERCENT) for name in _TITLES]
        numbers[list(_TITLES).index("ece")] += f", noise {result.calibration_noise:.3f}"
        rows.append([cell(corpus.name), str(result.n), str(result.positives), *numbers])
        reasons: dict[str, list[str]] = {}
        for name, title in _TITLES.items():
            if reason := result.metrics[name].reason:
                reasons.setdefault(reason, []).append(title)
        missing += [f"- {cell(corpus.name)}: {', '.join(names)} undefined: {why}." for why, names in reasons.items()]
    return table(["corpus", "n", "positive", *_TITLES.values()], rows) + (["", *missing] if missing else [])


def _flag_rates(evaluation: Evaluation) -> list[str]:
    names = [*evaluation.thresholds, "any"]
    rows = [
        [cell(c.name), str(c.rows), *(number(c.flag_rates[name], percent=True) for name in names)]
        for c in evaluation.corpora
    ]
    return ["## Share of all rows flagged, %", "", *table(["corpus", "rows", *names], rows), ""]


def _bias(evaluation: Evaluation) -> list[str]:
    if not evaluation.bias:
        return []
    return [
        "## Bias by identity",
        "",
        "Generalised means (power -5) over the groups that texts mention, after Borkan et al. 2019. BPSN: benign text "
        "with the group against positive text without it, low where mention alone raises scores; BNSP: the reverse.",
        "",
        *table(
            ["corpus, label", "AUC", "subgroup", "BPSN", "BNSP", "lowest BPSN", "FPR %", "highest FPR % on mention"],
            [_bias_row(result) for result in evaluation.bias],
        ),
        "",
    ]


def _bias_row(result: BiasResult) -> list[str]:
    harsh = [r for r in result.identities if r.metrics["false_positive_rate"].value is not None]
    harshest = max(harsh, key=lambda r: r.metrics["false_positive_rate"].value or 0.0, default=None)
    lowest = result.identities[0]
    low = lowest.metrics["bpsn_auc"]
    return [
        f"{cell(result.corpus)} {result.label}",
        *map(_share, (result.auc, *result.means.values())),
        "–" if low.value is None else f"{cell(lowest.identity)} {number(low)}",
        "–" if result.false_positive_rate is None else f"{100 * result.false_positive_rate:.2f}",
        f"{cell(harshest.identity)} {number(harshest.metrics['false_positive_rate'], percent=True)}"
        if harshest
        else "–",
    ]


def _thresholds(evaluation: Evaluation) -> list[str]:
    lines = ["## Thresholds for a wanted precision or workload", ""]
    for corpus in evaluation.corpora:
        for result in corpus.labels:
            chosen = [row for row in result.curves.thresholds if row.wanted and result.positives]
            rows = [
                [row.wanted, f"{row.threshold:.3f}", *map(_share, (row.precision, row.recall, row.f1, row.flag_rate))]
                for row in chosen
            ]
            head = [f"{cell(corpus.name)} {result.label}", "threshold", "precision", "recall", "F1", "flag rate"]
            lines += [*table(head, rows), ""] if rows else []
    return lines if len(lines) > 2 else []


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _method(evaluation: Evaluation) -> list[str]:
    options = evaluation.options
    versions = ", ".join(f"{name} {version}" for name, version in evaluation.versions.items())
    rows = [
        [cell(c.name), cell(c.language), str(c.rows_in), str(c.rows), _drops(c), f"`{c.sha256[:16]}`"]
        for c in evaluation.corpora
    ]
    notes = [f"- {cell(c.name)}: {cell(' '.join(c.notes))}" for c in evaluation.corpora if c.notes]
    return [
        "## How it was measured",
        "",
        f"95 % intervals in brackets: {options.resamples} bootstrap resamples of whole groups (an author's posts, "
        f"near-copies), seed {options.seed}; shares of exactly 0 or 1: Wilson. ECE: {options.bins} bins of equal mass, "
        "basic bootstrap interval; `noise` is what perfect calibration would show by chance. FPR: share of negatives "
        "flagged.",
        f"Versions: {versions}.",
        "",
        *table(["corpus", "language", "rows in file", "measured", "left out", "sha256"], rows),
        "",
        "Labels disagree across corpora: read each figure with its corpus's cautions.",
        "",
        *notes,
    ]


def _drops(corpus: CorpusResult) -> str:
    return "; ".join(f"{cell(reason)}: {count}" for reason, count in corpus.drops.items()) or "none"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    return value
