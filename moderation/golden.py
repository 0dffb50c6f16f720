"""Replaying a bundle's golden texts: the proof that this machine and this version give the scores that were shipped."""

import json

import numpy as np

from moderation.bundle import Bundle
from moderation.classifiers.base import Classifier
from moderation.errors import BundleCorrupt, GoldenMismatch

GOLDEN = "golden.jsonl"
TOLERANCES = {"cascade": 0.02, "encoder": 0.02}
"""Largest difference of a probability that counts as the same, by kind. Sums in another order, as another processor
makes them, can move an 8-bit number of the encoder by one step."""
TOLERANCE = 1e-5
"""The same, for kinds that TOLERANCES does not name."""


def golden_file(classifier: Classifier, texts: list[str]) -> bytes:
    """Return texts with their scores, one JSON object a line."""
    scores = classifier.probabilities(texts).tolist()
    rows = [
        {"text": text, "scores": {name: round(p, 6) for name, p in zip(classifier.info.labels, row, strict=True)}}
        for text, row in zip(texts, scores, strict=True)
    ]
    return "".join(json.dumps(row, sort_keys=True) + "\n" for row in rows).encode()


def replay(bundle: Bundle, classifier: Classifier) -> tuple[int, float]:
    """Score the golden texts of a bundle again; return (how many, largest difference).

    Raises GoldenMismatch where one differs by more than its kind may, BundleCorrupt where none can be read.
    """
    try:
        rows = [json.loads(line) for line in bundle.files.get(GOLDEN, b"").splitlines()]
        texts = [str(row["text"]) for row in rows]
        expected = np.array([[float(row["scores"][label]) for label in classifier.info.labels] for row in rows])
    except (ValueError, LookupError, TypeError, RecursionError):
        raise BundleCorrupt(
            f"{bundle.path / GOLDEN}: no golden texts of these labels. Train the bundle again."
        ) from None
    if not texts:
        raise BundleCorrupt(f"{bundle.path}: no golden texts. Get the bundle again, or train it again.")
    found = classifier.probabilities(texts)
    differences = np.abs(found - expected).max(axis=1)
    worst = int(differences.argmax())
    tolerance = TOLERANCES.get(bundle.manifest.kind, TOLERANCE)
    if not differences[worst] <= tolerance:
        raise GoldenMismatch(
            f"{bundle.path}: golden text {worst + 1} differs by {differences[worst]:.2g} from its recorded score "
            f"({int((differences > tolerance).sum())} of {len(rows)} do). Do not use it here; report the platform."
        )
    return len(rows), float(differences[worst])
