"""Suites fetched from a real server on this machine. Their rows were written for these tests."""

import hashlib
import re
from pathlib import Path

import pytest

from moderation.directories import data_directory
from moderation.errors import CorpusError, FetchError, OutputError
from moderation.evaluation.suite_files import get_suite, open_suite, open_suites, suite_files
from moderation.evaluation.suites import load_spec, suite_names

ROWS = b"functionality,case_id,test_case,label_gold,target_ident\ngreeting,1,Good morning,non-hateful,women\n"
SHA256 = hashlib.sha256(ROWS).hexdigest()
Web = tuple[Path, str]


@pytest.fixture
def spec(web: Web, tmp_path: Path) -> str:
    """Return the path of a spec whose one file is served here."""
    folder, address = web
    (folder / "cases.csv").write_bytes(ROWS)
    path = tmp_path / "greetings.toml"
    path.write_text(f'title = "Greetings"\n[[files]]\nurl = "{address}/cases.csv"\nlimit = 1000\n')
    return str(path)


def stored() -> list[str]:
    folder = data_directory()
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_trust_on_first_use(spec: str, web: Web) -> None:
    with pytest.raises(FetchError, match="Nothing says yet which file.*--trust"):
        get_suite(spec)
    assert stored() == []
    (file,) = get_suite(spec, trust=True)
    assert (file.sha256, file.path.read_bytes()) == (SHA256, ROWS)
    assert stored() == ["suites/greetings.csv", "suites/greetings.csv.sha256"]
    assert file.path.with_name("greetings.csv.sha256").read_text() == f"{SHA256}  greetings.csv\n"
    suite = open_suite(spec)
    assert (suite.spec.title, len(suite.cases)) == ("Greetings", 1)
    # What was trusted once is the only file that is taken from now on, even where it has gone.
    (web[0] / "cases.csv").write_bytes(ROWS.replace(b"Good", b"Bad"))
    assert get_suite(spec, trust=True)[0].sha256 == SHA256
    file.path.unlink()
    with pytest.raises(FetchError, match=f"expected was {SHA256}"):
        get_suite(spec, trust=True)
    assert stored() == ["suites/greetings.csv.sha256"]


def test_a_hash_that_is_given_is_asked_for(spec: str) -> None:
    with pytest.raises(FetchError, match=rf"{SHA256}, expected was {'0' * 64}.*--suite-file"):
        get_suite(spec, "0" * 64)
    assert stored() == []
    assert get_suite(spec, SHA256)[0].sha256 == SHA256
    with pytest.raises(CorpusError, match="64 hexadecimal digits"):
        get_suite(spec, "xyz")


def test_a_hash_in_the_spec_cannot_be_talked_over(spec: str) -> None:
    path = Path(spec)
    path.write_text(f'{path.read_text()}sha256 = "{SHA256}"\n')
    with pytest.raises(FetchError, match=f"is pinned to {SHA256}"):
        get_suite(spec, "0" * 64, trust=True)
    assert get_suite(spec)[0].sha256 == SHA256
    assert len(open_suite(spec).cases) == 1


def test_a_page_that_is_no_suite_is_not_kept(spec: str, web: Web) -> None:
    (web[0] / "cases.csv").write_bytes(b"<!doctype html><title>Moved</title>")
    with pytest.raises(FetchError, match=r"is not Greetings and was not kept: .* lacks functionality"):
        get_suite(spec, trust=True)
    assert stored() == []


def test_offline_it_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text('[[files]]\nurl = "http://127.0.0.1:9/x.csv"\nlimit = 9\n')  # the discard port: nobody listens
    with pytest.raises(FetchError, match=rf"no connection to 127\.0\.0\.1.*--suite-file {path}=FILE"):
        get_suite(str(path), trust=True)


def test_what_was_not_fetched_or_was_changed_names_the_command(spec: str) -> None:
    with pytest.raises(CorpusError, match=f"Run: moderation data get {spec}"):
        open_suite(spec)
    (file,) = get_suite(spec, trust=True)
    file.path.write_bytes(ROWS + b"greeting,2,Good evening,non-hateful,\n")
    with pytest.raises(CorpusError, match="is not the file that was fetched"):
        open_suite(spec)
    assert get_suite(spec)[0].sha256 == SHA256  # fetched anew, by the recorded hash
    file.path.with_name("greetings.csv.sha256").write_text("?")
    with pytest.raises(CorpusError, match="holds no sha256"):
        open_suite(spec)


def test_a_file_that_lies_there_without_a_hash_is_not_taken(spec: str) -> None:
    (file,) = suite_files(spec)
    file.path.parent.mkdir(parents=True)
    file.path.write_bytes(ROWS)
    with pytest.raises(CorpusError, match="is not the file that was fetched"):
        open_suite(spec)


