"""Contenders side by side as Markdown tables and plain values."""

from typing import Any

from moderation.evaluation.comparison import Comparison
from moderation.evaluation.markdown import cell, number, table
from moderation.evaluation.rendering import PERCENT, TITLES, plain, to_json, to_markdown
from moderation.evaluation.side_by_side import SideBySide
from moderation.evaluation.suite_results import Accuracy, SuiteResult

SYSTEMS = "Side by side"
BIAS = "Bias side by side"
SUITES = "Suites side by side"

SHOWN = ("auc", "average_precision", "f1", "false_positive_rate")
"""Measures in the Markdown tables; JSON has them all."""

_PARTS = {"overall": "overall", "hateful": "hateful", "non_hateful": "non-hateful", "pairs": "contrast pairs"}


def side_json(side: SideBySide) -> dict[str, Any]:
    """Return all as dicts, lists, strings, numbers and None: the first evaluation, the others, the differences."""
    others = [plain(each) for each in side.others]
    return to_json(side.first) | (
        {"others": others, "comparisons": [plain(c) for c in side.comparisons]} if others else {}
    )


def side_markdown(side: SideBySide) -> str:
    """Return the tables side by side, if there are others, then all of the first evaluation."""
    return to_markdown(side.first, side_sections(side))


def side_sections(side: SideBySide) -> list[tuple[str, list[str]]]:
    """Return the titles and Markdown lines of what is shown side by side; nothing where there is one alone."""
    if not side.others:
        return []
    labels = [label for label in side.first.thresholds if any(label in each.thresholds for each in side.others)]
    found = [
        (SYSTEMS, _systems(side)),
        *((label_title(label), _label(side, label)) for label in labels),
        (SUITES, _suites(side)),
        (BIAS, _bias(side)),
        *((cell(f"{c.second} against {c.first}"), _differences(c)) for c in side.comparisons),
    ]
    return [(title, lines) for title, lines in found if lines]


def label_title(label: str) -> str:
    """Return what a label's part is called."""
    return f"Side by side: {label}"


def _systems(side: SideBySide) -> list[str]:
    rows = [
        [
            cell(each.name),
            ", ".join(f"{label} ≥ {threshold:.4g}" for label, threshold in each.thresholds.items()),
            cell(", ".join(each.classifier.languages)) or "–",
            cell(" ".join(each.notes)) or "–",
        ]
        for each in side.all
    ]
    return [
        "Measured in one run on the same rows, those that trained one of them left out where it is known what did. "
        "F1 and flag rates hang on each system's threshold; AUC and AP do not.",
        "",
        *table(["system", "flags", "languages", "notes"], rows),
    ]


def _label(side: SideBySide, label: str) -> list[str]:
    systems = [each for each in side.all if label in each.thresholds]
    results = [{c.name: r for c in each.corpora for r in c.labels if r.label == label} for each in systems]
    names = sorted({name for found in results for name in found})
    lines: list[str] = []
    for metric in SHOWN:
        rows = [
            [
                cell(name),
                *("" if name not in r else number(r[name].metrics[metric], percent=metric in PERCENT) for r in results),
            ]
            for name in names
            if any(name in r and r[name].metrics[metric].value is not None for r in results)
        ]
        lines += [*table([TITLES[metric], *(cell(each.name) for each in systems)], rows), ""] if rows else []
    rates = [{c.name: c.flag_rates[label] for c in each.corpora} for each in systems]
    rows = [
        [cell(name), *("" if name not in r else number(r[name], percent=True) for r in rates)]
        for name in sorted({name for found in rates for name in found})
    ]
    return [*lines, *table(["all rows flagged, %", *(cell(each.name) for each in systems)], rows)]


def _suites(side: SideBySide) -> list[str]:
    lines = []
    for suite in side.first.suites:
        found = {each.name: s for each in side.all for s in each.suites if s.suite == suite.suite}
        rows = [
            [title, *(_accuracy(getattr(result, part)) for result in found.values())]
            for part, title in _PARTS.items()
            if getattr(suite, part) is not None
        ]
        head = [f"{cell(suite.suite)}, accuracy %", *map(cell, found)]
        lines += [*table(head, [*rows, *_functionalities(suite, list(found.values()))]), ""]
    return lines


def _functionalities(suite: SuiteResult, results: list[SuiteResult]) -> list[list[str]]:
    by_name = [{part.name: part for part in result.functionalities} for result in results]
    return [
        [cell(f"{part.name} ({suite.gold[part.name]})"), *(_accuracy(found.get(part.name)) for found in by_name)]
        for part in suite.functionalities
    ]


def _accuracy(part: Accuracy | None) -> str:
    if part is None:
        return "–"
    low, high = part.interval
    return f"{100 * part.value:.1f} ({100 * low:.1f} to {100 * high:.1f})"


def _bias(side: SideBySide) -> list[str]:
    found = [{(b.corpus, b.label): b for b in each.bias} for each in side.all]
    keys = sorted({key for results in found for key in results})
    rows = [
        [f"{cell(corpus)} {label}", *(_mean(results, (corpus, label)) for results in found)] for corpus, label in keys
    ]
    lines = [
        "Generalised mean of the BPSN AUC over groups (Borkan et al. 2019): low where mention alone raises scores.",
        "",
    ]
    return [*lines, *table(["corpus, label", *(cell(each.name) for each in side.all)], rows)] if rows else []


def _mean(results: dict[tuple[str, str], Any], key: tuple[str, str]) -> str:
    value = results[key].means["bpsn_auc"] if key in results else None
    return "–" if value is None else f"{value:.3f}"


def _differences(comparison: Comparison) -> list[str]:
    rows = [
        [
            f"{cell(d.corpus)} {d.label}",
            TITLES[d.metric].removesuffix(" %"),
            str(d.n),
            f"{d.first:.3f}",
            f"{d.second:.3f}",
            number(d.difference) + (" *" if d.clear else ""),
        ]
        for d in comparison.differences
        if d.metric in SHOWN
    ]
    if not rows:
        return ["They share no label of any corpus: there is nothing to compare."]
    head = ["corpus, label", "measure", "n", cell(comparison.first), cell(comparison.second), "difference"]
    return [
        "Second less first on the rows that both judged, with paired 95 % intervals; * where the interval leaves out "
        "zero. Of many comparisons one in twenty does so by chance.",
        "",
        *table(head, rows),
    ]
