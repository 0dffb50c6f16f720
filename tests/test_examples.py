"""The examples of embedding run as they stand, with the shipped model."""

import http.client
import importlib.util
import json
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from moderation.shipped import shipped

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
pytestmark = pytest.mark.skipif(not shipped("models/default").is_dir(), reason="no bundle is shipped yet")

Post = Callable[[bytes], int]
RUDE = "You are a pathetic idiot, shut up."
KIND = "Lovely photographs, thank you."


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def check(module: ModuleType, post: Post) -> None:
    def send(value: object) -> int:
        return post(json.dumps(value).encode())

    assert send({"text": KIND}) == 201
    assert send({"text": RUDE}) == 202
    assert send({"text": ""}) == 202  # what cannot be judged is held, never published
    assert send({"text": 7}) in (400, 422) and send([]) in (400, 422) and post(b"{") in (400, 422)
    assert module.published == [KIND]
    assert [entry["text"] for entry in module.held] == [RUDE, ""]
    assert module.held[0]["flags"] and module.held[1]["unscored"] == "empty"


def test_flask() -> None:
    module = load("flask_app")
    client = module.app.test_client()
    check(module, lambda body: client.post("/comments", data=body, content_type="application/json").status_code)


def test_django() -> None:
    import sys

    module = load("django_app")
    sys.modules["django_app"] = module  # Django imports the routes by this name
    from django.test import Client

    client = Client()
    check(module, lambda body: client.post("/comments", body, content_type="application/json").status_code)
    assert client.get("/comments").status_code == 405


def test_fastapi() -> None:
    import uvicorn

    module = load("fastapi_app")
    server = uvicorn.Server(uvicorn.Config(module.app, log_config=None, lifespan="off"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        while not server.started:
            time.sleep(0.005)

        def post(body: bytes) -> int:
            connection = http.client.HTTPConnection(*listener.getsockname()[:2], timeout=20)
            try:
                connection.request("POST", "/comments", body, {"Content-Type": "application/json"})
                response = connection.getresponse()
                response.read()
                return response.status
            finally:
                connection.close()

        try:
            check(module, post)
        finally:
            server.should_exit = True
            thread.join()
