"""Settings: where they come from, what is refused, and what is never shown."""

import json
from pathlib import Path
from typing import Any

import pytest

from moderation.errors import SettingsError
from moderation.service.keys import Keyring, key_hash, new_key
from moderation.service.problems import Problem
from moderation.service.settings import is_loopback, read_settings

HASH = key_hash("k")
TOML = f"""
port = 1
model = "fast"
[limits]
body = 2048
[[keys]]
name = "forum"
sha256 = "{HASH}"
scopes = ["score", "admin"]
rate = 5
[coral]
secrets = ["SECRET-ONE"]
[discourse]
secret = "SECRET-TWO"
url = "https://forum.example"
api_key = "SECRET-THREE"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "service.toml"
    path.write_text(TOML)
    return path


def test_given_over_environment_over_file_over_default(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODERATION_SERVE_PORT", "2")
    monkeypatch.setenv("MODERATION_SERVE_MODEL", "accurate")
    monkeypatch.setenv("MODERATION_SERVE_LIMITS__COMMENTS", "7")
    settings = read_settings(file, port=3)
    assert (settings.port, settings.model, settings.host) == (3, "accurate", "127.0.0.1")
    assert (settings.limits.body, settings.limits.comments, settings.limits.queue) == (2048, 7, 2000)
    assert settings.keys[0].scopes == ("score", "admin")
    assert read_settings().model == "accurate"


def test_no_secret_is_shown(file: Path) -> None:
    shown = read_settings(file).shown()
    assert "SECRET" not in shown and HASH not in shown
    assert json.loads(shown)["keys"] == [{"name": "forum", "scopes": ["score", "admin"], "rate": 5.0}]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("port = 99999", "port"),
        ("prot = 80", "prot"),
        ('host = "0.0.0.0"', "without keys"),
        ('host = "::"', "without keys"),
        ('host = "forum.example"', "without keys"),
        ("[limits]\nqueue = 0", "limits.queue"),
        ('[[keys]]\nname = "a"\nsha256 = "SECRET"', "keys.0.sha256"),
        (f'[[keys]]\nname = "a"\nsha256 = "{HASH}"\nscopes = ["root"]', "keys.0.scopes"),
        (f'[[keys]]\nname = "a"\nsha256 = "{HASH}"\n' * 2, "same name"),
        ('[discourse]\nurl = "https://forum.example"', "go together"),
        ('[discourse]\nurl = "file:///etc"\napi_key = "SECRET"', "must begin"),
        ('public_url = "forum"', "public_url"),
        ("port = ", "cannot be read"),
    ],
)
def test_settings_that_make_no_sense_are_named_without_values(tmp_path: Path, text: str, named: str) -> None:
    (tmp_path / "s.toml").write_text(text)
    with pytest.raises(SettingsError, match=named) as caught:
        read_settings(tmp_path / "s.toml")
    assert "SECRET" not in str(caught.value)


def test_an_environment_that_cannot_be_read_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODERATION_SERVE_KEYS", "SECRET")
    with pytest.raises(SettingsError) as caught:
        read_settings()
    assert "SECRET" not in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no such file"):
        read_settings(tmp_path / "s.toml")


@pytest.mark.parametrize(
    ("host", "local"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("localhost", True), ("10.0.0.1", False), ("a.b", False)],
)
def test_loopback(host: str, local: bool) -> None:
    assert is_loopback(host) is local


def test_a_new_key_opens_what_its_table_says(tmp_path: Path) -> None:
    key, table = new_key("forum", ["score", "feedback"])
    (tmp_path / "s.toml").write_text('host = "0.0.0.0"\n' + table)
    assert key not in table and len(key) == 40 and key.isalnum() and key == key.lower()
    ring = Keyring(read_settings(tmp_path / "s.toml").keys)
    owner = ring.owner(key, "score")
    assert owner is not None and owner.name == "forum"
    wrong = ((key, "admin", 403), (key[:-1], "score", 401), ("é\udc00", "score", 401), (None, "score", 401))
    for presented, scope, status in wrong:
        with pytest.raises(Problem) as caught:
            ring.owner(presented, scope)  # type: ignore[arg-type]
        assert caught.value.status == status
    assert new_key("forum", ["score"])[0] != key


@pytest.mark.parametrize(("name", "scopes"), [("a b", ["score"]), ("", ["score"]), ("a", ["root"])])
def test_a_key_that_cannot_be(name: str, scopes: list[str]) -> None:
    with pytest.raises(SettingsError, match="A key's"):
        new_key(name, scopes)


def test_an_empty_ring_is_open() -> None:
    assert Keyring(()).is_open and Keyring(()).owner(None, "admin") is None


def settings_of(**given: Any) -> Any:
    return read_settings(**given)


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        settings_of().port = 1
