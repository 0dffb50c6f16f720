"""One self-contained page for an evaluation, with the same figures as Markdown, JSON and CSV beside it."""

import json
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from moderation.atomic import written_aside
from moderation.errors import MissingExtra, OutputError
from moderation.evaluation.evaluate import Evaluation
from moderation.evaluation.markdown import cell
from moderation.evaluation.plots import (
    bias_plot,
    functionality_plot,
    precision_recall_plot,
    reliability_plot,
    require_matplotlib,
    robustness_plot,
    side_plot,
)
from moderation.evaluation.rendering import BIAS, ROBUSTNESS, heading, sections
from moderation.evaluation.side_by_side import SideBySide
from moderation.evaluation.side_tables import label_title, side_json, side_markdown, side_sections
from moderation.evaluation.spreadsheets import bias_csv, metrics_csv, suites_csv, thresholds_csv
from moderation.evaluation.worst import WorstError

# Nothing is fetched and nothing runs, whatever a corpus's text may hold.
_HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width">
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 100rem; margin: 2rem auto; padding: 0 1rem; color: #222; }}
table {{ border-collapse: collapse; display: block; overflow-x: auto; font-size: 13px; margin: 1rem 0; }}
td, th {{ border-bottom: 1px solid #ddd; padding: .2rem .5rem; white-space: nowrap; vertical-align: top; }}
svg {{ max-width: 100%; height: auto; }}
summary {{ cursor: pointer; }}
details details {{ margin-left: 1.2rem; }}
blockquote {{ white-space: pre-wrap; overflow-wrap: anywhere; border-left: 3px solid #ccc; margin: .3rem 0; }}
blockquote {{ padding-left: .8rem; }}
mark {{ background: #ffd54f; }}
nav a {{ margin-right: 1rem; }}
</style></head><body>
"""


def write_report(directory: Path, side: SideBySide) -> None:
    """Write report.html, report.md, report.json and the figures as CSV into `directory`, made where it is missing.

    Only the page holds comment texts (those of the first contender's worst errors), each hidden until it is clicked.

    Raises MissingExtra without the extra "report", OutputError where a file cannot be written.
    """
    files = {
        "report.html": to_html(side),
        "report.md": side_markdown(side),
        "report.json": json.dumps(side_json(side), indent=1, allow_nan=False) + "\n",
        "metrics.csv": metrics_csv(side.all),
        "bias.csv": bias_csv(side.all),
        "thresholds.csv": thresholds_csv(side.all),
        "suites.csv": suites_csv(side.all),
    }
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{directory}: cannot be made ({error.strerror}). Choose another place.") from error
    for name, contents in files.items():
        with written_aside(directory / name) as file:
            # Corpora may hold lone surrogates, which no UTF-8 file can.
            file.write(contents.encode("utf-8", "replace"))


def to_html(side: SideBySide) -> str:
    """Return the page. Raises MissingExtra without the extra "report"."""
    require_matplotlib()
    parts = [(title, _html(lines) + _side_plots(side, title)) for title, lines in side_sections(side)]
    parts += [(title, _html(lines) + _plots(side.first, title)) for title, lines in sections(side.first)]
    if side.errors:
        parts.append(("Worst errors", _worst(side.errors)))
    links = "".join(f'<a href="#part{k}">{_inline(title)}</a> ' for k, (title, _) in enumerate(parts))
    body = "".join(f'<h2 id="part{k}">{_inline(title)}</h2>\n{html}\n' for k, (title, html) in enumerate(parts))
    start = _HEAD.format(title=f"Evaluation of {escape(side.first.name)}")
    return f"{start}<h1>{_inline(heading(side.first))}</h1>\n<nav>{links}</nav>\n{body}</body></html>\n"


def _side_plots(side: SideBySide, title: str) -> str:
    label = next((label for label in side.first.thresholds if label_title(label) == title), None)
    return _drawn("AUC with 95 % intervals", side_plot(side.all, label)) if label else ""


def _plots(evaluation: Evaluation, title: str) -> str:
    if title in evaluation.thresholds and evaluation.corpora:
        curves = {
            "Precision and recall (dot: shipped threshold; dotted: share of positives)": precision_recall_plot,
            "Reliability (dotted: perfect calibration; bars: Wilson intervals)": reliability_plot,
        }
        return "".join(_drawn(name, plot(evaluation, title)) for name, plot in curves.items())
    if title == BIAS:
        areas = _drawn("BPSN area: benign mention against positives without it", bias_plot(evaluation, "bpsn_auc"))
        rates = _drawn("False-positive rate on benign mention", bias_plot(evaluation, "false_positive_rate"))
        return areas + rates + _drawn("Calibration error on mention", bias_plot(evaluation, "ece"))
    if title == ROBUSTNESS and evaluation.robustness:
        return _drawn("Recall after each perturbation, as a share of the recall before", robustness_plot(evaluation))
    suite = next((suite for suite in evaluation.suites if cell(suite.suite) == title), None)
    return _drawn("Accuracy by functionality", functionality_plot(suite)) if suite else ""


def _drawn(name: str, svg: str) -> str:
    return f"<h3>{escape(name)}</h3>\n{svg}" if svg else ""


def _worst(errors: Sequence[WorstError]) -> str:
    """Return the errors, folded by label and corpus, and each text folded again."""
    parts = ["<p>Third-party text, some of it hateful. Click to read; marked is what pulled the score that way.</p>"]
    folds: dict[str, list[WorstError]] = {}
    for error in errors:
        folds.setdefault(f"{error.label}, {error.corpus}: {error.kind}s", []).append(error)
    for title, found in sorted(folds.items()):
        inside = "".join(
            f"<details><summary>score {error.score:.3f}, row {escape(error.row)}</summary>"
            f"<blockquote>{_marked(error)}</blockquote></details>\n"
            for error in found
        )
        parts.append(f"<details><summary>{escape(title)} ({len(found)})</summary>\n{inside}</details>\n")
    return "".join(parts)


def _marked(error: WorstError) -> str:
    """Return the text with its evidence marked; of spans that overlap, the parts not yet marked."""
    pieces, at = [], 0
    for span in error.evidence:
        start, end = max(span.start, at), min(span.end, len(error.text))
        if start < end:
            pieces += [escape(error.text[at:start]), f"<mark>{escape(error.text[start:end])}</mark>"]
            at = end
    return "".join([*pieces, escape(error.text[at:])])


def _html(lines: Sequence[str]) -> str:
    return str(_renderer().render("\n".join(lines)))


def _inline(text: str) -> str:
    return str(_renderer().renderInline(text))


def _renderer() -> Any:
    try:
        from markdown_it import MarkdownIt
    except ImportError as error:
        raise MissingExtra("The HTML report", "report") from error
    return MarkdownIt("commonmark", {"html": False}).enable("table")
