import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from moderation.cli import main

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Result:
    code: int
    out: bytes
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def cli(
    monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path
) -> Iterator[Callable[..., Result]]:
    """Return a function that runs the program in this process, in an empty folder, and gives back what it said."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MODERATION_CORPORA", raising=False)
    before = signal.getsignal(signal.SIGTERM)

    def run(*arguments: object, stdin: bytes = b"") -> Result:
        monkeypatch.setattr(sys, "argv", ["moderation", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(stdin))))  # type: ignore[arg-type]
        with pytest.raises(SystemExit) as ended:
            main()
            raise SystemExit(0)
        out, err = capsysbinary.readouterr()
        return Result(int(ended.value.code or 0), out, err.decode())

    yield run
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def process(tmp_path: Path) -> Callable[..., subprocess.Popen[bytes]]:
    """Return a function that starts the program as a real process, after some Python statements, in an empty folder."""

    def start(*arguments: object, first: str = "", **options: Any) -> subprocess.Popen[bytes]:
        # A shell that runs tests in the background ignores Ctrl-C for them; a user's does not.
        code = (
            f"import signal; signal.signal(signal.SIGINT, signal.default_int_handler); {first}\n"
            "from moderation.cli import main; main()"
        )
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE) | options
        environment = {k: v for k, v in os.environ.items() if k != "MODERATION_CORPORA"} | {"PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-c", code, *map(str, arguments)]
        return subprocess.Popen(command, cwd=tmp_path, env=environment, **pipes)

    return start


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    rows = [
        {"id": 1, "text": "You are a pathetic idiot, shut up.", "author": "Ann"},
        {"id": "b", "text": "Lovely photographs, thank you."},
        {"text": ""},
    ]
    (tmp_path / "dump.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path / "dump.jsonl"
