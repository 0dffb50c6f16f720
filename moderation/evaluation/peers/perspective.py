"""Any service that speaks the protocol of Google's Perspective API (Comment Analyzer, v1alpha1) over HTTP.

    POST {url}/v1alpha1/comments:analyze?key={key}
    {"comment": {"text": ...}, "requestedAttributes": {"TOXICITY": {}, ...}, "doNotStore": true}
    -> {"attributeScores": {"TOXICITY": {"summaryScore": {"value": 0.5, "type": "PROBABILITY"}}, ...}}
    -> {"error": {"code": 429, "message": ..., "status": ..., "details": [{"errorType": ...}]}}

The key comes from the environment, and stands in no message.
"""

import http.client
import json
import os
import random
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import numpy as np
from numpy.typing import NDArray

from moderation.classifiers.base import ClassifierInfo
from moderation.errors import EvaluationError
from moderation.evaluation.contenders import Contender

KEY = "MODERATION_PERSPECTIVE_KEY"
RATE = "MODERATION_PERSPECTIVE_RATE"

ATTRIBUTES = {"hate": "IDENTITY_ATTACK", "antisemitism": "ANTISEMITISM", "toxicity": "TOXICITY"}
"""The attribute that is asked for each label. ANTISEMITISM is none of Google's; it is left out where unknown."""

_REFUSED = {"LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE", "COMMENT_EMPTY", "COMMENT_TOO_LONG"}
"""Errors that say something of one text, and nothing of the service."""

_BUSY = {429, 500, 502, 503, 504}
_LONGEST_ANSWER = 1 << 20


@dataclass(frozen=True, slots=True)
class Settings:
    """How to call: requests a second in all, at once, seconds for each, tries, and the first pause between tries."""

    rate: float = 10.0
    at_once: int = 4
    timeout: float = 20.0
    tries: int = 6
    pause: float = 1.0


class _Refused(Exception):
    """The service does not judge this text."""


class _Unknown(EvaluationError):
    """The service does not know an attribute that was asked for."""


