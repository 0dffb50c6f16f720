import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from moderation.corpora.splits import (
    CALIBRATION,
    HELD_OUT,
    TRAIN,
    VALIDATION,
    assign_parts,
    group_digests,
    straddlers,
)


def digests(count: int) -> list[str]:
    return group_digests(np.arange(count), [(1, f"text {k}") for k in range(count)])


def test_shares_are_about_a_tenth() -> None:
    parts = assign_parts(digests(20_000), ["hash"] * 20_000, may_train=True)
    shares = np.bincount(parts, minlength=3) / len(parts)
    np.testing.assert_allclose(shares, [0.8, 0.1, 0.1], atol=0.01)


def test_an_own_split_is_respected() -> None:
    parts = assign_parts(digests(3000), ["train", "validation", "held out"] * 1000, may_train=True)
    assert set(parts[0::3].tolist()) == {TRAIN, CALIBRATION}
    assert set(parts[1::3].tolist()) == {VALIDATION}
    assert set(parts[2::3].tolist()) == {HELD_OUT}
    assert 0.07 < np.mean(parts[0::3] == CALIBRATION) < 0.13


def test_rows_without_a_split_follow_their_group() -> None:
    for k in range(100):
        name = group_digests(np.array([0]), [(1, f"text {k}")])[0]
        assert assign_parts([name] * 2, ["hash", "validation"], may_train=True)[0] == VALIDATION
        assert assign_parts([name] * 2, ["hash", "train"], may_train=True)[0] in (TRAIN, CALIBRATION)
        assert assign_parts([name] * 3, ["hash", "validation", "train"], may_train=True)[0] == VALIDATION


def test_what_may_not_train_is_validation() -> None:
    parts = assign_parts(digests(4), ["train", "hash", "validation", "held out"], may_train=False)
    assert parts.tolist() == [VALIDATION, VALIDATION, VALIDATION, HELD_OUT]


def test_the_least_key_names_a_group_and_an_author_goes_before_texts() -> None:
    one = group_digests(np.array([5, 5, 2]), [(1, "b"), (1, "a"), (1, "c")])
    assert one[0] == one[1] == group_digests(np.array([0]), [(1, "a")])[0] != one[2]
    authored = group_digests(np.array([0, 0]), [(1, "a"), (0, "author z")])
    assert authored == [group_digests(np.array([0]), [(0, "author z")])[0]] * 2


ROWS = st.lists(
    st.tuples(st.integers(0, 30), st.sampled_from(["train", "validation", "hash", "held out"])), max_size=60
)


@given(ROWS)
def test_no_group_straddles_once_straddlers_are_gone(rows: list[tuple[int, str]]) -> None:
    names = group_digests(np.array([g for g, _ in rows], dtype=np.int64), [(1, str(g)) for g, _ in rows])
    parts = assign_parts(names, [role for _, role in rows], may_train=True)
    away = straddlers(names, parts)
    found: dict[str, set[int]] = {}
    for name, part, gone in zip(names, parts.tolist(), away.tolist(), strict=True):
        if not gone and part != HELD_OUT:
            found.setdefault(name, set()).add(part)
    assert all(len(kinds) == 1 for kinds in found.values())


@given(ROWS, ROWS, st.permutations(range(8)))
def test_other_rows_and_their_order_move_no_row(
    rows: list[tuple[int, str]], others: list[tuple[int, str]], order: list[int]
) -> None:
    def parts(found: list[tuple[int, str]]) -> dict[tuple[int, str], int]:
        names = group_digests(np.array([g for g, _ in found], dtype=np.int64), [(1, str(g)) for g, _ in found])
        return dict(zip(found, assign_parts(names, [r for _, r in found], may_train=True).tolist(), strict=True))

    elsewhere = [(group + 100, role) for group, role in others]
    mixed = sorted(rows + elsewhere, key=lambda row: (order[row[0] % 8], row))
    after = parts(mixed)
    assert {row: after[row] for row in rows} == parts(rows)
