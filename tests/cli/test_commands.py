"""Every command: help with an example, a place in the documents, and what it does."""

import inspect
import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from moderation.cli import app
from moderation.directories import cache_directory
from moderation.labels import LABELS

Cli = Callable[..., Any]
ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "data" / "samples" / "corpus"


def commands(group: typer.Typer, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Callable[..., Any]]]:
    for command in group.registered_commands:
        assert command.callback
        yield (*above, command.name or command.callback.__name__.replace("_", "-")), command.callback
    for inner in group.registered_groups:
        assert inner.typer_instance and inner.name
        yield from commands(inner.typer_instance, (*above, inner.name))


COMMANDS = dict(commands(app))
every_command = pytest.mark.parametrize("name", COMMANDS, ids=" ".join)


def test_the_commands_are_found() -> None:
    assert {("score",), ("extract",), ("train",), ("evaluate",), ("labels",)} < COMMANDS.keys()
    assert {("model", "check"), ("model", "info"), ("data", "list"), ("data", "get")} < COMMANDS.keys()


@every_command
def test_help_has_an_example_of_the_command(cli: Cli, name: tuple[str, ...]) -> None:
    done = cli(*name, "--help")
    assert done.code == 0
    assert "Example" in done.out.decode()
    example = re.search(r"Example: `(.+?)`", inspect.getdoc(COMMANDS[name]) or "", re.DOTALL)
    assert example
    assert shlex.split(example[1])[: len(name) + 1] == ["moderation", *name]


@every_command
def test_options_of_the_example_exist(cli: Cli, name: tuple[str, ...]) -> None:
    example = re.search(r"Example: `(.+?)`", inspect.getdoc(COMMANDS[name]) or "", re.DOTALL)
    assert example
    helped = cli(*name, "--help").out.decode()
    for word in shlex.split(example[1]):
        assert not word.startswith("--") or word in helped


@every_command
def test_the_documents_name_the_command(name: tuple[str, ...]) -> None:
    documents = "".join((ROOT / path).read_text(encoding="utf-8") for path in ("README.md", "docs/cli.md"))
    assert f"moderation {' '.join(name)}" in documents
    assert f"## moderation {' '.join(name)}" in documents


def test_every_option_in_the_documents_exists(cli: Cli) -> None:
    document = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    helped = "".join(cli(*name, "--help").out.decode() for name in COMMANDS) + cli("--help").out.decode()
    for option in set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", document)):
        assert option in helped


def test_no_command_and_a_wrong_one(cli: Cli) -> None:
    assert "score" in cli().out.decode()
    done = cli("scroe")
    assert (done.code, done.out) == (2, b"")
    assert "No such command" in done.err


def test_the_version(cli: Cli) -> None:
    assert re.fullmatch(rb"moderation \d+\.\d+\.\d+\S*\n", cli("--version").out)


def test_train_py_is_the_train_command() -> None:
    outputs = []
    for start in (["train.py"], ["-m", "moderation", "train"]):
        command = [sys.executable, *start, "--help"]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True)
        outputs.append(re.sub(r"Usage: .* \[OPTIONS\] *", "", done.stdout))
    assert outputs[0] == outputs[1]
    assert "--corpora" in outputs[0]


def test_labels_are_printed_with_source_and_corpora(cli: Cli) -> None:
    text = cli("labels").out.decode()
    for label in LABELS:
        assert f"{label.name}: {label.title}" in text
        assert label.definition in text and label.source in text
    assert "isca_twitter" in text


def test_model_info_prints_the_card(cli: Cli, bundle_dir: Path) -> None:
    text = cli("model", "info", bundle_dir).out.decode()
    assert text.startswith("small/1+")
    assert (bundle_dir / "README.md").read_text() in text


def test_model_check_replays(cli: Cli, bundle_dir: Path) -> None:
    done = cli("model", "check", bundle_dir)
    assert done.code == 0
    assert re.search(r"4 files match their hashes, \d+ golden texts their scores", done.out.decode())


