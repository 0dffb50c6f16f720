"""The service as a process: signals, and what a crash leaves."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .conftest import KIND, RUDE

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are others there")


class Process:
    def __init__(self, folder: Path, bundle: Path, *options: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.log = folder / "log"
        command = [
            sys.executable,
            "-m",
            "moderation",
            "serve",
            "--model",
            str(bundle),
            "--port",
            str(self.port),
            *options,
        ]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=log, stderr=log
            )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                if self.ask("GET", "/readyz")[0] == 200:
                    return
            except OSError:
                time.sleep(0.05)
        raise AssertionError(self.log.read_text())

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, None if body is None else json.dumps(body))
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def events(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]

    def wait_for(self, event: str) -> dict[str, object]:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if found := [e for e in self.events() if e["event"] == event]:
                return found[-1]
            time.sleep(0.02)
        raise AssertionError(self.log.read_text())


@pytest.fixture
def launch(tmp_path: Path, bundle_dir: Path) -> Iterator[Callable[..., Process]]:
    launched: list[Process] = []

    def start(*options: str) -> Process:
        launched.append(Process(tmp_path, bundle_dir, *options))
        return launched[-1]

    yield start
    for item in launched:
        if item.process.poll() is None:
            item.process.kill()
        item.process.wait()


def test_it_reloads_at_sighup_and_finishes_what_it_took_at_sigterm(
    launch: Callable[..., Process], tmp_path: Path
) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text("[toxicity]\nreview = 1.0\n")
    process = launch("--policy", str(policy))
    policy.write_text("[toxicity]\nreview = 0.0\n")
    process.process.send_signal(signal.SIGHUP)
    assert process.wait_for("reloaded")["policy"] != process.wait_for("started")
    assert json.loads(process.ask("POST", "/v1/score", {"comments": [KIND]})[1])["results"][0]["flags"] == ["toxicity"]
    policy.write_text("nonsense")
    process.process.send_signal(signal.SIGHUP)
    process.wait_for("reload refused")
    assert process.ask("POST", "/v1/score", {"comments": [KIND]})[0] == 200

    # A request whose body is still coming when the signal does is answered all the same.
    body = json.dumps({"comments": [RUDE]}).encode()
    with socket.create_connection(("127.0.0.1", process.port), timeout=20) as connection:
        head = f"POST /v1/score HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body[:5])
        time.sleep(0.2)
        process.process.terminate()
        time.sleep(0.4)
        connection.sendall(body[5:])
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    assert answer.startswith(b"HTTP/1.1 200") and b'"flags":["toxicity"]' in answer
    assert process.process.wait(20) == 128 + signal.SIGTERM
    assert "Traceback" not in process.log.read_text()


def test_kill_loses_nothing_that_was_acknowledged(launch: Callable[..., Process], tmp_path: Path) -> None:
    (tmp_path / "service.toml").write_text('feedback = "feedback.jsonl"\n')
    process = launch("--config", "service.toml")
    acknowledged: list[str] = []

    def suggest(worker: int) -> None:
        number = 0
        while True:
            token = f"{worker}-{number}"
            number += 1
            body = {"comment": {"text": KIND}, "attributeScores": {"TOXICITY": {}}, "clientToken": token}
            try:
                status, answer = process.ask("POST", "/v1alpha1/comments:suggestscore", body)
            except (OSError, http.client.HTTPException):
                return
            assert status == 200
            acknowledged.append(json.loads(answer)["clientToken"])

    threads = [threading.Thread(target=suggest, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    while len(acknowledged) < 50:
        time.sleep(0.01)
    process.process.kill()
    for thread in threads:
        thread.join()
    kept = []
    for line in (tmp_path / "feedback.jsonl").read_bytes().splitlines():
        with contextlib.suppress(ValueError):  # the line that was cut was not acknowledged
            kept.append(json.loads(line)["clientToken"])
    assert set(acknowledged) <= set(kept)


def test_a_port_that_is_taken_is_one_line(bundle_dir: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "moderation", "serve", "--model", str(bundle_dir), "--port", port]
        done = subprocess.run(command, capture_output=True, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert done.returncode == 1 and b"cannot be listened at" in done.stderr
    assert b"Traceback" not in done.stderr
