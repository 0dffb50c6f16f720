"""Fetching one file over HTTP: bounded in size and time, checked, and in its place only when it is whole."""

import hashlib
import re
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException, HTTPMessage
from pathlib import Path
from typing import IO
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

from moderation import __version__
from moderation.atomic import written_aside
from moderation.errors import FetchError, OutputError

_BLOCK = 1 << 16
_SILENCE = 30.0  # seconds without a byte
_LONGEST = 600.0  # seconds in all: a byte now and then must not keep us for ever
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


Progress = Callable[[int, int | None], None]
"""Called with the bytes fetched so far, and those expected in all (None: the server does not say)."""


@dataclass(frozen=True, slots=True)
class Download:
    """What to fetch: at most `limit` bytes from `url`, with `sha256` in lower-case hexadecimal (None: any)."""

    url: str
    limit: int
    sha256: str | None = None


def silent(done: int, total: int | None) -> None:
    """Show nothing."""
    del done, total


def fetch(download: Download, path: Path, progress: Progress = silent) -> str:
    """Fetch a file to `path`, in the place of what stood there, and return its sha256.

    Raises:
        FetchError: no connection, another answer than a file, a file that is too large, broken off or not the pinned
            one. `path` is then as it was.
        OutputError: `path` cannot be written.
    """
    if not is_safe(download.url):
        raise FetchError(f"{download.url} is no https address. Correct it in the spec.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{path.parent}: cannot be made ({error.strerror}). Choose another place.") from None
    with written_aside(path) as file:
        # Errors of the network are OSErrors, too: told apart here from those of the disk.
        digest = _received(download, file, progress)
        if download.sha256 is not None and digest != download.sha256:
            raise FetchError(
                f"{download.url} is not the file that was pinned: its sha256 is {digest}, expected was "
                f"{download.sha256}. It was not kept. Look at what changed there before you trust it."
            )
    return digest


def is_safe(url: str) -> bool:
    """Say whether an address is one to fetch from: https, or http on this machine itself."""
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and (
            parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
        )
    except ValueError:
        return False


def is_sha256(text: str) -> bool:
    """Say whether a text is a sha256 as `fetch` compares it: 64 hexadecimal digits, small letters."""
    return re.fullmatch("[0-9a-f]{64}", text) is not None


class _SafeRedirects(urllib.request.HTTPRedirectHandler):
    """Follows no redirect that leaves https."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:
        if not is_safe(newurl):
            raise FetchError(f"{req.full_url} leads to {newurl}, which is no https address. It was not followed.")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _received(download: Download, file: IO[bytes], progress: Progress) -> str:
    """Write what the address answers to `file` and return its sha256."""
    url, limit = download.url, download.limit
    request = urllib.request.Request(url, headers={"User-Agent": f"moderation/{__version__}"})  # noqa: S310 (is_safe)
    digest, done, end = hashlib.sha256(), 0, time.monotonic() + _LONGEST
    try:
        with urllib.request.build_opener(_SafeRedirects).open(request, timeout=_SILENCE) as answer:
            length = answer.headers.get("Content-Length", "")
            total = int(length) if length.isascii() and length.isdigit() else None
            if (total or 0) > limit:
                raise FetchError(_too_large(url, limit))
            while block := answer.read(_BLOCK):
                done += len(block)
                if done > limit:
                    raise FetchError(_too_large(url, limit))
                if time.monotonic() > end:
                    raise FetchError(f"{url} takes more than {_LONGEST:.0f} seconds. Try again later.")
                digest.update(block)
                _write(file, block)
                progress(done, total)
    except HTTPError as error:
        raise FetchError(f"{url} answered {error.code} ({error.reason}). Is the address still right?") from None
    except (URLError, HTTPException, OSError) as error:
        reason = error.reason if isinstance(error, URLError) else error
        raise FetchError(f"There is no connection to {urlsplit(url).hostname} ({reason}).") from None
    if total is not None and done < total:
        raise FetchError(f"{url} broke off after {done:,} of {total:,} bytes. Try again.")
    return digest.hexdigest()


def _write(file: IO[bytes], block: bytes) -> None:
    try:
        file.write(block)
    except OSError as error:
        raise OutputError(
            f"The file cannot be written ({error.strerror}). Free space, or choose another place."
        ) from None


def _too_large(url: str, limit: int) -> str:
    return f"{url} holds more than the {limit:,} bytes that were expected. It was not kept: is it the right file?"
