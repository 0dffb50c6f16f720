"""An evaluation as Markdown to read and as plain values for JSON."""

from collections.abc import Sequence
from dataclasses import asdict
from itertools import chain
from typing import Any

from moderation.evaluation.bias import BiasResult
from moderation.evaluation.bootstrap import Estimate
from moderation.evaluation.evaluate import Evaluation
from moderation.evaluation.markdown import cell, number, table
from moderation.evaluation.measuring import CorpusResult, LabelResult
from moderation.evaluation.perturbations import PERTURBATIONS
from moderation.evaluation.suite_results import suite_lines

FORMAT = 1

LOWEST = "The worst first"
FLAGGED = "Share of all rows flagged, %"
BIAS = "Bias by identity"
ROBUSTNESS = "Robustness"
YEARS = "By year"
WANTED = "Thresholds for a wanted precision or workload"
METHOD = "How it was measured"
CONTAMINATION = "Contamination"

TITLES = {
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
PERCENT = ("flag_rate", "false_positive_rate")
_LOWEST = 5
_GROUP = "group's mention"


def to_json(evaluation: Evaluation) -> dict[str, Any]:
    """Return the evaluation as dicts, lists, strings, numbers and None."""
    return {"format": FORMAT, **plain(evaluation)}


def plain(result: Any) -> dict[str, Any]:
    """Return a dataclass as what `json.dumps` takes."""
    found: dict[str, Any] = _plain(asdict(result))
    return found


def to_markdown(evaluation: Evaluation, before: Sequence[tuple[str, list[str]]] = ()) -> str:
    """Return the evaluation as tables: parts that come `before`, the lowest figures, each label with its corpora, and
    how it was measured.
    """
    blocks = (["", f"## {title}", "", *lines] for title, lines in (*before, *sections(evaluation)))
    return "\n".join([f"# {heading(evaluation)}", *chain.from_iterable(blocks)]).rstrip() + "\n"


def heading(evaluation: Evaluation) -> str:
    """Return what the page is called."""
    return f"Evaluation of {cell(evaluation.name)}"


def sections(evaluation: Evaluation) -> list[tuple[str, list[str]]]:
    """Return the titles and Markdown lines of the evaluation's parts, without those that have nothing to say."""
    labels = [(label, _label(evaluation, label)) for label in evaluation.thresholds] if evaluation.corpora else []
    suites = [(cell(suite.suite), suite_lines(suite)) for suite in evaluation.suites]
    found = [
        (LOWEST, _lowest(evaluation)),
        *labels,
        *suites,
        (FLAGGED, _flag_rates(evaluation)),
        (BIAS, _bias(evaluation)),
        (ROBUSTNESS, _robustness(evaluation)),
        (YEARS, _years(evaluation)),
        (WANTED, _thresholds(evaluation)),
        (CONTAMINATION, _contamination(evaluation)),
        (METHOD, _method(evaluation)),
    ]
    return [(title, lines) for title, lines in found if lines]


def _lowest(evaluation: Evaluation) -> list[str]:
    lines = []
    for name in ("auc", "f1"):
        found = [
            (estimate.value, f"{cell(corpus.name)} {result.label} {number(estimate)}")
            for corpus in evaluation.corpora
            for result in corpus.labels
            if (estimate := result.metrics[name]).value is not None
        ]
        if found:
            lines.append(f"- {TITLES[name]}: {'; '.join(text for _, text in sorted(found)[:_LOWEST])}")
    return lines + _harshest(evaluation)


def _harshest(evaluation: Evaluation) -> list[str]:
    """Return the groups that fare worst: mention alone ranks high, or is flagged, or is scored far from the truth."""
    asked = (
        ("bpsn_auc", f"lowest BPSN AUC of a {_GROUP}", 1),
        ("false_positive_rate", f"highest FPR % on a {_GROUP}", -1),
        ("ece", f"highest ECE on a {_GROUP}", -1),
    )
    lines = []
    for name, title, sign in asked:
        found = sorted(
            (sign * estimate.value, f"{cell(result.corpus)} {result.label} {cell(one.identity)} {text}")
            for result in evaluation.bias
            for one in result.identities
            if (estimate := one.metrics[name]).value is not None
            for text in (number(estimate, percent=name in PERCENT),)
        )
        lines += [f"- {title}: {'; '.join(text for _, text in found[:_LOWEST])}"] if found else []
    return lines


def _label(evaluation: Evaluation, label: str) -> list[str]:
    found = [(corpus, result) for corpus in evaluation.corpora for result in corpus.labels if result.label == label]
    return [f"Flagged at {evaluation.thresholds[label]:.4g} or more.", "", *_label_table(found)]


def _label_table(found: list[tuple[CorpusResult, LabelResult]]) -> list[str]:
    if not found:
        return ["No corpus carries this label."]
    rows, missing = [], []
    for corpus, result in found:
        numbers = [number(result.metrics[name], percent=name in PERCENT) for name in TITLES]
        numbers[list(TITLES).index("ece")] += f", noise {result.calibration_noise:.3f}"
        rows.append([cell(corpus.name), str(result.n), str(result.positives), *numbers])
        reasons: dict[str, list[str]] = {}
        for name, title in TITLES.items():
            if reason := result.metrics[name].reason:
                reasons.setdefault(reason, []).append(title)
        missing += [f"- {cell(corpus.name)}: {', '.join(names)} undefined: {why}." for why, names in reasons.items()]
    return table(["corpus", "n", "positive", *TITLES.values()], rows) + (["", *missing] if missing else [])


def _flag_rates(evaluation: Evaluation) -> list[str]:
    names = [*evaluation.thresholds, "any"]
    rows = [
        [cell(c.name), str(c.rows), *(number(c.flag_rates[name], percent=True) for name in names)]
        for c in evaluation.corpora
    ]
    return table(["corpus", "rows", *names], rows) if rows else []


def _bias(evaluation: Evaluation) -> list[str]:
    if not evaluation.bias:
        return []
    return [
        "Generalised means (power -5) over the groups that texts mention, after Borkan et al. 2019. BPSN: benign text "
        "with the group against positive text without it, low where mention alone raises scores; BNSP: the reverse.",
        "",
        *table(
            [*_BIAS_HEAD, "highest FPR % on mention", "highest ECE on mention"],
            [_bias_row(result) for result in evaluation.bias],
        ),
    ]


_BIAS_HEAD = ("corpus, label", "AUC", "subgroup", "BPSN", "BNSP", "lowest BPSN", "FPR %")


def _bias_row(result: BiasResult) -> list[str]:
    lowest = result.identities[0]
    low = lowest.metrics["bpsn_auc"]
    return [
        f"{cell(result.corpus)} {result.label}",
        *map(_share, (result.auc, *result.means.values())),
        "–" if low.value is None else f"{cell(lowest.identity)} {number(low)}",
        "–" if result.false_positive_rate is None else f"{100 * result.false_positive_rate:.2f}",
        _highest(result, "false_positive_rate"),
        _highest(result, "ece"),
    ]


def _highest(result: BiasResult, name: str) -> str:
    """Return the group on whose mention a measure is highest."""
    found = [(value, r) for r in result.identities if (value := r.metrics[name].value) is not None]
    if not found:
        return "–"
    _, worst = max(found, key=lambda each: each[0])
    return f"{cell(worst.identity)} {number(worst.metrics[name], percent=name in PERCENT)}"


def _robustness(evaluation: Evaluation) -> list[str]:
    lines = ["Recall lost and, in brackets, false positives gained, in points of 100.", ""]
    if evaluation.robustness:
        rows = []
        for result in evaluation.robustness:
            attacks = {each.attack: each for each in result.attacks}
            costs = [
                f"{_points(attacks[name].recall_lost)} ({_points(attacks[name].false_positives_gained)})"
                for name in PERTURBATIONS
            ]
            rows.append([f"{cell(result.corpus)} {result.label}", f"{100 * result.recall:.1f}", *costs])
        lines += [*table(["corpus, label", "recall before", *PERTURBATIONS], rows), ""]
    if evaluation.clean:
        found = "; ".join(f"{c.label} {number(c.flag_rate, percent=True)} %" for c in evaluation.clean)
        lines += [f"Flagged of {evaluation.clean[0].n} harmless texts full of numbers and code: {found}.", ""]
    return lines if len(lines) > 2 else []


def _years(evaluation: Evaluation) -> list[str]:
    shown = ("auc", "average_precision", "f1", "precision", "recall", "ece")
    rows = [
        [f"{cell(y.corpus)} {y.label} {y.year}", str(y.n), str(y.positives), *(number(y.metrics[m]) for m in shown)]
        for y in evaluation.years
    ]
    head = ["corpus, label, year", "n", "positive", *(TITLES[name] for name in shown)]
    return table(head, rows) if rows else []


def _points(estimate: Estimate) -> str:
    return "–" if estimate.value is None else f"{100 * estimate.value:.1f}"


def _thresholds(evaluation: Evaluation) -> list[str]:
    lines = []
    for corpus in evaluation.corpora:
        for result in corpus.labels:
            chosen = [row for row in result.curves.thresholds if row.wanted and result.positives]
            rows = [
                [row.wanted, f"{row.threshold:.3f}", *map(_share, (row.precision, row.recall, row.f1, row.flag_rate))]
                for row in chosen
            ]
            head = [f"{cell(corpus.name)} {result.label}", "threshold", "precision", "recall", "F1", "flag rate"]
            lines += [*table(head, rows), ""] if rows else []
    return lines


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
    notes += [f"- {cell(note)}" for note in evaluation.notes]
    notes += [
        f"- {cell(name)}: {n} cases unscored, which count as not flagged." for name, n in evaluation.unscored.items()
    ]
    return [
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


def _contamination(evaluation: Evaluation) -> list[str]:
    found = evaluation.contamination
    if found is None:
        return []
    lines = [
        f"- {cell(name)} keeps no record of what trained it: no copy could be left out." for name in found.unchecked
    ]
    if not found.checked:
        return lines
    rows = [
        [
            cell(each.name),
            str(each.n),
            str(each.copies),
            str(each.near),
            f"{100 * (each.copies + each.near) / each.n:.2f}",
        ]
        for each in found.found
        if each.copies or each.near
    ]
    clean = [cell(each.name) for each in found.found if not each.copies and not each.near]
    checked = ", ".join(map(cell, found.checked))
    lines += [
        *([""] if lines else []),
        f"Rows left out because they are copies or near-copies of what trained {checked}:",
        "",
    ]
    lines += table(["corpus or suite", "rows", "copies", "near-copies", "left out, %"], rows) if rows else ["None."]
    return [*lines, "", f"None in {', '.join(clean)}."] if rows and clean else lines


def _drops(corpus: CorpusResult) -> str:
    return "; ".join(f"{cell(reason)}: {count}" for reason, count in corpus.drops.items()) or "none"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    return value
