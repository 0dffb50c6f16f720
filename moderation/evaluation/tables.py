"""Reads TOML that must have a known form, and says what is wrong where it has not."""

import tomllib
from pathlib import Path
from typing import Any

from moderation.errors import CorpusError


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises:
        CorpusError: it cannot be read, or is not TOML in UTF-8.
    """
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8"))
    except OSError as error:
        raise CorpusError(f"{path} cannot be read: {error.strerror}. Check the path.") from error
    except (ValueError, RecursionError) as error:
        raise CorpusError(f"{path} is not TOML in UTF-8: {type(error).__name__}. Correct the file.") from error


def strings(table: Any, where: str) -> dict[str, str]:
    """Return a table whose values are all strings.

    Raises:
        CorpusError: it is no table, or a value is no string.
    """
    if not isinstance(table, dict) or not all(isinstance(value, str) for value in table.values()):
        raise CorpusError(f"{where} must hold strings only. Put quotes round each value.")
    return dict(table)


def subtables(value: Any, where: str) -> list[tuple[str, dict[str, Any]]]:
    """Return the names and values of a table that holds tables only.

    Raises:
        CorpusError: it holds something else.
    """
    if not isinstance(value, dict) or not all(isinstance(entry, dict) for entry in value.values()):
        raise CorpusError(f"{where} must hold tables only, as [functionality.id]. Correct the file.")
    return list(value.items())
