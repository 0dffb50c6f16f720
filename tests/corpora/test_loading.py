import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moderation.corpora import Corpus, corpora_directory, load_corpora
from moderation.errors import CorpusError
from moderation.shipped import shipped

Write = Callable[..., Path]
Row = Callable[..., dict[str, Any]]
LONG = "the council met again last night to talk about the old bridge over the river and once more nothing was decided"


def load(folder: Path, *, for_training: bool = True) -> Corpus:
    (corpus,) = load_corpora(folder, ["small"], for_training=for_training)
    assert corpus.rows_in == len(corpus.texts) + corpus.drops.total()
    lengths = {len(column) for column in (corpus.ids, corpus.groups, corpus.split, corpus.targets, corpus.meta)}
    assert lengths == {len(corpus.texts)} and corpus.labels.shape == (len(corpus.texts), 3)
    return corpus


def test_rows_without_use_are_counted_by_reason(write_corpus: Write, make_row: Row) -> None:
    rows = [
        make_row("kept", id="k", targets=["women"], meta={"votes": 2}),
        make_row(None),
        make_row(" \n\t"),
        make_row("no label", hate=None),
        make_row("released", split="test"),
    ]
    corpus = load(write_corpus(rows))
    assert (corpus.ids, corpus.texts) == (["k"], ["kept"])
    assert corpus.drops == {"no text": 2, "no label": 1, "released test split": 1}
    assert (corpus.targets, corpus.meta) == ([("women",)], [{"votes": 2}])
    assert len(corpus.sha256) == 64


def test_copies_merge_their_labels(write_corpus: Write, make_row: Row) -> None:
    rows = [
        make_row("RT @someone: The bridge is open", id="b", hate=1),
        make_row("The bridge is open!", id="c", hate=None, offensive=1),
        make_row("The bridge is open", id="a", hate=1),
    ]
    corpus = load(write_corpus(rows))
    assert corpus.ids == ["b"]  # the least text, wherever it stands
    np.testing.assert_array_equal(corpus.labels, [[1, np.nan, 1]])
    assert corpus.drops == {"copy": 2}


def test_copies_vote_and_a_tie_drops_them(write_corpus: Write, make_row: Row) -> None:
    voted = [make_row("three votes here", hate=vote) for vote in (1, 0, 1)]
    tied = [make_row("two votes here", hate=vote) for vote in (1, 0)]
    corpus = load(write_corpus([*voted, *tied]))
    assert corpus.texts == ["three votes here"]
    assert corpus.labels[0, 0] == 1
    assert corpus.drops == {"copy": 2, "copies with conflicting labels": 2}


def test_near_copies_go_but_contrast_pairs_stay_together(write_corpus: Write, make_row: Row) -> None:
    rows = [make_row(LONG), make_row(LONG + " today"), make_row(LONG + " tonight", hate=1)]
    corpus = load(write_corpus(rows))
    assert sorted(corpus.labels[:, 0].tolist()) == [0, 1]
    assert len(set(corpus.groups)) == len(set(corpus.split)) == 1
    assert corpus.drops == {"near-copy with the same labels": 1}


def test_train_rows_near_the_own_validation_or_test_rows_go(write_corpus: Write, make_row: Row) -> None:
    rows = [
        make_row(LONG, split="train"),
        make_row(LONG + " today", split="dev", hate=1),
        make_row("seen in the released test part", split="test"),
        make_row("seen in the released test part", split="train"),
        make_row("elsewhere", split="train"),
    ]
    corpus = load(write_corpus(rows))
    assert dict(zip(corpus.texts, corpus.split, strict=True))[LONG + " today"] == "validation"
    assert len(corpus.texts) == 2
    assert corpus.drops == {"shares a group with a validation or test row": 2, "released test split": 1}


def test_authors_and_pairs_stay_together(write_corpus: Write, make_row: Row) -> None:
    names = [f"{a}{b}" for a in "abcdefghij" for b in "abcdefghij"]
    authored = [make_row(f"{n} writes {k}", meta={"author": n}) for n in names for k in ("once", "twice")]
    pairs = [
        make_row(f"pair {n} {k}", id=f"small:{n}{k}", meta={"pair": n + p}) for n in names for k, p in ("xy", "yx")
    ]
    corpus = load(write_corpus([*authored, *pairs], more='grouped_by = ["author"]\nlinked_by = "pair"'))
    assert len(corpus.texts) == 400
    assert len(set(corpus.groups)) == 200
    parts: dict[str, set[str]] = {}
    for group, part in zip(corpus.groups, corpus.split, strict=True):
        parts.setdefault(group, set()).add(part)
    assert all(len(found) == 1 for found in parts.values())
    assert set(corpus.split) == {"train", "calibration", "validation"}


