"""Every command: help with an example, a place in the documents, and what it does."""

import inspect
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from moderation.cli import app
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
    assert {("model", "check"), ("model", "info")} < COMMANDS.keys()


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
    assert re.search(r"3 files match their hashes, \d+ golden texts their scores", done.out.decode())


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


@pytest.mark.parametrize("given", ["hate", "hate=2", "hate=x", "anger=0.5", "=0.5", "hate=nan"])
def test_a_precision_that_makes_no_sense_is_refused(cli: Cli, given: str, tmp_path: Path) -> None:
    done = cli("train", "-o", "b", "--precision", given)
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


def test_evaluating_without_corpora_says_how(cli: Cli, bundle_dir: Path) -> None:
    done = cli("evaluate", bundle_dir)
    assert (done.code, done.out) == (1, b"")
    assert "--corpora DIR or in MODERATION_CORPORA" in done.err
