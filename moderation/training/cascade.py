"""Making a cascade of two trained bundles: corpora, what both parts say of them, bands, bundle. One straight pass."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation import __version__
from moderation.atomic import check_replaceable
from moderation.bundle import Bundle, load_bundle
from moderation.classifiers import load_classifier
from moderation.classifiers.base import Classifier, ClassifierInfo
from moderation.classifiers.cascade import FILE, KIND, CascadeClassifier, Mix, Part, Plan, logit, mixed
from moderation.corpora import load_corpora
from moderation.errors import BundleError, CorpusError
from moderation.labels import LABEL_NAMES
from moderation.shipped import shipped
from moderation.training.bands import Judged, fit_bands, inside
from moderation.training.calibrate import (
    Aim,
    Calibrated,
    Platt,
    corpus_weights,
    measured_by_corpus,
    threshold_for_precision,
)
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
    `aim` is what the thresholds promise. `threads` are the encoder's (0: one for each core).
    """

    output: Path
    fast: Path
    accurate: Path
    corpora: Path | None = None
    names: tuple[str, ...] | None = None
    name: str = "cascade"
    version: str = __version__
    loss: float = 0.01
    aim: Aim = field(default_factory=Aim)
    threads: int = 0


def fit_cascade(options: CascadeOptions, progress: Progress = silent) -> Bundle:
    """Fit what both parts count, thresholds and bands; write the cascade to `options.output`, return it.

    All is fitted on calibration rows, which trained no weight; what the manifest says of the cascade was measured on
    validation rows. Raises BundleError for parts that are no pair
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
    directory = options.corpora or shipped("data/samples/corpus")
    progress("reading corpora", 0, 4)
    corpora = [c for c in load_corpora(directory, options.names, for_training=True) if c.texts]
    rows = rows_of(corpora)
    texts = [text for corpus in corpora for text in corpus.texts]
    progress("scoring calibration rows", 1, 4)
    said, held_out = (_said(fast, accurate, texts, rows, part) for part in ("calibration", "validation"))
    if np.isnan(said.target).all():
        raise CorpusError(f"{directory}: no calibration row carries a label. Add corpora.")
    mixes = [_mix(said, column) for column in range(len(fast.info.labels))]
    own = np.array([parts[1].manifest.thresholds[label] for label in fast.info.labels])
    thresholds = np.array([_threshold(said, mixes, column, options.aim) for column in range(len(mixes))])
    judged, measured = (_judged(each, mixes, own, thresholds, rows) for each in (said, held_out))
    progress("fitting the bands", 2, 4)
    bands = fit_bands(judged, options.loss)
    progress("writing the bundle", 3, 4)
    limits = {label: (float(low), float(high)) for label, (low, high) in zip(fast.info.labels, bands, strict=True)}
    named = [Part(part.path.name, part.manifest.sha256) for part in parts]
    plan = Plan(named[0], named[1], limits, dict(zip(fast.info.labels, mixes, strict=True)))
    languages = tuple(code for code in fast.info.languages if code in accurate.info.languages)
    info = ClassifierInfo(options.name, options.version, fast.info.labels, languages)
    made_with = {
        "fast": parts[0].identity,
        "accurate": parts[1].identity,
        "loss": options.loss,
        "precision": {name: options.aim.precision[name] for name in info.labels},
        "prevalence": options.aim.prevalence,
        **_shares(judged, measured, rows, bands),
    }
    classifier = CascadeClassifier(info, fast, accurate, plan)
    trained = Trained(
        KIND, classifier, {FILE: plan.to_file()}, _calibrated(measured, rows, held_out.numbers, bands), made_with
    )
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


@dataclass(frozen=True, slots=True, eq=False)
class _Said:
    """What both parts say of the rows `numbers` (n,): probabilities (n, labels), beside the labels and the corpora."""

    numbers: NDArray[np.int64]
    fast: NDArray[np.float32]
    accurate: NDArray[np.float32]
    target: NDArray[np.float32]
    corpus: NDArray[np.int64]
    labels: tuple[str, ...]


def _said(fast: Classifier, accurate: Classifier, texts: Sequence[str], rows: Rows, part: str) -> _Said:
    numbers = np.flatnonzero(rows.split == part)
    own = [texts[k] for k in numbers.tolist()]
    target = rows.labels[numbers][:, [LABEL_NAMES.index(label) for label in fast.info.labels]]
    sides = fast.probabilities(own), accurate.probabilities(own)
    return _Said(numbers, *sides, target, rows.corpus[numbers], fast.info.labels)


def _mix(said: _Said, column: int) -> Mix:
    """Return how both parts' logits are added up for a label: a logistic regression on them in which every corpus
    counts the same. A fast part that would count against its own word is left out.
    """
    from sklearn.linear_model import LogisticRegression

    use = ~np.isnan(said.target[:, column])
    target = said.target[use, column]
    if len(np.unique(target)) < 2:
        return Mix(0.0, 1.0)
    logits = np.stack([logit(side[use, column]) for side in (said.fast, said.accurate)], axis=1)
    model = LogisticRegression(C=1e6, max_iter=1000)
    for first in (0, 1):
        model.fit(logits[:, first:], target, sample_weight=corpus_weights(said.corpus[use]))
        weights = [0.0] * first + [float(w) for w in model.coef_[0]]
        if weights[0] >= 0:
            break
    return Mix(weights[0], weights[1], float(model.intercept_[0]))


def _threshold(said: _Said, mixes: Sequence[Mix], column: int, aim: Aim) -> float:
    use = ~np.isnan(said.target[:, column])
    both = mixed(said.fast, said.accurate, mixes)[use, column].astype(np.float64)
    precision = aim.precision[said.labels[column]]
    found = threshold_for_precision(both, said.target[use, column], said.corpus[use], precision, aim.prevalence)
    return round(found, 4)  # as the manifest will hold it, since the bands are fitted around it


def _judged(
    said: _Said, mixes: Sequence[Mix], own: NDArray[np.float64], thresholds: NDArray[np.float64], rows: Rows
) -> Judged:
    """Return what the bands are fitted by; `own` are the thresholds of the accurate part."""
    chosen = [k for k, name in enumerate(rows.names) if name in ORDINARY] or list(range(len(rows.names)))
    return Judged(
        fast=said.fast,
        both=mixed(said.fast, said.accurate, mixes),
        alone=said.accurate >= own,
        target=said.target,
        corpus=said.corpus,
        ordinary=np.isin(said.corpus, chosen) & ~(said.target == 1).any(axis=1),
        thresholds=thresholds,
    )


def _shares(judged: Judged, measured: Judged, rows: Rows, bands: NDArray[np.float64]) -> dict[str, Any]:
    """Return what the bands cost: the loss on calibration and on validation rows, by how much the mean F1 of the latter
    falls, and the share of rows that the accurate part is asked about, of ordinary calibration rows and of each
    corpus's validation rows.
    """
    there, here = inside(judged.fast, bands), inside(measured.fast, bands)
    corpus = measured.corpus
    return {
        "lost": round(judged.loss(there), 4),
        "lost_on_validation": round(measured.loss(here), 4),
        "f1_lost_on_validation": _f1_lost(measured, here),
        "asked_ordinary": round(float(there[judged.ordinary].mean()), 4) if judged.ordinary.any() else None,
        "asked": {rows.names[k]: round(float(here[corpus == k].mean()), 4) for k in np.unique(corpus).tolist()},
    }


def _f1_lost(judged: Judged, asked: NDArray[np.bool_]) -> float | None:
    alone, here = (judged.measured(flagged)[0] for flagged in (judged.alone, judged.flagged(asked)))
    return round(float(alone.mean() - here.mean()), 4) if len(alone) else None


def _calibrated(
    measured: Judged, rows: Rows, held_out: NDArray[np.int64], bands: NDArray[np.float64]
) -> list[Calibrated]:
    """Return the thresholds, and what was measured with them on the validation rows."""
    asked = inside(measured.fast, bands)
    both = np.where(asked[:, None], measured.both, measured.fast).astype(np.float64)
    found = []
    for column, threshold in enumerate(measured.thresholds.tolist()):
        use = np.flatnonzero(~np.isnan(measured.target[:, column]))
        metrics = measured_by_corpus(both[use, column], measured.target[use, column], rows, held_out[use], threshold)
        found.append(Calibrated(_AS_IT_IS, threshold, metrics))
    return found
