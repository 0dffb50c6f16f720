import itertools
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.corpora.copies import SIMILARITY, Union, fingerprint, near_copies

WORDS = st.sampled_from(["red", "green", "blue", "tram", "bridge", "ä", "\U0001f642"])
TEXTS = st.lists(WORDS, max_size=12).map(" ".join)
BASE = [f"base{'x' * k}" for k in range(30)]
# Windows over one text: each is similar to its neighbours, the outermost are not similar to each other.
WINDOWS = st.tuples(st.integers(0, 9), st.integers(18, 30)).map(lambda ends: " ".join(BASE[ends[0] : ends[1]]))


def clusters(texts: list[str]) -> set[frozenset[str]]:
    members: dict[int, set[str]] = {}
    for text, number in zip(texts, near_copies(texts).tolist(), strict=True):
        members.setdefault(number, set()).add(text)
    return {frozenset(cluster) for cluster in members.values()}


def jaccard(a: str, b: str) -> float:
    def shingles(text: str) -> set[tuple[str, ...]]:
        words = text.split(" ")
        return {tuple(words[k : k + 3]) for k in range(len(words) - 2)} if len(words) >= 3 else {(text,)}

    return len(shingles(a) & shingles(b)) / len(shingles(a) | shingles(b))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("RT <user>: The bridge is open!", "the bridge is open <url>"),
        ("The bridge, is open 24 7", "the bridge is open"),
        ("THE BRIDGE IS OPEN", "the  bridge\nis open"),
        ("“The bridge” … is — open", "the bridge is open"),
    ],
)
def test_decoration_does_not_tell_texts_apart(one: str, other: str) -> None:
    assert fingerprint(one) == fingerprint(other) == "the bridge is open"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("I love them \U0001f642", "I love them \U0001f92e"),
        ("कि", "क"),
        ("art start", "a stat"),
        ("14", "88"),
        ("!!!", "???"),
    ],
)
def test_words_emoji_and_bare_numbers_do(one: str, other: str) -> None:
    assert fingerprint(one) != fingerprint(other)


def test_only_what_is_empty_has_no_fingerprint() -> None:
    assert fingerprint(" \n") == ""
    assert fingerprint("<user> 12!") == "<user> 12!"


@given(st.text())
def test_a_fingerprint_is_its_own(text: str) -> None:
    once = fingerprint(text)
    assert fingerprint(once) == once


def test_one_changed_word_in_a_long_text_is_a_near_copy() -> None:
    words = [f"word{'x' * k}" for k in range(40)]
    assert len(clusters([" ".join(words), " ".join([*words[:-1], "other"]), " ".join(words[:20])])) == 2


def test_short_texts_are_copies_only_of_themselves() -> None:
    texts = ["a bad day", "a good day", "a", "b", "", "a good"]
    assert len(clusters(texts)) == len(texts)


@given(st.lists(TEXTS | WINDOWS, max_size=20))
def test_clusters_hold_chains_of_similar_texts_only(texts: list[str]) -> None:
    for cluster in clusters(texts) if texts else ():
        seen, rest = {min(cluster)}, set(cluster) - {min(cluster)}
        while linked := {t for t in rest if any(jaccard(t, s) >= SIMILARITY for s in seen)}:
            seen, rest = seen | linked, rest - linked
        assert not rest


@given(st.lists(TEXTS | WINDOWS, min_size=1, max_size=40), st.randoms(use_true_random=False))
def test_clusters_do_not_hang_on_the_order_of_rows(texts: list[str], random: object) -> None:
    shuffled = list(texts)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert clusters(texts) == clusters(shuffled)


@given(st.lists(TEXTS | WINDOWS, min_size=1, max_size=12), st.lists(TEXTS, max_size=12))
def test_unrelated_texts_change_no_cluster(texts: list[str], others: list[str]) -> None:
    unrelated = [" ".join(f"z{word}" for word in t.split(" ")) for t in others]
    both = {c for c in clusters(texts + unrelated) if c & set(texts)}
    assert both == clusters(texts)


def test_nearly_all_similar_pairs_are_found() -> None:
    random = np.random.default_rng(7)
    vocabulary = np.array([f"w{'abcdefghij'[k % 10]}{'abcdefghij'[k // 10 % 10]}{k // 100 * 'x'}" for k in range(400)])
    originals = [random.choice(vocabulary, 40) for _ in range(500)]
    changed = []
    for words in originals:  # the last three words: 35 of 41 shingles stay, similarity 0.85
        copy = words.copy()
        copy[-3:] = ["new", "last", "words"]
        changed.append(copy)
    numbers = near_copies([" ".join(words) for words in itertools.chain(originals, changed)])
    assert np.mean(numbers[:500] == numbers[500:]) > 0.99
    assert len(set(numbers.tolist())) >= 500


def test_chains_are_found_in_whatever_order() -> None:
    # a is similar to b and b to c, but not a to c: who leads a bucket decides what is compared.
    texts = []
    for k in range(3000):
        words = [f"n{chr(97 + k % 26)}{chr(97 + k // 26 % 26)}{chr(97 + k // 676)}{'x' * w}" for w in range(16)]
        texts += [" ".join(words[at : at + 12]) for at in (0, 1, 2)]
    assert jaccard(texts[0], texts[1]) >= SIMILARITY > jaccard(texts[0], texts[2])
    assert clusters(texts) == clusters(texts[::-1])


def test_many_copies_take_linear_time() -> None:
    near_copies(["warm up the compiled code"])
    common = " ".join(f"w{'x' * k}" for k in range(60))
    texts = [f"{common} {'y' * (k % 97 + 1)} {'z' * (k // 97 + 1)}" for k in range(20_000)]
    begin = time.process_time()
    assert len(set(near_copies(texts).tolist())) == 1
    assert time.process_time() - begin < 5


def test_a_union_joins_equal_values_but_not_missing_ones() -> None:
    union = Union(6)
    union.join_equal(["a", None, "b", "a", None, "b"])
    union.join(1, 2)
    assert union.roots().tolist() == [0, 1, 1, 0, 4, 1]
