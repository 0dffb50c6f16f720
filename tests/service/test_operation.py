"""Keys, limits of rate, health, metrics, reload, shadow: the service as its operator sees it."""

import shutil
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from moderation.service.keys import key_hash
from moderation.training import TrainOptions, train

from .conftest import KIND, RUDE, Running, Starter

SCORE = {"comments": [RUDE, KIND]}


def key(name: str, *scopes: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "sha256": key_hash(name), "scopes": scopes, **more}


def bearer(name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {name}"}


def test_keys_open_what_their_scopes_say(start: Starter) -> None:
    running = start(keys=[key("site", "score"), key("prometheus", "metrics"), key("root", "admin")])
    assert running.post("/v1/score", SCORE).status == 401
    assert running.post("/v1/score", SCORE).headers["www-authenticate"] == "Bearer"
    assert running.post("/v1/score", SCORE, **bearer("site")).status == 200
    assert running.post("/v1/score", SCORE, **{"X-API-Key": "site"}).status == 200
    assert running.post("/v1/score", SCORE, **bearer("sit")).status == 401
    assert running.post("/v1/score", SCORE, **bearer("prometheus")).json["type"].endswith(":scope")
    assert running.get("/metrics", **bearer("site")).status == 403
    assert running.get("/metrics", **bearer("prometheus")).status == 200
    assert running.post("/v1/admin/reload", {}, **bearer("site")).status == 403
    assert running.post("/v1/admin/reload", {}, **bearer("root")).status == 200
    for path in ("/healthz", "/readyz", "/openapi.json", "/$discovery/rest"):
        assert running.get(path).status == 200


def test_without_keys_a_page_of_another_site_gets_nothing(running: Running) -> None:
    for host in ("evil.example", "evil.example:8000", "127.0.0.1.evil.example", "[::2]:80", ""):
        assert running.post("/v1/score", SCORE, Host=host).status == 403
    for origin in ("https://evil.example", "null", "http://127.0.0.1.evil.example", "http://localhost@evil.example"):
        assert running.post("/v1/admin/reload", {}, Origin=origin).status == 403
    assert running.post("/v1/score", SCORE, Origin="http://localhost:3000").status == 200
    for host in ("localhost:8000", "127.0.0.1", "[::1]:8000", "abc.localhost"):
        assert running.post("/v1/score", SCORE, Host=host).status == 200


def test_a_key_has_its_rate(start: Starter) -> None:
    running = start(keys=[key("site", "score", rate=3), key("other", "score")])
    replies = [running.post("/v1/score", SCORE, **bearer("site")) for _ in range(5)]
    assert [r.status for r in replies] == [200, 200, 200, 429, 429]
    assert int(replies[-1].headers["retry-after"]) >= 1
    assert running.post("/v1/score", SCORE, **bearer("other")).status == 200
    time.sleep(0.4)
    assert running.post("/v1/score", SCORE, **bearer("site")).status == 200


def test_metrics_count_what_was_judged(start: Starter) -> None:
    running = start()
    running.post("/v1/score", {"comments": [RUDE, KIND, ""]})
    running.post("/v1/score", b"{")
    running.get("/no/such/place-MARKER")
    text = running.get("/metrics").body.decode()
    for line in (
        'moderation_requests_total{route="/v1/score",status="200"} 1.0',
        'moderation_requests_total{route="/v1/score",status="400"} 1.0',
        'moderation_requests_total{route="unknown",status="404"} 1.0',
        'moderation_comments_total{action="review"} 2.0',
        'moderation_comments_total{action="allow"} 1.0',
        'moderation_unscored_total{reason="empty"} 1.0',
        'moderation_scores_count{label="toxicity"} 2.0',
        'moderation_flags_total{label="toxicity"} 1.0',
        'moderation_request_seconds_count{route="/v1/score"} 2.0',
        "moderation_queued_comments 0.0",
    ):
        assert line in text
    assert 'moderation_model_info{name="small"' in text
    assert "MARKER" not in text


@pytest.fixture
def copy(bundle_dir: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(bundle_dir, tmp_path / "model"))


def test_a_new_bundle_takes_over_and_no_request_is_dropped(start: Starter, copy: Path) -> None:
    running = start(model=str(copy))
    statuses: list[int] = []
    models: list[str] = []
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            reply = running.post("/v1/score", SCORE)
            statuses.append(reply.status)
            models.append(reply.json["model"]["version"])

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    train(TrainOptions(output=copy, name="small", version="2", bits=10, jobs=1))
    reply = running.post("/v1/admin/reload", {})
    assert (reply.status, reply.json["model"]["version"]) == (200, "2")
    after = len(models) + 8
    while len(models) < after:
        time.sleep(0.01)
    done.set()
    for thread in threads:
        thread.join()
    assert set(statuses) == {200}
    assert (models[0], models[-1]) == ("1", "2")
    assert 'moderation_reloads_total{result="done"} 1.0' in running.get("/metrics").body.decode()


def test_a_bundle_that_fails_its_check_is_refused(start: Starter, copy: Path) -> None:
    running = start(model=str(copy))
    weights = copy / "ngram.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x00")
    reply = running.post("/v1/admin/reload", {})
    assert (reply.status, reply.json["type"]) == (409, "urn:moderation:problem:refused")
    assert "Nothing was changed" in reply.json["detail"]
    assert running.post("/v1/score", SCORE).json["model"]["version"] == "1"
    assert 'moderation_reloads_total{result="refused"} 1.0' in running.get("/metrics").body.decode()


def test_a_policy_is_read_anew(start: Starter, tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text("[toxicity]\nreview = 1.0\n")
    running = start(policy=policy)
    assert running.post("/v1/score", SCORE).json["results"][0]["action"] == "allow"
    policy.write_text("[toxicity]\nreview = 0.0\nhide = 0.0\n")
    assert running.post("/v1/admin/reload", {}).status == 200
    assert running.post("/v1/score", SCORE).json["results"][0]["action"] == "hide"
    policy.write_text("[spite]\nreview = 0.5\n")
    assert running.post("/v1/admin/reload", {}).status == 409
    assert running.post("/v1/score", SCORE).json["results"][0]["action"] == "hide"


def test_a_shadow_is_compared_and_decides_nothing(start: Starter, tmp_path: Path) -> None:
    train(TrainOptions(output=tmp_path / "shadow", name="shadow", version="9", bits=10, jobs=1))
    running = start(shadow_model=str(tmp_path / "shadow"))
    reply = running.post("/v1/score", {"comments": [RUDE, KIND, ""]})
    assert {r["action"] for r in reply.json["results"]} == {"review", "allow"}
    assert reply.json["model"]["name"] == "small"
    assert running.get("/v1/model").json["shadow"]["name"] == "shadow"
    deadline = time.monotonic() + 10
    counted = 0.0
    while counted < 2 and time.monotonic() < deadline:
        text = running.get("/metrics").body.decode()
        counted = sum(
            float(line.rpartition(" ")[2])
            for line in text.splitlines()
            if line.startswith("moderation_shadow_flags_total{") and 'label="toxicity"' in line
        )
    assert counted == 2
    assert 'moderation_shadow_difference_count{label="hate"} 2.0' in text
    assert "moderation_shadow_failed_total 0.0" in text
