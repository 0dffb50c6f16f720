import numpy as np

from moderation.extraction.fit import Page, bare, states_of
from moderation.extraction.layouts import Material, relaid
from moderation.extraction.line_model import AROUND, BEGIN, INSIDE, OUTSIDE
from moderation.extraction.lines import split_lines

TEXT = """A headline
A story of some length.
Anna says:
First words.
More words.
Reply
Tom says:
Other words.
Imprint"""


def page():
    lines = split_lines(TEXT)
    spans = [(TEXT.index("First"), TEXT.index("More words.") + 11), (TEXT.index("Other"), TEXT.index("Other") + 12)]
    return Page("a", "a", lines, states_of(lines, spans))


def test_states_follow_the_spans():
    assert page().states == [OUTSIDE, OUTSIDE, AROUND, BEGIN, INSIDE, AROUND, AROUND, BEGIN, AROUND]


def test_bare_pages_keep_every_comment():
    rng = np.random.default_rng(0)
    for _ in range(20):
        poorer = bare(page(), rng)
        assert poorer.states.count(BEGIN) == 2
        assert poorer.states.count(INSIDE) == 1


def test_new_layouts_hold_the_comments_in_order():
    material = Material(
        [split_lines("One line of it.\nAnother one.")], [[["First words.", "More words."], ["Other words."]]]
    )
    rng = np.random.default_rng(0)
    for _ in range(30):
        lines, states = relaid(material, rng)
        body = [line.text for line, state in zip(lines, states, strict=True) if state in (BEGIN, INSIDE)]
        assert body in (
            ["First words.", "More words.", "Other words."],
            ["First words.", "More words."],
            ["Other words."],
        )
