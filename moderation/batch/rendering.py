"""Verdicts as they are written: JSON Lines or an Arrow table, from columns."""

import json
from typing import Any

import msgspec
import numpy as np

from moderation.batch.output import without_surrogates
from moderation.formats.columns import Columns
from moderation.scorer import Judgements, Scorer
from moderation.types import ACTIONS

_DIGITS = 6  # decimals of a score


class Rendering:
    """How the verdicts of one scorer are written: with `evidence` or without, all or `only_flagged` (what goes to
    review or is hidden, unscored comments with it).
    """

    def __init__(self, scorer: Scorer, evidence: bool = False, only_flagged: bool = False) -> None:
        self.scorer = scorer
        self._evidence = evidence
        self._only_flagged = only_flagged
        self._names = scorer.policy.judged(scorer.labels)
        self._row = (
            b'{"id":%b,"scores":{'
            + b",".join(_json(label).replace(b"%", b"%%") + b":%b" for label in scorer.labels)
            + b"}%b"
        )
        self._end = b',"model":%b,"policy":%b' % (_json(scorer.model), _json(scorer.policy.identity))
        self._decisions: dict[int, tuple[bytes, bytes]] = {}

    def lines(self, columns: Columns, judged: Judgements) -> bytes:
        """Return a JSON object a line. `text` in the evidence is the flagged excerpt, nothing else of the comment."""
        scores = _encoded(_rounded(judged).tolist())[2:-2].split(b"],[")
        encode, row, decisions = _ENCODER.encode, self._row, self._decisions
        keys = _decision_keys(judged)
        for key in set(keys).difference(decisions):
            decisions[key] = self._decision(key)
        lines: list[bytes] = []
        for i in self._written(judged):
            try:
                row_id = encode(columns.ids[i])
            except (UnicodeEncodeError, OverflowError):  # a lone surrogate, an integer beyond 64 bits
                row_id = _json(columns.ids[i])
            decision, whole = decisions[keys[i]]
            if i in judged.unscored:
                reason = b',"evidence":[]' if self._evidence else b""
                reason += self._end + b',"unscored":' + _json(judged.unscored[i])
                lines.append(b'{"id":%b,"scores":{}%b%b}\n' % (row_id, decision, reason))
            elif self._evidence:
                spans = b',"evidence":' + _json(self._spans(columns.texts[i], judged, i))
                lines.append(row % (row_id, *scores[i].split(b","), decision + spans + self._end + b"}\n"))
            else:
                lines.append(row % (row_id, *scores[i].split(b","), whole))
        return b"".join(lines)

    def table(self, columns: Columns, judged: Judgements) -> Any:
        """Return a pyarrow table of the same: a column for each label's score, null where a comment is unscored, and
        ids as text.
        """
        import pyarrow as pa

        rows = self._written(judged)
        scores = _rounded(judged)[rows].astype(np.float32)
        reasons = [judged.unscored.get(i) for i in rows]
        empty = np.array([reason is not None for reason in reasons], bool)
        ids = [_as_text(columns.ids[i]) for i in rows]
        found: list[Any] = [pa.array(ids, pa.string())]
        found += [pa.array(scores[:, k], mask=empty) for k in range(len(self.scorer.labels))]
        flags = judged.flags[rows]
        flagged = pa.array([self._names[k] for k in np.nonzero(flags)[1]], pa.string())
        ends = np.concatenate(([0], np.cumsum(flags.sum(axis=1)))).astype(np.int32)
        found.append(pa.ListArray.from_arrays(ends, flagged))
        found.append(pa.array([ACTIONS[k] for k in judged.actions[rows].tolist()], pa.string()))
        if self._evidence:
            spans = [[] if i in judged.unscored else self._spans(columns.texts[i], judged, i) for i in rows]
            for span in (span for of_row in spans for span in of_row):
                span["text"] = without_surrogates(span["text"])
            found.append(pa.array(spans, self._span_type()))
        found += [
            pa.array([name] * len(rows), pa.string()) for name in (self.scorer.model, self.scorer.policy.identity)
        ]
        found.append(pa.array(reasons, pa.string()))
        return pa.Table.from_arrays(found, schema=self.schema())

    def schema(self) -> Any:
        """Return the schema of the tables."""
        import pyarrow as pa

        fields = [("id", pa.string()), *((label, pa.float32()) for label in self.scorer.labels)]
        fields += [("flags", pa.list_(pa.string())), ("action", pa.string())]
        fields += [("evidence", self._span_type())] if self._evidence else []
        return pa.schema([*fields, *((name, pa.string()) for name in ("model", "policy", "unscored"))])

    def _written(self, judged: Judgements) -> list[int]:
        found: list[int] = (
            np.flatnonzero(judged.actions) if self._only_flagged else np.arange(len(judged.actions))
        ).tolist()
        return found

    def _decision(self, key: int) -> tuple[bytes, bytes]:
        """Return what stands for a decision (flags and action) in a line, by itself and with all that follows."""
        flags, action = divmod(key, len(ACTIONS))
        names = [name for k, name in enumerate(self._names) if flags >> k & 1]
        decision = b',"flags":%b,"action":%b' % (_json(names), _json(ACTIONS[action]))
        return decision, decision + self._end + b"}\n"

    def _flags(self, judged: Judgements, i: int) -> tuple[str, ...]:
        return tuple(name for name, flag in zip(self._names, judged.flags[i].tolist(), strict=True) if flag)

    def _spans(self, text: str, judged: Judgements, i: int) -> list[dict[str, Any]]:
        spans = self.scorer.evidence(text, self._flags(judged, i))
        return [{"start": s.start, "end": s.end, "label": s.label, "text": text[s.start : s.end]} for s in spans]

    def _span_type(self) -> Any:
        import pyarrow as pa

        return pa.list_(
            pa.struct([("start", pa.int32()), ("end", pa.int32()), ("label", pa.string()), ("text", pa.string())])
        )


_ENCODER = msgspec.json.Encoder()


def _encoded(value: object) -> bytes:
    return _ENCODER.encode(value)


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _rounded(judged: Judgements) -> Any:
    return np.round(judged.probabilities.astype(np.float64), _DIGITS)


def _decision_keys(judged: Judgements) -> list[int]:
    """Return a number for each row that tells its flags and its action."""
    weights = 1 << np.arange(judged.flags.shape[1])
    keys: list[int] = (judged.flags @ weights * len(ACTIONS) + judged.actions).tolist()
    return keys


def _as_text(row_id: str | int | float) -> str:
    if type(row_id) is int:
        return str(row_id)
    text: str = without_surrogates(row_id if isinstance(row_id, str) else json.dumps(row_id))
    return text
