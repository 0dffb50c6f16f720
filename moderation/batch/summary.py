"""The summary of a scoring run: JSON, a page of HTML, or its plots as SVG, by the name's end."""

import json
from collections.abc import Callable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from moderation.atomic import written_aside
from moderation.batch.tally import BINS, Rates, Tally
from moderation.errors import OutputError

ENDINGS = (".json", ".html", ".svg")
_WIDTH, _HEIGHT, _LEFT, _TOP = 640, 150, 180, 30
_MOST_BARS = 60  # months or sites in a plot; the JSON has all
_COLOUR = "#35618f"


def check_summary_name(path: Path) -> None:
    """Raise OutputError for a name that tells no form."""
    if path.suffix.lower() not in ENDINGS:
        raise OutputError(f"{path}: a summary is a file whose name ends in {', '.join(ENDINGS)}.")


def write_summary(tally: Tally, path: Path) -> None:
    """Write what was counted, in the form that the name's end tells. The same counts give the same bytes.

    Raises OutputError.
    """
    check_summary_name(path)
    forms: dict[str, Callable[[Tally], str]] = {".json": _json, ".html": _html, ".svg": _svg}
    with written_aside(path) as file:
        file.write(forms[path.suffix.lower()](tally).encode())


def figures(tally: Tally) -> dict[str, Any]:
    """Return the counts and rates as a JSON-ready object. A rate is of the comments that could be scored; of months and
    sites, of all their comments.
    """
    scored = tally.rows - tally.unscored.total()
    return {
        "comments": tally.rows,
        "scored": scored,
        "flagged": tally.flagged,
        "flag_rate": _rate(tally.flagged, scored),
        "actions": dict(sorted(tally.actions.items())),
        "labels": {
            label: {
                "flagged": tally.flags[label],
                "flag_rate": _rate(tally.flags[label], scored),
                "histogram": {"bin_width": 1 / BINS, "counts": bins},
            }
            for label, bins in tally.histograms.items()
        },
        "unscored": dict(sorted(tally.unscored.items())),
        "rejected": dict(sorted(tally.rejects.items())),
        "skipped": dict(sorted(tally.skipped.items())),
        "months": _rates(sorted(tally.months.items())),
        "sites": _rates(_by_size(tally.sites)),
    }


def _rates(pairs: Sequence[tuple[str, list[int]]]) -> dict[str, Any]:
    return {key: {"comments": n, "flagged": k, "flag_rate": _rate(k, n)} for key, (n, k) in pairs}


def _by_size(rates: Rates) -> list[tuple[str, list[int]]]:
    return sorted(rates.items(), key=lambda item: (-item[1][0], item[0]))


def _rate(part: int, whole: int) -> float | None:
    return round(part / whole, 6) if whole else None


def _json(tally: Tally) -> str:
    return json.dumps(figures(tally), indent=1) + "\n"


def _svg(tally: Tally) -> str:
    plots = [_histogram(label, bins) for label, bins in tally.histograms.items()]
    months = sorted(tally.months.items())[-_MOST_BARS:]
    sites = _by_size(tally.sites)[:_MOST_BARS]
    plots += [_bars(title, pairs) for title, pairs in (("by month", months), ("by site", sites)) if pairs]
    height = sum(tall for _, tall in plots) or 1
    inner, place = [], 0
    for drawing, tall in plots:
        inner.append(f'<g transform="translate(0,{place})">{drawing}</g>')
        place += tall
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH + 60} {height}" width="{_WIDTH + 60}" '
        f'height="{height}" font-family="sans-serif" font-size="11">'
        f'<rect width="100%" height="100%" fill="white"/>{"".join(inner)}</svg>\n'
    )


def _histogram(label: str, bins: Sequence[int]) -> tuple[str, int]:
    """Draw how many comments have which probability; bars grow with its square root, so that rare ones show."""
    most = max(max(bins), 1)
    wide = _WIDTH / len(bins)
    bars = []
    for k, n in enumerate(bins):
        tall = (n / most) ** 0.5 * (_HEIGHT - 60)
        title = f"{k / len(bins):.2f} to {(k + 1) / len(bins):.2f}: {n:,}"
        bars.append(_bar(30 + k * wide, _HEIGHT - 30 - tall, wide * 0.9, tall, title))
    marks = [_text(30 + x * _WIDTH, _HEIGHT - 15, f"{x:g}", "middle") for x in (0, 0.25, 0.5, 0.75, 1)]
    title = f"{label}: comments by probability (height: square root; highest {most:,})"
    return _text(30, 18, title) + "".join(bars + marks), _HEIGHT


def _bars(title: str, pairs: Sequence[tuple[str, list[int]]]) -> tuple[str, int]:
    """Draw the rate of flagged comments of each month or site."""
    most = max(max(k / n for _, (n, k) in pairs), 1e-9)
    rows = []
    for row, (key, (n, k)) in enumerate(pairs):
        y = _TOP + 16 * row
        said = f"{k / n:.2%} of {n:,}"
        short = key if len(key) <= 28 else key[:27] + "…"
        wide = k / n / most * (_WIDTH - _LEFT - 90)
        rows.append(_text(_LEFT - 6, y + 10, short, "end") + _bar(_LEFT, y, wide, 12, f"{key}: {said}"))
        rows.append(_text(_LEFT + wide + 6, y + 10, said))
    return _text(30, 18, f"Flagged {title}") + "".join(rows), _TOP + 16 * len(pairs) + 14


def _bar(x: float, y: float, wide: float, tall: float, title: str) -> str:
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{tall:.1f}" fill="{_COLOUR}">'
        f"<title>{_shown(title)}</title></rect>"
    )


def _text(x: float, y: float, text: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{_shown(text)}</text>'


def _html(tally: Tally) -> str:
    found = figures(tally)
    tables = [
        _table("Comments", {name: found[name] for name in ("comments", "scored", "flagged", "flag_rate")}),
        _table("Actions", found["actions"]),
        _table(
            "Flagged by label", {k: f"{v['flagged']:,} ({v['flag_rate'] or 0:.2%})" for k, v in found["labels"].items()}
        ),
    ]
    tables += [_table(name.capitalize(), found[name]) for name in ("unscored", "rejected", "skipped") if found[name]]
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Scores</title>'
        "<style>body{font-family:sans-serif;margin:2em}td{padding:.1em 1em .1em 0}</style>"
        f"<h1>What was scored</h1>{''.join(tables)}{_svg(tally)}</html>\n"
    )


def _table(title: str, values: Mapping[str, Any]) -> str:
    said = {name.replace("_", " "): f"{v:,}" if isinstance(v, int) else str(v) for name, v in values.items()}
    rows = "".join(f"<tr><td>{_shown(name)}</td><td>{_shown(value)}</td></tr>" for name, value in said.items())
    return f"<h2>{_shown(title)}</h2><table>{rows}</table>"


def _shown(text: str) -> str:
    """Return text as it may stand in HTML and in XML, which know no control characters and no lone surrogates."""
    return escape("".join(c if c.isprintable() else " " for c in text))
