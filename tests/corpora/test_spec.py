from pathlib import Path

import pytest

from moderation.corpora import carriers, load_specs, read_spec
from moderation.errors import CorpusError
from moderation.shipped import shipped

GOOD = """\
name = "x"
title = "X"
file = "x.jsonl.gz"
source = "https://example.org"
licence = "MIT"
citation = "Nobody (2020)."
language = "en"
may_train = true
labels = {hate = "hate"}
splits = {none = "hash"}
"""


def spec_file(tmp_path: Path, text: str, name: str = "x.toml") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_every_shipped_spec_is_valid_and_named_after_its_file() -> None:
    paths = sorted(shipped("data/corpora").glob("*.toml"))
    assert len(paths) == 17
    for path in paths:
        spec = read_spec(path)
        assert spec.name == path.stem
        if spec.shipped:
            assert shipped(spec.shipped).name == spec.file == f"{spec.name}.jsonl"
            assert shipped(spec.source).is_dir()
        else:
            assert spec.file == f"{spec.name}.jsonl.gz"
            assert spec.source.startswith("https://")
        assert spec.cautions


def test_licences_that_forbid_it_do_not_train() -> None:
    for spec in load_specs().values():
        if "-NC" in spec.licence or "-SA" in spec.licence:
            assert not spec.may_train, spec.name


def test_a_spec_is_read_as_it_stands(tmp_path: Path) -> None:
    more = 'grouped_by = ["author"]\nlinked_by = "pair"\nmeta = {author = "string", pair = "string"}\n'
    spec = read_spec(spec_file(tmp_path, GOOD + more))
    assert (spec.name, spec.may_train, spec.grouped_by, spec.linked_by) == ("x", True, ("author",), "pair")
    assert spec.labels == {"hate": "hate"}


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("may_train = true\n", 'may_train = true\ncard = {mood = "good"}\n', "card must be a table of strings"),
        ("may_train = true\n", "may_train = true\ncard = {mapping = 3}\n", "card must be a table of strings"),
        ('title = "X"\n', "", "title is missing"),
        ('title = "X"', "title = 3", "title must be a string"),
        ('title = "X"', 'title = " "', "title must be a string"),
        ('title = "X"', 'titel = "X"', "titel is not a key"),
        ("may_train = true", 'may_train = "yes"', "may_train must be true or false"),
        ('"x.jsonl.gz"', '"../x.jsonl"', "file must be a file name"),
        ('"x.jsonl.gz"', '"x.csv"', "file must be a file name"),
        ('hate = "hate"', 'spite = "hate"', "labels.spite is no label"),
        ('hate = "hate"', 'hate = "spite"', "labels.hate must be one of"),
        ('none = "hash"', 'none = "random"', "splits.none must be one of"),
        ('splits = {none = "hash"}', "splits = 1", "splits must be a table"),
        ('splits = {none = "hash"}', 'splits = {none = "hash"}\ncautions = "one"', "cautions must be a list"),
        ('splits = {none = "hash"}', 'splits = {none = "hash"}\nmeta = {a = "date"}', "meta.a must be one of"),
        ('splits = {none = "hash"}', 'splits = {none = "hash"}\ngrouped_by = ["a"]', "a is named by grouped_by"),
        ('name = "x"', "name = ", "not valid TOML"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, old: str, new: str, named: str) -> None:
    assert old in GOOD
    with pytest.raises(CorpusError, match=named) as caught:
        read_spec(spec_file(tmp_path, GOOD.replace(old, new)))
    assert "x.toml" in str(caught.value)


def test_a_missing_or_binary_spec_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="cannot read"):
        read_spec(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CorpusError, match="not valid TOML"):
        read_spec(tmp_path / "bad.toml")


def test_a_directory_adds_its_own_specs(tmp_path: Path) -> None:
    spec_file(tmp_path, GOOD)
    assert set(load_specs(tmp_path)) == set(load_specs()) | {"x"}
    assert load_specs(shipped("data/corpora")) == load_specs()


def test_two_specs_of_one_name_are_an_error(tmp_path: Path) -> None:
    spec_file(tmp_path, GOOD.replace('name = "x"', 'name = "ghc"'))
    with pytest.raises(CorpusError, match="'ghc', which another spec has"):
        load_specs(tmp_path)


def test_carriers_join_labels_and_corpora() -> None:
    found = carriers()
    assert list(found) == ["hate", "antisemitism", "toxicity"]
    assert "isca_twitter" in found["antisemitism"] and "isca_twitter" not in found["hate"]
    assert "wiki_cat" in found["toxicity"]
    assert "unhealthy_unlabelled" not in {name for names in found.values() for name in names}