@pytest.mark.parametrize("command", ["info", "check"])
def test_a_folder_without_a_bundle_is_one_line(cli: Cli, command: str, tmp_path: Path) -> None:
    done = cli("model", command, tmp_path)
    assert (done.code, done.out) == (1, b"")
    assert done.err.count("\n") == 1 and "no bundle here" in done.err


def test_the_shipped_bundle_replays(cli: Cli) -> None:
    if not (ROOT / "models" / "default").is_dir():
        pytest.skip("no bundle is shipped yet")
    done = cli("model", "check")
    assert (done.code, done.err) == (0, "")


def test_training_twice_gives_the_same_bundle(cli: Cli, tmp_path: Path) -> None:
    for name in ("a", "b"):
        done = cli("train", "-o", name, "--bits", 12, "--cache", tmp_path / f"cache-{name}")
        assert (done.code, done.out) == (0, b"")
        assert "No --corpora: training on the sample corpus" in done.err
        assert f"Wrote {name} (ngram/" in done.err
    files = [{p.name: p.read_bytes() for p in (tmp_path / name).iterdir()} for name in ("a", "b")]
    assert files[0] == files[1]


def test_features_are_kept_in_the_users_cache(cli: Cli, tmp_path: Path) -> None:
    assert cli("train", "-o", "b", "--bits", 12).code == 0
    assert [p.name for p in tmp_path.iterdir()] == ["b"]
    assert any((cache_directory() / "features").rglob("*.pkl"))


def test_a_cascade_is_made_of_two_bundles_and_chosen_by_name(cli: Cli, bundle_dir: Path, tmp_path: Path) -> None:
    shutil.copytree(bundle_dir, tmp_path / "accurate")
    assert cli("train", "-o", "fast", "--bits", 10).code == 0
    arguments = ("train", "--kind", "cascade", "-o", "both", "--fast", "fast")
    done = cli(*arguments)
    assert done.code == 2 and "cascade" in done.err
    done = cli(*arguments, "--accurate", bundle_dir)
    assert done.code == 1 and "side by side" in done.err.splitlines()[-1]
    done = cli(*arguments, "--accurate", "accurate", "--threads", 1)
    assert (done.code, done.out) == (0, b"") and "Wrote both (cascade/" in done.err
    (tmp_path / "c.jsonl").write_text('{"text": "A tram."}')
    (row,) = cli("score", "c.jsonl", "--model", "both", "--threads", 1).rows
    assert row["model"].startswith("cascade/")
    (row,) = cli("score", "c.jsonl", "--model", "./fast").rows
    assert row["model"].startswith("ngram/")


@pytest.mark.parametrize(
    "arguments",
    [("score", "-", "--model", "fast"), ("evaluate", "fast", "--corpora", SAMPLE), ("model", "check", "fast")],
)
def test_a_shipped_bundle_that_is_not_there_is_one_line(
    cli: Cli, arguments: tuple[object, ...], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("moderation.bundle.shipped", tmp_path.joinpath)
    done = cli(*arguments, stdin=b'{"text": "A tram."}')
    assert (done.code, done.out) == (1, b"")
    assert done.err.splitlines()[-1].startswith("error: fast: this installation has no such bundle")


@pytest.mark.parametrize("given", ["hate", "hate=2", "hate=x", "anger=0.5", "=0.5", "hate=nan"])
def test_a_precision_that_makes_no_sense_is_refused(cli: Cli, given: str, tmp_path: Path) -> None:
    done = cli("train", "-o", "b", "--precision", given)
    assert done.code == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("given", ["dghs", "dghs=0", "dghs=-1", "dghs=x", "dghs=inf", "dghs=nan"])
def test_passes_that_make_no_sense_are_refused(cli: Cli, given: str, tmp_path: Path) -> None:
    done = cli("train", "--kind", "encoder", "-o", "b", "--passes", given)
    assert done.code == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [["--corpora", "nowhere"], ["--corpora", str(SAMPLE), "--only", "nothing"]])
def test_corpora_that_are_not_there_are_one_line(cli: Cli, arguments: list[str], tmp_path: Path) -> None:
    done = cli("train", "-o", "b", "--cache", "c", *arguments)
    assert (done.code, "Traceback" in done.err) == (1, False)
    assert done.err.splitlines()[-1].startswith("error: ")
    assert not (tmp_path / "b").exists()