def test_train_rows_near_validation_rows_of_another_corpus_go(write_corpus: Write, make_row: Row) -> None:
    write_corpus([make_row(LONG, split="train"), make_row("only here", split="train")])
    write_corpus([make_row(LONG + " today", split="dev")], name="other")
    # One that may not train guards its rows as well, and so does one that is not asked for.
    folder = write_corpus([make_row("only here")], name="guard", may_train=False)
    write_corpus([make_row("only there", split="train")])
    write_corpus([make_row(LONG, split="train"), make_row("only here", split="train"), make_row("left", split="train")])
    corpus = load(folder)
    assert corpus.texts == ["left"]
    assert corpus.drops == {"near-copy of a validation row of another corpus": 2}


def test_evaluation_reads_the_same_validation_rows(write_corpus: Write, make_row: Row) -> None:
    rows = [make_row(f"text number {a}{b}{c}") for a in "abcdefg" for b in "hijklmn" for c in "opqrstu"][:300]
    folder = write_corpus(rows)
    training, evaluation = load(folder), load(folder, for_training=False)
    expected = [i for i, part in zip(training.ids, training.split, strict=True) if part == "validation"]
    assert evaluation.ids == expected and set(evaluation.split) == {"validation"}
    assert evaluation.drops == {"not in the validation part": 300 - len(expected)}


def test_a_corpus_that_may_not_train_is_for_evaluation_only(write_corpus: Write, make_row: Row) -> None:
    folder = write_corpus([make_row("a", split="train"), make_row("b")], may_train=False)
    with pytest.raises(CorpusError, match="small may not train"):
        load(folder)
    with pytest.raises(CorpusError, match="holds no corpus that may train"):
        load_corpora(folder, for_training=True)
    assert load(folder, for_training=False).texts == ["a", "b"]


def test_what_is_asked_for_must_be_there(write_corpus: Write, make_row: Row, tmp_path: Path) -> None:
    folder = write_corpus([make_row("a")])
    with pytest.raises(CorpusError, match="No corpus is called 'smal'"):
        load_corpora(folder, ["smal"], for_training=True)
    with pytest.raises(CorpusError, match=r"ghc\.jsonl\.gz: no such file"):
        load_corpora(folder, ["ghc"], for_training=True)
    (tmp_path / "empty").mkdir()
    with pytest.raises(CorpusError, match="holds no corpus that a spec describes"):
        load_corpora(tmp_path / "empty", for_training=True)


@pytest.mark.parametrize("texts", [[], [""], [None, " "]])
def test_a_file_without_a_useful_row_is_an_error(write_corpus: Write, make_row: Row, texts: list[str | None]) -> None:
    with pytest.raises(CorpusError, match="no row is of use"):
        load(write_corpus([make_row(text) for text in texts]))


def test_a_shipped_corpus_joins_the_public_ones_in_training(tmp_path: Path, make_row: Row) -> None:
    def names(asked: list[str] | None = None, *, for_training: bool = True) -> list[str]:
        return [c.spec.name for c in load_corpora(tmp_path, asked, for_training=for_training)]

    def write(name: str) -> None:
        line = json.dumps(make_row("the tram is late", split="test" if name == "madlibs" else None)) + "\n"
        (tmp_path / f"{name}.jsonl.gz").write_bytes(gzip.compress(line.encode()))

    write("madlibs")  # may not train: nothing to stand beside
    with pytest.raises(CorpusError, match="holds no corpus that may train"):
        names()
    write("mhs")
    assert names() == ["contrast", "mhs"]
    assert names(["mhs"]) == ["mhs"]
    assert names(for_training=False) == ["madlibs", "mhs"]
    (tmp_path / "contrast.jsonl").write_text(json.dumps(make_row("the directory's own", id="contrast:x")) + "\n")
    found = load_corpora(tmp_path, ["contrast"], for_training=True)
    assert found[0].texts == ["the directory's own"]


