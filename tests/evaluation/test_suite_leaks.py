"""No case and no template of a suite may reach training."""

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from moderation.evaluation.cases import Suite
from moderation.evaluation.suite_leaks import find_leaks
from moderation.evaluation.suites import load_suite
from moderation.evaluation.templates import parse_template
from moderation.shipped import shipped


@pytest.fixture(scope="module")
def suite() -> Suite:
    return load_suite("antisemitismcheck")


def test_every_case_is_found(suite: Suite) -> None:
    leaks, count = list(find_leaks((case.text for case in suite.cases), [suite])), len(suite.cases)
    assert [leak.index for leak in leaks] == list(range(count))
    assert {leak.how for leak in leaks} == {"equal"}


def test_dress_does_not_hide_a_case(suite: Suite) -> None:
    long = [
        case.text for case in suite.cases if len(case.text.split()) >= 7 and case.functionality != "benign_spelling"
    ]
    shouted = [f"RT @a: {text.upper()} !!! https://b.example" for text in long]
    hidden = ["\u200b".join(text) for text in long]
    # Counted first: what a failing assertion is made of is printed, and these are hateful texts.
    wanted, found = len(long), [len(list(find_leaks(texts, [suite]))) for texts in (shouted, hidden)]
    assert found == [wanted, wanted]


def test_a_template_with_new_fills_is_found() -> None:
    template = parse_template("t", "f", "The {cat|dog} of my neighbour sleeps on {the sofa|the bed} all day.")
    suite = Suite(load_suite("antisemitismcheck").spec, (), (template,))
    texts = [
        "the old grey parrot of my neighbour sleeps on a shelf all day",
        "He says: the parrot of my neighbour sleeps on it all day, every day.",
        "the of my neighbour sleeps on a shelf all day",
        "the parrot of my neighbour sleeps on",
        "the parrot of my neighbour sleeps on a b c d e f g h i all day",
    ]
    assert [(leak.index, leak.found, leak.how) for leak in find_leaks(texts, [suite])] == [
        (0, "t", "template"),
        (1, "t", "template"),
    ]


def test_a_case_with_a_word_or_two_changed_is_found(suite: Suite) -> None:
    text = next(case.text for case in suite.cases if len(case.text.split()) >= 16)
    words = text.split()
    words[0] = "Whatever"
    words[-1] = "anyway."
    found = [leak.how for leak in find_leaks([" ".join(words)], [suite])]
    assert found == ["near"]


def test_ordinary_talk_is_no_leak(suite: Suite) -> None:
    texts = ["", "   ", "!!!", "lol", "I hate Jews", "Jews", "the new bus line is late again, third time this week"]
    assert list(find_leaks(texts, [suite])) == []


def test_a_long_text_takes_no_longer_than_its_length(suite: Suite) -> None:
    assert list(find_leaks(["I hate " * 200_000, "a" * 5_000_000, "Jews " * 200_000], [suite])) == []


def strings_of(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from strings_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings_of(inner)


def texts_of(path: Path) -> Iterator[str]:
    content = path.read_text(encoding="utf-8")
    if path.suffix == ".toml":
        yield from strings_of(tomllib.loads(content))
    elif path.suffix == ".json":
        yield from strings_of(json.loads(content))
    elif path.suffix == ".jsonl":
        for line in content.splitlines():
            yield from strings_of(json.loads(line))
    else:
        yield from content.splitlines()


@pytest.mark.parametrize("folder", ["data/samples/corpus", "data/contrast"])
def test_training_text_that_ships_holds_no_case(suite: Suite, folder: str) -> None:
    paths = [path for path in sorted(shipped(folder).rglob("*")) if path.is_file()]
    if not paths:
        pytest.skip(f"{folder} is not here")
    leaks = [(path.name, leak) for path in paths for leak in find_leaks(texts_of(path), [suite])]
    assert leaks == []
