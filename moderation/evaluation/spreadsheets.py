"""The figures of systems measured side by side as CSV, a line a figure, for spreadsheets. Empty cells are undefined."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence

from moderation.evaluation.bias import IDENTITY_METRICS
from moderation.evaluation.bootstrap import Estimate
from moderation.evaluation.evaluate import Evaluation

_Lines = Iterator[tuple[object, ...]]

_ESTIMATE = ("metric", "value", "low", "high", "reason")


def metrics_csv(evaluations: Iterable[Evaluation]) -> str:
    """Return one line for each measure of each label of each corpus and system."""
    return _csv(("corpus", "label", "n", "positives", "threshold", *_ESTIMATE), evaluations, _metrics)


def bias_csv(evaluations: Iterable[Evaluation]) -> str:
    """Return one line for each measure of each group that a corpus's texts mention, each label and system."""
    return _csv(("corpus", "label", "group", "n", "positives", *_ESTIMATE), evaluations, _bias)


def thresholds_csv(evaluations: Iterable[Evaluation]) -> str:
    """Return one line for each threshold, and what it was looked for, of each label of each corpus and system."""
    head = ("corpus", "label", "threshold", "wanted", "precision", "recall", "f1", "flag_rate")
    return _csv(head, evaluations, _thresholds)


def suites_csv(evaluations: Iterable[Evaluation]) -> str:
    """Return one line for each suite as a whole, each of its functionalities and of its targets, and each system."""
    head = ("suite", "label", "kind", "name", "gold", "correct", "n", "accuracy", "low", "high")
    return _csv(head, evaluations, _suites)


def _metrics(evaluation: Evaluation) -> _Lines:
    for corpus in evaluation.corpora:
        for result in corpus.labels:
            about = (corpus.name, result.label, result.n, result.positives, result.threshold)
            for name, estimate in result.metrics.items():
                yield (*about, *_cells(name, estimate))


def _bias(evaluation: Evaluation) -> _Lines:
    for result in evaluation.bias:
        for one in result.identities:
            for name in IDENTITY_METRICS:
                about = (result.corpus, result.label, one.identity, one.n, one.positives)
                yield (*about, *_cells(name, one.metrics[name]))


def _thresholds(evaluation: Evaluation) -> _Lines:
    for corpus in evaluation.corpora:
        for result in corpus.labels:
            for row in result.curves.thresholds:
                shares = (row.precision, row.recall, row.f1, row.flag_rate)
                yield (corpus.name, result.label, row.threshold, row.wanted, *shares)


def _suites(evaluation: Evaluation) -> _Lines:
    for suite in evaluation.suites:
        wholes = (suite.overall, suite.hateful, suite.non_hateful, suite.pairs)
        kinds = {"whole": wholes, "functionality": suite.functionalities, "target": suite.targets}
        for kind, parts in kinds.items():
            for part in parts:
                if part is not None:
                    about = (suite.suite, suite.label, kind, part.name, suite.gold.get(part.name, ""))
                    yield (*about, part.correct, part.n, part.value, *part.interval)


def _cells(name: str, estimate: Estimate) -> tuple[object, ...]:
    return (name, estimate.value, estimate.low, estimate.high, estimate.reason)


def _csv(head: Sequence[str], evaluations: Iterable[Evaluation], lines: Callable[[Evaluation], _Lines]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("system", *head))
    for evaluation in evaluations:
        writer.writerows([_inert(value) for value in (evaluation.name, *line)] for line in lines(evaluation))
    return out.getvalue()


def _inert(value: object) -> object:
    """Keep a name that comes from a file from being run as a formula (OWASP, CSV injection)."""
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value
