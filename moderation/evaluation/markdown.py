"""Pieces of Markdown that every table here is made of."""

from collections.abc import Iterable, Sequence

from moderation.evaluation.bootstrap import Estimate


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a Markdown table, the first column to the left and the rest to the right."""
    return [
        "| " + " | ".join(head) + " |",
        "|---|" + "---:|" * (len(head) - 1),
        *("| " + " | ".join(row) + " |" for row in rows),
    ]


def cell(text: str) -> str:
    """Escape what would break out of a table's cell: names come from files."""
    return " ".join(text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").split())


def number(estimate: Estimate, *, percent: bool = False) -> str:
    """Return "0.812 (0.790 to 0.830)", or a dash where there is no value."""
    if estimate.value is None:
        return "–"
    factor, digits = (100.0, 2) if percent else (1.0, 3)
    text = f"{factor * estimate.value:.{digits}f}"
    if estimate.low is None or estimate.high is None:
        return text
    return f"{text} ({factor * estimate.low:.{digits}f} to {factor * estimate.high:.{digits}f})"