def test_evaluating_on_the_sample_corpus(
    cli: Cli, bundle_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODERATION_CORPORA", str(SAMPLE))
    done = cli("evaluate", bundle_dir, "--resamples", 20, "--json", "figures.json")
    assert done.code == 0
    text = done.out.decode()
    for expected in ("| sample |", "antisemitism", "hate", "toxicity"):
        assert expected in text
    assert json.loads((tmp_path / "figures.json").read_bytes())


def test_bundles_and_peers_are_measured_side_by_side(
    cli: Cli, bundle_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODERATION_CORPORA", str(SAMPLE))
    options = ("--compare", ROOT / "models" / "default", "--peer", "tfidf", "--no-robustness", "--resamples", 20)
    done = cli("evaluate", bundle_dir, *options, "--json", "figures.json")
    assert done.code == 0, done.err
    text = done.out.decode()
    assert re.search(r"\| AUC \| small/1\+\w{8} \| default/[^|]+ \| tfidf \|", text)
    assert "| sample antisemitism |" in text
    figures = json.loads((tmp_path / "figures.json").read_bytes())
    assert [each["second"] for each in figures["comparisons"]] == [each["name"] for each in figures["others"]]


def test_bad_input_gives_one_line(cli: Cli, bundle_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "suite.csv").write_text("functionality,label_gold\na,hateful\n")
    done = cli("evaluate", bundle_dir, "--suite", "suite.csv", "--corpora", SAMPLE)
    assert (done.code, done.out) == (1, b"")
    assert re.search(r"^error: .*suite\.csv lacks test_case\b.*$", done.err, re.MULTILINE)
    folder = tmp_path / "corpora"
    folder.mkdir()
    (folder / "sample.toml").write_text((SAMPLE / "sample.toml").read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "sample.jsonl").write_text("")
    done = cli("evaluate", bundle_dir, "--corpora", folder)
    assert (done.code, done.out) == (1, b"")
    assert re.search(r"^error: .*sample\.jsonl: no row is of use.*$", done.err, re.MULTILINE)


def test_one_class_only_is_measured_with_reasons(cli: Cli, bundle_dir: Path, tmp_path: Path) -> None:
    spec = (SAMPLE / "sample.toml").read_text(encoding="utf-8").replace("may_train = true", "may_train = false")
    (tmp_path / "own.toml").write_text(spec.replace('"sample', '"own'), encoding="utf-8")
    row = {"hate": 0, "antisemitism": 0, "offensive": 0, "targets": [], "split": None, "source": None, "meta": None}
    texts = ("A tram goes by the river.", "The library opens late on Mondays.")
    rows = [json.dumps({"id": str(k), "text": text} | row) for k, text in enumerate(texts)]
    (tmp_path / "own.jsonl").write_text("\n".join(rows) + "\n")
    done = cli("evaluate", bundle_dir, "--corpora", tmp_path, "--no-robustness", "--resamples", 10)
    assert done.code == 0, done.err
    assert "undefined: no positive row." in done.out.decode()


def test_a_bundle_is_not_compared_with_itself_nor_with_nobody(cli: Cli, bundle_dir: Path) -> None:
    done = cli("evaluate", bundle_dir, "--compare", bundle_dir, "--corpora", SAMPLE)
    assert (done.code, done.out) == (1, b"")
    assert "would be compared with itself" in done.err
    done = cli("evaluate", bundle_dir, "--peer", "nobody", "--corpora", SAMPLE)
    assert (done.code, done.out) == (1, b"")
    assert "There is no peer 'nobody'. Known: alt-profanity-check" in done.err


def test_evaluating_without_corpora_says_how(cli: Cli, bundle_dir: Path) -> None:
    done = cli("evaluate", bundle_dir)
    assert (done.code, done.out) == (1, b"")
    assert "--corpora DIR or in MODERATION_CORPORA" in done.err


CASES = "functionality,test_case,label_gold,target_ident\ngreet,Good morning,non-hateful,women\ngreet,x y,hateful,men\n"


def test_a_suite_is_fetched_listed_and_measured(
    cli: Cli, bundle_dir: Path, tmp_path: Path, web: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODERATION_CORPORA", str(SAMPLE))
    folder, address = web
    (folder / "cases.csv").write_text(CASES)
    (tmp_path / "greetings.toml").write_text(
        f'title = "Greetings"\n[[files]]\nurl = "{address}/cases.csv"\nlimit = 999\n'
    )
    done = cli("evaluate", bundle_dir, "--suite", "greetings.toml", "--no-robustness")
    assert done.code == 1 and "Run: moderation data get greetings.toml" in done.err
    done = cli("data", "get", "greetings.toml")
    assert done.code == 1 and "--trust" in done.err
    done = cli("data", "get", "greetings.toml", "--trust")
    assert (done.code, done.out) == (0, b"") and "sha256 " in done.err
    done = cli("evaluate", bundle_dir, "--suite", "greetings.toml", "--resamples", 10, "--no-robustness")
    assert done.code == 0 and "## Greetings" in done.out.decode()


def test_the_list_says_what_is_here_and_what_to_run(cli: Cli) -> None:
    text = cli("data", "list").out.decode()
    assert "antisemitismcheck: AntisemitismCheck, Apache-2.0" in text and "ships with the project" in text
    assert "multilingual-hatecheck/de: not here yet: moderation data get multilingual-hatecheck/de" in text


def test_cases_in_a_file_of_ones_own(
    cli: Cli, bundle_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODERATION_CORPORA", str(SAMPLE))
    (tmp_path / "cases.csv").write_text(CASES)
    arguments = ("evaluate", bundle_dir, "--resamples", 10, "--no-robustness")
    text = cli(*arguments, "--suite-file", "hatecheck=cases.csv").out.decode()
    assert "## HateCheck" in text and "| Perspective (2020) | 76.6 | 89.5 | 48.2 |" in text
    assert "## AntisemitismCheck" in text
    for wrong in ("cases.csv", "=cases.csv", "hatecheck="):
        assert cli(*arguments, "--suite-file", wrong).code == 2
    done = cli(*arguments, "--suite-file", "hatecheck=none.csv")
    assert done.code == 1 and "none.csv is no file" in done.err


def test_a_data_card_is_printed_or_written(cli: Cli, tmp_path: Path) -> None:
    text = cli("data", "card", "isca_twitter").out.decode()
    assert text.startswith("# Data card: Antisemitism on Twitter") and text.count("# Data card") == 1
    (tmp_path / "cards").mkdir()
    assert cli("data", "card", "cad", "sample", "--corpora", SAMPLE, "-o", "cards").code == 0
    assert sorted(p.name for p in (tmp_path / "cards").iterdir()) == ["cad.md", "sample.md"]
    done = cli("data", "card", "nonesuch")
    assert (done.code, done.out) == (1, b"") and "No corpus is called 'nonesuch'" in done.err


def test_corpora_are_counted(cli: Cli, tmp_path: Path) -> None:
    assert cli("data", "count", "--corpora", SAMPLE, "-o", "counts.json").code == 0
    assert json.loads((tmp_path / "counts.json").read_bytes())["sample"]["rows_in"] == 233


def test_a_model_card_takes_the_figures_of_an_evaluation(
    cli: Cli, bundle_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODERATION_CORPORA", str(SAMPLE))
    shutil.copytree(bundle_dir, tmp_path / "own")
    assert cli("model", "card", "own").out == (bundle_dir / "README.md").read_bytes()
    assert cli("evaluate", "own", "--resamples", 10, "--no-robustness", "--json", "figures.json").code == 0
    printed = cli("model", "card", "own", "--evaluation", "figures.json").out
    assert b"### The worst first" in printed
    done = cli("model", "card", "own", "--evaluation", "figures.json", "--write")
    assert (done.code, done.out) == (0, b"") and "it is now small/1+" in done.err
    assert (tmp_path / "own" / "README.md").read_bytes() == printed == cli("model", "card", "own").out
    done = cli("model", "card", "--evaluation", "figures.json")
    assert done.code == 1 and "is one of small 1, not of" in done.err
