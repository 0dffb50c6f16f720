"""The scorer: every comment gets a verdict, in order, and a flag can be traced to words."""

import asyncio
import math
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.classifiers.ngram import NgramClassifier
from moderation.errors import BundleError
from moderation.policy import Policy, Thresholds
from moderation.scorer import Scorer
from moderation.types import Comment, Verdict

RUDE = "You are a pathetic idiot, shut up."
KIND = "Lovely photographs, thank you."


def flagging(scorer: Scorer, review: float) -> Scorer:
    labels = scorer.classifier.info.labels
    return Scorer(scorer.classifier, Policy(dict.fromkeys(labels, Thresholds(review))), scorer.model)


def logit(share: float) -> float:
    return math.log(share / (1 - share))


def test_order_and_ids_are_kept(scorer: Scorer) -> None:
    comments = [Comment(f"tram number {k}", id=f"c{k}") for k in range(3000)]
    verdicts = scorer.score(comments)
    assert [v.comment_id for v in verdicts] == [c.id for c in comments]
    assert verdicts[2999] == scorer.score([comments[2999]])[0]


def test_strings_and_comments_get_the_same(scorer: Scorer) -> None:
    as_string, as_comment = scorer.score([RUDE, Comment(RUDE, id="7")])
    assert as_string.comment_id is None
    assert replace(as_string, comment_id="7") == as_comment


def test_a_verdict_names_what_decided(scorer: Scorer) -> None:
    verdict = scorer.score([RUDE])[0]
    assert verdict.model.startswith("small/1+")
    assert verdict.policy == scorer.policy.identity
    assert verdict.policy.startswith("suggested+")
    assert set(verdict.scores) == set(scorer.classifier.info.labels)


@pytest.mark.parametrize("single", [RUDE, Comment(RUDE)], ids=["str", "Comment"])
def test_a_single_comment_is_a_type_error(scorer: Scorer, single: str | Comment) -> None:
    with pytest.raises(TypeError, match="takes a list"):
        scorer.score(single)  # type: ignore[arg-type]


def test_nothing_gives_nothing(scorer: Scorer) -> None:
    assert scorer.score([]) == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        (" \n\t", "empty"),
        ("\x00\x00", "empty"),
        ("\u200b\u2060\ufeff\u00ad", "empty"),
        ("\u3164\u2800\ufe0f\u180e", "empty"),
        ("Трамвай опять опоздал", "unsupported script"),
        ("有轨电车又晚点了", "unsupported script"),
        ("הרכבת איחרה שוב, tram", "unsupported script"),
    ],
    ids=ascii,
)
def test_what_cannot_be_judged_goes_to_review(scorer: Scorer, text: str, reason: str) -> None:
    verdict = scorer.score([Comment(text, id="1")])[0]
    expected = Verdict("review", {}, scorer.model, scorer.policy.identity, comment_id="1", unscored=reason)
    assert verdict == expected


@pytest.mark.parametrize("lang", ["de", "de-AT", "EO", "und"])
def test_another_language_goes_to_review(scorer: Scorer, lang: str) -> None:
    verdict = scorer.score([Comment(KIND, lang=lang)])[0]
    assert (verdict.action, verdict.unscored, verdict.scores) == ("review", "unsupported language", {})


@pytest.mark.parametrize("lang", [None, "", "en", "EN", "en-GB", "en_US"])
def test_a_known_or_unstated_language_is_scored(scorer: Scorer, lang: str | None) -> None:
    assert scorer.score([Comment(KIND, lang=lang)])[0].unscored is None


@settings(max_examples=100)
@given(st.lists(st.text(st.characters(exclude_categories=()), max_size=40), max_size=5))
def test_allowed_means_judged(scorer: Scorer, texts: list[str]) -> None:
    for text, verdict in zip(texts, scorer.score(texts), strict=True):
        if verdict.unscored:
            assert (verdict.action, verdict.scores, verdict.flags, verdict.evidence) == ("review", {}, (), ())
        else:
            assert text.strip()
            assert all(0 <= score <= 1 for score in verdict.scores.values())
            assert (verdict.action, verdict.flags) == scorer.policy.decide(verdict.scores)


PIECES = [
    "pathetic",
    "idiot",
    "shut up",
    "Jews",
    "control",
    "the banks",
    "thank you",
    "lovely",
    "they",
    "h4te",
    "\n",
    ". ",
]


