"""Our own protocol, over a real connection."""

import pytest

from moderation.labels import LABEL_NAMES
from moderation.scorer import Scorer
from moderation.service.protocols.v1_bodies import EXAMPLES, LabelsResponse, ModelResponse, ScoreResponse

from .conftest import KIND, RUDE, Running


def test_comments_get_verdicts_in_their_order(running: Running, scorer: Scorer) -> None:
    reply = running.post("/v1/score", {"comments": [RUDE, {"text": KIND, "id": "42"}, ""]})
    assert reply.status == 200
    answer = ScoreResponse.model_validate(reply.json)
    rude, kind, empty = answer.results
    assert (rude.action, rude.flags) == ("review", ["toxicity"])
    assert (kind.action, kind.flags, kind.evidence, kind.id) == ("allow", [], [], "42")
    assert (empty.action, empty.unscored, empty.scores) == ("review", "empty", {})
    assert rude.scores == pytest.approx(dict(scorer.score([RUDE])[0].scores), abs=1e-6)
    assert rude.evidence and all(RUDE[e.start : e.end] == e.text for e in rude.evidence)


def test_every_answer_names_model_hash_and_policy(running: Running) -> None:
    manifest = running.service.engine.manifest
    for path, body in (("/v1/score", {"comments": ["x"]}), ("/v1/labels", None), ("/v1/model", None)):
        reply = running.get(path) if body is None else running.post(path, body)
        assert reply.json["model"] == {"name": "small", "version": "1", "sha256": manifest.sha256}
        assert reply.json["policy"].startswith("halfway+")
        assert reply.headers["x-moderation-model"] == "small/1"
        assert reply.headers["x-moderation-model-sha256"] == manifest.sha256
        assert reply.headers["x-moderation-policy"] == reply.json["policy"]


def test_a_request_may_have_labels_and_thresholds_of_its_own(running: Running) -> None:
    options = {"labels": ["hate"], "policy": {"hate": {"review": 0.0, "hide": 0.0}, "toxicity": {"review": 0}}}
    reply = running.post("/v1/score", {"comments": [KIND], "options": options})
    (result,) = reply.json["results"]
    assert (result["action"], result["flags"], list(result["scores"])) == ("hide", ["hate"], ["hate"])
    assert reply.json["policy"].startswith("request+")
    assert reply.headers["x-moderation-policy"] == reply.json["policy"]


def test_evidence_can_be_left_out(running: Running) -> None:
    reply = running.post("/v1/score", {"comments": [RUDE], "options": {"explain": False}})
    (result,) = reply.json["results"]
    assert result["flags"] and not result["evidence"]


def test_a_language_that_the_model_lacks_is_unscored(running: Running) -> None:
    reply = running.post("/v1/score", {"comments": [{"text": KIND, "lang": "fr"}, {"text": KIND, "lang": "en-GB"}]})
    assert [r["unscored"] for r in reply.json["results"]] == ["unsupported language", None]


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_the_documented_examples_are_answered(running: Running, example: dict[str, object]) -> None:
    reply = running.post("/v1/score", example["value"])
    assert reply.status == 200
    ScoreResponse.model_validate(reply.json)


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        (b"", 400, "not-json"),
        (b"{", 400, "not-json"),
        (b'{"comments": ["\xff"]}', 400, "not-json"),
        (b"[" * 100_000, 400, "not-json"),
        (b"[1]", 422, "invalid"),
        ({}, 422, "invalid"),
        ({"comments": []}, 422, "invalid"),
        ({"comments": "one"}, 422, "invalid"),
        ({"comments": [None]}, 422, "invalid"),
        ({"comments": [{"id": "1"}]}, 422, "invalid"),
        ({"comments": ["x"], "surprise": 1}, 422, "invalid"),
        ({"comments": ["x"], "options": {"policy": {"hate": {"review": 2}}}}, 422, "invalid"),
        ({"comments": ["x"], "options": {"policy": {"hate": {"review": 0.9, "hide": 0.1}}}}, 422, "policy"),
        ({"comments": ["x"], "options": {"policy": {}}}, 422, "policy"),
        ({"comments": ["x"], "options": {"labels": ["hate"]}}, 422, "policy"),
        ({"comments": ["x"], "options": {"policy": {"spite": {"review": 0.5}}}}, 422, "unknown-label"),
        ({"comments": ["x"], "options": {"labels": ["spite"]}}, 422, "unknown-label"),
        ({"comments": ["x"] * 101}, 422, "too-many"),
        ({"comments": ["x" * 100_001]}, 422, "too-long"),
        (b'"' + b"x" * (1 << 20) + b'"', 413, "too-large"),
    ],
)
def test_problems_are_said_as_rfc_9457_has_it(running: Running, body: object, status: int, kind: str) -> None:
    reply = running.post("/v1/score", body)
    assert (reply.status, reply.headers["content-type"]) == (status, "application/problem+json")
    assert reply.json["type"] == f"urn:moderation:problem:{kind}"
    assert reply.json["status"] == status and reply.json["title"] and reply.json["detail"]


def test_a_problem_names_known_fields_and_no_text(running: Running) -> None:
    reply = running.post("/v1/score", {"comments": [{"text": 7, "MARKER": "MARKER"}], "MARKER": {"MARKER": "MARKER"}})
    assert reply.status == 422 and b"MARKER" not in reply.body
    assert "comments.0.text" in {error["field"] for error in reply.json["errors"]}


def test_half_an_emoji_is_judged(running: Running) -> None:
    reply = running.post(
        "/v1/score", rb'{"comments": ["You pathetic idiot, shut up \ud83d!", {"text": "\u0000 \udc00"}]}'
    )
    assert reply.status == 200
    first, _ = reply.json["results"]
    assert first["flags"] == ["toxicity"]


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/v1/score", 405), ("POST", "/v2/score", 404)])
def test_a_wrong_address_is_a_problem_too(running: Running, method: str, path: str, status: int) -> None:
    reply = running.send(method, path)
    assert (reply.status, reply.headers["content-type"]) == (status, "application/problem+json")


def test_labels_and_model_are_described(running: Running) -> None:
    labels = LabelsResponse.model_validate(running.get("/v1/labels").json)
    assert {label.name for label in labels.labels} == set(LABEL_NAMES)
    assert [label.threshold is None for label in labels.labels if label.name != "toxicity"] == [True, True]
    model = ModelResponse.model_validate(running.get("/v1/model").json)
    assert (model.kind, model.shadow) == ("ngram", None)
    assert set(model.thresholds) == {"toxicity"}


def test_the_openapi_document_describes_bodies_answers_and_problems(running: Running) -> None:
    document = running.get("/openapi.json").json
    assert document["openapi"].startswith("3.1")
    score = document["paths"]["/v1/score"]["post"]
    assert score["requestBody"]["content"]["application/json"]["examples"].keys() == EXAMPLES.keys()
    assert "4XX" in score["responses"]
    schemas = document["components"]["schemas"]
    assert {"ScoreRequest", "CommentIn", "ScoreResponse", "Problem"} <= schemas.keys()
    for path in ("/v1/labels", "/v1/model", "/v1/admin/reload", "/healthz", "/readyz", "/metrics"):
        assert path in document["paths"]


def test_a_request_keeps_its_name(running: Running) -> None:
    assert running.get("/healthz", **{"X-Request-ID": "abc-1"}).headers["x-request-id"] == "abc-1"
    assert len(running.get("/healthz", **{"X-Request-ID": "no name!"}).headers["x-request-id"]) == 16
