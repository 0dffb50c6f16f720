"""Scoring dumps and pages in batch: rows in, verdicts out, beside the input and never in it."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from moderation.formats import Reject, Row, Skipped
from moderation.scorer import Scorer
from moderation.types import Verdict

BATCH = 1024
_BATCH_CHARACTERS = 4 << 20

Scored = tuple[Row, Verdict]


@dataclass(slots=True)
class Summary:
    """What a run did: counts of rows, of actions, of flags by label, of unscored rows, skips and rejects by reason."""

    rows: int = 0
    actions: Counter[str] = field(default_factory=Counter)
    flags: Counter[str] = field(default_factory=Counter)
    unscored: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    rejects: Counter[str] = field(default_factory=Counter)

    def count(self, verdict: Verdict) -> None:
        """Count one verdict."""
        self.rows += 1
        self.actions[verdict.action] += 1
        self.flags.update(verdict.flags)
        if verdict.unscored:
            self.unscored[verdict.unscored] += 1

    def line(self) -> str:
        """Return the counts as one line for people."""
        parts = [f"{self.rows:,} comments", *(f"{n:,} {action}" for action, n in sorted(self.actions.items()))]
        parts += [f"{label} flagged {n:,}" for label, n in sorted(self.flags.items())]
        parts += [f"unscored {n:,} ({reason})" for reason, n in sorted(self.unscored.items())]
        parts += [f"skipped {n:,} ({reason})" for reason, n in sorted(self.skipped.items())]
        parts += [f"rejected {n:,} ({reason})" for reason, n in sorted(self.rejects.items())]
        return "; ".join(parts)


def score_rows(
    scorer: Scorer, rows: Iterable[Row | Reject | Skipped], summary: Summary, on_reject: Callable[[Reject], None]
) -> Iterator[Scored]:
    """Yield each row with its verdict, in order; count everything in `summary`. Memory is bounded by one batch."""
    batch: list[Row] = []
    size = 0

    def judged() -> Iterator[Scored]:
        for row, verdict in zip(batch, scorer.score([row.comment for row in batch]), strict=True):
            summary.count(verdict)
            yield row, verdict

    for item in rows:
        if isinstance(item, Reject):
            summary.rejects[item.reason] += 1
            on_reject(item)
            continue
        if isinstance(item, Skipped):
            summary.skipped[item.reason] += 1
            continue
        batch.append(item)
        size += len(item.comment.text)
        if len(batch) == BATCH or size > _BATCH_CHARACTERS:
            yield from judged()
            batch, size = [], 0
    yield from judged()


def output_row(row: Row, verdict: Verdict) -> dict[str, Any]:
    """Return what is written for one comment. `text` in the evidence is the flagged excerpt, nothing else of the
    comment.
    """
    text = row.comment.text
    result: dict[str, Any] = {
        "id": row.id,
        "scores": {label: round(score, 6) for label, score in verdict.scores.items()},
        "flags": list(verdict.flags),
        "action": verdict.action,
        "evidence": [
            {"start": s.start, "end": s.end, "label": s.label, "text": text[s.start : s.end]} for s in verdict.evidence
        ],
        "model": verdict.model,
        "policy": verdict.policy,
    }
    if verdict.unscored:
        result["unscored"] = verdict.unscored
    return result
