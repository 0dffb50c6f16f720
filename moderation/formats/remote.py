"""Inputs behind URLs that fsspec knows: s3://, gs://, https://, memory://, ..."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from moderation.errors import InputError, MissingExtra


def is_remote(source: str) -> bool:
    """Return whether a source is a URL."""
    return "://" in source


def filesystem(url: str) -> Any:
    """Return the fsspec filesystem of a URL. Raises MissingExtra without the packages that it needs."""
    try:
        import fsspec

        return fsspec.core.url_to_fs(url)[0]
    except ImportError:
        raise MissingExtra(f"{url.partition('://')[0]}://", "remote") from None
    except ValueError:
        raise InputError(f"{url}: no address of a kind that fsspec knows. Check how it begins.") from None


@contextmanager
def opened_remote(url: str) -> Iterator[io.BufferedReader]:
    """Open what lies behind a URL for reading bytes. Raises OSError, MissingExtra."""
    with filesystem(url).open(url, "rb") as file:
        yield io.BufferedReader(cast(io.RawIOBase, file))


def remote_files(url: str) -> list[str]:
    """Return the URLs that one names: those below a folder, those that a pattern matches, or itself.

    Raises OSError, MissingExtra.
    """
    files = filesystem(url)
    names = files.glob(url) if "*" in url else files.find(url)
    return sorted(files.unstrip_protocol(name) for name in names) or [url]


def remote_size(url: str) -> int:
    """Return how many bytes lie behind a URL. Raises OSError, MissingExtra."""
    return int(filesystem(url).info(url)["size"] or 0)
