"""A small encoder with drawn weights, made without torch: it judges, but knows nothing."""

import numpy as np
import pytest

pytest.importorskip("onnx")

from moderation.classifiers.base import ClassifierInfo
from moderation.training.encoder.graph import Shape, build
from moderation.training.encoder.quantise import seen_ranges
from moderation.training.encoder.vocabulary import tokenizer_of

WORDS = ["harbour", "crane", "tram", "orchard", "price", "library", "the", "blue", "old", "opens", "at", "noon", "##s"]
PIECES = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "<url>", "<user>", *WORDS, *"abcdefghijklmnopqrstuvwxyz.!?,'")
LABELS = ("hate", "antisemitism")
SHAPE = Shape(heads=4, epsilon=1e-12)
INFO = ClassifierInfo("drawn", "1", LABELS, ("en",))
TOKENS = tokenizer_of(PIECES).to_str().encode()


def drawn(labels: int = len(LABELS)) -> dict[str, np.ndarray]:
    """Return drawn weights of a small encoder, by name."""
    lot = np.random.default_rng(3)
    width, wide = 16, 24

    def matrix(*shape: int) -> np.ndarray:
        return lot.normal(0, 0.35, shape).astype(np.float32)

    def norm(name: str) -> dict[str, np.ndarray]:
        return {f"{name}.weight": np.ones(width, np.float32), f"{name}.bias": matrix(width)}

    def dense(name: str, out: int, inside: int) -> dict[str, np.ndarray]:
        return {f"{name}.weight": matrix(out, inside), f"{name}.bias": matrix(out)}

    weights = {
        "bert.embeddings.word_embeddings.weight": matrix(len(PIECES), width),
        "bert.embeddings.position_embeddings.weight": matrix(256, width),
        "bert.embeddings.token_type_embeddings.weight": matrix(2, width),
        **norm("bert.embeddings.LayerNorm"),
        **dense("pooler", width, width),
        **dense("classifier", labels, width),
    }
    for layer in range(2):
        start = f"bert.encoder.layer.{layer}."
        for part in ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"):
            weights |= dense(start + part, width, width)
        weights |= norm(start + "attention.output.LayerNorm") | norm(start + "output.LayerNorm")
        weights |= dense(start + "intermediate.dense", wide, width) | dense(start + "output.dense", width, wide)
    return weights


def model(labels: int = len(LABELS), pieces: int = len(PIECES)) -> bytes:
    weights = drawn(labels)
    lot = np.random.default_rng(4)
    rows = [lot.integers(5, len(PIECES), size).astype(np.int32) for size in range(3, 40)]
    return build(weights, SHAPE, seen_ranges(weights, SHAPE, rows), pieces=pieces)
