"""Against a real HTTP server on loopback that speaks the protocol."""

import contextlib
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest

from moderation.errors import EvaluationError
from moderation.evaluation.peers import make_peer
from moderation.evaluation.peers.perspective import KEY, RATE, PerspectiveClassifier, Settings
from moderation.evaluation.scoring import score_corpus

QUICK = Settings(rate=10_000, at_once=3, timeout=5, tries=4, pause=0.001)
SECRET = "a-secret-key"  # of the test's own server


class Service(ThreadingHTTPServer):
    """Scores a text by its length; `known` are its attributes, `failures` the statuses that it answers first."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.known = {"TOXICITY", "IDENTITY_ATTACK"}
        self.failures: list[int] = []
        self.answer: bytes | None = None
        self.requests: list[dict[str, Any]] = []
        self.keys: Counter[str] = Counter()
        self.at_once = self.most_at_once = 0
        self.lock = threading.Lock()
        self.pause = 0.0
        self.drip = 0.0  # seconds between the bytes of an answer

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Service

    def log_message(self, format: str, *arguments: Any) -> None:
        pass

    def do_POST(self) -> None:
        service, address = self.server, urlsplit(self.path)
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with service.lock:
            service.requests.append(body)
            service.keys[parse_qs(address.query)["key"][0]] += 1
            service.at_once += 1
            service.most_at_once = max(service.most_at_once, service.at_once)
            failure = service.failures.pop(0) if service.failures else None
        time.sleep(service.pause)
        status, answer = self.judge(address.path, body, failure)
        data = service.answer if service.answer is not None else json.dumps(answer).encode()
        with service.lock:
            service.at_once -= 1
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if service.drip:
            with contextlib.suppress(OSError):  # the client does not wait for the end
                for byte in data:
                    self.wfile.write(bytes([byte]))
                    time.sleep(service.drip)
        else:
            self.wfile.write(data)

    def judge(self, path: str, body: dict[str, Any], failure: int | None) -> tuple[int, dict[str, Any]]:
        if not path.endswith("/v1alpha1/comments:analyze"):
            return error(404, "Not found")
        if failure is not None:
            return error(failure, "Quota exceeded for quota metric" if failure == 429 else "It is broken")
        unknown = sorted(body["requestedAttributes"].keys() - self.server.known)
        if unknown:
            return error(400, f"Unknown requested attribute: {unknown[0]}")
        text = body["comment"]["text"]
        if not text:
            return error(400, "Comment must be non-empty.", "COMMENT_EMPTY")
        if text.startswith("Das"):
            message = "Attribute IDENTITY_ATTACK does not support request languages: de"
            return error(400, message, "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE")
        value = len(text) / 100
        scores = {
            name: {"summaryScore": {"value": value, "type": "PROBABILITY"}} for name in body["requestedAttributes"]
        }
        return 200, {"attributeScores": scores, "languages": ["en"]}


def error(code: int, message: str, kind: str | None = None) -> tuple[int, dict[str, Any]]:
    details = (
        [{"@type": "type.googleapis.com/google.commentanalyzer.v1alpha1.Error", "errorType": kind}] if kind else []
    )
    return code, {"error": {"code": code, "message": message, "status": "INVALID_ARGUMENT", "details": details}}


@pytest.fixture
def service() -> Iterator[Service]:
    running = Service()
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield running
    running.shutdown()
    thread.join()
    running.server_close()


@pytest.fixture
def classifier(service: Service) -> PerspectiveClassifier:
    made = PerspectiveClassifier(service.url, SECRET, QUICK)
    service.requests.clear()
    return made


def test_scores_come_back_in_order_and_nothing_is_stored(service: Service, classifier: PerspectiveClassifier) -> None:
    texts = ["x" * k for k in range(1, 60)] + ["half a character \ud800"]
    scores = classifier.probabilities(texts)
    assert classifier.info.labels == ("hate", "toxicity")
    np.testing.assert_allclose(scores, np.array([[len(text) / 100] * 2 for text in texts]), atol=1e-6)
    assert all(body["doNotStore"] is True for body in service.requests)
    assert service.keys.keys() == {SECRET}
    assert classifier.probabilities([]).shape == (0, 2)


def test_attributes_that_the_server_does_not_know_are_left_out(service: Service) -> None:
    service.known.add("ANTISEMITISM")
    assert PerspectiveClassifier(service.url, SECRET, QUICK).info.labels == ("hate", "antisemitism", "toxicity")
    service.known = {"TOXICITY"}
    assert PerspectiveClassifier(service.url, SECRET, QUICK).info.labels == ("toxicity",)
    service.known = set()
    with pytest.raises(EvaluationError, match="knows none of IDENTITY_ATTACK"):
        PerspectiveClassifier(service.url, SECRET, QUICK)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_server_is_asked_again(service: Service, classifier: PerspectiveClassifier, status: int) -> None:
    service.failures = [status, status, status]
    assert classifier.probabilities(["four"])[0, 0] == pytest.approx(0.04)
    assert len(service.requests) == 4


def test_pauses_grow(service: Service) -> None:
    made = PerspectiveClassifier(service.url, SECRET, Settings(10_000, 1, 5, tries=4, pause=0.05))
    service.failures = [429, 429, 429]
    started = time.monotonic()
    made.probabilities(["four"])
    assert time.monotonic() - started >= 0.5 * (0.05 + 0.1 + 0.2)


def test_a_server_that_stays_busy_is_an_error_with_its_words(
    service: Service, classifier: PerspectiveClassifier
) -> None:
    service.failures = [429] * 100
    with pytest.raises(EvaluationError, match="HTTP 429: Quota exceeded") as caught:
        classifier.probabilities(["one", "two"])
    assert "\n" not in str(caught.value)
    assert SECRET not in str(caught.value)


def test_an_error_of_ours_is_not_repeated(service: Service, classifier: PerspectiveClassifier) -> None:
    service.failures = [403]
    with pytest.raises(EvaluationError, match="HTTP 403: It is broken"):
        classifier.probabilities(["one"])
    assert len(service.requests) == 1


def test_other_languages_and_empty_texts_are_unscored_and_counted(
    classifier: PerspectiveClassifier, make_corpus: Callable[..., Any]
) -> None:
    corpus = make_corpus(["english words", "Das ist ein Satz", "", "more of them"], hate=[1, 0, 0, 0])
    scored = score_corpus(classifier, corpus)
    assert scored.corpus.texts == ["english words", "more of them"]
    assert scored.corpus.drops[f"unscored: {classifier.unjudged}"] == 2
    assert scored.corpus.rows_in == 2 + scored.corpus.drops.total()


def test_no_more_at_once_than_allowed(service: Service, classifier: PerspectiveClassifier) -> None:
    service.pause = 0.01
    classifier.probabilities(["x"] * 30)
    assert 1 < service.most_at_once <= 3


def test_the_rate_is_kept(service: Service) -> None:
    made = PerspectiveClassifier(service.url, SECRET, Settings(rate=50, at_once=8))
    started = time.monotonic()
    made.probabilities(["x"] * 11)
    assert time.monotonic() - started >= 0.19


def test_an_answer_that_drips_is_given_up(service: Service) -> None:
    service.drip = 0.05
    with pytest.raises(EvaluationError, match="the answer takes too long"):
        PerspectiveClassifier(service.url, SECRET, replace(QUICK, timeout=0.2, tries=2))


@pytest.mark.parametrize("answer", [b"<html>", b"[]", b'{"attributeScores": {}}', b"[" * 100_000])
def test_an_answer_in_another_form_is_an_error(
    service: Service, classifier: PerspectiveClassifier, answer: bytes
) -> None:
    service.answer = answer
    with pytest.raises(EvaluationError, match="answered without a summaryScore"):
        classifier.probabilities(["one"])


def test_nobody_there_is_an_error_in_one_line(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    port = service.server_port + 1 if service.server_port < 65535 else 1
    with pytest.raises(EvaluationError, match="gave no scores") as caught:
        PerspectiveClassifier(f"http://127.0.0.1:{port}", SECRET, QUICK)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["127.0.0.1", "ftp://host", "http://user:word@host", "http://host?key=x", "http://[", "http://h:x"]
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(EvaluationError, match="needs an address"):
        PerspectiveClassifier(url, SECRET, QUICK)


def test_the_key_comes_from_the_environment_only(
    service: Service, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.delenv(KEY, raising=False)
    with pytest.raises(EvaluationError, match=KEY):
        make_peer(f"perspective:{service.url}", tmp_path)
    monkeypatch.setenv(KEY, SECRET)
    monkeypatch.setenv(RATE, "1000")
    peer = make_peer(f"perspective:{service.url}", tmp_path)
    assert peer.name == f"perspective 127.0.0.1:{service.server_port}"
    assert peer.thresholds == {"hate": 0.5, "toxicity": 0.5}
    for rate in ("0", "fast", "nan"):
        monkeypatch.setenv(RATE, rate)
        with pytest.raises(EvaluationError, match=f"{RATE} must be a number"):
            make_peer(f"perspective:{service.url}", tmp_path)
