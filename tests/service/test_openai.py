"""OpenAI's moderations, asked by their own SDK."""

from typing import Any

import pytest
from openai import AuthenticationError, BadRequestError, OpenAI

from moderation.service.keys import key_hash
from moderation.service.protocols.openai import CATEGORIES

from .conftest import KIND, RUDE, Running, Starter


def sdk(running: Running, key: str = "any") -> OpenAI:
    return OpenAI(api_key=key, base_url=f"{running.url}/v1", max_retries=0)


def test_their_sdk_gets_categories_and_scores(running: Running) -> None:
    with sdk(running) as client:
        answer = client.moderations.create(model="omni-moderation-latest", input=[RUDE, KIND])
    rude, kind = answer.results
    assert answer.id.startswith("modr-") and answer.model == running.service.engine.scorer.model
    assert rude.flagged and rude.categories.harassment and not rude.categories.hate
    assert not kind.flagged and not any(kind.categories.model_dump().values())
    assert rude.category_scores.harassment > kind.category_scores.harassment > 0
    assert (rude.category_scores.violence, rude.categories.sexual_minors) == (0.0, False)
    assert rude.category_applied_input_types.hate == ["text"]
    extra = rude.to_dict()
    assert 0 < extra["category_scores"]["antisemitism"] < 1 and extra["categories"]["antisemitism"] is False
    assert extra["unsupported"] == [name for name in CATEGORIES if name not in ("hate", "harassment")]
    assert list(extra["categories"]) == [*CATEGORIES, "antisemitism"]


@pytest.mark.parametrize(
    "given", [RUDE, [{"type": "text", "text": "You are a pathetic idiot,"}, {"type": "text", "text": "shut up."}]]
)
def test_a_string_and_parts_of_text_are_one_input(running: Running, given: Any) -> None:
    with sdk(running) as client:
        (result,) = client.moderations.create(input=given).results
    assert result.flagged


@pytest.mark.parametrize(
    "given",
    [[], [{"type": "image_url", "image_url": {"url": "https://a.example/i.png"}}], ["x"] * 101, ["x" * 100_001]],
)
def test_what_cannot_be_judged_is_their_error(running: Running, given: Any) -> None:
    with sdk(running) as client, pytest.raises(BadRequestError) as caught:
        client.moderations.create(input=given)
    assert caught.value.type == "invalid_request_error"


@pytest.mark.parametrize(("on_failure", "flagged"), [("fail_closed", True), ("fail_open", False)])
def test_what_is_unscored_is_said(start: Starter, on_failure: str, flagged: bool) -> None:
    with sdk(start(on_failure=on_failure)) as client:
        (result,) = client.moderations.create(input="").results
    assert (result.flagged, result.to_dict()["unscored"]) == (flagged, "empty")


def test_keys_are_theirs(start: Starter) -> None:
    running = start(keys=[{"name": "site", "sha256": key_hash("right")}])
    with sdk(running, "right") as client:
        assert client.moderations.create(input=KIND).results
    with sdk(running, "wrong") as client, pytest.raises(AuthenticationError) as caught:
        client.moderations.create(input=KIND)
    assert caught.value.code == "invalid_api_key"
