"""A real server on loopback, around a small real bundle."""

import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from moderation.scorer import Scorer
from moderation.service.core import Service
from moderation.service.server import make_server
from moderation.service.settings import read_settings

RUDE = "You are a pathetic idiot, shut up."
KIND = "Lovely photographs, thank you."


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Running:
    service: Service
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def send(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body, dict(headers or {}))
            response = connection.getresponse()
            return Reply(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Reply:
        return self.send("GET", path, headers=headers)

    def post(self, path: str, value: Any, **headers: str) -> Reply:
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        return self.send("POST", path, body, {"Content-Type": "application/json"} | headers)


@pytest.fixture(scope="session")
def halfway(scorer: Scorer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a policy that flags RUDE, for toxicity, and not KIND."""
    rude, kind = (v.scores["toxicity"] for v in scorer.score([RUDE, KIND]))
    assert rude > kind
    path = tmp_path_factory.mktemp("policy") / "halfway.toml"
    path.write_text(f"[toxicity]\nreview = {(rude + kind) / 2}\n")
    return path


class Starter:
    """Starts servers and stops them."""

    def __init__(self, bundle: Path, policy: Path) -> None:
        self.bundle = bundle
        self.policy = policy
        self._stops: list[Callable[[], None]] = []

    def __call__(self, **given: Any) -> Running:
        settings = read_settings(**{"model": str(self.bundle), "policy": self.policy, "port": 0} | given)
        service = Service(settings)
        server = make_server(service)
        listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        deadline = time.monotonic() + 20
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.005)
        assert server.started

        def stop() -> None:
            server.should_exit = True
            thread.join()
            listener.close()

        self._stops.append(stop)
        return Running(service, listener.getsockname()[1])

    def stop(self) -> None:
        while self._stops:
            self._stops.pop()()


@pytest.fixture
def start(bundle_dir: Path, halfway: Path) -> Iterator[Starter]:
    """Return a function that starts a server with the settings given."""
    starter = Starter(bundle_dir, halfway)
    yield starter
    starter.stop()


@pytest.fixture(scope="session")
def running(bundle_dir: Path, halfway: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Return a server without keys that many tests share."""
    starter = Starter(bundle_dir, halfway)
    yield starter(feedback=tmp_path_factory.mktemp("feedback") / "feedback.jsonl")
    starter.stop()