def test_a_shipped_corpus_does_not_join_a_corpus_of_ones_own_unasked(write_corpus: Write, make_row: Row) -> None:
    folder = write_corpus([make_row("a")])
    assert [c.spec.name for c in load_corpora(folder, for_training=True)] == ["small"]
    assert [c.spec.name for c in load_corpora(shipped("data/samples/corpus"), for_training=True)] == ["sample"]
    found = load_corpora(folder, ["contrast", "small"], for_training=True)
    assert [c.spec.name for c in found] == ["contrast", "small"]


def test_the_directory_is_given_or_in_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MODERATION_CORPORA", raising=False)
    with pytest.raises(CorpusError, match="--corpora DIR or in MODERATION_CORPORA"):
        corpora_directory()
    with pytest.raises(CorpusError, match="no such directory"):
        corpora_directory(tmp_path / "none")
    monkeypatch.setenv("MODERATION_CORPORA", str(tmp_path))
    assert corpora_directory() == tmp_path
    assert corpora_directory(Path()) == Path()


SENTENCES = st.lists(st.sampled_from(["tram", "bridge", "open", "late", "again"]), min_size=1, max_size=6).map(" ".join)
RECORDS = st.lists(st.tuples(SENTENCES, st.sampled_from([0, 1, None]), st.sampled_from("abc")), min_size=1, max_size=15)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records=RECORDS, others=RECORDS, random=st.randoms(use_true_random=False))
def test_rows_added_elsewhere_and_the_order_move_no_row(
    write_corpus: Write, make_row: Row, records: list[Any], others: list[Any], random: Any
) -> None:
    def parts(found: list[dict[str, Any]]) -> dict[str, tuple[str, str]]:
        anchor = make_row("anchor", id="anchor")
        corpus = load(write_corpus([anchor, *found], more='grouped_by = ["author"]'))
        return dict(zip(corpus.ids, zip(corpus.groups, corpus.split, strict=True), strict=True))

    rows = [make_row(t, hate=h, id=f"a{k}", meta={"author": a}) for k, (t, h, a) in enumerate(records)]
    elsewhere = [
        make_row(" ".join(f"{w}s" for w in t.split()), hate=h, id=f"b{k}", meta={"author": a * 2})
        for k, (t, h, a) in enumerate(others)
    ]
    before, mixed = parts(rows), rows + elsewhere
    random.shuffle(mixed)
    after = parts(mixed)
    assert {i: found for i, found in after.items() if not i.startswith("b")} == before


def test_the_sample_corpus_trains() -> None:
    (corpus,) = load_corpora(shipped("data/samples/corpus"), for_training=True)
    assert corpus.rows_in >= 230 and not corpus.drops
    for part in ("train", "calibration", "validation"):
        rows = corpus.labels[[found == part for found in corpus.split]]
        assert not np.isnan(rows).any()
        assert ((rows == 1).sum(axis=0) >= 3).all() and ((rows == 0).sum(axis=0) >= 3).all(), part


def test_the_sample_corpus_says_what_it_is() -> None:
    folder = shipped("data/samples/corpus")
    rows = [json.loads(line) for line in (folder / "sample.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {row["source"] for row in rows} == {"written for this project (synthetic)"}
    assert "on purpose" in (folder / "README.md").read_text(encoding="utf-8")
    assert all(row["hate"] for row in rows if row["antisemitism"])


REAL = Path(__file__).parents[3] / "shared" / "corpora"


@pytest.mark.skipif(not REAL.is_dir(), reason="the corpora are not beside the repository")
def test_real_corpora(tmp_path: Path) -> None:
    for name in ("isca_twitter", "germeval18"):
        (tmp_path / f"{name}.jsonl.gz").symlink_to(REAL / f"{name}.jsonl.gz")
    germeval, isca = load_corpora(tmp_path, ["germeval18", "isca_twitter"], for_training=True)
    assert (germeval.spec.language, germeval.drops["released test split"]) == ("de", 3532)
    assert (isca.rows_in, germeval.rows_in) == (6920, 8541)
    for corpus in (germeval, isca):
        assert corpus.rows_in == len(corpus.texts) + corpus.drops.total()
        assert set(corpus.split) == {"train", "calibration", "validation"}
    parts: dict[str, set[str]] = {}
    for meta, part in zip(isca.meta, isca.split, strict=True):
        parts.setdefault(meta["author"], set()).add(part)
    assert all(len(found) == 1 for found in parts.values())
    assert 1000 < isca.split.count("validation") < 1338
