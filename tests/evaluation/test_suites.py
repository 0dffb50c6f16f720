import json
from pathlib import Path

import pytest

from moderation.errors import CorpusError, OutputError
from moderation.evaluation.suites import Suite, SuiteSpec, load_spec, load_suite, read_rows, suite_names, write_cases

HEADER = "functionality,case_id,test_case,label_gold,target_ident,direction,focus_words\n"
ROWS = (
    'greeting,7,"Good morning, all",non-hateful,,general,morning\n'
    'insult,8,"A quoted ""word""",hateful,women,directed,word\n'
)


def given(folder: Path, content: str | bytes, name: str = "rows.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_csv_in_hatechecks_shape(tmp_path: Path) -> None:
    suite = load_suite(given(tmp_path, "\ufeff" + HEADER + ROWS))
    first, second = suite.cases
    assert (first.case_id, first.functionality, first.text, first.hateful) == (
        "7",
        "greeting",
        "Good morning, all",
        False,
    )
    assert (second.text, second.hateful, second.target) == ('A quoted "word"', True, "women")
    assert suite.spec.label == "hate"


def test_only_three_columns_are_required(tmp_path: Path) -> None:
    suite = load_suite(given(tmp_path, "label_gold,test_case,functionality\nhateful,x,f\nnon-hateful,y,g\n"))
    assert [case.case_id for case in suite.cases] == ["1", "2"]


def test_jsonl(tmp_path: Path) -> None:
    rows = [
        {"functionality": "f", "test_case": "naïve 🙂", "label_gold": "hateful", "case_id": 3, "target_ident": None},
        {"functionality": "g", "test_case": "y", "label_gold": "non-hateful", "case_id": "4", "extra": {"deep": [1]}},
    ]
    suite = load_suite(given(tmp_path, "\n\n".join(map(json.dumps, rows)), "rows.jsonl"))
    found = [(case.case_id, case.text, case.target) for case in suite.cases]
    assert found == [("3", "naïve 🙂", ""), ("4", "y", "")]


def test_a_spec_renames_columns_and_gold(tmp_path: Path) -> None:
    rows = given(tmp_path, "text,functionality,label_gold,target\nx,f,1,women\ny,f,0,\n")
    suite = load_suite("hatemojicheck", rows)
    assert [(case.text, case.hateful, case.target) for case in suite.cases] == [("x", True, "women"), ("y", False, "")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "lacks functionality, test_case, label_gold"),
        (HEADER, "no case"),
        ("functionality,test_case\nf,x\n", "lacks label_gold"),
        ("functionality,test_case,label_gold\nf,x,maybe\n", "row 1: the gold label"),
        ("functionality,test_case,label_gold\nf,x,\n", "row 1 has no 'label_gold'"),
        ("functionality,test_case,label_gold\nf, ,hateful\n", "row 1 has no 'test_case'"),
        ("functionality,test_case,label_gold\nf,x,hateful,more\n", "4 cells"),
        ("functionality,test_case,label_gold\nf,x\n", "2 cells"),
        ("functionality,test_case,label_gold,test_case\nf,x,hateful,y\n", "twice"),
        ('functionality,test_case,label_gold\nf,"x,hateful\n', "not CSV"),
        ("functionality,test_case,label_gold\nf,x\0y,hateful\n", "NUL"),
        ("functionality,test_case,label_gold\nf," + "x" * 200_000 + ",hateful\n", "not CSV"),
        (b"functionality,test_case,label_gold\nf,caf\xe9,hateful\n", "not UTF-8"),
        ("functionality,test_case,label_gold\nf,x,hateful\n".encode("utf-16"), "not UTF-8"),
        ("functionality,test_case,label_gold,case_id\nf,x,hateful,1\nf,y,hateful,1\n", "case 2 has an id"),
        ("functionality,test_case,label_gold,label_jda\nf,x,hateful,perhaps\n", "gold label"),
    ],
)
def test_hostile_csv(tmp_path: Path, content: str | bytes, message: str) -> None:
    with pytest.raises(CorpusError, match=message):
        load_suite(given(tmp_path, content))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "line 1 is not JSON"),
        ("[1, 2]", "not an object"),
        ("[" * 100_000, "not JSON"),
        ("9" * 10_000, "not JSON"),
        ('{"functionality": "f", "label_gold": "hateful"}', "no 'test_case'"),
        ('{"functionality": "f", "label_gold": "hateful", "test_case": ["x"]}', "no 'test_case'"),
        ('{"functionality": "f", "label_gold": true, "test_case": "x"}', "gold label"),
        (r'{"functionality": "f", "label_gold": "hateful", "test_case": "x\u0000"}', "NUL"),
        (r'{"functionality": "f", "label_gold": "hateful", "test_case": "x\ud800"}', "half a character"),
        ("\n\n", "no case"),
    ],
)
def test_hostile_jsonl(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(CorpusError, match=message):
        load_suite(given(tmp_path, content, "rows.jsonl"))


def test_errors_never_repeat_a_text(tmp_path: Path) -> None:
    shifted = given(tmp_path, "functionality,label_gold,test_case\nf,some private words,hateful\n")
    with pytest.raises(CorpusError) as caught:
        load_suite(shifted)
    assert "private" not in str(caught.value)


def test_a_file_beyond_every_suite_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.csv"
    with path.open("wb") as out:
        out.truncate(100 * 2**20)
    with pytest.raises(CorpusError, match="right file"):
        load_suite(path)


def test_missing_files_and_names(tmp_path: Path) -> None:
    for source in (tmp_path / "none.csv", tmp_path / "none.toml", tmp_path, "no-such-suite", "../suites/hatecheck", ""):
        with pytest.raises(CorpusError):
            load_suite(source)
    with pytest.raises(CorpusError, match="rows already"):
        load_suite(tmp_path / "a.csv", tmp_path / "b.csv")


def test_a_suite_without_rows_says_where_they_are() -> None:
    with pytest.raises(CorpusError, match=r"github\.com/paul-rottger/hatecheck-data.*--suite-file"):
        load_suite("hatecheck")


def test_shipped_specs_hold_facts_only() -> None:
    assert suite_names() == ("antisemitismcheck", "hatecheck", "hatemojicheck", "multilingual-hatecheck")
    for name in suite_names():
        spec = load_spec(name)
        assert spec.title
        assert spec.source
        assert spec.licence
        assert spec.citation
    assert [figure.overall for figure in load_spec("hatecheck").published] == [63.2, 60.2, 76.6, 33.2]


@pytest.mark.parametrize(
    "content",
    [
        "title = 3",
        "colour = 'red'",
        "[columns]\nmood = 'x'",
        "[columns]\ntest_case = 4",
        "[gold]\n1 = 'bad'",
        "published = 4",
        "published = [4]",
        "[[published]]\nsystem = 'a'\nsource = 'b'\noverall = nan\nhateful = 1\nnon_hateful = 1",
        "[[published]]\nsystem = 'a'\nsource = 'b'\noverall = 101\nhateful = 1\nnon_hateful = 1",
        "[[published]]\nsystem = 'a'\noverall = 1\nhateful = 1\nnon_hateful = 1",
        "columns = 3",
        "=",
        "a = " + "[" * 50_000,
    ],
)
def test_hostile_specs(tmp_path: Path, content: str) -> None:
    with pytest.raises(CorpusError):
        load_spec(given(tmp_path, content, "spec.toml"))


def test_written_cases_read_back_the_same(tmp_path: Path) -> None:
    suite = load_suite("antisemitismcheck")
    write_cases(suite, tmp_path / "cases.csv")
    assert read_rows(tmp_path / "cases.csv", suite.spec).cases == suite.cases
    assert [path.name for path in tmp_path.iterdir()] == ["cases.csv"]


def test_what_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(OutputError):
        write_cases(Suite(SuiteSpec("x"), ()), tmp_path / "no" / "cases.csv")
    assert not list(tmp_path.iterdir())