def test_a_data_directory_that_cannot_be_written(spec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODERATION_DATA", f"{spec}/below")
    with pytest.raises(OutputError, match="MODERATION_DATA"):
        get_suite(spec, trust=True)


def test_parts(web: Web, tmp_path: Path) -> None:
    folder, address = web
    path = tmp_path / "many.toml"
    parts = "".join(f'[[files]]\npart = "{p}"\nurl = "{address}/{p}.csv"\nlimit = 1000\n' for p in ("de", "fr"))
    path.write_text(f'title = "Many"\n{parts}')
    for part in ("de", "fr"):
        (folder / f"{part}.csv").write_bytes(ROWS.replace(b"morning", part.encode()))
    assert [file.part for file in get_suite(f"{path}/fr", trust=True)] == ["fr"]
    suite = open_suite(f"{path}/fr")
    assert (suite.spec.title, suite.cases[0].text) == ("Many (fr)", "Good fr")
    with pytest.raises(CorpusError, match=f"Name one of: {path}/de, {path}/fr"):
        open_suite(str(path))
    with pytest.raises(CorpusError, match=r"no part 'it'\. Known: de, fr"):
        open_suite(f"{path}/it")
    with pytest.raises(CorpusError, match="name one part"):
        get_suite(str(path), SHA256)
    assert [file.part for file in get_suite(str(path), trust=True)] == ["de", "fr"]
    assert stored() == [f"suites/many/{p}.csv{end}" for p in ("de", "fr") for end in ("", ".sha256")]


def test_a_file_at_hand_needs_no_fetching(tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_bytes(ROWS)
    suites = open_suites(["antisemitismcheck", "hatecheck"], {"hatecheck": rows, "multilingual-hatecheck/de": rows})
    assert [s.spec.title for s in suites] == ["AntisemitismCheck", "HateCheck", "Multilingual HateCheck (de)"]
    assert [len(s.cases) for s in suites[1:]] == [1, 1]
    assert suites[1].spec.published
    assert open_suite(str(rows)).spec.title == ""


def test_what_ships_is_not_fetched() -> None:
    with pytest.raises(CorpusError, match="ship with the project"):
        get_suite("antisemitismcheck")
    assert open_suite("antisemitismcheck").templates
    with pytest.raises(CorpusError, match="no suite"):
        get_suite("nonesuch")


def test_the_shipped_addresses_are_pinned_to_a_commit() -> None:
    for name in suite_names():
        for file in load_spec(name).files.values():
            assert re.match(r"https://raw\.githubusercontent\.com/[\w-]+/[\w-]+/[0-9a-f]{40}/", file.url)
    assert len(load_spec("multilingual-hatecheck").files) == 10


@pytest.mark.parametrize(
    "content",
    [
        "files = 3",
        "[[files]]\nurl = 'http://example.org/x.csv'\nlimit = 9",
        "[[files]]\nurl = 'https://example.org/x.csv'",
        "[[files]]\nurl = 'https://example.org/x.csv'\nlimit = 0",
        "[[files]]\nurl = 'https://example.org/x.csv'\nlimit = true",
        "[[files]]\nurl = 'https://example.org/x.csv'\nlimit = 9_000_000_000",
        "[[files]]\nurl = 'https://example.org/x.csv'\nlimit = 9\nsha256 = 'x'",
        "[[files]]\nurl = 'https://example.org/x.csv'\nlimit = 9\npart = '../x'",
        "[[files]]\nurl = 'https://example.org/x.csv'\nlimit = 9\ncolour = 'red'",
        "[[files]]\nurl = 'https://example.org/x.csv'\nlimit = 9\n" * 2,
    ],
)
def test_hostile_addresses(tmp_path: Path, content: str) -> None:
    (tmp_path / "spec.toml").write_text(content)
    with pytest.raises(CorpusError):
        load_spec(tmp_path / "spec.toml")


HATEMOJI = (
    "case_id,templ_id,test_grp_id,text,target,functionality,set,label_gold,unrealistic_flags,included_in_test_suite\n"
)
MULTILINGUAL = (
    "mhc_case_id,functionality,test_case,label_gold,target_ident,ref_case_id,ref_templ_id,templ_id,case_templ\n"
)
HATECHECK = (
    "functionality,case_id,test_case,label_gold,target_ident,direction,focus_words,focus_lemma,ref_case_id,"
    "ref_templ_id,templ_id\n"
)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("hatecheck", HATECHECK + "greet,7,Good day,hateful,women,general,,,,,t1\n"),
        ("multilingual-hatecheck/de", MULTILINGUAL + "7,greet,Good day,hateful,women,3,4,t1,Good day\n"),
        ("hatemojicheck", HATEMOJI + "7,t1,2,Good day,women,greet,orig,1,,1\n"),
        ("hatemojicheck", "," + HATEMOJI + "0,7,t1,2,Good day,women,greet,orig,1,,1\n"),
    ],
)
def test_the_columns_of_each_suite(tmp_path: Path, name: str, content: str) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("\ufeff" + content)
    (case,) = open_suite(name, path).cases
    assert (case.case_id, case.functionality, case.text, case.hateful) == ("7", "greet", "Good day", True)
    assert (case.target, case.template_id) == ("women", "t1")


def test_no_text_in_the_repr_of_a_suite() -> None:
    suite = open_suite("antisemitismcheck")
    shown = f"{suite!r} {suite.cases[0]!r} {suite.templates[0]!r}"
    assert suite.cases[0].case_id in shown
    assert suite.cases[0].text not in shown
    assert not any(fill in shown for part in suite.templates[0].parts for fill in part if len(fill) > 3)