@settings(max_examples=100)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=12).map(" ".join), st.floats(0.05, 0.95))
def test_evidence_causes_the_flag(scorer: Scorer, text: str, review: float) -> None:
    judge = flagging(scorer, review)
    verdict = judge.score([text])[0]
    assert isinstance(judge.classifier, NgramClassifier)
    for k, label in enumerate(judge.classifier.info.labels):
        spans = [s for s in verdict.evidence if s.label == label]
        assert spans == [] or label in verdict.flags
        for span in spans:
            assert 0 <= span.start < span.end <= len(text)
            assert span.weight > 0
            assert text[span.start : span.end] == text[span.start : span.end].strip()
        for before, after in pairwise(spans):
            assert text[before.end : after.start].strip()  # side by side ones are one span
        if label in verdict.flags:
            rest = judge.classifier.logits([text])[0, k] - sum(s.weight for s in spans)
            helping = [s for s in judge.classifier.explain(text) if s.label == label and s.end and s.weight > 0]
            if len(helping) <= 8:  # more words than that are not shown
                kept = sum(s.weight for s in helping) - sum(s.weight for s in spans)
                assert rest < logit(review) + 1e-6 or kept == pytest.approx(0, abs=1e-9)


def test_evidence_is_the_fewest_words(scorer: Scorer) -> None:
    text = "You are a pathetic idiot, shut up, you stupid fool, you clown."
    assert isinstance(scorer.classifier, NgramClassifier)
    words = [s for s in scorer.classifier.explain(text) if s.label == "toxicity" and s.end]
    heaviest = sorted((s.weight for s in words if s.weight > 0), reverse=True)[:8]
    at = scorer.classifier.info.labels.index("toxicity")
    total = scorer.classifier.logits([text])[0, at]
    for count in range(1, len(heaviest)):
        # Between what is left without `count` words and without one word fewer: the first must go, the last may stay.
        threshold = total - sum(heaviest[:count]) + heaviest[count - 1] / 2
        policy = Policy({"toxicity": Thresholds(1 / (1 + math.exp(-threshold)))})
        evidence = Scorer(scorer.classifier, policy, "").score([text])[0].evidence
        shown = [w for w in words if any(s.start <= w.start and w.end <= s.end for s in evidence)]
        assert len(shown) == count
        assert sum(w.weight for w in shown) == pytest.approx(sum(heaviest[:count]))


def test_without_its_evidence_a_comment_is_not_flagged(judge: Scorer) -> None:
    verdict = judge.score([RUDE])[0]
    assert verdict.flags == ("toxicity",)
    assert isinstance(judge.classifier, NgramClassifier)
    at = judge.classifier.info.labels.index("toxicity")
    rest = judge.classifier.logits([RUDE])[0, at] - sum(s.weight for s in verdict.evidence)
    assert verdict.evidence
    assert rest < logit(judge.policy.thresholds["toxicity"].review)


@pytest.mark.parametrize("review", [0.0, 1.0])
def test_thresholds_at_the_ends(scorer: Scorer, review: float) -> None:
    verdict = flagging(scorer, review).score([RUDE])[0]
    assert len(verdict.flags) == (3 if review == 0 else 0)


def test_threads_share_a_scorer(scorer: Scorer) -> None:
    batches = [[f"{RUDE} {t} {k}" for k in range(50)] for t in range(8)]
    expected = [scorer.score(batch) for batch in batches]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(scorer.score, batches)) == expected


def test_the_event_loop_goes_on(scorer: Scorer) -> None:
    async def run() -> tuple[list[Verdict], int]:
        ticks = 0
        scoring = asyncio.ensure_future(scorer.score_async([f"{KIND} {k}" for k in range(20_000)]))
        while not scoring.done():
            await asyncio.sleep(0.001)
            ticks += 1
        return await scoring, ticks

    verdicts, ticks = asyncio.run(run())
    assert len(verdicts) == 20_000
    assert verdicts[:2] == scorer.score([f"{KIND} 0", f"{KIND} 1"])
    assert ticks > 2


def test_ten_megabytes_are_scored_in_time(judge: Scorer) -> None:
    text = f"{RUDE} " * 300_000
    started = time.monotonic()
    verdict = judge.score([text])[0]
    assert len(text) > 10_000_000
    assert "toxicity" in verdict.flags
    assert verdict.evidence
    assert time.monotonic() - started < 20  # explaining all of it took a minute


def test_nuls_and_surrogates_inside_a_comment_hide_nothing(judge: Scorer) -> None:
    plain, broken = judge.score([RUDE, "You are a pa\x00the\u200btic idi\x00ot, shut up."])
    assert broken.scores == plain.scores
    assert judge.score(["\ud800 " + RUDE])[0].flags == plain.flags


def test_a_missing_bundle_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="no bundle here"):
        Scorer.load(tmp_path)


def test_a_bundle_is_found_by_a_string_too(bundle_dir: Path) -> None:
    policy = Policy({"hate": Thresholds(0.1)}, "own")
    assert Scorer.load(str(bundle_dir), policy=policy).score([KIND])[0].policy == policy.identity
