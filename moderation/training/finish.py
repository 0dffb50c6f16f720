"""The last step of every trainer: manifest, golden texts, card, bundle."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from moderation.bundle import Bundle, Manifest, write_bundle
from moderation.classifiers.base import Classifier
from moderation.corpora import Corpus
from moderation.corpora.sketch import SEEN, sketch_of
from moderation.golden import GOLDEN, golden_file
from moderation.labels import LABEL_NAMES
from moderation.shipped import shipped
from moderation.text import NORMALISER_VERSION
from moderation.training.calibrate import Calibrated
from moderation.training.card import model_card
from moderation.training.rows import parts_of


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """A trained classifier of a kind, its files, how its labels were calibrated (in their order), and the options that
    made it, as the manifest keeps them.
    """

    kind: str
    classifier: Classifier
    files: Mapping[str, bytes]
    calibrated: Sequence[Calibrated]
    options: Mapping[str, Any]


def write_trained(output: Path, trained: Trained, corpora: Sequence[Corpus]) -> Bundle:
    """Write the bundle of what was trained on `corpora`. Raises OutputError."""
    info = trained.classifier.info
    by_label = dict(zip(info.labels, trained.calibrated, strict=True))
    manifest = Manifest(
        kind=trained.kind,
        name=info.name,
        version=info.version,
        labels=info.labels,
        languages=info.languages,
        normaliser=NORMALISER_VERSION,
        thresholds={name: round(c.threshold, 4) for name, c in by_label.items()},
        licence="Apache-2.0",
        calibration={
            name: {"method": "platt", "slope": c.platt.slope, "intercept": c.platt.intercept, "rows": c.platt.rows}
            for name, c in by_label.items()
        },
        metrics={name: c.metrics for name, c in by_label.items()},
        training=trained.options,
        corpora=tuple(_entry(corpus, info.labels) for corpus in corpora),
    )
    files = {
        **trained.files,
        SEEN: sketch_of(_taught(corpora)).to_file(),
        GOLDEN: golden_file(trained.classifier, _golden_texts()),
        "README.md": model_card(manifest).encode(),
    }
    return write_bundle(output, manifest, files)


def _entry(corpus: Corpus, labels: Sequence[str]) -> dict[str, Any]:
    parts = parts_of(corpus)
    known = [not np.isnan(column).all() for column in corpus.labels.T]
    return {
        "name": corpus.spec.name,
        "title": corpus.spec.title,
        "source": corpus.spec.source,
        "licence": corpus.spec.licence,
        "sha256": corpus.sha256,
        "labels": [name for name in labels if known[LABEL_NAMES.index(name)]],
        "rows": {part: parts.count(part) for part in ("train", "calibration", "validation")},
    }


def _taught(corpora: Sequence[Corpus]) -> list[str]:
    """Return the fingerprints of what trained or calibrated."""
    return [p for c in corpora for p, part in zip(c.fingerprints, c.split, strict=True) if part != "validation"]


def _golden_texts() -> list[str]:
    lines = shipped("data/golden.txt").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line and not line.startswith("#")]
