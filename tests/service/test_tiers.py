"""The other kinds of bundle, with drawn weights: a cascade that judges two labels of the three."""

import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("onnx")

from moderation.bundle import Manifest, write_bundle
from moderation.classifiers import encoder, ngram
from moderation.classifiers.cascade import FILE, CascadeClassifier, Mix, Part, Plan
from moderation.classifiers.encoder import EncoderClassifier
from moderation.classifiers.ngram import NgramClassifier, Weights
from moderation.golden import GOLDEN, golden_file
from moderation.text import NORMALISER_VERSION
from tests.classifiers.drawn_encoder import INFO, LABELS, TOKENS, WORDS, model

from .conftest import Running, Starter

THRESHOLDS = dict.fromkeys(LABELS, 0.5)
BANDS = {"hate": (0.3, 0.9), "antisemitism": (0.3, 0.9)}
TEXTS = ["the blue harbour opens", "an old tram", *(" ".join(WORDS[k : k + 4]) for k in range(8))]


@pytest.fixture(scope="module")
def cascade(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiers")
    lot = np.random.default_rng(5)
    table = lot.integers(-127, 128, (1 << 10, 2), dtype=np.int8)
    fast = NgramClassifier(INFO, Weights(table, np.full((2, 2), 0.02), np.zeros(2)))
    accurate = EncoderClassifier(INFO, model(), TOKENS, threads=1)

    def manifest(kind: str) -> Manifest:
        return Manifest(kind, "drawn", "1", LABELS, ("en",), NORMALISER_VERSION, THRESHOLDS, "Apache-2.0")

    first = write_bundle(folder / "fast", manifest("ngram"), {ngram.ARRAYS: fast.to_file()})
    second = write_bundle(folder / "accurate", manifest("encoder"), {encoder.MODEL: model(), encoder.TOKENIZER: TOKENS})
    parts = [Part(b.path.name, b.manifest.sha256) for b in (first, second)]
    plan = Plan(parts[0], parts[1], BANDS, dict.fromkeys(LABELS, Mix(0.3, 0.8)))
    both = CascadeClassifier(INFO, fast, accurate, plan)
    files = {FILE: plan.to_file(), GOLDEN: golden_file(both, TEXTS)}
    return write_bundle(folder / "both", manifest("cascade"), files).path


@pytest.fixture
def tiered(start: Starter, cascade: Path) -> Running:
    return start(model=str(cascade), policy=None, threads=1)


def test_a_cascade_serves(tiered: Running) -> None:
    reply = tiered.post("/v1/score", {"comments": TEXTS})
    assert reply.status == 200
    assert all(result["scores"].keys() == set(LABELS) for result in reply.json["results"])
    assert tiered.get("/v1/model").json["kind"] == "cascade"
    assert tiered.post("/v1/admin/reload", {}).status == 200


def test_what_no_label_stands_behind_is_not_served(tiered: Running) -> None:
    body = {"comment": {"text": TEXTS[0]}, "requestedAttributes": {"TOXICITY": {}}}
    assert (
        "Unknown requested attribute: TOXICITY"
        in tiered.post("/v1alpha1/comments:analyze", body).json["error"]["message"]
    )
    body["requestedAttributes"] = {"IDENTITY_ATTACK": {}}
    assert tiered.post("/v1alpha1/comments:analyze", body).json["attributeScores"].keys() == {"IDENTITY_ATTACK"}
    (result,) = tiered.post("/v1/moderations", {"input": TEXTS[0]}).json["results"]
    assert "harassment" in result["unsupported"] and result["category_scores"]["harassment"] == 0
    assert result["categories"]["harassment"] is False
    assert json.dumps(result).count('"antisemitism"') == 3
