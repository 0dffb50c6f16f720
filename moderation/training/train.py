"""Training the n-gram classifier: corpora, features, weights, calibration, thresholds, bundle. One straight pass, no
clock and no random state: the same corpora give the same bundle, byte for byte."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation import __version__
from moderation.atomic import check_replaceable
from moderation.bundle import Bundle
from moderation.classifiers.base import ClassifierInfo
from moderation.classifiers.ngram import ARRAYS, KIND, NgramClassifier, Weights
from moderation.corpora import Corpus, load_corpora
from moderation.errors import MissingExtra
from moderation.labels import LABEL_NAMES
from moderation.shipped import shipped
from moderation.training.calibrate import Aim, Calibrated, calibrate
from moderation.training.features import feature_matrix, ngram_slots
from moderation.training.finish import Trained, write_trained
from moderation.training.fit import FitOptions, fit_label, quantised
from moderation.training.rows import Progress, Rows, learnable, rows_of, silent


@dataclass(frozen=True, slots=True)
class TrainOptions:
    """What to train.

    `corpora` is a directory (None: the small sample corpus that ships with the project), `names` the corpora in it
    (None: all that may train). `aim` is what the suggested thresholds promise. `bits` sets the size of the hash table,
    `jobs` how many labels are fitted at once, `cache` a folder for features.
    """

    output: Path
    corpora: Path | None = None
    names: tuple[str, ...] | None = None
    name: str = "ngram"
    version: str = __version__
    aim: Aim = field(default_factory=Aim)
    bits: int = 20
    jobs: int = 2
    cache: Path | None = None
    fit: FitOptions = field(default_factory=FitOptions)


@dataclass(frozen=True, slots=True, eq=False)
class _Fitted:
    table: NDArray[np.int8]
    step: float
    calibrated: Calibrated


def train(options: TrainOptions, progress: Progress = silent) -> Bundle:
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
    rows = rows_of(corpora)
    labels = learnable(rows, directory)
    progress("counting n-grams", 1, 4)
    texts = [text for corpus in corpora for text in corpus.texts]
    features = feature_matrix(*ngram_slots(texts, options.bits, options.cache), options.bits)
    progress("fitting " + ", ".join(LABEL_NAMES[k] for k in labels), 2, 4)
    # Threads: the sparse products drop the GIL and the matrix is large. One BLAS thread: sums must not change order.
    with threadpool_limits(limits=1):
        fitted = Parallel(n_jobs=options.jobs, prefer="threads")(
            delayed(_fit)(features, rows, k, options) for k in labels
        )
    progress("writing the bundle", 3, 4)
    classifier = _classifier(options, corpora, labels, fitted)
    made_with = {
        "bits": options.bits,
        "precision": {name: options.aim.precision[name] for name in classifier.info.labels},
        "prevalence": options.aim.prevalence,
        "inverse_penalty": options.fit.inverse_penalty,
        "most_iterations": options.fit.most_iterations,
        "smoothing": options.fit.smoothing,
        "synthetic": options.fit.synthetic,
    }
    trained = Trained(KIND, classifier, {ARRAYS: classifier.to_file()}, [f.calibrated for f in fitted], made_with)
    bundle = write_trained(options.output, trained, corpora)
    progress("done", 4, 4)
    return bundle


def _fit(features: Any, rows: Rows, label: int, options: TrainOptions) -> _Fitted:
    learn = rows.of(label, "train")
    written = np.array(rows.synthetic)[rows.corpus[learn]]
    importance = np.where(written, np.float32(options.fit.synthetic), np.float32(1))
    weights = fit_label(features[learn], rows.labels[learn, label], rows.corpus[learn], importance, options.fit)
    table, step = quantised(weights)
    exported = table.astype(np.float32)  # scores are made from what is shipped, not from what was fitted

    def score(numbers: NDArray[np.int64]) -> NDArray[np.float64]:
        return np.asarray((features[numbers] @ exported).astype(np.float64) * step)

    return _Fitted(table, step, calibrate(score, rows, label, options.aim))


def _classifier(
    options: TrainOptions, corpora: Sequence[Corpus], labels: Sequence[int], fitted: Sequence[_Fitted]
) -> NgramClassifier:
    weights = Weights(
        np.ascontiguousarray(np.stack([f.table for f in fitted], axis=1)),
        np.array([[f.calibrated.platt.slope * f.step for f in fitted]] * 2),
        np.array([f.calibrated.platt.intercept for f in fitted]),
    )
    languages = tuple(sorted({c.spec.language for c in corpora}))
    names = tuple(LABEL_NAMES[k] for k in labels)
    return NgramClassifier(ClassifierInfo(options.name, options.version, names, languages), weights)
