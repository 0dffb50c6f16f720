import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from moderation.extraction.fit import bare, emptied, exported
from moderation.extraction.gold import Page, states_of
from moderation.extraction.layouts import Material, relaid
from moderation.extraction.line_model import AFTER, AROUND, AUTHOR, BEGIN, INSIDE, OUTSIDE, STATES
from moderation.extraction.lines import split_lines

TEXT = """A headline
A story of some length.
Anna says:
First words.
More words.
Reply
Tom says:
Other words.
Reply
This is where the page of the paper goes on with other things, at length."""


def page():
    lines = split_lines(TEXT)
    spans = [(TEXT.index("First"), TEXT.index("More words.") + 11), (TEXT.index("Other"), TEXT.index("Other") + 12)]
    return Page("a", "a", lines, states_of(lines, spans, ["Anna", "Tom"]))


def test_states_follow_the_spans_and_the_authors():
    comments = [AUTHOR, BEGIN, INSIDE, AROUND, AUTHOR, BEGIN, AROUND]
    assert page().states == [OUTSIDE, OUTSIDE, *comments, AFTER]


def test_unknown_authors_are_no_state():
    lines = split_lines(TEXT)
    start = TEXT.index("First")
    assert states_of(lines, [(start, start + 12)])[2:5] == [AROUND, BEGIN, AFTER]


def test_bare_pages_keep_every_comment():
    rng = np.random.default_rng(0)
    for _ in range(20):
        poorer = bare(page(), rng)
        assert poorer.states.count(BEGIN) == 2
        assert poorer.states.count(INSIDE) == 1


def test_an_emptied_page_keeps_everything_but_the_comments():
    rng = np.random.default_rng(0)
    for _ in range(20):
        empty = emptied(page(), rng)
        assert set(empty.states) == {OUTSIDE, AFTER}
        kept = [line.text for line in empty.lines]
        assert kept[:2] + kept[-1:] == TEXT.splitlines()[:2] + TEXT.splitlines()[-1:]


def test_new_layouts_hold_the_comments_in_order():
    material = Material(
        [split_lines("One line of it.\nAnother one.")], [[["First words.", "More words."], ["Other words."]]]
    )
    rng = np.random.default_rng(0)
    for _ in range(30):
        lines, states = relaid(material, rng)
        body = [line.text for line, state in zip(lines, states, strict=True) if state in (BEGIN, INSIDE)]
        body = [text.lstrip("•12345. ") for text in body]
        assert body in (
            ["First words.", "More words.", "Other words."],
            ["First words.", "More words."],
            ["Other words."],
        )


def test_exported_trees_agree_with_scikit_learn():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2000, 7)).astype(np.float32)
    x[:, 3] = np.round(x[:, 3])  # ties, as counts have
    y = rng.integers(STATES, size=2000) * (x[:, 0] > 0) + (x[:, 3] > 0) * (x[:, 0] <= 0)
    y[:STATES] = range(STATES)
    trees = HistGradientBoostingClassifier(max_iter=12, max_leaf_nodes=15, early_stopping=False).fit(x, y)
    model = exported(trees, np.zeros(STATES), np.zeros((STATES, STATES)))
    assert np.exp(model.log_probabilities(x)) == pytest.approx(np.maximum(trees.predict_proba(x), 1e-6), abs=1e-5)
