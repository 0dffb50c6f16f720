"""`moderation score`: verdicts out, messages beside them, and the right exit code."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from moderation.formats.packing import zstd_module
from moderation.formats.parquet import pyarrow_parquet
from moderation.scorer import Scorer

Cli = Callable[..., Any]
ROOT = Path(__file__).resolve().parents[2]
SEEDS = ROOT.parent / "shared" / "seeds"


def test_verdicts_go_to_standard_output(cli: Cli, dump: Path, bundle_dir: Path, scorer: Scorer) -> None:
    done = cli("score", dump, "--model", bundle_dir)
    assert done.code == 0
    assert [row["id"] for row in done.rows] == [1, "b", f"{dump}:127"]
    expected = scorer.score([json.loads(line)["text"] for line in dump.read_text().splitlines()])
    for row, verdict in zip(done.rows, expected, strict=True):
        assert row["action"] == verdict.action
        assert row["scores"] == pytest.approx(dict(verdict.scores), abs=1e-6)
        assert (row["model"], row["policy"]) == (verdict.model, verdict.policy)
    assert done.rows[2]["unscored"] == "empty"
    assert done.err.startswith("3 comments; ")
    assert "idiot" not in done.err


@pytest.mark.parametrize("name", ["out.jsonl", "out.jsonl.gz"])
def test_a_file_gets_the_same_rows(cli: Cli, dump: Path, bundle_dir: Path, tmp_path: Path, name: str) -> None:
    printed = cli("score", dump, "--model", bundle_dir)
    done = cli("score", dump, "--model", bundle_dir, "--output", name, "--evidence")
    assert (done.code, done.out) == (0, b"")
    data = (tmp_path / name).read_bytes()
    assert (gzip.decompress(data) if name.endswith("gz") else data) == printed.out
    assert sorted(p.name for p in tmp_path.iterdir()) == ["dump.jsonl", name]


def test_evidence_is_for_standard_output_and_on_demand(cli: Cli, dump: Path, bundle_dir: Path, tmp_path: Path) -> None:
    rows = cli("score", dump, "--model", bundle_dir).rows
    assert [row.pop("evidence") for row in rows]
    assert cli("score", dump, "--model", bundle_dir, "--no-evidence").rows == rows
    for source in (dump, "-"):
        assert cli("score", source, "--model", bundle_dir, "-o", "out", stdin=dump.read_bytes()).code == 0
        written = [json.loads(line) for line in (tmp_path / "out").read_text().splitlines()]
        assert [row | {"id": 0} for row in written] == [row | {"id": 0} for row in rows]


@pytest.mark.parametrize("name", ["out.jsonl.zst", "out.parquet"])
def test_other_forms_hold_the_same(cli: Cli, dump: Path, bundle_dir: Path, tmp_path: Path, name: str) -> None:
    rows = cli("score", dump, "--model", bundle_dir).rows
    for source in (dump, "-"):
        done = cli("score", source, "--model", bundle_dir, "-o", name, stdin=dump.read_bytes())
        assert done.code == 0, done.err
        if name.endswith("parquet"):
            found = pyarrow_parquet().read_table(tmp_path / name).to_pylist()
            assert [row["action"] for row in found] == [row["action"] for row in rows]
        else:
            found = zstd_module().decompress((tmp_path / name).read_bytes()).splitlines()
            assert [json.loads(line)["scores"] for line in found] == [row["scores"] for row in rows]


def test_several_inputs_of_several_formats(cli: Cli, dump: Path, bundle_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("nr,text\n7,A tram.\n")
    (tmp_path / "p.txt").write_text("An article.\n\n1 Comment\n\nAnn says:\n\nFirst!\n")
    (tmp_path / "z.tsv.gz").write_bytes(gzip.compress(b"text\nA bus.\n"))
    done = cli("score", dump, "c.csv", "p.txt", "z.tsv.gz", "--model", bundle_dir, "--id-field", "nr")
    assert done.code == 0
    assert [row["id"] for row in done.rows][3:] == ["7", "p.txt#1", "z.tsv.gz:5"]


def test_a_dash_is_standard_input(cli: Cli, bundle_dir: Path) -> None:
    data = b'{"text": "A tram."}\n'
    for packed in (data, gzip.compress(data)):
        assert [row["id"] for row in cli("score", "-", "--model", bundle_dir, stdin=packed).rows] == ["-:0"]
    done = cli("score", "-", "--format", "csv", "--text-field", "body", "--model", bundle_dir, stdin=b"body\nA bus.\n")
    assert [row["action"] for row in done.rows] == ["allow"] or done.rows[0]["scores"]


def test_a_table_is_for_people(cli: Cli, bundle_dir: Path, dump: Path) -> None:
    done = cli("score", dump, "--table", "--model", bundle_dir)
    text = done.out.decode()
    assert done.code == 0
    for expected in ("comment", "because of", "Ann", "review", "unscored: empty", "toxicity 0."):
        assert expected in text


def test_a_table_shows_no_control_codes(cli: Cli, bundle_dir: Path) -> None:
    row = {
        "id": "a\x1b[2J",
        "text": "You are a \x1b[31m pathetic\x07 idiot\ud800.",
        "author": "A\rnn\ud83d [red]x[/red]",
    }
    done = cli("score", "-", "--table", "--model", bundle_dir, stdin=json.dumps(row).encode())
    assert done.code == 0
    assert not {b"\x1b", b"\x07", b"\r"} & {bytes([byte]) for byte in done.out}
    assert "[red]x[/red]" in done.out.decode()


def test_a_table_has_no_file(cli: Cli, bundle_dir: Path, dump: Path) -> None:
    done = cli("score", dump, "--table", "--output", "t", "--model", bundle_dir)
    assert done.code == 2
    assert "leave out --output" in done.err


def test_a_policy_decides(cli: Cli, bundle_dir: Path, dump: Path, tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_text('name = "strict"\n[toxicity]\nreview = 0.0\nhide = 0.0\n')
    done = cli("score", dump, "--policy", "p.toml", "--model", bundle_dir)
    assert [row["action"] for row in done.rows] == ["hide", "hide", "review"]
    assert done.rows[0]["policy"].startswith("strict+")
    assert done.rows[0]["flags"] == ["toxicity"]


def test_a_policy_for_a_label_that_is_not_there_is_an_error(
    cli: Cli, bundle_dir: Path, dump: Path, tmp_path: Path
) -> None:
    (tmp_path / "p.toml").write_text("[toxicty]\nreview = 0.5\n")
    done = cli("score", dump, "--policy", "p.toml", "--model", bundle_dir)
    assert (done.code, done.out) == (1, b"")
    assert done.err.startswith("error: Policy p: no label toxicty in small/1")
    assert "hate, antisemitism, toxicity" in done.err


BROKEN = b'{"text": "a"}\nnonsense\n{"id": 3}\n{"text": "b"}\n'


@pytest.mark.parametrize(("allowed", "code"), [(0, 3), (1, 3), (2, 0), (9, 0)])
def test_rejects_over_the_bound_are_exit_code_3(
    cli: Cli, bundle_dir: Path, allowed: int, code: int, tmp_path: Path
) -> None:
    done = cli("score", "-", "--max-rejects", allowed, "--model", bundle_dir, "-o", "out", stdin=BROKEN)
    assert done.code == code
    assert len((tmp_path / "out").read_bytes().splitlines()) == 2
    assert (tmp_path / "out.rejects.jsonl").read_bytes().count(b"\n") == 2
    assert "rejected -:14: not JSON\nrejected -:23: no field 'text'\n" in done.err
    assert ("error: 2 rows were rejected (1 not JSON, 1 no field 'text')" in done.err) == (code == 3)


def test_only_the_first_rejects_are_shown(cli: Cli, bundle_dir: Path) -> None:
    done = cli("score", "-", "--model", bundle_dir, stdin=b"x\n" * 100)
    assert done.err.count("rejected -:") == 5
    assert "rejected 100 (not JSON)" in done.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none.jsonl"], "error: none.jsonl: cannot be read (No such file or directory). Check the path."),
        (["a.pdf"], "error: a.pdf: neither its content nor its name tells a format. Give one with --format:"),
        (["dump.jsonl", "--format", "xlsx"], "error: Format 'xlsx' is not known."),
        (["dump.jsonl", "--model", "nowhere"], "error: nowhere: no bundle here"),
        (["dump.jsonl", "--policy", "none.toml"], "error: none.toml: not a policy file"),
        (["dump.jsonl", "-o", "none/out"], "error: none: no such folder. Make it, or choose another place."),
        (["dump.jsonl", "-o", "dump.jsonl"], "error: dump.jsonl: is an input, too, and would be lost."),
        (["-", "-o", "o/"], "error: o/: standard input has no parts that could be shared out. Name a file."),
        (["c.csv"], "error: c.csv: no column 'text'; the columns are: id, body. Name one with --text-field."),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_an_error_is_one_line(
    cli: Cli, bundle_dir: Path, dump: Path, tmp_path: Path, arguments: list[str], message: str
) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.4\n")
    (tmp_path / "c.csv").write_text("id,body\n1,a\n")
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    model = [] if "--model" in arguments else ["--model", bundle_dir]
    done = cli("score", *arguments, *model)
    assert (done.code, done.out) == (1, b"")
    assert done.err.startswith(message)
    assert done.err.count("\n") == 1
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


def test_a_later_error_leaves_no_half_file(cli: Cli, dump: Path, bundle_dir: Path, tmp_path: Path) -> None:
    done = cli("score", dump, "none.jsonl", "-o", "out", "--model", bundle_dir)
    assert done.code == 1
    assert [p.name for p in tmp_path.iterdir()] == ["dump.jsonl"]


def test_a_damaged_bundle_scores_nothing(cli: Cli, dump: Path, bundle_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    for file in bundle_dir.iterdir():
        data = bytearray(file.read_bytes())
        data[len(data) // 2] ^= file.suffix == ".safetensors"
        (tmp_path / "b" / file.name).write_bytes(data)
    done = cli("score", dump, "--model", "b")
    assert (done.code, done.out) == (1, b"")
    assert "ngram.safetensors: its sha256 is" in done.err


@pytest.mark.skipif(not SEEDS.is_dir(), reason="the seeds are not here")
def test_the_seeds_hold_eleven_comments(cli: Cli, bundle_dir: Path) -> None:
    seeds = sorted(SEEDS.glob("*.txt"))
    assert len(seeds) == 3
    done = cli("score", *seeds, "--model", bundle_dir)
    assert done.code == 0
    assert len(done.rows) == 11
    assert {row["id"].rpartition("#")[0] for row in done.rows} == {str(seeds[0])}
