"""Estimates in Markdown tables."""

from moderation.evaluation.bootstrap import Estimate
from moderation.markdown import cell, table

__all__ = ["cell", "number", "table"]


def number(estimate: Estimate, *, percent: bool = False) -> str:
    """Return "0.812 (0.790 to 0.830)", or a dash where there is no value."""
    if estimate.value is None:
        return "–"
    factor, digits = (100.0, 2) if percent else (1.0, 3)
    text = f"{factor * estimate.value:.{digits}f}"
    if estimate.low is None or estimate.high is None:
        return text
    return f"{text} ({factor * estimate.low:.{digits}f} to {factor * estimate.high:.{digits}f})"
