"""Settings that every test shares."""

import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import settings

from moderation.policy import Policy, Thresholds
from moderation.scorer import Scorer
from moderation.training import TrainOptions, train

# Compiled code is loaded on first use and CI machines are busy, so times say nothing. The same examples every run.
settings.register_profile("offline", deadline=None, derandomize=True)
settings.load_profile("offline")

RUDE = "You are a pathetic idiot, shut up."
KIND = "Lovely photographs, thank you."


@pytest.fixture(autouse=True)
def own_directories(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep the tests out of the user's own files."""
    monkeypatch.delenv("MODERATION_DATA", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.setenv("no_proxy", "*")


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """Serve a new folder on this machine; give the folder and its address."""
    folder = tmp_path_factory.mktemp("web")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield folder, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def bundle_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a small real bundle, trained once on the sample corpus. Tests that change one copy it first."""
    path = tmp_path_factory.mktemp("bundle") / "small"
    train(TrainOptions(output=path, name="small", version="1", bits=12, jobs=1))
    return path


@pytest.fixture(scope="session")
def scorer(bundle_dir: Path) -> Scorer:
    return Scorer.load(bundle_dir)


@pytest.fixture(scope="session")
def judge(scorer: Scorer) -> Scorer:
    """Return a scorer that surely flags the rude one of two comments, for toxicity, and not the other."""
    rude, kind = (v.scores["toxicity"] for v in scorer.score([RUDE, KIND]))
    assert rude > kind
    return Scorer(scorer.classifier, Policy({"toxicity": Thresholds((rude + kind) / 2)}, "halfway"), scorer.model)


@pytest.fixture(scope="session")
def warc_record() -> Callable[..., bytes]:
    """Return a function that makes a record of a web archive, by hand: no library writes a damaged one."""

    def build(
        number: int,
        body: bytes,
        header: str | None = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n",
        kind: str = "response",
        type: str = "application/http; msgtype=response",
    ) -> bytes:
        block = (header.encode() + b"\r\n" if header is not None else b"") + body
        head = (
            f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <urn:uuid:{number:08d}-0000-4000-8000-000000000000>\r\n"
            f"WARC-Date: 2024-01-02T03:04:{number:02d}Z\r\nWARC-Target-URI: https://a.example/{number}\r\n"
            f"Content-Type: {type}\r\nContent-Length: {len(block)}\r\n\r\n"
        )
        return head.encode() + block + b"\r\n\r\n"

    return build
