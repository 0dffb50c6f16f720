from pathlib import Path

import pytest

from moderation.directories import cache_directory, data_directory
from moderation.errors import OutputError


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("XDG_CACHE_HOME", "XDG_DATA_HOME", "MODERATION_DATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/home/ann")


def test_without_variables_they_are_below_the_home_directory() -> None:
    assert cache_directory() == Path("/home/ann/.cache/moderation")
    assert data_directory() == Path("/home/ann/.local/share/moderation")


def test_variables_move_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/c")
    monkeypatch.setenv("XDG_DATA_HOME", "/d")
    assert (cache_directory(), data_directory()) == (Path("/c/moderation"), Path("/d/moderation"))
    monkeypatch.setenv("MODERATION_DATA", "/m")
    assert data_directory() == Path("/m")


def test_a_relative_path_is_ignored_as_the_specification_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "c")
    assert cache_directory() == Path("/home/ann/.cache/moderation")


def test_no_home_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError

    monkeypatch.setattr(Path, "home", homeless)
    with pytest.raises(OutputError, match="XDG_DATA_HOME"):
        data_directory()
