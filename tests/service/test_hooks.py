"""Hooks of forum software, with the requests that their documents show, written anew."""

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from moderation.service.keys import key_hash
from moderation.service.protocols.akismet import THANKS

from .conftest import KIND, RUDE, Reply, Running, Starter

SECRET = "a signing secret"


def signature(body: bytes, secret: str = SECRET) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


# Coral


def coral(running: Running, text: Any, secret: str = SECRET, header: str = "") -> Reply:
    request = {
        "action": "NEW",
        "comment": {"body": text, "parentID": None},
        "author": {"id": "baf3c1d4", "role": "COMMENTER"},
        "story": {"id": "8a1f1e6e", "url": "https://news.example/story"},
        "site": {"id": "c4b2"},
        "tenantID": "t",
        "tenantDomain": "comments.news.example",
    }
    body = json.dumps(request, indent=2).encode()
    return running.post("/hooks/coral", body, **{"X-Coral-Signature": header or signature(body, secret)})


def test_coral_is_told_of_flagged_comments_only(start: Starter) -> None:
    running = start(coral={"secrets": ["the next secret", SECRET]}, keys=[{"name": "k", "sha256": key_hash("k")}])
    flag = {"actionType": "FLAG", "reason": "COMMENT_DETECTED_TOXIC"}
    assert coral(running, RUDE).json == {"status": "SYSTEM_WITHHELD", "actions": [flag]}
    reply = coral(running, KIND)
    assert (reply.status, reply.body) == (204, b"")
    assert reply.headers["x-moderation-model"] == "small/1"
    assert coral(running, "").json == {"status": "PREMOD"}


def test_coral_rejects_what_the_policy_hides(start: Starter, tmp_path: Path) -> None:
    (tmp_path / "strict.toml").write_text("[toxicity]\nreview = 0\nhide = 0\n")
    assert coral(start(coral={"secrets": [SECRET]}, policy=tmp_path / "strict.toml"), KIND).json["status"] == "REJECTED"


def test_coral_fails_open_where_that_is_set(start: Starter) -> None:
    running = start(coral={"secrets": [SECRET]}, on_failure="fail_open")
    assert coral(running, "").status == 204
    assert coral(running, RUDE * 4000).status == 204


def test_coral_must_sign(start: Starter) -> None:
    running = start(coral={"secrets": [SECRET]})
    assert coral(running, RUDE, secret="another").status == 401
    assert coral(running, RUDE, header="sha256=,,,").status == 401
    assert running.post("/hooks/coral", {}).json["type"].endswith(":no-signature")
    body = json.dumps({"action": "NEW", "comment": {"body": RUDE}}).encode()
    both = f"{signature(body, 'an old secret')},{signature(body)}"
    assert running.post("/hooks/coral", body, **{"X-Coral-Signature": both}).status == 200
    assert running.post("/hooks/coral", b"{}", **{"X-Coral-Signature": signature(b"{}")}).status == 422


def test_hooks_without_a_secret_are_not_open(running: Running) -> None:
    assert coral(running, RUDE).status == 501
    assert discourse(running, RUDE).status == 501


# Akismet


def akismet(running: Running, call: str, host: str = "", **fields: str) -> Reply:
    form = {
        "blog": "https://blog.example",
        "user_ip": "192.0.2.7",
        "user_agent": "Mozilla/5.0",
        "referrer": "https://blog.example/post",
        "permalink": "https://blog.example/post",
        "comment_type": "comment",
        "comment_author": "Ann",
        "comment_author_email": "ann@example.org",
        "blog_lang": "en",
        "blog_charset": "UTF-8",
        **fields,
    }
    body = urlencode({name: value for name, value in form.items() if value}).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded"} | ({"Host": host} if host else {})
    return running.send("POST", f"/1.1/{call}", body, headers)


def test_akismets_clients_get_their_words(running: Running) -> None:
    assert akismet(running, "verify-key", key="any").body == b"valid"
    assert akismet(running, "comment-check", comment_content=RUDE).body == b"true"
    assert akismet(running, "comment-check", comment_content=KIND).body == b"false"
    assert "x-akismet-pro-tip" not in akismet(running, "comment-check", comment_content=RUDE).headers


def test_akismet_discards_what_the_policy_hides(start: Starter, tmp_path: Path) -> None:
    (tmp_path / "strict.toml").write_text("[toxicity]\nreview = 0\nhide = 0\n")
    reply = akismet(start(policy=tmp_path / "strict.toml"), "comment-check", comment_content=KIND)
    assert (reply.body, reply.headers["x-akismet-pro-tip"]) == (b"true", "discard")


@pytest.mark.parametrize(("on_failure", "word"), [("fail_closed", b"true"), ("fail_open", b"false")])
def test_akismet_says_what_is_set_of_what_is_not_judged(start: Starter, on_failure: str, word: bytes) -> None:
    running = start(on_failure=on_failure)
    for fields in (
        {"comment_content": ""},
        {"comment_content": KIND, "blog_lang": "fr"},
        {"comment_content": "x" * 100_001},
    ):
        reply = akismet(running, "comment-check", **fields)
        assert (reply.body, bool(reply.headers["x-akismet-debug-help"])) == (word, True)
    assert akismet(running, "comment-check", comment_content=KIND, blog_lang="en, fr").body == b"false"


