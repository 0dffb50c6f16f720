import hashlib
from pathlib import Path

import pytest

from moderation.corpora import load_corpora, load_specs
from moderation.corpora.card import UNKNOWN, data_card, data_cards
from moderation.corpora.counts import count, count_directory, shipped_counts, to_json
from moderation.corpora.spec import CARD_KEYS
from moderation.errors import CorpusError
from moderation.shipped import shipped

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = shipped("data/samples/corpus")
REAL = ROOT.parent / "shared" / "corpora"


@pytest.mark.parametrize("name", sorted(load_specs()))
def test_the_committed_card_is_what_the_generator_gives(name: str) -> None:
    (text,) = data_cards([name]).values()
    assert (ROOT / "docs" / "data-cards" / f"{name}.md").read_text(encoding="utf-8") == text
    assert UNKNOWN not in text and "Not counted" not in text


def test_there_is_a_card_for_each_corpus_and_no_other() -> None:
    assert {path.stem for path in (ROOT / "docs" / "data-cards").iterdir()} == load_specs().keys()


@pytest.mark.parametrize("name", sorted(load_specs()))
def test_every_shipped_spec_answers_every_question(name: str) -> None:
    spec = load_specs()[name]
    assert spec.card.keys() == set(CARD_KEYS)
    for label in spec.labels:
        assert label in spec.card["mapping"] or "the project's own" in spec.card["mapping"]


def test_the_counts_add_up() -> None:
    for name, counts in shipped_counts().items():
        assert sum(part.rows for part in counts.parts.values()) + sum(counts.drops.values()) == counts.rows_in, name
        for part in counts.parts.values():
            assert 0 < part.groups <= part.rows
            assert all(sum(found) <= part.rows for found in part.labels.values())


@pytest.mark.skipif(not (REAL / "germeval18.jsonl.gz").is_file(), reason="needs the corpora")
def test_the_shipped_counts_are_those_of_the_files() -> None:
    (corpus,) = load_corpora(REAL, ["germeval18"], for_training=False)
    shipped_part, found = shipped_counts()["germeval18"], count(corpus)
    assert (found.sha256, found.rows_in) == (shipped_part.sha256, shipped_part.rows_in)
    assert found.parts["validation"] == shipped_part.parts["validation"]


def test_the_projects_own_corpus_is_the_one_that_was_counted() -> None:
    path = shipped(load_specs()["contrast"].shipped or "")
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    assert shipped_counts()["contrast"].sha256 == found, "data/contrast has changed: run `make cards`"


def test_a_corpus_is_counted_where_it_lies() -> None:
    (text,) = data_cards(["sample"], SAMPLE).values()
    assert "The file has 233 rows, of which 233 are used." in text
    assert "| validation | 22 | 22 | 12 | 10 | 0 | 10 | 12 | 0 | 10 | 12 | 0 |" in text
    assert UNKNOWN in text  # its spec has no [card]


def test_without_counts_it_says_so() -> None:
    assert "Not counted" in data_card(load_specs()["cad"])


def test_what_is_not_there_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="No corpus is called 'nonesuch'"):
        data_cards(["nonesuch"])
    with pytest.raises(CorpusError, match="holds none of the corpora"):
        count_directory(tmp_path, ("cad",))


def test_names_from_files_cannot_break_the_tables(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text(
        'name = "x"\ntitle = "X"\nfile = "x.jsonl"\nsource = "a|b<script>"\nlicence = "MIT"\ncitation = "C"\n'
        'language = "en"\nmay_train = true\nlabels = {hate = "hate"}\nsplits = {none = "hash"}\n'
    )
    rows = [
        f'{{"id": "x:{k}", "text": "text number {k * 37} of many", "hate": {k % 2}, "targets": ["a|b"]}}'
        for k in range(9)
    ]
    (tmp_path / "x.jsonl").write_text("\n".join(rows))
    text = data_cards(["x"], tmp_path)["x"]
    assert "| source | a\\|b&lt;script> |" in text
    assert "the most frequent: a\\|b" in text


def test_counts_are_numbers_and_names_only() -> None:
    (corpus,) = load_corpora(SAMPLE, for_training=True)
    text = to_json({"sample": count(corpus)})
    assert not any(row in text for row in corpus.texts)
