"""Policies: thresholds that make sense, the law of deciding, and files that hold them."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.errors import PolicyError
from moderation.policy import Policy, Thresholds, read_policy

LABELS = ("hate", "antisemitism", "toxicity")
SEVERITY = ("allow", "review", "hide")

shares = st.floats(0, 1)
pairs = st.tuples(shares, st.none() | shares).map(lambda p: Thresholds(p[0], None if p[1] is None else max(p[0], p[1])))
policies = st.dictionaries(st.sampled_from(LABELS), pairs, min_size=1)
scores = st.fixed_dictionaries(dict.fromkeys(LABELS, shares))


@given(policies, scores)
def test_flags_are_the_labels_at_or_over_their_threshold(
    thresholds: dict[str, Thresholds], found: dict[str, float]
) -> None:
    action, flags = Policy(thresholds).decide(found)
    assert set(flags) == {label for label, pair in thresholds.items() if found[label] >= pair.review}
    hidden = any(pair.hide is not None and found[label] >= pair.hide for label, pair in thresholds.items())
    assert action == ("hide" if hidden else "review" if flags else "allow")


@given(policies, scores, st.sampled_from(LABELS), shares)
def test_raising_a_threshold_never_adds_a_flag(
    thresholds: dict[str, Thresholds], found: dict[str, float], label: str, more: float
) -> None:
    before_action, before = Policy(thresholds).decide(found)
    if label in thresholds:
        old = thresholds[label]
        raised = Thresholds(max(old.review, more), None if old.hide is None else max(old.hide, more))
        thresholds = thresholds | {label: raised}
    after_action, after = Policy(thresholds).decide(found)
    assert set(after) <= set(before)
    assert SEVERITY.index(after_action) <= SEVERITY.index(before_action)


@given(policies, scores, st.sampled_from(LABELS), shares)
def test_a_higher_score_never_removes_a_flag(
    thresholds: dict[str, Thresholds], found: dict[str, float], label: str, higher: float
) -> None:
    policy = Policy(thresholds)
    before_action, before = policy.decide(found)
    after_action, after = policy.decide(found | {label: max(found[label], higher)})
    assert set(before) <= set(after)
    assert SEVERITY.index(before_action) <= SEVERITY.index(after_action)


def test_only_a_hide_threshold_hides() -> None:
    assert Policy({"hate": Thresholds(0.5)}).decide({"hate": 1.0}) == ("review", ("hate",))
    assert Policy({"hate": Thresholds(0.5, 0.9)}).decide({"hate": 0.9}) == ("hide", ("hate",))


def test_a_label_without_thresholds_or_without_a_score_is_not_acted_on() -> None:
    assert Policy({"hate": Thresholds(0.5)}).decide({"toxicity": 1.0, "hate": 0.4}) == ("allow", ())
    assert Policy({"hate": Thresholds(0.0)}).decide({}) == ("allow", ())


@pytest.mark.parametrize("pair", [(-0.1, None), (1.1, None), (float("nan"), None), (0.5, 2.0), (0.5, float("nan"))])
def test_a_threshold_outside_0_to_1_is_refused(pair: tuple[float, float | None]) -> None:
    with pytest.raises(PolicyError, match=r"threshold of hate is .* give one from 0 to 1"):
        Policy({"hate": Thresholds(*pair)})


def test_hiding_what_is_not_reviewed_is_refused() -> None:
    with pytest.raises(PolicyError, match=r"hate would be hidden from 0.4 on but reviewed only from 0.5"):
        Policy({"hate": Thresholds(0.5, 0.4)})


def test_a_policy_of_nothing_is_refused() -> None:
    with pytest.raises(PolicyError, match="at least one label"):
        Policy({})


def test_the_identity_says_name_and_contents() -> None:
    one = Policy({"hate": Thresholds(0.5), "toxicity": Thresholds(0.6, 0.9)}, "site")
    same = Policy({"toxicity": Thresholds(0.6, 0.9), "hate": Thresholds(0.5)}, "site")
    assert one.identity == same.identity
    assert Policy({"hate": Thresholds(1)}).identity == Policy({"hate": Thresholds(1.0)}).identity
    assert one.identity.startswith("site+")
    others = [
        Policy({"hate": Thresholds(0.5), "toxicity": Thresholds(0.6, 0.9)}, "other"),
        Policy({"hate": Thresholds(0.51), "toxicity": Thresholds(0.6, 0.9)}, "site"),
        Policy({"hate": Thresholds(0.5), "toxicity": Thresholds(0.6)}, "site"),
        Policy({"hate": Thresholds(0.5)}, "site"),
    ]
    assert len({policy.identity for policy in [one, *others]}) == 5


def test_what_the_caller_does_later_does_not_change_a_policy() -> None:
    thresholds = {"hate": Thresholds(0.5)}
    policy = Policy(thresholds)
    thresholds["hate"] = Thresholds(0.9)
    assert policy.decide({"hate": 0.6}) == ("review", ("hate",))


def test_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "strict.toml").write_text("[hate]\nreview = 0.3\nhide = 1\n[toxicity]\nreview = 0.5\n")
    policy = read_policy(tmp_path / "strict.toml")
    assert policy == Policy({"hate": Thresholds(0.3, 1.0), "toxicity": Thresholds(0.5)}, "strict")


def test_a_file_may_name_its_policy(tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_text('name = "night shift"\n[hate]\nreview = 0.3\n')
    assert read_policy(tmp_path / "p.toml").name == "night shift"


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        (b"hate = [", "not a policy file"),
        (b"\xff\xfe", "not a policy file"),
        (b"x = " + b"[" * 50_000, "not a policy file"),
        (b"[hate]\nreview = 1" + b"0" * 5000, "not a policy file"),
        (b"[hate]\nreview = 1" + b"0" * 400, "give one from 0 to 1"),
        (b"", "at least one label"),
        (b"hate = 0.5", r"\[hate\] must hold review = NUMBER"),
        (b"[hate]\nhide = 0.5", "must hold review"),
        (b"[hate]\nreview = '0.5'", "must hold review"),
        (b"[hate]\nreview = true", "must hold review"),
        (b"[hate]\nreview = 0.5\ndelete = 0.9", "nothing else"),
        (b"[hate]\nreview = nan", "give one from 0 to 1"),
        (b"[hate]\nreview = 7", "give one from 0 to 1"),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_a_file_that_makes_no_sense_is_refused(tmp_path: Path, contents: bytes, message: str) -> None:
    (tmp_path / "p.toml").write_bytes(contents)
    with pytest.raises(PolicyError, match=message):
        read_policy(tmp_path / "p.toml")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(PolicyError, match="not a policy file"):
            read_policy(path)


@given(policies, st.lists(st.tuples(*[st.floats(0, 1, width=32)] * 2), max_size=9))
def test_many_are_decided_as_each_alone(thresholds: dict[str, Thresholds], rows: list[tuple[float, float]]) -> None:
    labels, policy = LABELS[1:], Policy(thresholds)  # a policy may judge more labels than there are, and fewer
    flags, actions = policy.decide_all(labels, np.array(rows, np.float32).reshape(-1, 2))
    names = policy.judged(labels)
    for row, flag, action in zip(rows, flags, actions, strict=True):
        told = tuple(name for name, on in zip(names, flag, strict=True) if on)
        assert (SEVERITY[action], told) == policy.decide(dict(zip(labels, row, strict=True)))
