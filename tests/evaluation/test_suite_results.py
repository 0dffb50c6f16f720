from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.errors import CorpusError
from moderation.evaluation.cases import Published, Suite, SuiteCase, SuiteSpec
from moderation.evaluation.suite_results import Accuracy, render_markdown, score_suite
from moderation.evaluation.suites import load_suite

CASES = (
    SuiteCase("1", "insult", "a", True, target="x", template_id="t1", pair_id="p1"),
    SuiteCase("2", "insult", "b", True, target="x", template_id="t1", pair_id="p2"),
    SuiteCase("3", "praise", "c", False, target="x", template_id="t2", pair_id="p1"),
    SuiteCase("4", "praise", "d", False, target="y", template_id="t2", pair_id="p2"),
    SuiteCase("5", "state", "e", True, template_id="t3", hateful_jda=False),
)
SUITE = Suite(SuiteSpec("s", "Suite", published=(Published("Other|<b>", 50, 40, 60, "paper"),)), CASES)


def test_accuracies() -> None:
    result = score_suite(SUITE, [True, False, False, False, False])
    assert (result.overall.correct, result.overall.n, result.overall.units) == (3, 5, 3)
    assert result.hateful is not None and (result.hateful.correct, result.hateful.n) == (1, 3)
    assert result.non_hateful is not None and result.non_hateful.value == 1
    assert [(part.name, part.value) for part in result.functionalities] == [
        ("state", 0),
        ("insult", 0.5),
        ("praise", 1),
    ]
    assert [(part.name, part.n) for part in result.targets] == [("x", 3), ("y", 1)]
    assert result.pairs is not None and (result.pairs.correct, result.pairs.n, result.pairs.units) == (1, 2, 1)
    assert result.jda is not None and (result.jda.correct, result.jda.n) == (4, 5)
    assert result.disputed is not None and (result.disputed.correct, result.disputed.n) == (1, 1)


def test_parts_that_a_suite_lacks_are_none() -> None:
    result = score_suite(Suite(SuiteSpec("s"), (SuiteCase("1", "f", "a", True),)), [True])
    assert (result.non_hateful, result.pairs, result.jda, result.disputed, result.targets) == (
        None,
        None,
        None,
        None,
        (),
    )


def test_flagging_all_or_nothing_is_right_on_one_side_and_on_no_pair() -> None:
    suite = load_suite("antisemitismcheck")
    for flag in (True, False):
        result = score_suite(suite, [flag] * len(suite.cases))
        assert result.hateful is not None and result.hateful.value == flag
        assert result.non_hateful is not None and result.non_hateful.value == (not flag)
        assert result.pairs is not None and result.pairs.value == 0


def test_gold_is_right_everywhere_but_where_the_definitions_differ() -> None:
    suite = load_suite("antisemitismcheck")
    result = score_suite(suite, [case.hateful for case in suite.cases])
    assert result.overall.value == 1
    assert result.pairs is not None and result.pairs.value == 1
    assert result.disputed is not None and result.disputed.value == 0


def test_wilson_interval_of_a_known_case() -> None:
    # 81 of 263: Newcombe (1998), Statistics in Medicine 17, table I, method 3.
    low, high = Accuracy("a", 81, 263, 263).interval
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n), st.integers(1, n))))
def test_an_interval_holds_its_share_and_widens_with_fewer_units(counts: tuple[int, int, int]) -> None:
    correct, n, units = counts
    part = Accuracy("a", correct, n, units)
    low, high = part.interval
    full_low, full_high = Accuracy("a", correct, n, n).interval
    assert 0 <= low <= part.value + 1e-12 and part.value - 1e-12 <= high <= 1
    assert high - low >= full_high - full_low - 1e-12


def test_as_many_flags_as_cases() -> None:
    with pytest.raises(CorpusError, match="5 cases"):
        score_suite(SUITE, [True])


def test_markdown() -> None:
    page = render_markdown(score_suite(SUITE, [True, False, False, False, False]))
    assert "| Other\\|&lt;b> | 50.0 | 40.0 | 60.0 | paper |" in page
    assert page.index("| state | hateful | 0.0 |") < page.index("| insult | hateful | 50.0 |")
    assert "| contrast pairs, both sides | 50.0 |" in page
    rows = [line for line in page.splitlines() if line.startswith("|")]
    assert all(line.endswith("|") for line in rows)


def test_a_result_of_a_file_without_pairs_renders(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("functionality,test_case,label_gold\nf,x,hateful\nf,y,non-hateful\n")
    suite = load_suite(path)
    assert "| f | hateful + non-hateful | 50.0 |" in render_markdown(score_suite(suite, [True, True]))
