import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.corpora.copies import fingerprints
from moderation.corpora.sketch import AGREEING, BITS, Sketch, merged, read_sketch, seen, sketch_of
from moderation.errors import BundleError

WORDS = np.array([f"word{chr(97 + a)}{chr(97 + b)}" for a in range(26) for b in range(26)])
TEXTS = st.lists(st.text(), max_size=8)


def sentences(count, size=25, seed=3):
    rng = np.random.default_rng(seed)
    return [" ".join(rng.choice(WORDS, size)) for _ in range(count)]


def known(texts, *trained):
    return seen(fingerprints(texts), sketch_of(fingerprints(trained)))


def test_a_copy_is_known_however_it_is_decorated():
    copies, near = known(
        ["RT @one: the TRAM is late again!! https://example.org/1", "nothing alike", "Other words"],
        *("The tram is late again", "Other words"),
    )
    assert copies.tolist() == [True, False, True]
    assert not near.any()


@given(TEXTS)
def test_a_text_is_its_own_copy_in_whatever_order(texts):
    prints = fingerprints(texts)
    sketch, again = sketch_of(prints), sketch_of(prints[::-1] + prints)
    np.testing.assert_array_equal(sketch.words, again.words)
    copies, near = seen(prints, sketch)
    assert copies.all() and not near.any()


@given(st.lists(st.sampled_from(WORDS.tolist()), min_size=1, max_size=30), st.integers(0, 5))
def test_what_the_fingerprint_ignores_makes_no_other_text(words, change):
    text = " ".join(words)
    changed = [
        text.upper(),
        text.replace(" ", " \t "),
        f"RT @somebody {text}",
        f"{text}!!! 12 https://example.org/x",
        ", ".join(words),
        text.translate(str.maketrans({"o": "\u043e"})),
    ][change]
    assert known([changed], text)[0].all()


@given(st.sets(st.sampled_from(WORDS.tolist()), min_size=2, max_size=40), st.data())
def test_texts_without_a_word_in_common_are_not_taken_for_each_other(words, data):
    order = sorted(words)
    cut = data.draw(st.integers(1, len(order) - 1))
    copies, near = known([" ".join(order[:cut])], " ".join(order[cut:]))
    assert not (copies | near).any()


def test_the_estimate_has_the_stated_error():
    """Pairs of 62 words whose shingle sets have a known similarity: the binomial's share is taken for near-copies."""
    rng = np.random.default_rng(5)
    # A word replaced changes 3 of 60 shingles: k changed words apart give (60 - 3k) / (60 + 3k).
    for replaced, low, high in ((1, 0.85, 1), (2, 0.45, 0.75), (3, 0.1, 0.4), (6, 0, 0.01)):
        first, second = [], []
        for _ in range(400):
            words = rng.permutation(WORDS)[: 62 + replaced]
            other = words[:62].copy()
            other[5 + 8 * np.arange(replaced)] = words[62:]
            first.append(" ".join(words[:62]))
            second.append(" ".join(other))
        found = [bool(known([b], a)[1][0]) for a, b in zip(first, second, strict=True)]
        assert low <= np.mean(found) <= high, (replaced, np.mean(found))


def test_strangers_are_not_taken_for_near_copies():
    copies, near = known(sentences(3000, seed=4), *sentences(3000))
    assert not (copies | near).any()


def test_looking_up_misses_next_to_no_close_pair():
    """Signatures that differ in just as many bits as are allowed, against a plain comparison of all with all."""
    rng = np.random.default_rng(6)
    words = rng.integers(0, 1 << 63, 4000, dtype=np.uint64)
    flips = np.zeros(len(words), dtype=np.uint64)
    for row in range(len(words)):
        for bit in rng.permutation(BITS)[: BITS - AGREEING]:
            flips[row] |= np.uint64(1) << np.uint64(bit)
    from moderation.corpora import sketch

    found = np.zeros(len(words), dtype=bool)
    sketch.mark_near(words ^ flips, words, found)
    assert found.mean() > 0.99


def test_a_bundle_gives_back_what_it_was_given():
    prints = fingerprints(sentences(500, size=8))
    sketch = sketch_of(prints)
    back = read_sketch(sketch.to_file())
    np.testing.assert_array_equal(back.words, sketch.words)
    assert len(sketch.to_file()) < 8 * 500 + 300


def test_sketches_join():
    one, other = fingerprints(sentences(20)), fingerprints(sentences(20, seed=9))
    both = merged([sketch_of(one), sketch_of(other), sketch_of(one)])
    assert len(both.words) == 40
    assert seen(one + other, both)[0].all()


def test_a_damaged_or_foreign_record_is_refused():
    from safetensors.numpy import load, save

    good = load(sketch_of(fingerprints(sentences(5))).to_file())
    for bad in (b"", b"x" * 40, save({}), save(good | {"words": good["words"].astype(np.int64)})):
        with pytest.raises(BundleError, match="damaged"):
            read_sketch(bad)
    with pytest.raises(BundleError, match="another normaliser"):
        read_sketch(save(good | {"normaliser": np.array([0])}))


def test_an_empty_sketch_knows_nothing():
    empty = read_sketch(sketch_of([]).to_file())
    assert isinstance(empty, Sketch)
    assert not np.logical_or(*seen(["a text"], empty)).any()
    assert len(seen([], empty)[0]) == 0
