import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from moderation.corpora import load_specs
from moderation.corpora.reading import Rows, read_rows
from moderation.errors import CorpusError, MissingExtra


def read(folder: Path, suffix: str = ".jsonl") -> Rows:
    return read_rows(load_specs(folder)["small"], folder / f"small{suffix}")


def test_rows_come_by_column(write_corpus: Callable[..., Path], make_row: Callable[..., dict[str, Any]]) -> None:
    rows = read(
        write_corpus(
            [
                make_row("one", id="small:a", hate=1, antisemitism=1, targets=["women"], meta={"votes": 3}),
                make_row("two", split="dev", offensive=0, meta={"tags": ["x"], "author": "n"}),
                make_row(None, split="train", hate=None, meta=None),
            ]
        )
    )
    assert rows.ids == ["small:a", "small:1", "small:2"]
    assert rows.texts == ["one", "two", ""]
    assert rows.roles == ["hash", "validation", "train"]
    assert rows.targets == [("women",), (), ()]
    assert rows.meta == [{"votes": 3}, {"tags": ["x"], "author": "n"}, {}]
    # antisemitism is a column of the file but, by the spec, no label of this corpus
    expected = np.array([[1, np.nan, np.nan], [0, np.nan, 0], [np.nan, np.nan, np.nan]], dtype=np.float32)
    np.testing.assert_array_equal(rows.labels, expected)
    assert rows.labels.dtype == np.float32


def test_ragged_meta_far_down_the_file_is_read(
    write_corpus: Callable[..., Path], make_row: Callable[..., dict[str, Any]]
) -> None:
    # Past the block from which a schema would be guessed.
    rows = [make_row("word " * 200, split="train") for _ in range(12_000)] + [make_row("last", meta={"tags": ["late"]})]
    assert read(write_corpus(rows, suffix=".jsonl.gz"), ".jsonl.gz").meta[-1] == {"tags": ["late"]}


def test_text_is_left_as_it_is(write_corpus: Callable[..., Path], make_row: Callable[..., dict[str, Any]]) -> None:
    texts = ["a\x00b", "  \n\t", "\u202e\u200b", "Ä" * 100_000]
    assert read(write_corpus([make_row(text) for text in texts])).texts == texts


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"shade": "red"}, "column 'shade' is unknown"),
        ({"meta": {"shade": 1}}, "unknown field 'shade'"),
        ({"meta": {"votes": 1, "shade": {"a": 1}}}, "unknown field 'shade'"),
        ({"hate": 2}, "row 2: hate is neither 0, 1 nor null"),
        ({"hate": -1}, "row 2: hate is neither"),
        ({"hate": "yes"}, "row 2: hate is neither"),
        ({"offensive": 0.5}, "offensive is neither"),
        ({"split": "unheard"}, "row 2: split is a value that"),
        ({"meta": {"votes": "many"}}, "not JSON lines"),
        ({"meta": "none"}, "meta|unknown type|not JSON"),
    ],
)
def test_what_the_spec_does_not_know_is_named(
    write_corpus: Callable[..., Path], make_row: Callable[..., dict[str, Any]], change: dict[str, Any], named: str
) -> None:
    secret = "words that must not be shown"
    folder = write_corpus([make_row(secret, offensive=1), make_row(secret) | change, make_row(secret)])
    with pytest.raises(CorpusError, match=named) as caught:
        read(folder)
    message = str(caught.value)
    assert "small.jsonl" in message and "\n" not in message and secret not in message


def test_a_null_split_that_the_spec_does_not_name(
    write_corpus: Callable[..., Path], make_row: Callable[..., dict[str, Any]]
) -> None:
    folder = write_corpus([make_row("x")])
    spec = folder / "small.toml"
    spec.write_text(spec.read_text().replace('none = "hash"\n', ""))
    with pytest.raises(CorpusError, match="split is null"):
        read(folder)


GOOD = json.dumps({"text": "x", "hate": 1}).encode() + b"\n"


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (GOOD + b'{"text": "caf\xe9", "hate": 0}\n', "not UTF-8"),
        (GOOD.decode().encode("utf-16"), "not UTF-8|not JSON"),
        (GOOD + b"nothing\n", "not JSON lines"),
        (GOOD + b'{"text": "cut', "not JSON lines"),
        (b'{"text": "a\x00b", "hate": 0}\n', "not JSON lines"),
        (b"5\n6\n", "not JSON lines"),
        (b'{"text": "x", "text": "y"}\n', "not JSON lines"),
        (b'{"text": "\\ud800"}\n', "not JSON lines"),
        (b'{"text":' * 5_000, "not JSON lines"),
    ],
)
def test_damaged_files_are_one_clear_line(write_corpus: Callable[..., Path], data: bytes, named: str) -> None:
    folder = write_corpus(data)
    with pytest.raises(CorpusError, match=named) as caught:
        read(folder)
    assert "\n" not in str(caught.value)


def test_a_truncated_gzip(write_corpus: Callable[..., Path]) -> None:
    whole = gzip.compress(b"".join(b'{"text": "%d", "hate": 1}\n' % (k * k) for k in range(3000)))
    with pytest.raises(CorpusError, match="cut short"):
        read(write_corpus(whole[: len(whole) // 2], suffix=".jsonl.gz"), ".jsonl.gz")


def test_what_only_claims_to_be_gzip(write_corpus: Callable[..., Path]) -> None:
    with pytest.raises(CorpusError, match="cannot be read"):
        read(write_corpus(GOOD, suffix=".jsonl.gz"), ".jsonl.gz")


def test_a_missing_file_says_where_to_get_it(write_corpus: Callable[..., Path]) -> None:
    folder = write_corpus(GOOD)
    (folder / "small.jsonl").unlink()
    with pytest.raises(CorpusError, match=r"no such file.*https://example\.org/small"):
        read(folder)


def test_without_datasets_the_extra_is_named(
    write_corpus: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_corpus(GOOD)
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(MissingExtra, match=r"moderation\[train\]"):
        read(folder)


def test_neither_the_network_nor_the_home_directory_is_touched(
    write_corpus: Callable[..., Path], tmp_path: Path
) -> None:
    folder, home = write_corpus(GOOD), tmp_path / "home"
    home.mkdir()
    program = f"""
import socket
def refuse(*args, **kwargs): raise SystemExit("network")
socket.socket.connect = socket.getaddrinfo = refuse
from pathlib import Path
from moderation.corpora import load_corpora
import sys
assert "datasets" not in sys.modules
assert len(load_corpora(Path({str(folder)!r}), for_training=True)[0].texts) == 1
"""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("HF_", "XDG_"))}
    environment = kept | {"HOME": str(home), "PYTHONPATH": str(Path(__file__).parents[2]), "TMPDIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", program], check=True, env=environment, cwd=tmp_path)
    assert not list(home.rglob("*huggingface*"))
    assert not list(tmp_path.glob("moderation-*"))


def test_a_folder_with_wildcards_in_its_name(write_corpus: Callable[..., Path], tmp_path: Path) -> None:
    assert read(write_corpus(GOOD, folder=tmp_path / "a[1] *?")).texts == ["x"]
