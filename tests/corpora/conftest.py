import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from moderation.corpora.copies import near_copies

SPEC = """\
name = "{name}"
title = "A corpus made in a test"
file = "{file}"
source = "https://example.org/{name}"
licence = "CC0-1.0"
citation = "None."
language = "en"
may_train = {may_train}
{more}
[labels]
hate = "hate"
toxicity = "offensive"

[splits]
train = "train"
dev = "validation"
test = "held out"
none = "hash"

[meta]
author = "string"
pair = "string"
votes = "int64"
tags = "strings"
"""


def row(text: str | None, **values: Any) -> dict[str, Any]:
    standard = {"id": None, "text": text, "hate": 0, "antisemitism": None, "offensive": None, "targets": []}
    return standard | {"split": None, "source": "test", "meta": {}} | values


@pytest.fixture
def make_row() -> Callable[..., dict[str, Any]]:
    return row


@pytest.fixture
def write_corpus(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a corpus and its spec into a folder, and returns the folder."""

    def write(
        rows: list[dict[str, Any]] | bytes,
        name: str = "small",
        folder: Path = tmp_path / "corpora",
        more: str = "",
        may_train: bool = True,
        suffix: str = ".jsonl",
    ) -> Path:
        folder.mkdir(exist_ok=True)
        spec = SPEC.format(name=name, file=name + suffix, more=more, may_train=str(may_train).lower())
        (folder / f"{name}.toml").write_text(spec, encoding="utf-8")
        data = rows if isinstance(rows, bytes) else "".join(json.dumps(r) + "\n" for r in rows).encode()
        compressed = suffix.endswith(".gz") and not isinstance(rows, bytes)
        (folder / (name + suffix)).write_bytes(gzip.compress(data) if compressed else data)
        return folder

    return write


@pytest.fixture(scope="session", autouse=True)
def compiled() -> None:
    """Compile the kernels before a test is timed."""
    near_copies(["one", "two"])
