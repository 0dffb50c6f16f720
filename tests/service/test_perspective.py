"""Perspective's protocol, asked by Google's own client, by npm's, and with the requests that Coral sends."""

import itertools
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError
from hypothesis import given
from hypothesis import strategies as st

from moderation.scorer import Scorer
from moderation.service.keys import key_hash
from moderation.service.protocols.perspective import ATTRIBUTES, LONGEST, _sentences

from .conftest import KIND, RUDE, Running, Starter

ANALYZE = "/v1alpha1/comments:analyze"
SUGGEST = "/v1alpha1/comments:suggestscore"
NODE_MODULES = os.environ.get("MODERATION_TEST_NODE_MODULES", "")


def google(running: Running, key: str = "any") -> Any:
    """Return Google's client, built from our discovery document as Perspective's documents say."""
    return build(
        "commentanalyzer",
        "v1alpha1",
        developerKey=key,
        discoveryServiceUrl=f"{running.url}/$discovery/rest?version=v1alpha1",
        static_discovery=False,
    )


@pytest.fixture(scope="module")
def client(running: Running) -> Iterator[Any]:
    with google(running) as made:
        yield made


def ask(text: str, **more: Any) -> dict[str, Any]:
    return {"comment": {"text": text}, "requestedAttributes": {"TOXICITY": {}}} | more


