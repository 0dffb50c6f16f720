"""The report's plots, as SVG. The only module that needs matplotlib; it never touches its global state of figures."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from moderation.errors import MissingExtra
from moderation.evaluation.evaluate import Evaluation
from moderation.evaluation.measuring import LabelResult
from moderation.evaluation.metrics import Floats
from moderation.evaluation.perturbations import PERTURBATIONS
from moderation.evaluation.suite_results import SuiteResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_Draw = Callable[["Axes", LabelResult], None]


def require_matplotlib() -> None:
    """Raise MissingExtra without the extra "report"."""
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise MissingExtra("The HTML report", "report") from error


def precision_recall_plot(evaluation: Evaluation, label: str) -> str:
    """Return precision against recall, a panel for each corpus; a dot marks the shipped threshold."""

    def draw(axes: Axes, result: LabelResult) -> None:
        points = result.curves.precision_recall
        axes.plot([p.recall for p in points], [p.precision for p in points], color="tab:blue")
        axes.axhline(result.positives / result.n, color="grey", linestyle=":", linewidth=1)
        recall, precision = result.metrics["recall"].value, result.metrics["precision"].value
        if recall is not None and precision is not None:
            axes.plot([recall], [precision], "o", color="tab:red", markersize=5)
        axes.set_xlabel("recall")
        axes.set_ylabel("precision")

    return _panels(evaluation, label, draw)


def reliability_plot(evaluation: Evaluation, label: str) -> str:
    """Return the share of positives against the score, a panel for each corpus; on the diagonal lies calibration."""

    def draw(axes: Axes, result: LabelResult) -> None:
        bins = result.curves.reliability
        scores, shares = [b.score for b in bins], [b.share for b in bins]
        errors = [[b.share - b.low for b in bins], [b.high - b.share for b in bins]]
        axes.plot([0, 1], [0, 1], color="grey", linestyle=":", linewidth=1)
        axes.errorbar(scores, shares, yerr=errors, color="tab:blue", marker="o", markersize=3, linewidth=1)
        axes.set_xlabel("score")
        axes.set_ylabel("share of positives")

    return _panels(evaluation, label, draw)


def functionality_plot(suite: SuiteResult) -> str:
    """Return a heat map of accuracy by functionality, hateful and non-hateful ones side by side, worst on top."""
    sides = sorted({suite.gold[part.name] for part in suite.functionalities})
    columns = [[part for part in suite.functionalities if suite.gold[part.name] == side] for side in sides]
    height = max(len(column) for column in columns)
    figure = _figure(4.2 * len(columns), 0.24 * height + 0.9)
    for k, (side, column) in enumerate(zip(sides, columns, strict=True)):
        axes = figure.add_subplot(1, len(columns), k + 1)
        values = np.array([[part.value] for part in column])
        _heat(axes, values, [part.name for part in column], [""], (0, 1))
        axes.set_title(side)
    return _svg(figure)


def bias_plot(evaluation: Evaluation, metric: str) -> str:
    """Return a heat map of one of the metrics by identity, or '' where no corpus has it; empty where rows are few."""
    cells = {
        (f"{result.corpus} {result.label}", one.identity): value
        for result in evaluation.bias
        for one in result.identities
        if (value := one.metrics[metric].value) is not None
    }
    if not cells:
        return ""
    rows, groups = list(dict.fromkeys(row for row, _ in cells)), sorted({group for _, group in cells})
    values = np.array([[cells.get((row, group), np.nan) for group in groups] for row in rows])
    figure = _figure(0.62 * len(groups) + 3, 0.26 * len(rows) + 1.2)
    _heat(figure.add_subplot(), values, rows, groups, (0, 1))
    return _svg(figure)


def robustness_plot(evaluation: Evaluation) -> str:
    """Return a heat map of recall after each perturbation as a share of the recall before; white where that was 0."""
    rows = []
    for result in evaluation.robustness:
        after = {attack.attack: attack.recall.value or 0.0 for attack in result.attacks}
        rows.append([after[name] / result.recall if result.recall > 0 else np.nan for name in PERTURBATIONS])
    figure = _figure(0.68 * len(PERTURBATIONS) + 3, 0.26 * len(rows) + 1.4)
    names = [f"{result.corpus} {result.label}" for result in evaluation.robustness]
    _heat(figure.add_subplot(), np.array(rows), names, list(PERTURBATIONS), (0, 1))
    return _svg(figure)


def side_plot(evaluations: Sequence[Evaluation], label: str) -> str:
    """Return the AUC of each system on each corpus with both classes of the label, or '' where there is none."""
    found = {
        (c.name, e.name): r.metrics["auc"]
        for e in evaluations
        for c in e.corpora
        for r in c.labels
        if r.label == label and r.metrics["auc"].value is not None
    }
    if not found:
        return ""
    corpora = sorted({corpus for corpus, _ in found})
    systems = [e.name for e in evaluations if any(name == e.name for _, name in found)]
    figure = _figure(7.5, 0.5 + len(corpora) * (0.16 + 0.14 * len(systems)))
    axes = figure.add_subplot()
    for k, system in enumerate(systems):
        at = [row for row, corpus in enumerate(corpora) if (corpus, system) in found]
        results = [found[corpora[row], system] for row in at]
        values = [r.value or 0.0 for r in results]
        low = [v - (v if r.low is None else r.low) for r, v in zip(results, values, strict=True)]
        high = [(v if r.high is None else r.high) - v for r, v in zip(results, values, strict=True)]
        heights = [row + (k + 1) / (len(systems) + 1) for row in at]
        # The estimate can lie outside a percentile interval by the last digit.
        errors = np.maximum([low, high], 0)
        axes.errorbar(values, heights, xerr=errors, fmt="o", markersize=3, linewidth=1, label=_plain(system))
    axes.set_yticks(np.arange(len(corpora)) + 0.5, [_plain(name) for name in corpora])
    axes.set_ylim(len(corpora), 0)
    axes.hlines(
        np.arange(1, len(corpora)), 0, 1, color="lightgrey", linewidth=0.5, transform=axes.get_yaxis_transform()
    )
    axes.set_xlabel("AUC")
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
    return _svg(figure)


def _panels(evaluation: Evaluation, label: str, draw: _Draw) -> str:
    """Return one panel for each corpus with both classes of the label, or '' where there is none."""
    found = [(c.name, r) for c in evaluation.corpora for r in c.labels if r.label == label and 0 < r.positives < r.n]
    if not found:
        return ""
    across = min(4, len(found))
    down = -(-len(found) // across)
    figure = _figure(2.6 * across, 2.5 * down)
    for k, (name, result) in enumerate(found):
        axes = figure.add_subplot(down, across, k + 1, xlim=(0, 1), ylim=(0, 1.02))
        axes.set_title(_plain(name))
        draw(axes, result)
    return _svg(figure)


def _heat(axes: Axes, values: Floats, rows: Sequence[str], columns: Sequence[str], bounds: tuple[float, float]) -> None:
    # Coloured squares as vectors: an image inside the SVG would be a second format to keep safe.
    axes.pcolormesh(np.ma.masked_invalid(values), cmap="cividis", vmin=bounds[0], vmax=bounds[1], edgecolors="white")
    axes.invert_yaxis()
    axes.set_xticks(np.arange(len(columns)) + 0.5, [_plain(name) for name in columns], rotation=40, ha="right")
    axes.set_yticks(np.arange(len(rows)) + 0.5, [_plain(name) for name in rows])
    axes.tick_params(length=0)
    middle = sum(bounds) / 2
    for (row, column), value in np.ndenumerate(values):
        if not np.isnan(value):
            ink = "black" if value > middle else "white"
            axes.text(column + 0.5, row + 0.5, f"{value:.2f}", ha="center", va="center", fontsize=7, color=ink)


def _plain(name: str) -> str:
    """Escape what matplotlib would read as mathematics: names come from files."""
    return name.replace("\\", "\\\\").replace("$", "\\$")


def _figure(width: float, height: float) -> Any:
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def _svg(figure: Any) -> str:
    from matplotlib import rc_context

    # A fixed salt and no date: the same evaluation gives the same page.
    with rc_context({"svg.hashsalt": "moderation", "svg.fonttype": "none", "font.size": 8}):
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    text = out.getvalue()
    return text[text.index("<svg") :]
