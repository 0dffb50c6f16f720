"""Scoring in batch: every row gets the verdict that the scorer gives it, everything is counted."""

import io
import json
from typing import Any

import pytest

from moderation.batch.rendering import Rendering
from moderation.batch.score import judged, write_verdicts
from moderation.batch.tally import BINS, Tally
from moderation.formats import Reject, Row, Skipped
from moderation.formats.columns import BLOCK, Columns, by_column
from moderation.scorer import Scorer
from moderation.types import Comment

RUDE = "You are a pathetic idiot, shut up."
TEXTS = (RUDE, "Lovely photographs, thank you.", "", "Трамвай опоздал", "Ein Zug.", f"  Yes. {RUDE} \ud800")


def row(number: Any, text: str, **more: Any) -> Row:
    return Row(number, Comment(text, id=str(number), **more))


def written(scorer: Scorer, items: list[Any], **options: bool) -> tuple[list[dict[str, Any]], Tally]:
    file, tally = io.BytesIO(), Tally()
    write_verdicts(Rendering(scorer, **options), by_column(items), file, ".jsonl", tally, lambda reject: None)
    return [json.loads(line) for line in file.getvalue().splitlines()], tally


def test_rows_keep_their_order_over_blocks(scorer: Scorer) -> None:
    rows = [row(k, f"tram {k}") for k in range(2 * BLOCK + 7)]
    rows[5] = row(5, "tram " * 1_000_000)  # more than a block holds
    rejects: list[Reject] = []
    items = [*rows[:100], Reject("a:1", "not JSON"), *rows[100:], Reject("a:2", "not JSON"), Skipped("a:3", "deleted")]
    tally = Tally()
    blocks = list(judged(scorer, by_column(items), tally, rejects.append))
    assert [k for columns, _ in blocks for k in columns.ids] == [r.id for r in rows]
    assert max(len(columns.ids) for columns, _ in blocks) <= BLOCK < tally.rows == len(rows)
    assert [reject.position for reject in rejects] == ["a:1", "a:2"]
    assert (tally.rejects, tally.skipped) == ({"not JSON": 2}, {"deleted": 1})


@pytest.mark.parametrize("row_id", [7, "b", 'q"\n', "", 1.5, 2**70, -3, True, "\ud800", "é"])
def test_a_line_is_the_verdict_of_the_scorer(judge: Scorer, row_id: Any) -> None:
    items = [row(row_id, text) for text in TEXTS]
    rows, _ = written(judge, items, evidence=True)
    for got, item, verdict in zip(rows, items, judge.score([item.comment for item in items]), strict=True):
        assert (got["id"], type(got["id"])) == (row_id, type(row_id))
        assert got["scores"] == pytest.approx(dict(verdict.scores), abs=1e-6)
        assert (got["flags"], got["action"]) == (list(verdict.flags), verdict.action)
        assert (got["model"], got["policy"]) == (verdict.model, verdict.policy)
        assert got.get("unscored") == verdict.unscored
        text = item.comment.text
        assert got["evidence"] == [
            {"start": s.start, "end": s.end, "label": s.label, "text": text[s.start : s.end]} for s in verdict.evidence
        ]
    assert any(got["evidence"] for got in rows) and any("unscored" in got for got in rows)
    plain, _ = written(judge, items)
    assert plain == [{key: value for key, value in got.items() if key != "evidence"} for got in rows]


def test_only_flagged_leaves_out_what_is_allowed(judge: Scorer) -> None:
    items = [row(k, text) for k, text in enumerate(TEXTS)]
    every, _ = written(judge, items)
    some, tally = written(judge, items, only_flagged=True)
    assert some == [got for got in every if got["action"] != "allow"]
    assert {0, 2, 3} <= {got["id"] for got in some} < set(range(len(TEXTS)))
    assert tally.rows == len(TEXTS)


def test_a_table_says_the_same(judge: Scorer) -> None:
    (columns,) = by_column([row(k, text) for k, text in [*enumerate(TEXTS), ("\ud800", RUDE)]])
    rendering = Rendering(judge, evidence=True)
    found = judge.judge(columns.texts)
    lines = [json.loads(line) for line in rendering.lines(columns, found).splitlines()]
    for got, line in zip(rendering.table(columns, found).to_pylist(), lines, strict=True):
        assert got["id"] == (str(line["id"]) if isinstance(line["id"], int) else "?")
        scores = {label: got[label] for label in judge.labels if got[label] is not None}
        assert scores == pytest.approx(line["scores"], abs=1e-6)
        assert got["unscored"] == line.get("unscored")
        assert {k: got[k] for k in ("flags", "action", "model", "policy")} == {
            k: line[k] for k in ("flags", "action", "model", "policy")
        }
        assert [span["start"] for span in got["evidence"]] == [span["start"] for span in line["evidence"]]


def test_the_tally_counts_each_verdict(judge: Scorer) -> None:
    items = [
        row(1, RUDE, time="2024-05-01T10:00:00Z"),
        row(2, TEXTS[1], time="2024-05-02"),
        row(3, "", time="yesterday"),
        Row(4, Comment("Трамвай опоздал", time="2024-06-02"), site="a.example"),
        Row(5, Comment(RUDE, time="2024-13"), site="a.example"),
        Reject("a:5", "not UTF-8"),
    ]
    _, tally = written(judge, items)
    assert tally.line() == (
        "5 comments; 1 allow; 4 review; toxicity flagged 2; unscored 1 (empty); unscored 1 (unsupported script); "
        "rejected 1 (not UTF-8)"
    )
    assert {key: pair for key, pair in tally.months.items() if key[:4] == "2024"}["2024-05"] == [2, 1]
    assert tally.months["2024-06"] == [1, 0]
    assert tally.sites == {"a.example": [2, 1]}
    for label in judge.labels:
        assert sum(tally.histograms[label]) == 3 and len(tally.histograms[label]) == BINS


def test_tallies_add_up_and_come_back(judge: Scorer) -> None:
    items = [row(k, text, time="2024-05-01") for k, text in enumerate(TEXTS * 3)] + [
        Reject("x", "y"),
        Skipped("x", "z"),
    ]
    _, whole = written(judge, items)
    total = Tally()
    for part in (items[:4], items[4:9], items[9:]):
        total.add(Tally.from_json(written(judge, part)[1].to_json()))
    assert total == whole


def test_nothing_is_nothing(scorer: Scorer) -> None:
    rows, tally = written(scorer, [])
    assert (rows, tally.line()) == ([], "0 comments")
    assert Rendering(scorer).table(Columns(), scorer.judge([])).num_rows == 0
