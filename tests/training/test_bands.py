"""Bands: the stated loss is held, few ordinary rows are sent on, and what is outside is on its side."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.training.bands import Judged, fit_bands, inside

THRESHOLDS = np.array([0.5, 0.3])


def drawn(seed: int, n: int = 600, keen: float = 1.0) -> Judged:
    """Return rows of two corpora, the second without the second label, that the accurate part sees right and the fast
    one nearly at random, but for what is far from the threshold; `keen` is how well it sees."""
    lot = np.random.default_rng(seed)
    target = (lot.random((n, 2)) < 0.2).astype(np.float32)
    logits = keen * (4 * target - 2) + lot.normal(0, 1, (n, 2))
    fast = (1 / (1 + np.exp(-logits))).astype(np.float32)
    accurate = np.where(target == 1, 0.9, 0.1).astype(np.float32)
    corpus = np.arange(n) % 2
    target[corpus == 1, 1] = np.nan
    return Judged(fast, accurate, accurate >= THRESHOLDS, target, corpus, ~(target == 1).any(axis=1), THRESHOLDS)


@settings(max_examples=25)
@given(st.integers(0, 1000), st.sampled_from([0.0, 0.005, 0.05, 0.3]), st.sampled_from([0.0, 0.5, 2.0]))
def test_the_stated_loss_is_held(seed: int, loss: float, keen: float) -> None:
    judged = drawn(seed, 200, keen)
    bands = fit_bands(judged, loss)
    assert judged.loss(inside(judged.fast, bands)) <= loss
    assert (bands[:, 0] <= THRESHOLDS).all() and (bands[:, 1] >= THRESHOLDS).all()
    assert (bands >= 0).all() and (bands <= 1).all()


def test_what_a_larger_loss_saves() -> None:
    judged = drawn(1)
    sent = [inside(judged.fast, fit_bands(judged, loss))[judged.ordinary].mean() for loss in (0.0, 0.02, 0.1, 1.0)]
    assert sent[0] > sent[1] > sent[2] > sent[3] == 0


def test_a_fast_part_that_sees_all_asks_never() -> None:
    judged = drawn(2, keen=20)
    assert not inside(judged.fast, fit_bands(judged, 0.0)).any()


def test_of_equal_gains_the_one_that_sends_fewer_ordinary_rows_is_taken() -> None:
    # The fast part misses 10 of 40 positives, half of them where ordinary rows lie, half where none do.
    fast = np.concatenate((np.full(30, 0.9), np.full(5, 0.4), np.full(5, 0.2), np.full(100, 0.2), np.full(100, 0.05)))
    target = np.concatenate((np.ones(40), np.zeros(200)))
    judged = Judged(
        fast[:, None].astype(np.float32),
        np.where(target == 1, 0.9, 0.1)[:, None].astype(np.float32),
        (target == 1)[:, None],
        target[:, None].astype(np.float32),
        np.zeros(240, np.int64),
        target == 0,
        np.array([0.5]),
    )
    assert judged.loss(np.zeros(240, np.bool_)) == pytest.approx(1 - 60 / 70)
    ((low, high),) = fit_bands(judged, 0.08)
    assert 0.2 < low <= 0.4 and high <= 0.9
    ((low, _),) = fit_bands(judged, 0.0)
    assert 0.05 < low < 0.21


def test_where_nothing_is_labelled_nothing_is_lost() -> None:
    judged = drawn(3)
    unknown = replace(judged, target=judged.target * np.nan)
    assert unknown.loss(np.zeros(600, np.bool_)) == 0
    assert not inside(unknown.fast, fit_bands(unknown, 0.0)).any()


def test_a_corpus_where_it_does_better_makes_up_for_no_other() -> None:
    judged = drawn(4, keen=20)
    first = judged.corpus[:, None] == 0
    both = np.where(first, judged.both, 1 - judged.both)
    better = replace(judged, both=both, alone=both >= THRESHOLDS)
    worse = replace(better, fast=np.where(first, judged.fast * 0, judged.fast))
    nobody = np.zeros(600, np.bool_)
    assert better.loss(nobody) == 0 < worse.loss(nobody)


def test_where_both_are_worse_than_one_alone_all_are_asked_about() -> None:
    judged = replace(drawn(5), both=np.full((600, 2), 0.05, np.float32))
    assert judged.loss(np.ones(600, np.bool_)) > 0.5
    assert inside(judged.fast, fit_bands(judged, 0.0)).mean() > 0.9


def test_what_is_lost_is_f1_and_false_positives() -> None:
    judged = Judged(
        np.array([[0.9, 0], [0.9, 0], [0.1, 0], [0.1, 0]], np.float32),
        np.zeros((4, 2), np.float32),
        np.zeros((4, 2), np.bool_),
        np.array([[1, np.nan], [0, 0], [1, 0], [0, 0]], np.float32),
        np.zeros(4, np.int64),
        np.ones(4, np.bool_),
        THRESHOLDS,
    )
    f1, alarms = judged.measured(judged.flagged(np.zeros(4, np.bool_)))
    assert (f1.tolist(), alarms.tolist()) == ([0.5], [0.5, 0.0])
    f1, alarms = judged.measured(judged.flagged(np.ones(4, np.bool_)))
    assert (f1.tolist(), alarms.tolist()) == ([0.0], [0.0, 0.0])
    assert judged.loss(np.zeros(4, np.bool_)) == 0.25  # the mean of the false-positive rates
