"""Where the user's own files go: what was fetched, and what can be made again. XDG Base Directory Specification 0.8."""

import os
from pathlib import Path

from moderation.errors import OutputError


def cache_directory() -> Path:
    """Return the folder for what can be made again: moderation/ in XDG_CACHE_HOME, or in ~/.cache.

    It need not exist. Raises OutputError where there is no home directory.
    """
    return _base("XDG_CACHE_HOME", ".cache") / "moderation"


def data_directory() -> Path:
    """Return the folder for what was fetched: MODERATION_DATA, or moderation/ in XDG_DATA_HOME or in ~/.local/share.

    It need not exist. Raises OutputError where there is no home directory.
    """
    named = os.environ.get("MODERATION_DATA")
    return Path(named) if named else _base("XDG_DATA_HOME", ".local/share") / "moderation"


def _base(variable: str, fallback: str) -> Path:
    named = Path(os.environ.get(variable, ""))
    if named.is_absolute():  # the specification: a relative path is to be ignored
        return named
    try:
        return Path.home() / fallback
    except RuntimeError:
        raise OutputError(f"There is no home directory. Name a folder in the variable {variable}.") from None
