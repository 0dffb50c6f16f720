import numpy as np
import pytest
from lightgbm import Dataset, train
from safetensors.numpy import load_file

from moderation.extraction.augmented import Sample, bare, emptied, grafted, samples
from moderation.extraction.boosting import Growth, boosted, exported
from moderation.extraction.features import read
from moderation.extraction.fit import fit, save
from moderation.extraction.gold import Page, states_of
from moderation.extraction.layouts import Material, relaid
from moderation.extraction.line_model import AFTER, AROUND, AUTHOR, BEGIN, INSIDE, OUTSIDE, from_arrays
from moderation.extraction.lines import split_lines
from moderation.extraction.trees import mean_of

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


def material():
    article = split_lines("One line of it.\nAnother one.")
    return Material([article], [article], [[["First words.", "More words."], ["Other words."]]])


def test_a_graft_keeps_a_comment_between_its_author_and_what_is_below() -> None:
    rng = np.random.default_rng(0)
    seen = set()
    for _ in range(40):
        made = grafted(page(), material(), rng)
        said = [line.text for line, state in zip(made.lines, made.states, strict=True) if state not in (OUTSIDE, AFTER)]
        seen.add(tuple(said))
        assert [line.text for line, state in zip(made.lines, made.states, strict=True) if state == OUTSIDE]
    assert seen == {
        ("Anna says:", "First words.", "More words.", "Reply"),
        ("Anna says:", "Other words.", "Reply"),
        ("Anna says:", "First words.", "More words.", "Reply", "Tom says:", "Other words.", "Reply"),
    }


def test_a_graft_says_how_many_comments_are_left() -> None:
    lines = split_lines("A story.\n2 Comments\nAnna says:\nFirst words.\nTom says:\nOther words 2.\nImprint")
    whole = Page("a", "a", lines, [OUTSIDE, AROUND, AUTHOR, BEGIN, AUTHOR, BEGIN, AFTER])
    rng = np.random.default_rng(0)
    announced = {
        next(line.text for line in grafted(whole, material(), rng).lines if "omments" in line.text) for _ in range(20)
    }
    assert announced == {"1 Comments", "2 Comments"}


def test_new_layouts_hold_the_comments_in_order():
    rng = np.random.default_rng(0)
    whole = 0
    for _ in range(60):
        lines, states = relaid(material(), rng)
        body = [line.text for line, state in zip(lines, states, strict=True) if state in (BEGIN, INSIDE)]
        assert body and states.count(BEGIN) >= 1
        assert states.index(BEGIN) < (states.index(INSIDE) if INSIDE in states else len(states))
        whole += [text.lstrip("•12345. ") for text in body] == ["First words.", "More words.", "Other words."]
    assert whole > 5  # the others have one of the two, or comments made shorter, longer or alike


def test_new_layouts_without_comments_hold_none():
    rng = np.random.default_rng(0)
    assert all(set(relaid(material(), rng, commented=False)[1]) == {OUTSIDE} for _ in range(30))


def test_no_template_is_left_unfilled():
    rng = np.random.default_rng(0)
    texts = [line.text for _ in range(200) for line in relaid(material(), rng)[0]]
    assert not [text for text in texts if "{" in text.replace("{ ", "").replace(" }", "") and "{ " not in text]


def test_long_pages_are_learned_from_in_part():
    lines = split_lines("A line of an article.\n" * 2000)
    drawn = Sample(lines, [OUTSIDE] * 2000).drawn(read(lines), np.random.default_rng(0))
    assert 100 < drawn.sum() < 500


def long_page(host):
    article = split_lines("A line of a longer article.\n" * 10)
    tail = split_lines("Imprint\nPrivacy\nContact\nHome\n")
    return Page(host, host, [*article, *page().lines, *tail], [OUTSIDE] * 10 + page().states + [AFTER] * 4)


def test_every_page_is_learned_from():
    whole = long_page("a")
    made = samples([whole], np.random.default_rng(0))
    assert made[0].lines == whole.lines and made[0].states == whole.states
    assert {tuple(sample.states) for sample in made if not max(sample.states)}


@pytest.mark.parametrize("outputs", [1, 4])
def test_exported_trees_agree_with_lightgbm(outputs):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2000, 7)).astype(np.float32)
    x[:, 3] = np.round(x[:, 3])  # ties, as counts have
    y = rng.integers(max(outputs, 2), size=2000) * (x[:, 0] > 0) + (x[:, 3] > 0) * (x[:, 0] <= 0)
    kind = {"objective": "multiclass", "num_class": outputs} if outputs > 1 else {"objective": "binary"}
    booster = train({**kind, "num_leaves": 15, "num_threads": 1, "verbose": -1}, Dataset(x, y), 12)
    raw = booster.predict(x, raw_score=True).reshape(2000, outputs)
    assert exported(booster).sums(x, outputs) == pytest.approx(raw, abs=1e-5)


def test_the_mean_of_trees_gives_the_mean() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(500, 5)).astype(np.float32)
    y = (x[:, 1] > 0.3).astype(np.int8) + (x[:, 2] > 0)
    several = [boosted(x, y, 3, Growth(4, 8, 0.2, 0.5), seed=seed) for seed in range(3)]
    sums = [trees.sums(x, 3) for trees in several]
    assert np.abs(sums[0] - sums[1]).max() > 0
    assert mean_of(several).sums(x, 3) == pytest.approx(np.mean(sums, axis=0), abs=1e-5)


def test_trees_learn_what_can_be_learned():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(3000, 5)).astype(np.float32)
    y = (x[:, 1] > 0.3).astype(np.int8)
    trees = boosted(x, y, 1, Growth(20, 8, 0.2, 1.0))
    assert ((trees.probabilities(x) > 0.5) == y).mean() > 0.98


def test_a_model_is_fitted_and_kept(tmp_path):
    pages = [long_page(f"host{k}.example") for k in range(8)]
    model = fit(pages, draws=1)
    save(model, tmp_path / "lines.safetensors")
    kept = from_arrays(load_file(tmp_path / "lines.safetensors"))
    lines = page().lines
    assert kept.states(lines, read(lines)) == model.states(lines, read(lines))
    assert all((kept.arrays()[name] == values).all() for name, values in model.arrays().items())