class PerspectiveClassifier:
    """A service's summary scores. What it refuses to judge, because of its language or length, is NaN in all labels."""

    unjudged = "the service does not judge its language or length"

    def __init__(self, url: str, key: str, settings: Settings | None = None) -> None:
        """Ask the service which of the attributes it knows.

        Raises EvaluationError where `url` is none, the service cannot be reached or knows neither attribute.
        """
        try:
            parts = urlsplit(url)
            _ = parts.port  # it is read, and checked, only now
        except ValueError:
            parts = urlsplit("")
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or "@" in parts.netloc:
            raise EvaluationError("The peer perspective needs an address such as https://host/path, without a query.")
        self._url = parts
        self._key = key
        self._settings = settings or Settings()
        self._lock = threading.Lock()
        self._next = 0.0
        known = tuple(label for label in ATTRIBUTES if self._knows(label))
        if not known:
            raise EvaluationError(
                f"{self.host} knows none of {', '.join(ATTRIBUTES.values())}. Is it the right address?"
            )
        self.info = ClassifierInfo("perspective", self.host, known, ())

    @property
    def host(self) -> str:
        """Who is asked, without the path."""
        return self._url.netloc

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the scores, float32 (n, labels), and rows of NaN for texts that the service refuses to judge.

        Raises EvaluationError where it cannot be reached, or answers with an error, after all tries.
        """
        with ThreadPoolExecutor(self._settings.at_once) as pool:
            rows = list(pool.map(self._scores, texts))
        return np.array(rows, np.float32).reshape(len(texts), len(self.info.labels))

    def _knows(self, label: str) -> bool:
        try:
            self._ask("A plain sentence in English about the weather.", (label,))
        except _Unknown:
            return False
        except _Refused:
            return True
        return True

    def _scores(self, text: str) -> list[float]:
        try:
            return self._ask(text, self.info.labels)
        except _Refused:
            return [float("nan")] * len(self.info.labels)

    def _ask(self, text: str, labels: Sequence[str]) -> list[float]:
        body = json.dumps(
            {
                "comment": {"text": text.encode("utf-8", "replace").decode(), "type": "PLAIN_TEXT"},
                "requestedAttributes": {ATTRIBUTES[label]: {} for label in labels},
                "doNotStore": True,
            }
        ).encode()
        answer = self._answer(body)
        try:
            return [float(answer["attributeScores"][ATTRIBUTES[label]]["summaryScore"]["value"]) for label in labels]
        except (LookupError, TypeError, ValueError):
            raise EvaluationError(
                f"{self.host} answered without a summaryScore. Does it speak Perspective's protocol?"
            ) from None

    def _answer(self, body: bytes) -> Any:
        problem = ""
        for attempt in range(self._settings.tries):
            if attempt:
                # Full jitter (Brooker 2015): callers that failed together do not come back together.
                time.sleep(random.uniform(0.5, 1) * self._settings.pause * 2 ** (attempt - 1))
            self._wait()
            try:
                status, answer = self._post(body)
            except (OSError, http.client.HTTPException) as error:
                problem = f"{type(error).__name__}: {getattr(error, 'strerror', None) or error}"
                continue
            if status == 200:
                return answer
            problem, kinds = _error(status, answer)
            if kinds & _REFUSED:
                raise _Refused
            if status == 400 and "attribute" in problem.lower():
                raise _Unknown(f"{self.host}: {problem}. Ask for what it knows.")
            if status not in _BUSY:
                break
        raise EvaluationError(f"{self.host} gave no scores ({problem}). Check the address, {KEY} and the quota.")

    def _post(self, body: bytes) -> tuple[int, Any]:
        kind = http.client.HTTPSConnection if self._url.scheme == "https" else http.client.HTTPConnection
        deadline = time.monotonic() + self._settings.timeout
        connection = kind(self._url.hostname or "", self._url.port, timeout=self._settings.timeout)
        try:
            path = f"{self._url.path.rstrip('/')}/v1alpha1/comments:analyze?{urlencode({'key': self._key})}"
            connection.request("POST", path, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            data = self._read(response, deadline)
            try:
                return response.status, json.loads(data)
            except (ValueError, RecursionError):
                return response.status, None
        finally:
            connection.close()

    def _read(self, response: http.client.HTTPResponse, deadline: float) -> bytes:
        """Return the answer; a socket's time limit counts for each of its bytes, ours for all of them."""
        data = b""
        while len(data) < _LONGEST_ANSWER and (piece := response.read1(_LONGEST_ANSWER - len(data))):
            data += piece
            if time.monotonic() > deadline:
                raise TimeoutError("the answer takes too long")
        return data

    def _wait(self) -> None:
        """Wait until the next request may go out: all threads share one clock."""
        with self._lock:
            now = time.monotonic()
            at = max(now, self._next)
            self._next = at + 1 / self._settings.rate
        time.sleep(at - now)


def make(url: str) -> Contender:
    """Return the service at `url` as a peer, with the key that the environment holds.

    Raises EvaluationError where there is no key, the rate makes no sense, or the service cannot be used.
    """
    key = os.environ.get(KEY, "")
    if not key:
        raise EvaluationError(
            f"The peer perspective needs a key: set {KEY} (to anything where the service asks for none)."
        )
    try:
        settings = Settings(rate=float(os.environ.get(RATE, Settings().rate)))
        usable = 0 < settings.rate < 1e6
    except ValueError:
        usable = False
    if not usable:
        raise EvaluationError(f"{RATE} must be a number of requests a second, such as 1 or 10.")
    classifier = PerspectiveClassifier(url, key, settings)
    return Contender(
        f"perspective {classifier.host}",
        classifier,
        dict.fromkeys(classifier.info.labels, 0.5),
        notes=("Flags at 0.5. A service can change under the same address: its figures are those of the day.",),
    )


def _error(status: int, answer: Any) -> tuple[str, set[str]]:
    """Return what an error says, and its kinds."""
    try:
        error = answer["error"]
        details = error.get("details") or ()
        kinds = {str(detail.get("errorType")) for detail in details if isinstance(detail, dict)}
        message = " ".join("".join(c if c.isprintable() else " " for c in str(error["message"])).split())
        return f"HTTP {status}: {message[:200]}", kinds
    except (LookupError, TypeError, AttributeError):
        return f"HTTP {status}", set()
