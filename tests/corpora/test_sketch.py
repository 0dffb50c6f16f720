import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.corpora.sketch import BANDS, Sketch, seen, sketch_from, sketch_texts
from moderation.errors import BundleError

WORDS = np.array([f"word{chr(97 + a)}{chr(97 + b)}" for a in range(26) for b in range(26)])


def sentences(count, size=25, seed=3):
    rng = np.random.default_rng(seed)
    return [" ".join(rng.choice(WORDS, size)) for _ in range(count)]


def test_a_copy_is_known_however_it_is_decorated():
    sketch = sketch_texts(["The tram is late again", "Other words"])
    copies, near = seen(
        ["RT @one: the TRAM is late again!! https://example.org/1", "nothing alike", "Other words"], sketch
    )
    assert copies.tolist() == [True, False, True]
    assert not near.any()


def test_near_copies_are_mostly_found_and_strangers_are_not():
    texts = sentences(600)
    sketch = sketch_texts(texts)
    longer = [f"{text} {text.split()[3]}" for text in texts]  # one word more: similarity 0.96
    copies, near = seen(longer, sketch)
    assert not copies.any()
    assert near.mean() > 0.95
    copies, near = seen(sentences(600, seed=4), sketch)
    assert not (copies | near).any()


@given(st.lists(st.text(), max_size=8))
def test_the_order_does_not_matter_and_every_text_is_known_again(texts):
    sketch, again = sketch_texts(texts), sketch_texts(texts[::-1] + texts)
    assert len(sketch.rows) == 1 + BANDS
    for row, same in zip(sketch.rows, again.rows, strict=True):
        np.testing.assert_array_equal(row, same)
    assert seen(texts, sketch)[0].all()


def test_a_bundle_gives_back_what_it_was_given():
    texts = sentences(5000, size=8)
    sketch = sketch_texts(texts)
    arrays = sketch.arrays()
    back = sketch_from(arrays)
    assert seen(texts, back)[0].all()
    for row, known in zip(sketch.rows, back.rows, strict=True):
        assert np.isin(row, known).all()
        assert (np.diff(known.astype(np.int64)) > 0).all()


def test_gaps_of_every_width_are_bridged():
    row = np.array([0, 1, 65536, 131071, 131072, 2**32 - 1], dtype=np.uint32)
    arrays = Sketch((row,) * (1 + BANDS)).arrays()
    assert np.isin(row, sketch_from(arrays).rows[0]).all()
    assert int(arrays["row0"].astype(np.int64).sum()) == 2**32 - 1


def test_a_damaged_or_foreign_record_is_refused():
    arrays = sketch_texts(sentences(5)).arrays()
    for bad in ({}, arrays | {"row1": arrays["row1"].astype(np.float32)}, arrays | {"more": arrays["row0"]}):
        with pytest.raises(BundleError, match="damaged"):
            sketch_from(bad)
    with pytest.raises(BundleError, match="normaliser 0"):
        sketch_from(arrays | {"normaliser": np.array([0])})


def test_an_empty_sketch_knows_nothing():
    assert not seen(["a text"], sketch_from(sketch_texts([]).arrays()))[0].any()
