"""Tiers for measuring speed where the trained ones are not here: `python benchmarks/drawn_tiers.py DIR`.

    DIR/fast       the shipped n-gram bundle
    DIR/accurate   an encoder of MiniLM's shape with random weights, in 8 bits: it costs what a trained one costs
    DIR/default    a cascade of both, which asks the encoder about 6.6 % of news comments, as docs/accurate.md says of
                   the trained one

What they say of a comment means nothing. Their thresholds flag few, as the trained ones do of news comments: to say why
a comment is flagged costs an encoder one judgement a word.
"""

import argparse
import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))

from speed import load_texts

from moderation.bundle import bundle_path, load_bundle, write_bundle
from moderation.classifiers import encoder, load_classifier
from moderation.classifiers.base import ClassifierInfo
from moderation.classifiers.cascade import FILE, CascadeClassifier, Part, Plan
from moderation.classifiers.encoder import EncoderClassifier
from moderation.golden import GOLDEN, golden_file
from moderation.training.encoder.graph import Shape, build
from moderation.training.encoder.quantise import seen_ranges
from moderation.training.encoder.vocabulary import tokenizer_of

WIDTH, WIDE, LAYERS, PIECES = 384, 1536, 6, 30522
SHAPE = Shape(heads=12, epsilon=1e-12)
ASKED = 0.066
FLAGGED = 0.02


def main() -> None:
    """Write the three bundles."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--corpora", type=Path, default=os.environ.get("MODERATION_CORPORA"), help="folder of corpora")
    options = parser.parse_args()
    texts, _ = load_texts(Path(options.corpora) if options.corpora else None)
    options.folder.mkdir(parents=True, exist_ok=True)
    shutil.copytree(bundle_path("default"), options.folder / "fast", dirs_exist_ok=True)
    first = load_bundle(options.folder / "fast")
    fast = load_classifier(first)
    labels = fast.info.labels
    info = ClassifierInfo("drawn", "0", labels, fast.info.languages)
    tokens = tokenizer_of(pieces()).to_str().encode()
    model = drawn_model(len(labels))
    accurate = EncoderClassifier(info, model, tokens, threads=0)
    golden = texts[:8]
    manifest = replace(first.manifest, name="drawn", version="0", kind="encoder", metrics={}, training={}, corpora=())
    highest = np.quantile(accurate.probabilities(texts[:500]), 1 - FLAGGED / len(labels), axis=0)
    manifest = replace(manifest, thresholds=dict(zip(labels, highest.tolist(), strict=True)))
    files = {encoder.MODEL: model, encoder.TOKENIZER: tokens, GOLDEN: golden_file(accurate, golden)}
    second = write_bundle(options.folder / "accurate", manifest, files)
    toxicity = fast.probabilities(texts[:5000])[:, labels.index("toxicity")]
    bands = dict.fromkeys(labels, (1.0, 1.0)) | {"toxicity": (float(np.quantile(toxicity, 1 - ASKED)), 1.0)}
    parts = [Part(bundle.path.name, bundle.manifest.sha256) for bundle in (first, second)]
    cascade = CascadeClassifier(info, fast, accurate, bands)
    files = {FILE: Plan(parts[0], parts[1], bands).to_file(), GOLDEN: golden_file(cascade, golden)}
    write_bundle(options.folder / "default", replace(manifest, kind="cascade"), files)
    print(f"Wrote {options.folder}")


def pieces() -> list[str]:
    """Return as many word pieces as MiniLM has: marks, letters, and all that three letters can be."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    singles = letters + "0123456789.,;:!?'\"()-"
    triples = [a + b + c for a in letters for b in letters for c in letters]
    marks = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "<url>", "<user>"]
    every = [*marks, *singles, *("##" + c for c in singles), *triples, *("##" + t for t in triples)]
    return every[:PIECES]


def drawn_model(labels: int) -> bytes:
    """Return an encoder with random weights, in 8 bits."""
    lot = np.random.default_rng(0)

    def matrix(*shape: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        return lot.normal(0, 0.05, shape).astype(np.float32)

    def norm(name: str) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float32]]]:
        return {f"{name}.weight": np.ones(WIDTH, np.float32), f"{name}.bias": matrix(WIDTH)}

    def dense(name: str, out: int, inside: int) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float32]]]:
        return {f"{name}.weight": matrix(out, inside), f"{name}.bias": matrix(out)}

    weights = {
        "bert.embeddings.word_embeddings.weight": matrix(PIECES, WIDTH),
        "bert.embeddings.position_embeddings.weight": matrix(512, WIDTH),
        "bert.embeddings.token_type_embeddings.weight": matrix(2, WIDTH),
        **norm("bert.embeddings.LayerNorm"),
        **dense("pooler", WIDTH, WIDTH),
        **dense("classifier", labels, WIDTH),
    }
    for layer in range(LAYERS):
        start = f"bert.encoder.layer.{layer}."
        for part in ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"):
            weights |= dense(start + part, WIDTH, WIDTH)
        weights |= norm(start + "attention.output.LayerNorm") | norm(start + "output.LayerNorm")
        weights |= dense(start + "intermediate.dense", WIDE, WIDTH) | dense(start + "output.dense", WIDTH, WIDE)
    rows = [lot.integers(7, PIECES, size).astype(np.int32) for size in range(4, 128, 8)]
    return build(weights, SHAPE, seen_ranges(weights, SHAPE, rows), pieces=PIECES)


if __name__ == "__main__":
    main()
