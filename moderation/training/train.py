"""Training the n-gram classifier: corpora, features, weights, calibration, thresholds, bundle. One straight pass, no
clock and no random state: the same corpora give the same bundle, byte for byte."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation import __version__
from moderation.atomic import check_replaceable
from moderation.bundle import Bundle, Manifest, write_bundle
from moderation.classifiers.base import ClassifierInfo
from moderation.classifiers.ngram import ARRAYS, KIND, NgramClassifier, Weights
from moderation.corpora import Corpus, load_corpora
from moderation.corpora.sketch import SEEN, sketch_of
from moderation.errors import CorpusError, MissingExtra
from moderation.golden import GOLDEN, golden_file
from moderation.labels import LABEL_NAMES
from moderation.shipped import shipped
from moderation.text import NORMALISER_VERSION
from moderation.training.calibrate import Platt, corpus_weights, fit_platt, threshold_for_precision
from moderation.training.card import model_card
from moderation.training.features import feature_matrix, ngram_slots
from moderation.training.fit import FitOptions, fit_label, quantised

Progress = Callable[[str, int, int], None]
"""Called with (what is done now, steps done, steps in all)."""


def _silent(what: str, done: int, total: int) -> None:
    """Show nothing."""
    del what, done, total


PRECISION = MappingProxyType({"hate": 0.35, "antisemitism": 0.72, "toxicity": 0.4})
"""Precision that the thresholds aim at. Where a label's corpora are hard and adversarial, asking for more would miss
nearly all."""


@dataclass(frozen=True, slots=True)
class TrainOptions:
    """What to train.

    `corpora` is a directory (None: the small sample corpus that ships with the project), `names` the corpora in it
    (None: all that may train). `precision` is what the suggested threshold of each label promises where one comment
    in 1 / `prevalence` carries it (measured on the calibration parts, each corpus counting the same). `bits` sets the
    size of the hash table, `jobs` how many labels are fitted at once, `cache` a folder for features.
    """

    output: Path
    corpora: Path | None = None
    names: tuple[str, ...] | None = None
    name: str = "ngram"
    version: str = __version__
    precision: Mapping[str, float] = field(default_factory=lambda: dict(PRECISION))
    prevalence: float = 0.1
    bits: int = 20
    jobs: int = 2
    cache: Path | None = None
    fit: FitOptions = field(default_factory=FitOptions)


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """All rows of all corpora by column: labels (n, 3), part of the split (n,), number of the corpus (n,)."""

    labels: NDArray[np.float32]
    split: NDArray[np.str_]
    corpus: NDArray[np.int64]

    def of(self, label: int, part: str) -> NDArray[np.int64]:
        """Return the rows of a part that carry a label."""
        return np.flatnonzero((self.split == part) & ~np.isnan(self.labels[:, label]))


@dataclass(frozen=True, slots=True, eq=False)
class _Fitted:
    table: NDArray[np.int8]
    platt: Platt
    factor: float
    threshold: float
    metrics: dict[str, Any]


def train(options: TrainOptions, progress: Progress = _silent) -> Bundle:
    """Train on all corpora that may train, write the bundle to `options.output`, return it.

    A label is learned from the corpora that carry it; labels that none carries are left out. Raises CorpusError for
    corpora that cannot be used or hold too little, MissingExtra without the extra "train", OutputError where the
    bundle cannot be written.
    """
    try:
        from joblib import Parallel, delayed
        from threadpoolctl import threadpool_limits

        for package in ("scipy.sparse", "sklearn.linear_model"):  # used by the steps below
            import_module(package)
    except ImportError:
        raise MissingExtra("Training", "train") from None
    check_replaceable(options.output)  # now, and not after minutes of work
    directory = options.corpora or shipped("data/samples/corpus")
    progress("reading corpora", 0, 4)
    corpora = [c for c in load_corpora(directory, options.names, for_training=True) if c.texts]
    rows = _rows(corpora)
    labels = [k for k in range(len(LABEL_NAMES)) if _can_learn(rows, k)]
    if not labels:
        raise CorpusError(
            f"{directory}: no label has at least 10 positive and 10 negative rows to train on. Add corpora."
        )
    progress("counting n-grams", 1, 4)
    texts = [text for corpus in corpora for text in corpus.texts]
    features = feature_matrix(*ngram_slots(texts, options.bits, options.cache), options.bits)
    progress("fitting " + ", ".join(LABEL_NAMES[k] for k in labels), 2, 4)
    names = [c.spec.name for c in corpora]
    # Threads: the sparse products drop the GIL and the matrix is large. One BLAS thread: sums must not change order.
    with threadpool_limits(limits=1):
        fitted = Parallel(n_jobs=options.jobs, prefer="threads")(
            delayed(_fit)(features, rows, k, names, options) for k in labels
        )
    progress("writing the bundle", 3, 4)
    bundle = _write(options, corpora, labels, fitted)
    progress("done", 4, 4)
    return bundle


def _rows(corpora: Sequence[Corpus]) -> _Rows:
    if not corpora:
        return _Rows(np.empty((0, len(LABEL_NAMES)), np.float32), np.empty(0, np.str_), np.empty(0, np.int64))
    return _Rows(
        np.concatenate([c.labels for c in corpora]),
        np.array([_part(c, part) for c in corpora for part in c.split]),
        np.repeat(np.arange(len(corpora)), [len(c.texts) for c in corpora]),
    )


def _part(corpus: Corpus, part: str) -> str:
    """Return what a row is for: synthetic pairs only teach, thresholds come from what people wrote."""
    return "train" if corpus.spec.shipped and part == "calibration" else part


def _can_learn(rows: _Rows, label: int) -> bool:
    enough = True
    for part, least in (("train", 10), ("calibration", 2)):
        positives = int((rows.labels[rows.of(label, part), label] == 1).sum())
        enough = enough and least <= positives <= len(rows.of(label, part)) - least
    return enough


def _fit(features: Any, rows: _Rows, label: int, names: Sequence[str], options: TrainOptions) -> _Fitted:
    learn, check = rows.of(label, "train"), rows.of(label, "calibration")
    weights = fit_label(features[learn], rows.labels[learn, label], rows.corpus[learn], options.fit)
    table, step = quantised(weights)
    exported = table.astype(np.float32)  # scores are made from what is shipped, not from what was fitted
    scores = (features[check] @ exported).astype(np.float64) * step
    balance = corpus_weights(rows.corpus[check])
    platt = fit_platt(scores, rows.labels[check, label], balance)
    calibrated = _logistic(platt.slope * scores + platt.intercept)
    threshold = threshold_for_precision(
        calibrated,
        rows.labels[check, label],
        rows.corpus[check],
        options.precision[LABEL_NAMES[label]],
        options.prevalence,
    )
    held_out = rows.of(label, "validation")
    measured = _logistic(platt.slope * (features[held_out] @ exported).astype(np.float64) * step + platt.intercept)
    metrics = {
        names[c]: _measure(
            measured[rows.corpus[held_out] == c], rows.labels[held_out[rows.corpus[held_out] == c], label], threshold
        )
        for c in np.unique(rows.corpus[held_out])
    }
    return _Fitted(table, platt, platt.slope * step, threshold, metrics)


def _logistic(x: NDArray[np.float64]) -> NDArray[np.float64]:
    result: NDArray[np.float64] = 1.0 / (1.0 + np.exp(-x))
    return result


def _measure(probabilities: NDArray[np.float64], target: NDArray[np.float32], threshold: float) -> dict[str, Any]:
    """Return the few figures that a manifest carries; `moderation evaluate` gives them all, with intervals."""
    from sklearn.metrics import f1_score, roc_auc_score

    both = 0 < target.sum() < len(target)
    flagged = probabilities >= threshold
    return {
        "rows": len(target),
        "positives": int(target.sum()),
        "auc": round(float(roc_auc_score(target, probabilities)), 4) if both else None,
        "f1": round(float(f1_score(target, flagged)), 4) if both else None,
        "flag_rate": round(float(flagged.mean()), 4),
    }


def _write(
    options: TrainOptions, corpora: Sequence[Corpus], labels: Sequence[int], fitted: Sequence[_Fitted]
) -> Bundle:
    names = tuple(LABEL_NAMES[k] for k in labels)
    weights = Weights(
        np.ascontiguousarray(np.stack([f.table for f in fitted], axis=1)),
        np.array([[f.factor for f in fitted]] * 2),
        np.array([f.platt.intercept for f in fitted]),
    )
    languages = tuple(sorted({c.spec.language for c in corpora}))
    classifier = NgramClassifier(ClassifierInfo(options.name, options.version, names, languages), weights)
    manifest = Manifest(
        kind=KIND,
        name=options.name,
        version=options.version,
        labels=names,
        languages=languages,
        normaliser=NORMALISER_VERSION,
        thresholds={name: round(f.threshold, 4) for name, f in zip(names, fitted, strict=True)},
        licence="Apache-2.0",
        calibration={
            name: {"method": "platt", "slope": f.platt.slope, "intercept": f.platt.intercept, "rows": f.platt.rows}
            for name, f in zip(names, fitted, strict=True)
        },
        metrics={name: f.metrics for name, f in zip(names, fitted, strict=True)},
        training={
            "bits": options.bits,
            "precision": {name: options.precision[name] for name in names},
            "prevalence": options.prevalence,
            "inverse_penalty": options.fit.inverse_penalty,
            "most_iterations": options.fit.most_iterations,
            "smoothing": options.fit.smoothing,
        },
        corpora=tuple(_entry(c, labels) for c in corpora),
    )
    files = {
        ARRAYS: classifier.to_file(),
        SEEN: sketch_of(_taught(corpora)).to_file(),
        GOLDEN: _golden(classifier),
        "README.md": model_card(manifest).encode(),
    }
    return write_bundle(options.output, manifest, files)


def _entry(corpus: Corpus, labels: Sequence[int]) -> dict[str, Any]:
    learned = [LABEL_NAMES[k] for k in labels if not np.isnan(corpus.labels[:, k]).all()]
    return {
        "name": corpus.spec.name,
        "title": corpus.spec.title,
        "source": corpus.spec.source,
        "licence": corpus.spec.licence,
        "sha256": corpus.sha256,
        "labels": learned,
        "rows": {part: corpus.split.count(part) for part in ("train", "calibration", "validation")},
    }


def _taught(corpora: Sequence[Corpus]) -> list[str]:
    """Return the fingerprints of what trained or calibrated."""
    return [p for c in corpora for p, part in zip(c.fingerprints, c.split, strict=True) if part != "validation"]


def _golden(classifier: NgramClassifier) -> bytes:
    lines = shipped("data/golden.txt").read_text(encoding="utf-8").splitlines()
    return golden_file(classifier, [json.loads(line) for line in lines if line and not line.startswith("#")])
