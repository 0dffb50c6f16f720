from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.errors import CorpusError
from moderation.evaluation.cases import SuiteSpec
from moderation.evaluation.templates import parse_template, read_templates

DEFINED = """
[bad]
gold = "hateful"
title = "t"
definition = "d"
motivation = "m"
rationale = "r"
ihra = "2"
target = "Jews"

[good]
gold = "non-hateful"
title = "t"
definition = "d"
motivation = "m"
rationale = "r"
"""


def suite_in(folder: Path, templates: str, definitions: str = DEFINED) -> Path:
    (folder / "functionalities.toml").write_text(definitions)
    (folder / "a.toml").write_text(templates)
    return folder


def test_slots_go_on_together_and_the_shorter_one_starts_over() -> None:
    template = parse_template("t", "f", "{a|b|c} and {1|2}.")
    assert template.expand() == ("a and 1.", "b and 2.", "c and 1.")


def test_a_text_without_slots_is_one_case() -> None:
    assert parse_template("t", "f", "plain (((text)))").expand() == ("plain (((text)))",)


literal = st.text(st.characters(exclude_characters="{}|"), min_size=1).filter(str.strip)


@given(literal, st.lists(literal, min_size=2, max_size=5, unique=True), literal)
def test_as_many_cases_as_fills_each_filled_once(before: str, fills: list[str], after: str) -> None:
    cases = parse_template("t", "f", before + "{" + "|".join(fills) + "}" + after).expand()
    assert cases == tuple(before + fill + after for fill in fills)


@pytest.mark.parametrize("source", ["", "  ", "{a}", "{}", "{a|}", "{a|a}", "{a|b", "a|b", "a}b", "{a|{b|c}}"])
def test_a_broken_template_is_an_error(source: str) -> None:
    with pytest.raises(CorpusError, match="Template t"):
        parse_template("t", "f", source)


def test_a_pair(tmp_path: Path) -> None:
    source = '[bad.a1]\ntext = "no {x|y}"\ncontrast = "yes {x|y}"\nas = "good"\njda = "non-hateful"\nihra = "7"\n'
    suite = read_templates(suite_in(tmp_path, source), SuiteSpec("s"))
    bad, _, good, _ = suite.cases
    assert (bad.case_id, bad.text, bad.hateful, bad.pair_id, bad.ihra, bad.target) == (
        "bad.a1.1",
        "no x",
        True,
        "bad.a1.1",
        "7",
        "Jews",
    )
    assert bad.hateful_jda is False
    assert (good.case_id, good.functionality, good.pair_id, good.hateful_jda) == ("bad.a1c.1", "good", "bad.a1.1", None)


@pytest.mark.parametrize(
    ("templates", "message"),
    [
        ("", "no case"),
        ('[ugly.a]\ntext = "x"', "ugly"),
        ("[bad.a]\ntext = 3", "strings"),
        ("bad = 3", "tables"),
        ("[bad]\na = 3", "tables"),
        ('[bad.a]\ncontrast = "x"\nas = "good"', "needs `text`"),
        ('[bad.a]\ntext = "x"\ncontrast = "y"', "needs `text`"),
        ('[bad.a]\ntext = "x"\nas = "good"', "needs `text`"),
        ('[bad.a]\ntext = "x"\ncolour = "y"', "unknown keys colour"),
        ('[bad.a]\ntext = "x"\ncontrast = "y"\nas = "bad"', "opposite"),
        ('[bad.a]\ntext = "x"\ncontrast = "y"\nas = "none"', "opposite"),
        ('[bad.a]\ntext = "{x|z}"\ncontrast = "y"\nas = "good"', "as many"),
        ('[bad.a]\ntext = "x"\njda = "hateful"', "repeats"),
        ('[bad.a]\ntext = "x"\njda = "maybe"', "gold label"),
        ("[bad.a", "TOML"),
    ],
)
def test_hostile_templates(tmp_path: Path, templates: str, message: str) -> None:
    with pytest.raises(CorpusError, match=message):
        read_templates(suite_in(tmp_path, templates), SuiteSpec("s"))


@pytest.mark.parametrize(
    "definitions",
    ["", "bad = 3", '[bad]\ngold = "hateful"', "[bad]\n", DEFINED + 'colour = "red"\n', DEFINED + 'name = "x"\n'],
)
def test_hostile_definitions(tmp_path: Path, definitions: str) -> None:
    with pytest.raises(CorpusError):
        read_templates(suite_in(tmp_path, '[bad.a]\ntext = "x"', definitions), SuiteSpec("s"))


def test_an_id_in_two_files_is_an_error(tmp_path: Path) -> None:
    folder = suite_in(tmp_path, '[bad.a]\ntext = "x"')
    (folder / "b.toml").write_text('[bad.a]\ntext = "y"')
    with pytest.raises(CorpusError, match="two files"):
        read_templates(folder, SuiteSpec("s"))
