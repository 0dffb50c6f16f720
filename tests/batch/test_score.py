"""Scoring in batch: every row gets its verdict, everything is counted."""

import json

from moderation.batch.score import BATCH, Summary, output_row, score_rows
from moderation.formats import Reject, Row
from moderation.scorer import Scorer
from moderation.types import Comment


def row(number: int, text: str) -> Row:
    return Row(number, Comment(text, id=str(number)))


def test_rows_keep_their_order_over_batches(scorer: Scorer) -> None:
    rows = [row(k, f"tram {k}") for k in range(2 * BATCH + 7)]
    rows[5] = row(5, "tram " * 1_000_000)  # more than a batch holds
    summary, rejects = Summary(), list[Reject]()
    items = [*rows[:100], Reject("a:1", "not JSON"), *rows[100:], Reject("a:2", "not JSON")]
    scored = list(score_rows(scorer, items, summary, rejects.append))
    assert [r for r, _ in scored] == rows
    assert [v.comment_id for _, v in scored] == [r.comment.id for r in rows]
    assert scored[77][1] == scorer.score([rows[77].comment])[0]
    assert summary.rows == len(rows)
    assert [reject.position for reject in rejects] == ["a:1", "a:2"]
    assert summary.rejects == {"not JSON": 2}


def test_the_summary_counts_each_verdict(judge: Scorer) -> None:
    summary = Summary()
    texts = ["You are a pathetic idiot, shut up.", "Lovely photographs, thank you.", "", "Трамвай опоздал"]
    items = [*(row(k, text) for k, text in enumerate(texts)), Reject("a:5", "not UTF-8")]
    list(score_rows(judge, items, summary, lambda reject: None))
    assert summary.line() == (
        "4 comments; 1 allow; 3 review; toxicity flagged 1; unscored 1 (empty); unscored 1 (unsupported script); "
        "rejected 1 (not UTF-8)"
    )


def test_nothing_is_nothing(scorer: Scorer) -> None:
    summary = Summary()
    assert list(score_rows(scorer, [], summary, lambda reject: None)) == []
    assert summary.line() == "0 comments"


def test_an_output_row_says_all_and_holds_only_the_excerpt(judge: Scorer) -> None:
    text = "  Yes. You are a pathetic idiot, shut up."
    ((one, verdict),) = score_rows(judge, [row(7, text)], Summary(), lambda reject: None)
    written = json.loads(json.dumps(output_row(one, verdict)))
    assert set(written) == {"id", "scores", "flags", "action", "evidence", "model", "policy"}
    assert (written["id"], written["flags"], written["action"]) == (7, ["toxicity"], "review")
    for span in written["evidence"]:
        assert span["text"] == text[span["start"] : span["end"]] != ""
        assert set(span) == {"start", "end", "label", "text"}
    assert "Yes" not in json.dumps(written)


def test_an_unscored_row_says_why(scorer: Scorer) -> None:
    ((one, verdict),) = score_rows(scorer, [row(1, "")], Summary(), lambda reject: None)
    written = output_row(one, verdict)
    assert (written["unscored"], written["action"], written["scores"]) == ("empty", "review", {})