def test_akismets_keys_stand_in_the_form_or_the_host(start: Starter, tmp_path: Path) -> None:
    running = start(
        feedback=tmp_path / "f.jsonl",
        keys=[
            {"name": "site", "sha256": key_hash("abcdefghijkl1234")},
            {"name": "editor", "sha256": key_hash("editoreditor"), "scopes": ["feedback"]},
        ],
    )
    good = {"comment_content": KIND}
    assert akismet(running, "verify-key", key="abcdefghijkl1234").body == b"valid"
    assert akismet(running, "comment-check", **good, api_key="abcdefghijkl1234").body == b"false"
    assert akismet(running, "comment-check", **good, host="abcdefghijkl1234.scores.example").body == b"false"
    for wrong in ({"key": "wrong"}, {}, {"key": "editoreditor"}):
        reply = akismet(running, "verify-key", **wrong)
        assert (reply.status, reply.body) == (200, b"invalid") and reply.headers["x-akismet-debug-help"]
    assert akismet(running, "comment-check", **good, api_key="wrong").body == b"invalid"
    assert akismet(running, "submit-spam", **good, api_key="abcdefghijkl1234").body == b"invalid"
    assert akismet(running, "submit-spam", **good, api_key="editoreditor").body == THANKS.encode()
    assert akismet(running, "submit-ham", **good, api_key="editoreditor").body == THANKS.encode()
    kept = [json.loads(line) for line in (tmp_path / "f.jsonl").read_text().splitlines()]
    assert [(k["verdict"], k["comment_content"]) for k in kept] == [("spam", KIND), ("ham", KIND)]
    assert "192.0.2.7" not in (tmp_path / "f.jsonl").read_text()  # nobody's address is kept


def test_akismet_says_what_is_missing(running: Running) -> None:
    reply = akismet(running, "comment-check", user_ip="", comment_content=KIND)
    assert (reply.body, reply.headers["x-akismet-debug-help"]) == (b"invalid", 'Empty "user_ip" value')
    reply = running.send("POST", "/1.1/comment-check", b"&".join(b"a=b" for _ in range(300)))
    assert (reply.status, reply.body) == (200, b"invalid")


def test_akismet_reads_the_charset_that_is_named(running: Running) -> None:
    for body in (
        b"comment_content=caf%E9&blog_charset=ISO-8859-1",
        b"comment_content=caf\xc3\xa9",
        b"comment_content=%ff",
    ):
        assert running.send("POST", "/1.1/comment-check", body + b"&blog=b&user_ip=1").body in (b"true", b"false")


# Discourse


def discourse(running: Running, text: str, event: str = "post_created", header: str = "") -> Reply:
    payload = {
        "post": {
            "id": 77,
            "username": "ann",
            "created_at": "2026-01-15T18:45:15.444Z",
            "raw": text,
            "cooked": f"<p>{text}</p>",
            "post_number": 2,
            "topic_id": 5,
            "topic_title": "The new bridge",
            "category_id": 3,
        }
    }
    body = json.dumps(payload).encode()
    headers = {
        "X-Discourse-Instance": "https://forum.example",
        "X-Discourse-Event-Id": "9",
        "X-Discourse-Event-Type": "post",
        "X-Discourse-Event": event,
        "X-Discourse-Event-Signature": header or signature(body),
    }
    return running.post("/hooks/discourse", body, **headers)


class Forum(ThreadingHTTPServer):
    """Takes reports as Discourse's API does."""

    reports: list[tuple[str, str | None, dict[str, Any]]]
    status = 200


class _Reports(BaseHTTPRequestHandler):
    server: Forum

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.reports.append((self.path, self.headers["Api-Key"], body))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def forum() -> Iterator[Forum]:
    with Forum(("127.0.0.1", 0), _Reports) as server:
        server.reports = []
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_discourse_gets_reports_of_flagged_posts(start: Starter, forum: Forum) -> None:
    settings = {"secret": SECRET, "url": f"http://127.0.0.1:{forum.server_port}/", "api_key": "k"}
    running = start(discourse=settings)
    reply = discourse(running, RUDE)
    assert (reply.status, reply.json["action"], reply.json["reported"]) == (200, "review", True)
    ((path, key, report),) = forum.reports
    assert (path, key, report["id"], report["post_action_type_id"]) == ("/post_actions.json", "k", 77, 7)
    assert "toxicity 0." in report["message"] and "idiot" not in report["message"]
    assert discourse(running, KIND).json["reported"] is False
    assert discourse(running, "").json["reported"] is True
    assert "could not be judged (empty)" in forum.reports[-1][2]["message"]
    assert discourse(running, RUDE, event="post_edited").json["reported"] is True
    assert discourse(running, RUDE, event="post_destroyed").json == {"status": "ignored"}
    assert len(forum.reports) == 3


@pytest.mark.parametrize(("status", "answer"), [(422, 200), (403, 502), (500, 502)])
def test_discourse_sends_again_what_it_did_not_take(start: Starter, forum: Forum, status: int, answer: int) -> None:
    forum.status = status
    settings = {"secret": SECRET, "url": f"http://127.0.0.1:{forum.server_port}", "api_key": "k"}
    assert discourse(start(discourse=settings), RUDE).status == answer


def test_discourse_that_is_not_there_is_said(start: Starter) -> None:
    settings = {"secret": SECRET, "url": "http://127.0.0.1:1", "api_key": "k"}
    reply = discourse(start(discourse=settings), RUDE)
    assert reply.json["type"].endswith(":not-reported") and "k" not in reply.json["detail"].split()


def test_discourse_must_sign(start: Starter) -> None:
    running = start(discourse={"secret": SECRET})
    assert discourse(running, RUDE).json["reported"] is False
    assert discourse(running, RUDE, header="sha256=" + "0" * 64).status == 401
    assert discourse(running, RUDE, header="é").status == 401