def error_of(caught: pytest.ExceptionInfo[HttpError]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(caught.value.content)["error"]
    return found


def test_googles_client_gets_scores(client: Any, scorer: Scorer) -> None:
    answer = (
        client.comments()
        .analyze(
            body={
                "comment": {"text": RUDE, "type": "PLAIN_TEXT"},
                "context": {"entries": [{"text": "An article.", "type": "PLAIN_TEXT"}]},
                "requestedAttributes": {name: {"scoreType": "PROBABILITY"} for name in ATTRIBUTES},
                "languages": ["en"],
                "doNotStore": True,
                "clientToken": "comment-1",
                "sessionId": "s",
                "communityId": "c",
            }
        )
        .execute()
    )
    (verdict,) = scorer.score([RUDE])
    for name, label in ATTRIBUTES.items():
        scores = answer["attributeScores"][name]
        assert scores["summaryScore"]["value"] == pytest.approx(verdict.scores[label], abs=1e-6)
        assert scores["summaryScore"]["type"] == "PROBABILITY"
        assert scores["spanScores"] == [{"begin": 0, "end": len(RUDE), "score": scores["summaryScore"]}]
    assert (answer["languages"], answer["detectedLanguages"], answer["clientToken"]) == (["en"], ["en"], "comment-1")


def test_sentences_have_scores_of_their_own(client: Any, scorer: Scorer) -> None:
    text = f"{KIND}  {RUDE}\nAnd \U0001f600 so on"
    answer = client.comments().analyze(body=ask(text, spanAnnotations=True)).execute()
    spans = answer["attributeScores"]["TOXICITY"]["spanScores"]
    parts = [text[span["begin"] : span["end"]] for span in spans]
    assert parts == [KIND, RUDE, "And \U0001f600 so on"]
    expected = [v.scores["toxicity"] for v in scorer.score(parts)]
    assert [span["score"]["value"] for span in spans] == pytest.approx(expected, abs=1e-6)


@given(st.text(alphabet="aB .!?\n\"')…\U0001f600\u00a0", max_size=60), st.integers(1, 5))
def test_sentences_lie_in_the_text_one_after_the_other(text: str, most: int) -> None:
    spans = _sentences(text, most)
    assert len(spans) <= most
    assert all(0 <= begin < end <= len(text) and text[begin:end].strip() for begin, end in spans)
    assert all(a[1] <= b[0] for a, b in itertools.pairwise(spans))
    assert bool(spans) == bool(text.strip())
    left = [c for i, c in enumerate(text) if not any(b <= i < e for b, e in spans)]
    assert not "".join(left).strip()


def test_scores_below_the_threshold_are_left_out(client: Any) -> None:
    wanted = {"TOXICITY": {"scoreThreshold": 0.0}, "IDENTITY_ATTACK": {"scoreThreshold": 1.0}}
    answer = client.comments().analyze(body=ask(RUDE, requestedAttributes=wanted)).execute()
    assert "summaryScore" in answer["attributeScores"]["TOXICITY"]
    assert answer["attributeScores"]["IDENTITY_ATTACK"] == {}


@pytest.mark.parametrize(
    ("body", "kind", "message"),
    [
        (ask(""), "COMMENT_EMPTY", "Comment must be non-empty."),
        (ask(" \n"), "COMMENT_EMPTY", "Comment must be non-empty."),
        (ask("x" * (LONGEST + 1)), "COMMENT_TOO_LONG", "Comment text too long."),
        (ask("\U0001f600" * (LONGEST // 4 + 1)), "COMMENT_TOO_LONG", "Comment text too long."),
        (ask("x", requestedAttributes={}), "NO_REQUESTED_ATTRIBUTES", "Missing requested_attributes"),
        (ask("x", requestedAttributes={"INSULT": {}}), "INVALID_REQUEST", "Unknown requested attribute: INSULT"),
        (ask("x", requestedAttributes={"so what": {}}), "INVALID_REQUEST", "Unknown requested attribute: ?"),
        (
            ask("x", requestedAttributes={"TOXICITY": {"scoreType": "STD_DEV"}}),
            "INVALID_REQUEST",
            "Requested score type is not supported by attribute TOXICITY",
        ),
        (
            {"comment": {"text": "x", "type": "HTML"}, "requestedAttributes": {"TOXICITY": {}}},
            "INVALID_REQUEST",
            "Currently, only 'PLAIN_TEXT' comments are supported",
        ),
        (
            {"comment": {"text": "x", "type": "y"}, "requestedAttributes": {"TOXICITY": {}}},
            "INVALID_REQUEST",
            "Unknown",
        ),
        (
            ask("x", context={"entries": [], "articleAndParentComment": {}}),
            "INVALID_REQUEST",
            "Context can have either entries or article_and_parent_comment",
        ),
        (
            ask("x", languages=["ja", "en"]),
            "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE",
            "Attribute TOXICITY does not support request languages: ja",
        ),
        (ask("x", languages=["no language"]), "INVALID_REQUEST", "BCP 47"),
        (
            ask("Вы все очень милые люди"),
            "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE",
            "Attribute TOXICITY does not support request languages: und-Cyrl",
        ),
    ],
)
def test_errors_are_googles(client: Any, body: dict[str, Any], kind: str, message: str) -> None:
    with pytest.raises(HttpError) as caught:
        client.comments().analyze(body=body).execute()
    error = error_of(caught)
    assert (error["code"], error["status"], caught.value.resp.status) == (400, "INVALID_ARGUMENT", 400)
    assert message in error["message"]
    (detail,) = error["details"]
    assert detail["@type"] == "type.googleapis.com/google.commentanalyzer.v1alpha1.Error"
    assert detail["errorType"] == kind
    if kind.startswith("LANGUAGE"):
        assert detail["languageNotSupportedByAttributeError"]["attribute"] == "TOXICITY"


def test_unsupported_attributes_can_be_dropped(client: Any) -> None:
    wanted = {"TOXICITY": {}, "INSULT": {}}
    body = ask("x y", requestedAttributes=wanted, dropUnsupportedAttributes=True)
    assert client.comments().analyze(body=body).execute()["attributeScores"].keys() == {"TOXICITY"}


def test_snake_case_is_taken_as_googles_parsers_take_it(running: Running) -> None:
    body = {"comment": {"text": RUDE}, "requested_attributes": {"TOXICITY": None}, "client_token": "t"}
    reply = running.post(ANALYZE, body)
    assert reply.status == 200 and reply.json["clientToken"] == "t"


@pytest.mark.parametrize(
    ("body", "status"), [(b"{", 400), ({"commment": {}}, 400), (b"[" * 9999, 400), (b"x" * (1 << 21), 413)]
)
def test_what_cannot_be_read_is_an_invalid_request(running: Running, body: Any, status: int) -> None:
    reply = running.post(ANALYZE, body)
    assert (reply.status, reply.json["error"]["status"]) == (status, "INVALID_ARGUMENT")


def test_keys_come_in_the_query(start: Starter) -> None:
    running = start(keys=[{"name": "site", "sha256": key_hash("right")}])
    with google(running, "right") as client:
        assert client.comments().analyze(body=ask(RUDE)).execute()["attributeScores"]
    with google(running, "wrong") as client, pytest.raises(HttpError) as caught:
        client.comments().analyze(body=ask(RUDE)).execute()
    error = error_of(caught)
    assert (error["code"], error["status"]) == (400, "INVALID_ARGUMENT")
    assert error["details"][0]["reason"] == "API_KEY_INVALID"
    reply = running.post(ANALYZE, ask(RUDE))
    assert (reply.status, reply.json["error"]["status"]) == (403, "PERMISSION_DENIED")
    assert running.post(ANALYZE, ask(RUDE), **{"X-Goog-Api-Key": "right"}).status == 200
    reply = running.post(f"{SUGGEST}?key=right", {})
    assert (reply.status, reply.json["error"]["status"]) == (403, "PERMISSION_DENIED")


def test_a_suggestion_is_kept_and_acknowledged(start: Starter, tmp_path: Path) -> None:
    running = start(feedback=tmp_path / "f.jsonl")
    body = {
        "comment": {"text": KIND},
        "attributeScores": {"TOXICITY": {"summaryScore": {"value": 0}}},
        "communityId": "/forum",
        "clientToken": "t-1",
        "languages": ["en"],
    }
    with google(running) as client:
        answer = client.comments().suggestscore(body=body).execute()
        with pytest.raises(HttpError, match="Unknown requested attribute"):
            client.comments().suggestscore(body=body | {"attributeScores": {"SPAM": {}}}).execute()
    assert answer == {"clientToken": "t-1", "requestedLanguages": ["en"], "detectedLanguages": ["en"]}
    (line,) = (tmp_path / "f.jsonl").read_text().splitlines()
    kept = json.loads(line)
    assert (kept["protocol"], kept["comment"]["text"]) == ("perspective", KIND)
    assert kept["attributeScores"]["TOXICITY"]["summaryScore"]["value"] == 0
    assert (tmp_path / "f.jsonl").stat().st_mode & 0o077 == 0


def test_a_suggestion_that_is_not_kept_is_not_acknowledged(start: Starter) -> None:
    running = start()
    reply = running.post(SUGGEST, {"comment": {"text": KIND}, "attributeScores": {"TOXICITY": {}}})
    assert (reply.status, reply.json["error"]["status"]) == (501, "UNIMPLEMENTED")


def test_the_discovery_document_names_where_it_was_asked(running: Running, start: Starter) -> None:
    for path in ("/$discovery/rest?version=v1alpha1", "/discovery/v1/apis/commentanalyzer/v1alpha1/rest"):
        assert running.get(path).json["rootUrl"] == f"{running.url}/"
    assert running.get("/$discovery/rest?version=v2").json["error"]["status"] == "NOT_FOUND"
    public = start(public_url="https://scores.example/moderation").get("/$discovery/rest").json
    assert public["rootUrl"] == "https://scores.example/moderation/"


def test_corals_requests_are_answered(running: Running) -> None:
    # Coral appends the operation to its endpoint's path and the key to its query, and reads one score.
    reply = running.post(
        f"{ANALYZE}?key=k",
        {"comment": {"text": RUDE}, "doNotStore": True, "requestedAttributes": {"TOXICITY": {}}, "languages": ["en"]},
    )
    assert 0 <= reply.json["attributeScores"]["TOXICITY"]["summaryScore"]["value"] <= 1
    reply = running.post(
        f"{SUGGEST}?key=k",
        {
            "comment": {"text": RUDE},
            "context": {"entries": [{"text": '{"url":"https://a.example/story?commentID=1","Coral_comment_id":"1"}'}]},
            "attributeScores": {"TOXICITY": {"summaryScore": {"value": 1}}},
            "languages": ["en"],
            "communityId": "Coral:https://a.example",
            "clientToken": "comment:1",
        },
    )
    assert (reply.status, reply.json["clientToken"]) == (200, "comment:1")


NODE = """
const axios = require('axios');
axios.interceptors.request.use(config => {
  config.url = config.url.replace('https://commentanalyzer.googleapis.com', process.argv[2]);
  return config;
});
const Perspective = require('perspective-api-client');
const client = new Perspective({apiKey: 'k'});
(async () => {
  const good = await client.analyze(process.argv[3], {attributes: ['toxicity', 'identity_attack']});
  let message = '';
  try { await client.analyze('x', {attributes: ['insult']}); } catch (error) { message = error.message; }
  console.log(JSON.stringify({good, message}));
})();
"""


@pytest.mark.skipif(
    not (shutil.which("node") and NODE_MODULES),
    reason="needs node, and MODERATION_TEST_NODE_MODULES: see docs/perspective.md",
)
def test_npms_client_gets_scores(running: Running, tmp_path: Path) -> None:
    (tmp_path / "ask.js").write_text(NODE)
    done = subprocess.run(
        ["node", str(tmp_path / "ask.js"), running.url, RUDE],
        capture_output=True,
        env={**os.environ, "NODE_PATH": NODE_MODULES},
        check=True,
    )
    answer = json.loads(done.stdout)
    assert answer["good"]["attributeScores"].keys() == {"TOXICITY", "IDENTITY_ATTACK"}
    assert answer["message"] == "Unknown requested attribute: INSULT"
