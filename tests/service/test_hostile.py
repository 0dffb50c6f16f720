"""Hostile requests: slow, huge, deep, broken. They get an error or are cut off; the service goes on."""

import contextlib
import http.client
import json
import logging
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from moderation.service import logs
from moderation.service.keys import key_hash

from .conftest import KIND, RUDE, Running, Starter

MARKER = "zebra7marker"


@pytest.fixture(scope="module")
def impatient(request: pytest.FixtureRequest) -> Iterator[Running]:
    """Return a server whose patience is short."""
    from .conftest import Starter

    starter = Starter(request.getfixturevalue("bundle_dir"), request.getfixturevalue("halfway"))
    yield starter(limits={"header_timeout": 0.5, "body_timeout": 0.5, "headers": 4096, "body": 4096})
    starter.stop()


def raw(running: Running, *pieces: bytes, pause: float = 0.0, wait: float = 5.0) -> bytes:
    """Send pieces, and return all that comes back until the server closes, or for so long."""
    with socket.create_connection(("127.0.0.1", running.port), timeout=wait) as connection:

        def send() -> None:
            with contextlib.suppress(OSError):
                for piece in pieces:
                    connection.sendall(piece)
                    time.sleep(pause)

        sender = threading.Thread(target=send)
        sender.start()
        answer = b""
        with contextlib.suppress(OSError):
            while chunk := connection.recv(65536):
                answer += chunk
        sender.join()
        return answer


def alive(running: Running) -> bool:
    return running.post("/v1/score", {"comments": [KIND]}).status == 200


def test_headers_that_drip_are_cut_off(impatient: Running) -> None:
    started = time.monotonic()
    head = b"POST /v1/score HTTP/1.1\r\nHost: localhost\r\n"
    assert raw(impatient, head, *[b"X-A: 1\r\n"] * 20, pause=0.05) == b""
    assert raw(impatient) == b""  # a connection that says nothing
    assert time.monotonic() - started < 3
    assert alive(impatient)


def test_a_second_request_that_drips_is_cut_off(impatient: Running) -> None:
    first = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    answer = raw(impatient, first, b"GET /healthz HTTP/1.1\r\n", pause=0.05)
    assert answer.count(b"HTTP/1.1 200") == 1


def test_a_body_that_drips_is_cut_off(impatient: Running) -> None:
    head = b"POST /v1/score HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n"
    answer = raw(impatient, head, *[b"{"] * 20, pause=0.05)
    assert answer.startswith(b"HTTP/1.1 408") and b"urn:moderation:problem:too-slow" in answer
    assert alive(impatient)


@pytest.mark.parametrize("headers", [b"X-A: " + b"a" * 8000, b"\r\n".join(b"X-%d: a" % n for n in range(1000))])
def test_too_many_headers_close_the_connection(impatient: Running, headers: bytes) -> None:
    answer = raw(impatient, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + headers + b"\r\n\r\n")
    assert b"HTTP/1.1 200" not in answer
    assert b"HTTP/1.1 200" not in raw(impatient, b"GET /" + b"a" * 8000 + b" HTTP/1.1\r\n\r\n")
    assert alive(impatient)


def test_a_body_without_end_is_refused_and_cut_off(impatient: Running) -> None:
    head = b"POST /v1/score HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer = raw(impatient, head, *[b"1000\r\n" + b"x" * 4096 + b"\r\n"] * 10, pause=0.1)
    assert answer.startswith(b"HTTP/1.1 413")
    huge = b"POST /v1/score HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n"
    started = time.monotonic()
    assert raw(impatient, huge, *[b"x" * 1000] * 20, pause=0.1).startswith(b"HTTP/1.1 413")
    assert time.monotonic() - started < 4
    assert alive(impatient)


@pytest.mark.parametrize(
    "request_line",
    [
        b"\x00\x01\x02\r\n\r\n",
        b"GET\r\n\r\n",
        b"POST /v1/score HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"POST /v1/score HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        b"POST /v1/score HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, x\r\n\r\nxx",
        b"GET /%ff%00?key=%ff HTTP/1.1\r\nHost: \xff\r\n\r\n",
    ],
)
def test_what_is_no_http_ends_there(impatient: Running, request_line: bytes) -> None:
    assert not raw(impatient, request_line, wait=1).startswith(b"HTTP/1.1 5")
    assert alive(impatient)


