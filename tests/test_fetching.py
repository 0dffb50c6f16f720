"""Fetching, from a real server on this machine that misbehaves in every way it can."""

import hashlib
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from moderation import fetching
from moderation.errors import FetchError, OutputError
from moderation.fetching import Download, fetch, is_safe, is_sha256

BODY = b"one line\nand another\n" * 10_000
SHA256 = hashlib.sha256(BODY).hexdigest()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        answers: dict[str, Callable[[], None]] = {
            "/whole": lambda: self.answer(len(BODY)),
            "/short": lambda: self.answer(len(BODY) + 1),
            "/endless": self.endless,
            "/silent": lambda: self.answer(None),
            "/elsewhere": lambda: self.redirect("http://example.org/file"),
            "/local": lambda: self.redirect("/whole"),
            "/circle": lambda: self.redirect("/circle"),
            "/file": lambda: self.redirect("file:///etc/passwd"),
            "/nonsense": lambda: self.wfile.write(b"what is HTTP?\n"),
        }
        if self.path in answers:
            answers[self.path]()
        else:
            self.send_error(404)

    def answer(self, length: int | None) -> None:
        self.send_response(200)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(BODY)

    def endless(self) -> None:
        self.send_response(200)
        self.end_headers()
        try:
            while True:
                self.wfile.write(BODY)
        except OSError:
            pass

    def redirect(self, to: str) -> None:
        self.send_response(302)
        self.send_header("Location", to)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


@pytest.mark.parametrize("name", ["/whole", "/silent", "/local"])
def test_a_file_is_fetched_whole(server: str, tmp_path: Path, name: str) -> None:
    seen: list[tuple[int, int | None]] = []
    path = tmp_path / "folder" / "file"
    assert fetch(Download(server + name, len(BODY), SHA256), path, lambda *counts: seen.append(counts)) == SHA256
    assert path.read_bytes() == BODY
    assert seen[-1] == (len(BODY), None if name == "/silent" else len(BODY))
    assert [p.name for p in path.parent.iterdir()] == ["file"]


@pytest.mark.parametrize(
    ("name", "limit", "sha256", "why"),
    [
        ("/whole", len(BODY), "0" * 64, f"{SHA256}, expected was {'0' * 64}"),
        ("/whole", len(BODY) - 1, None, "more than the"),
        ("/silent", len(BODY) - 1, None, "more than the"),
        ("/endless", 1_000_000, None, "more than the 1,000,000 bytes"),
        ("/short", 10**6, None, f"broke off after {len(BODY):,} of {len(BODY) + 1:,}"),
        ("/none", 10**6, None, "answered 404"),
        ("/elsewhere", 10**6, None, "no https address"),
        ("/file", 10**6, None, "no https address|answered 302"),
        ("/circle", 10**6, None, "answered 302"),
        ("/nonsense", 10**6, None, "no connection"),
    ],
)
def test_what_is_not_the_file_is_not_kept(
    server: str, tmp_path: Path, name: str, limit: int, sha256: str | None, why: str
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"before")
    with pytest.raises(FetchError, match=why):
        fetch(Download(server + name, limit, sha256), path)
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("file", b"before")]


def test_no_connection(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(FetchError, match=r"no connection to 127\.0\.0\.1"):
        fetch(Download(f"http://127.0.0.1:{port}/x", 10), tmp_path / "file")
    assert not list(tmp_path.iterdir())


def test_a_server_that_says_nothing_and_one_that_dribbles(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "_LONGEST", -1.0)
    with pytest.raises(FetchError, match="takes more than"):
        fetch(Download(f"{server}/whole", len(BODY)), tmp_path / "file")
    monkeypatch.setattr(fetching, "_SILENCE", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as mute, pytest.raises(FetchError, match="no connection"):
        fetch(Download(f"http://127.0.0.1:{mute.getsockname()[1]}/x", 10), tmp_path / "file")
    assert not list(tmp_path.iterdir())


def test_a_place_that_cannot_be_written(server: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="cannot be made"):
        fetch(Download(f"{server}/whole", len(BODY)), tmp_path / "file" / "below")


@pytest.mark.parametrize(
    "url", ["http://example.org/x", "ftp://example.org/x", "file:///etc/passwd", "https://", "x", "", "https://[/x"]
)
def test_only_https_is_fetched_from_elsewhere(tmp_path: Path, url: str) -> None:
    assert not is_safe(url)
    with pytest.raises(FetchError, match="no https address"):
        fetch(Download(url, 10), tmp_path / "file")


def test_what_is_a_sha256() -> None:
    assert is_sha256(SHA256)
    assert not any(map(is_sha256, ("", "0" * 63, "0" * 65, "g" * 64, "A" * 64, f"{SHA256}\n")))
