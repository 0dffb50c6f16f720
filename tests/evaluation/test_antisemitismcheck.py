"""The shipped suite itself: its size, its balance, its contrasts."""

import unicodedata
from collections import Counter, defaultdict

import pytest

from moderation.evaluation.cases import Suite
from moderation.evaluation.suites import load_suite
from moderation.evaluation.templates import read_functionalities
from moderation.shipped import shipped

FOLDER = "data/suites/antisemitism"


@pytest.fixture(scope="module")
def suite() -> Suite:
    return load_suite("antisemitismcheck")


def test_size_and_balance(suite: Suite) -> None:
    hateful = sum(case.hateful for case in suite.cases)
    assert 1000 <= len(suite.cases) <= 1600
    assert 0.55 <= hateful / len(suite.cases) <= 0.60
    assert len(suite.templates) >= 300


def test_every_functionality_has_eight_templates_and_few_fills(suite: Suite) -> None:
    templates = Counter(template.functionality for template in suite.templates)
    assert set(templates) == set(read_functionalities(shipped(FOLDER) / "functionalities.toml"))
    assert min(templates.values()) >= 8
    assert max(len(template.expand()) for template in suite.templates) <= 4


def test_definitions_are_complete() -> None:
    for one in read_functionalities(shipped(FOLDER) / "functionalities.toml").values():
        assert all((one.title, one.definition, one.motivation, one.rationale))
        assert not one.hateful or (one.ihra and one.target), one.name


def test_ids_and_texts_are_unique(suite: Suite) -> None:
    def look(text: str) -> str:
        return " ".join(unicodedata.normalize("NFKC", text).casefold().split())

    assert len({case.case_id for case in suite.cases}) == len(suite.cases)
    repeated = [text for text, count in Counter(look(case.text) for case in suite.cases).items() if count > 1]
    assert repeated == []


def test_slots_are_filled(suite: Suite) -> None:
    for case in suite.cases:
        assert not set("{}|") & set(case.text), case.case_id
        assert case.text == case.text.strip(), case.case_id


def test_every_pair_has_both_sides(suite: Suite) -> None:
    pairs: dict[str, list[bool]] = defaultdict(list)
    for case in suite.cases:
        if case.pair_id:
            pairs[case.pair_id].append(case.hateful)
    assert all(sorted(sides) == [False, True] for sides in pairs.values())
    assert len(pairs) >= 400


def test_every_hateful_functionality_is_mostly_contrasted(suite: Suite) -> None:
    paired: dict[str, list[bool]] = defaultdict(list)
    for case in suite.cases:
        if case.hateful:
            paired[case.functionality].append(bool(case.pair_id))
    weak = {name: sum(sides) / len(sides) for name, sides in paired.items() if 2 * sum(sides) < len(sides)}
    assert weak == {}


def test_ihra_references(suite: Suite) -> None:
    known = {"definition", *(str(number) for number in range(1, 12))}
    assert {case.ihra for case in suite.cases if case.hateful} == known
    assert {case.ihra for case in suite.cases if not case.hateful} == {""}


def test_the_jda_differs_only_on_what_is_said_of_the_state(suite: Suite) -> None:
    disputed = [case for case in suite.cases if case.hateful_jda is not None]
    assert {case.functionality for case in disputed} == {"nazi_equation", "self_determination"}
    assert all(case.hateful and case.hateful_jda is False for case in disputed)


def test_slurs_stay_where_they_are_tested(suite: Suite) -> None:
    slurs = ("kike", "heeb", "hebe", "hymie", "sheen", "zhid", "jewboy", "oven dodger")
    allowed = {"slur", "report", "counter_quote", "reclaimed", "history", "self_identification", "homonym"}
    assert {
        case.functionality for case in suite.cases if any(slur in case.text.casefold() for slur in slurs)
    } <= allowed


def test_expansion_is_the_same_every_time(suite: Suite) -> None:
    assert load_suite("antisemitismcheck") == suite


def test_hateful_files_say_so() -> None:
    for path in shipped(FOLDER).glob("*.toml"):
        first = path.read_text(encoding="utf-8").split("\n", 2)[:2]
        assert path.name == "functionalities.toml" or "never train on them" in " ".join(first), path.name


def test_the_readme_tells_the_suites_own_figures(suite: Suite) -> None:
    page = (shipped(FOLDER) / "README.md").read_text(encoding="utf-8")
    cases = Counter(case.functionality for case in suite.cases)
    templates = Counter(template.functionality for template in suite.templates)
    for one in read_functionalities(shipped(FOLDER) / "functionalities.toml").values():
        row = next(line for line in page.splitlines() if line.startswith(f"| `{one.name}` |"))
        assert one.definition in row
        assert row.endswith(f"| {templates[one.name]} | {cases[one.name]} |"), one.name
    assert f"{len(suite.cases):,} short cases" in page
