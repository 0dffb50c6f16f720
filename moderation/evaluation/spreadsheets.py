"""An evaluation's figures as CSV, a line a figure, for spreadsheets. Empty cells are undefined."""

import csv
import io
from collections.abc import Iterable, Sequence

from moderation.evaluation.bias import IDENTITY_METRICS
from moderation.evaluation.evaluate import Evaluation


def metrics_csv(evaluation: Evaluation) -> str:
    """Return one line for each measure of each label of each corpus."""
    head = ("corpus", "label", "n", "positives", "threshold", "metric", "value", "low", "high", "reason")
    rows = (
        (
            corpus.name,
            result.label,
            result.n,
            result.positives,
            result.threshold,
            name,
            e.value,
            e.low,
            e.high,
            e.reason,
        )
        for corpus in evaluation.corpora
        for result in corpus.labels
        for name, e in result.metrics.items()
    )
    return _csv(head, rows)


def bias_csv(evaluation: Evaluation) -> str:
    """Return one line for each measure of each group that a corpus's texts mention, and each label."""
    head = ("corpus", "label", "group", "n", "positives", "metric", "value", "low", "high", "reason")
    rows = (
        (result.corpus, result.label, one.identity, one.n, one.positives, name, e.value, e.low, e.high, e.reason)
        for result in evaluation.bias
        for one in result.identities
        for name in IDENTITY_METRICS
        for e in (one.metrics[name],)
    )
    return _csv(head, rows)


def thresholds_csv(evaluation: Evaluation) -> str:
    """Return one line for each threshold, and what it was looked for, of each label of each corpus."""
    head = ("corpus", "label", "threshold", "wanted", "precision", "recall", "f1", "flag_rate")
    rows = (
        (corpus.name, result.label, row.threshold, row.wanted, row.precision, row.recall, row.f1, row.flag_rate)
        for corpus in evaluation.corpora
        for result in corpus.labels
        for row in result.curves.thresholds
    )
    return _csv(head, rows)


def suites_csv(evaluation: Evaluation) -> str:
    """Return one line for each suite as a whole, each of its functionalities, and each of its targets."""
    head = ("suite", "label", "kind", "name", "gold", "correct", "n", "accuracy", "low", "high")
    rows = (
        (suite.suite, suite.label, kind, a.name, suite.gold.get(a.name, ""), a.correct, a.n, a.value, *a.interval)
        for suite in evaluation.suites
        for kind, parts in (
            ("whole", [p for p in (suite.overall, suite.hateful, suite.non_hateful, suite.pairs) if p is not None]),
            ("functionality", suite.functionalities),
            ("target", suite.targets),
        )
        for a in parts
    )
    return _csv(head, rows)


def _csv(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([_inert(value) for value in row] for row in rows)
    return out.getvalue()


def _inert(value: object) -> object:
    """Keep a name that comes from a file from being run as a formula (OWASP, CSV injection)."""
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value
