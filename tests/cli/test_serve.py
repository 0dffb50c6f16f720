"""`moderation serve`, as far as it does not serve; tests/service has the rest."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from moderation.service.keys import key_hash

Cli = Callable[..., Any]


def test_the_settings_are_shown_without_secrets(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "s.toml").write_text('port = 1\n[coral]\nsecrets = ["SECRET"]\n')
    monkeypatch.setenv("MODERATION_SERVE_DISCOURSE__SECRET", "SECRET")
    done = cli("serve", "--config", "s.toml", "--host", "127.0.0.2", "--show-config")
    shown = json.loads(done.out)
    assert (done.code, shown["port"], shown["host"], shown["model"]) == (0, 1, "127.0.0.2", "default")
    assert b"SECRET" not in done.out


def test_a_key_is_printed_once_and_its_hash_beside_it(cli: Cli) -> None:
    done = cli("serve", "--new-key", "forum", "--scope", "score", "--scope", "feedback")
    key = done.out.decode().strip()
    assert f'sha256 = "{key_hash(key)}"' in done.err and 'scopes = ["score", "feedback"]' in done.err
    assert key not in done.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--host", "0.0.0.0"), "without keys"),
        (("--model", "nowhere"), "no bundle here"),
        (("--config", "nowhere.toml"), "no such file"),
        (("--policy", "nowhere.toml"), "not a policy file"),
        (("--new-key", "a b"), "A key's name"),
        (("--new-key", "a", "--scope", "root"), "A key's scopes"),
    ],
)
def test_what_cannot_be_served_is_one_line(cli: Cli, arguments: tuple[str, ...], said: str) -> None:
    done = cli("serve", *arguments)
    assert (done.code, done.out) == (1, b"")
    assert said in done.err.splitlines()[-1] and "Traceback" not in done.err


def test_without_the_extra_it_says_which(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [*sys.modules]:
        if name.startswith("moderation.service"):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pydantic_settings", None)
    done = cli("serve", "--show-config")
    assert done.code == 1 and "moderation[serve]" in done.err