@pytest.mark.parametrize(
    "path",
    [
        "/v1/score",
        "/v1alpha1/comments:analyze",
        "/v1alpha1/comments:suggestscore",
        "/v1/moderations",
        "/1.1/comment-check",
    ],
)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"0",
        b"[]",
        b'"' + b"\\ud800" * 10 + b'"',
        b"\xff\xfe{",
        b"{" * 50_000,
        b'{"a":' * 50_000,
        b"[" * 50_000 + b"]" * 50_000,
        b'{"comments": [1e999], "input": 1e999, "comment": {"text": 1e999}}',
        b'{"comments": {"0": "x"}, "input": {"0": "x"}, "comment": ["x"], "requestedAttributes": []}',
        b'{"comment": {"text": "x"}, "requestedAttributes": {"TOXICITY": {"scoreThreshold": NaN}}}',
        b'{"comment": {"text": "x"}, "requestedAttributes": {"TOXICITY": {}}, "languages": ["' + b"a" * 5000 + b'"]}',
        '{"comments": ["\u0000\u202e\\u0000"]}'.encode(),
        '{"comments": ["ok"]}'.encode("utf-16"),
    ],
    ids=range(15),
)
def test_no_body_makes_the_service_fail(running: Running, path: str, body: bytes) -> None:
    reply = running.send("POST", path, body, {"Content-Type": "application/json"})
    assert reply.status < 500


def test_a_text_full_of_nuls_and_surrogates_is_judged(running: Running) -> None:
    for text in ("\x00" * 1000, "a\u202e\u0000b", "\u0301" * 5000, "\U0010ffff" * 100, "(" * 5000):
        assert running.post("/v1/score", {"comments": [text]}).status == 200


def test_nothing_of_a_comment_is_in_an_error_or_a_log(start: Starter, caplog: pytest.LogCaptureFixture) -> None:
    running = start(keys=[{"name": "site", "sha256": key_hash("k"), "scopes": ["score", "feedback"]}])
    lines: list[str] = []
    handler = logging.Handler()
    formatter = logs._Lines()
    handler.emit = lambda record: lines.append(formatter.format(record))  # type: ignore[method-assign]
    logs.LOGGER.addHandler(handler)
    logs.LOGGER.setLevel(logging.INFO)

    def fails(comments: object, judged: object) -> None:
        raise RuntimeError(MARKER)

    try:
        answers = b""
        key = {"Authorization": "Bearer k"}
        wrong = {"Authorization": f"Bearer {MARKER}"}
        bodies = (
            {"comments": [MARKER, {"text": MARKER, MARKER: MARKER}], MARKER: MARKER},
            {
                "comment": {"text": MARKER, "type": MARKER},
                "requestedAttributes": {MARKER: {}},
                "languages": [MARKER + " x"],
            },
            {"comment": {"text": MARKER}, "requestedAttributes": {MARKER: {MARKER: MARKER}}},
            {"input": [MARKER, {"type": MARKER}]},
        )
        for path in (
            "/v1/score",
            "/v1alpha1/comments:analyze",
            "/v1/moderations",
            f"/{MARKER}",
            "/v1alpha1/comments:suggestscore",
        ):
            for body in bodies:
                for headers in (key, wrong, {}):
                    reply = running.post(f"{path}?q={MARKER}", body, **headers)
                    assert 400 <= reply.status < 502
                    answers += reply.body
            answers += running.post(path, f'{{"{MARKER}": {MARKER}'.encode(), **key).body
        form = f"blog={MARKER}&comment_content={MARKER}&api_key={MARKER}".encode()
        answers += running.send("POST", "/1.1/comment-check", form).body
        running.service.queue._watchers = (fails,)
        reply = running.post("/v1/score", {"comments": [MARKER]}, **key)
        assert reply.status == 500
        answers += reply.body
    finally:
        logs.LOGGER.removeHandler(handler)
        logs.LOGGER.setLevel(logging.NOTSET)
    assert MARKER.encode() not in answers and b"Traceback" not in answers
    assert lines and MARKER not in "\n".join(lines)
    events = [json.loads(line) for line in lines]
    assert {"request", "unforeseen"} <= {event["event"] for event in events}
    (failed,) = [event for event in events if event["event"] == "unforeseen"]
    assert failed["error"] == "RuntimeError" and any("fails" in place for place in failed["at"])
    assert {e.get("key") for e in events} == {None, "site"}


def test_many_requests_on_one_connection(running: Running) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=10)
    for _ in range(20):
        connection.request("POST", "/v1/score", json.dumps({"comments": [RUDE]}))
        assert json.loads(connection.getresponse().read())["results"][0]["flags"] == ["toxicity"]
    connection.close()
