from dataclasses import replace

import pytest

from moderation.bundle import load_bundle
from moderation.corpora.copies import fingerprints
from moderation.corpora.sketch import SEEN, seen, sketch_of
from moderation.errors import BundleError, EvaluationError
from moderation.evaluation.cases import Suite, SuiteCase, SuiteSpec
from moderation.evaluation.contamination import COPY, NEAR, recorded, without_seen
from moderation.evaluation.contenders import Contender
from moderation.evaluation.evaluate import Options
from moderation.evaluation.side_by_side import measure_side_by_side
from moderation.evaluation.side_tables import side_markdown

TEXT = (
    "the committee met on a tuesday and talked at length about the colour of the new fence by the river and about "
    "whether the old bench under the lime tree should be painted again before the summer fair begins next month"
)
THRESHOLDS = {"hate": 0.5, "toxicity": 0.5}


def record(*texts):
    return sketch_of(fingerprints(texts))


def suite_of(*texts):
    return Suite(SuiteSpec("made"), tuple(SuiteCase(str(k), "plain", text, False) for k, text in enumerate(texts)))


def test_what_trained_is_left_out_and_counted(make_corpus):
    corpus = make_corpus(["vile one", TEXT, f"{TEXT} indeed", "street two"], hate=[1, 0, 0, 0])
    suite = suite_of("a fine case", TEXT.upper())
    (clean,), (left,), found = without_seen([corpus], [suite], {"a": record(TEXT), "b": None, "c": record("more")})
    assert clean.texts == ["vile one", "street two"]
    assert clean.labels[:, 0].tolist() == [1, 0]
    assert len(clean.fingerprints) == len(clean.meta) == 2
    assert (clean.drops[COPY], clean.drops[NEAR]) == (1, 1)
    assert clean.rows_in == len(clean.texts) + clean.drops.total()
    assert [case.text for case in left.cases] == ["a fine case"]
    assert (found.checked, found.unchecked) == (("a", "c"), ("b",))
    assert [(each.name, each.n, each.copies, each.near) for each in found.found] == [
        ("small", 4, 1, 1),
        ("made", 2, 1, 0),
    ]


def test_what_is_clean_stays_as_it_is(make_corpus):
    corpus = make_corpus(["vile one", "street two"], hate=[1, 0])
    assert without_seen([corpus], [], {"a": record(TEXT)})[0] == [corpus]
    assert without_seen([corpus], [], {"a": None})[0] == [corpus]


def test_nothing_left_is_an_error_in_one_line(make_corpus):
    corpus = make_corpus([TEXT], hate=[1])
    with pytest.raises(EvaluationError, match="All 1 rows of small trained") as caught:
        without_seen([corpus], [], {"a": record(TEXT)})
    assert "\n" not in str(caught.value)


def test_the_report_says_what_was_left_out_and_what_could_not_be_checked(word_weights, make_corpus):
    corpus = make_corpus(["vile one", TEXT, "street two", "vote three"], hate=[1, 0, 0, 0])
    known, unknown = (
        Contender("known", word_weights, THRESHOLDS, record(TEXT)),
        Contender("u", word_weights, THRESHOLDS),
    )
    text = side_markdown(measure_side_by_side([known, unknown], [corpus], [], Options(resamples=5)))
    assert "| small | 4 | 1 | 0 | 25.00 |" in text
    assert f"{COPY}: 1" in text
    assert "u keeps no record of what trained it: no copy could be left out." in text


def test_a_bundle_remembers_what_trained_it(bundle_dir):
    bundle = load_bundle(bundle_dir)
    sketch = recorded(bundle)
    rows = sum(c["rows"]["train"] + c["rows"]["calibration"] for c in bundle.manifest.corpora)
    assert 0 < len(sketch.words) <= rows
    assert recorded(replace(bundle, files={})) is None
    with pytest.raises(BundleError, match="damaged"):
        recorded(replace(bundle, files={SEEN: b"nonsense"}))


def test_training_rows_are_known_and_validation_rows_are_not(bundle_dir):
    from moderation.corpora import load_corpora
    from moderation.shipped import shipped

    sketch = recorded(load_bundle(bundle_dir))
    (corpus,) = load_corpora(shipped("data/samples/corpus"), for_training=True)
    copies, _ = seen(corpus.fingerprints, sketch)
    assert copies.tolist() == [part != "validation" for part in corpus.split]
