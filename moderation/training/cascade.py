"""Making a cascade of two trained bundles: corpora, what both parts say of them, bands, bundle. One straight pass."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation import __version__
from moderation.atomic import check_replaceable
from moderation.bundle import Bundle, load_bundle
from moderation.classifiers import load_classifier
from moderation.classifiers.base import Classifier, ClassifierInfo
from moderation.classifiers.cascade import FILE, KIND, CascadeClassifier, Part, Plan
from moderation.corpora import load_corpora
from moderation.errors import BundleError, CorpusError
from moderation.labels import LABEL_NAMES
from moderation.shipped import shipped
from moderation.training.bands import Judged, fit_bands, inside
from moderation.training.calibrate import Calibrated, Platt, measured_by_corpus
from moderation.training.finish import Trained, write_trained
from moderation.training.rows import Progress, Rows, rows_of, silent

ORDINARY = ("toxic_spans", "wiki_cat")
"""The corpora whose benign rows are most like the comments of news sites: those must seldom be sent on. Where none of
them is here, the benign rows of all corpora stand for them."""

_AS_IT_IS = Platt(1.0, 0.0, 0)  # the parts are calibrated, each by itself


@dataclass(frozen=True, slots=True)
class CascadeOptions:
    """What to put together: the bundles `fast` and `accurate`, which lie beside `output`, as they will when the cascade
    is used.

    `corpora` is a directory (None: the small sample corpus that ships with the project), `names` the corpora in it
    (None: all that may train). `loss` is what the bands may cost on the calibration rows against the accurate part
    alone, in F1 and false positives, a mean over corpora and labels (`moderation.training.bands.Judged.loss`).
    `threads` are the encoder's (0: one for each core).
    """

    output: Path
    fast: Path
    accurate: Path
    corpora: Path | None = None
    names: tuple[str, ...] | None = None
    name: str = "cascade"
    version: str = __version__
    loss: float = 0.01
    threads: int = 0


def fit_cascade(options: CascadeOptions, progress: Progress = silent) -> Bundle:
    """Fit the bands of a cascade, write its bundle to `options.output`, return it.

    The bands are fitted on calibration rows, which trained no weight; what the manifest says of the cascade was
    measured on validation rows. Its thresholds are the accurate part's. Raises BundleError for parts that are no pair
    or do not lie beside the output, CorpusError for corpora that cannot be used or hold too little, MissingExtra
    without the extra "train", OutputError where the bundle cannot be written.
    """
    parts = _parts(options)
    check_replaceable(options.output)
    fast, accurate = (load_classifier(part, options.threads) for part in parts)
    if fast.info.labels != accurate.info.labels:
        raise BundleError(
            f"{options.fast} judges {', '.join(fast.info.labels)}, and {options.accurate} "
            f"{', '.join(accurate.info.labels)}: a cascade needs two of the same labels, in the same order."
        )
    thresholds = np.array([parts[1].manifest.thresholds[label] for label in fast.info.labels])
    directory = options.corpora or shipped("data/samples/corpus")
    progress("reading corpora", 0, 4)
    corpora = [c for c in load_corpora(directory, options.names, for_training=True) if c.texts]
    rows = rows_of(corpora)
    texts = [text for corpus in corpora for text in corpus.texts]
    progress("scoring calibration rows", 1, 4)
    numbers = np.flatnonzero(rows.split == "calibration")
    judged = _judged(fast, accurate, texts, rows, numbers, thresholds)
    if not len(judged.measured(judged.ordinary)[0]):
        raise CorpusError(f"{directory}: no calibration row carries a label. Add corpora.")
    bands = fit_bands(judged, options.loss)
    progress("scoring validation rows", 2, 4)
    held_out = np.flatnonzero(rows.split == "validation")
    measured = _judged(fast, accurate, texts, rows, held_out, thresholds)
    progress("writing the bundle", 3, 4)
    limits = {label: (float(low), float(high)) for label, (low, high) in zip(fast.info.labels, bands, strict=True)}
    named = [Part(part.path.name, part.manifest.sha256) for part in parts]
    plan = Plan(named[0], named[1], limits)
    languages = tuple(code for code in fast.info.languages if code in accurate.info.languages)
    info = ClassifierInfo(options.name, options.version, fast.info.labels, languages)
    made_with = {
        "fast": parts[0].identity,
        "accurate": parts[1].identity,
        "loss": options.loss,
        **_shares(judged, measured, rows, held_out, bands),
    }
    classifier = CascadeClassifier(info, fast, accurate, limits)
    trained = Trained(KIND, classifier, {FILE: plan.to_file()}, _calibrated(measured, rows, held_out, bands), made_with)
    bundle = write_trained(options.output, trained, corpora)
    progress("done", 4, 4)
    return bundle


def _parts(options: CascadeOptions) -> tuple[Bundle, Bundle]:
    """Return the bundles of both parts. Raises BundleError where they do not lie beside the output, or are none."""
    home = options.output.resolve().parent
    places = [path.resolve() for path in (options.fast, options.accurate, options.output)]
    if len(set(places)) < 3 or any(place.parent != home for place in places):
        raise BundleError(
            f"{options.output}: the cascade finds its parts by name, so {options.fast}, {options.accurate} and it must "
            "be three folders side by side. Copy the parts there first, or choose another --output."
        )
    fast, accurate = load_bundle(places[0]), load_bundle(places[1])
    for part in (fast, accurate):
        if part.manifest.kind == KIND:
            raise BundleError(f"{part.path}: is a cascade itself. Name a bundle of another kind.")
    return fast, accurate


def _judged(
    fast: Classifier,
    accurate: Classifier,
    texts: Sequence[str],
    rows: Rows,
    numbers: NDArray[np.int64],
    thresholds: NDArray[np.float64],
) -> Judged:
    own = [texts[k] for k in numbers.tolist()]
    target = rows.labels[numbers][:, [LABEL_NAMES.index(label) for label in fast.info.labels]]
    chosen = [k for k, name in enumerate(rows.names) if name in ORDINARY] or list(range(len(rows.names)))
    return Judged(
        fast=fast.probabilities(own),
        accurate=accurate.probabilities(own),
        target=target,
        corpus=rows.corpus[numbers],
        ordinary=np.isin(rows.corpus[numbers], chosen) & ~(target == 1).any(axis=1),
        thresholds=thresholds,
    )


def _shares(
    judged: Judged, measured: Judged, rows: Rows, held_out: NDArray[np.int64], bands: NDArray[np.float64]
) -> dict[str, Any]:
    """Return what the bands cost: the loss on calibration and on validation rows, by how much the mean F1 of the latter
    falls, and the share of rows that the accurate part is asked about, of ordinary calibration rows and of each
    corpus's validation rows.
    """
    there, here = inside(judged.fast, bands), inside(measured.fast, bands)
    corpus = rows.corpus[held_out]
    return {
        "lost": round(judged.loss(there), 4),
        "lost_on_validation": round(measured.loss(here), 4),
        "f1_lost_on_validation": _f1_lost(measured, here),
        "asked_ordinary": round(float(there[judged.ordinary].mean()), 4) if judged.ordinary.any() else None,
        "asked": {rows.names[k]: round(float(here[corpus == k].mean()), 4) for k in np.unique(corpus).tolist()},
    }


def _f1_lost(judged: Judged, asked: NDArray[np.bool_]) -> float | None:
    alone, here = (judged.measured(who)[0] for who in (np.ones(len(asked), np.bool_), asked))
    return round(float(alone.mean() - here.mean()), 4) if len(alone) else None


def _calibrated(
    measured: Judged, rows: Rows, held_out: NDArray[np.int64], bands: NDArray[np.float64]
) -> list[Calibrated]:
    """Return the thresholds, and what was measured with them on the validation rows."""
    asked = inside(measured.fast, bands)
    both = np.where(asked[:, None], measured.accurate, measured.fast).astype(np.float64)
    found = []
    for column, threshold in enumerate(measured.thresholds.tolist()):
        use = np.flatnonzero(~np.isnan(measured.target[:, column]))
        metrics = measured_by_corpus(both[use, column], measured.target[use, column], rows, held_out[use], threshold)
        found.append(Calibrated(_AS_IT_IS, threshold, metrics))
    return found
