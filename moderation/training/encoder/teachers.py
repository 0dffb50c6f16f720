"""Soft labels: what teachers say of rows that they did not learn from (Hinton et al. 2015, "Distilling the Knowledge in
a Neural Network", with cross-fitting).

What people labelled is noisy, corpora know some labels only, and a small network that is trained for long learns the
noise by heart. So the rows are cut into folds. For each fold an encoder and an n-gram regression learn from the others,
and judge it; the two are stacked (Wolpert 1992). The rows that the project wrote itself are learned by all teachers,
and keep their labels: those are right by construction.
"""

import shutil
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from zlib import crc32

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from moderation.corpora import Corpus
from moderation.training import fit as regression
from moderation.training.encoder.fitting import Course, FitOptions, Measure, Progress, fit, run_name
from moderation.training.encoder.judging import logits_of
from moderation.training.encoder.kept import Arrays, kept
from moderation.training.encoder.labelling import Lessons, label_course
from moderation.training.encoder.network import Encoder
from moderation.training.features import feature_matrix, ngram_slots

_BITS = 20  # of the n-gram teacher's table
_UNKNOWN = 0.5
"""How much a label counts that only teachers know."""

_Logits = NDArray[np.float32]


def folds_of(corpora: Sequence[Corpus], count: int) -> NDArray[np.int64]:
    """Return the fold of each row of `corpora`, int64 (n,), from 0 to count - 1: rows of one group lie in one."""
    names = [f"{corpus.spec.name}:{group}" for corpus in corpora for group in corpus.groups]
    return np.array([crc32(name.encode()) % count for name in names], np.int64)


def encoders_say(
    start: Encoder,
    lessons: Lessons,
    fold: NDArray[np.int64],
    written: NDArray[np.bool_],
    passes: Sequence[float],
    measure: Measure,
    options: FitOptions,
    work: Path,
    progress: Progress,
) -> _Logits:
    """Return the logits, float32 (n, labels), that encoders which began as `start` give the rows of the folds that they
    did not learn from, with the offsets of the rows' corpora.

    Each teacher's logits are kept in the folder `work`, where a run that was killed finds them.
    """
    result = np.zeros_like(lessons.labels)
    count = int(fold.max()) + 1
    for k in range(count):
        own = np.flatnonzero(fold == k)
        others = lessons.of(np.flatnonzero((fold != k) | written))
        drawn = replace(options, seed=options.seed + k)
        course = label_course(others, passes, drawn)
        place = work / f"teacher-{k}"

        def said(what: str, done: int, total: int, k: int = k) -> None:
            progress(f"teacher {k + 1} of {count} {what}", done, total)

        def judged(course: Course = course, place: Path = place, own: NDArray[np.int64] = own) -> Arrays:
            place.mkdir(exist_ok=True)
            model = deepcopy(start)
            fit(model, course, measure, options, place, said)
            shutil.rmtree(place)
            offsets = model.offsets.detach().cpu().numpy()
            return {"logits": logits_of(model, lessons.of(own).tokens) + offsets[lessons.corpus[own]]}

        name = run_name(course.name, drawn, start)
        result[own] = kept(place.with_suffix(".safetensors"), name, judged)["logits"]
    return result


def ngrams_say(
    texts: Sequence[str], lessons: Lessons, fold: NDArray[np.int64], written: NDArray[np.bool_], jobs: int
) -> _Logits:
    """Return what n-gram regressions say of the rows of the folds that they did not learn from, float32 (n, labels).

    `texts` are the rows', as they were posted. The offsets of corpora are left out.
    """
    features = feature_matrix(*ngram_slots(texts, _BITS, None), _BITS)
    options = regression.FitOptions()
    importance = np.where(written, np.float32(options.synthetic), np.float32(1))

    def judged(k: int, label: int) -> tuple[NDArray[np.int64], int, _Logits]:
        learn = np.flatnonzero((lessons.weights[:, label] > 0) & ((fold != k) | written))
        weights = regression.fit_label(
            features[learn], lessons.labels[learn, label], lessons.corpus[learn], importance[learn], options
        )
        own = np.flatnonzero(fold == k)
        return own, label, features[own] @ weights

    result = np.zeros_like(lessons.labels)
    tasks = [(k, label) for k in range(int(fold.max()) + 1) for label in range(result.shape[1])]
    with threadpool_limits(limits=1):  # sums must not change order
        for own, label, logits in Parallel(n_jobs=jobs, prefer="threads")(delayed(judged)(*task) for task in tasks):
            result[own, label] = logits
    return result


def stacked(lessons: Lessons, said: Sequence[_Logits], written: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return soft labels, float32 (n, labels), by what teachers `said`, (n, labels) each."""
    known = lessons.weights > 0
    columns = [
        _stacked([logits[:, k] for logits in said], lessons, known[:, k], written, k) for k in range(known.shape[1])
    ]
    return np.stack(columns, axis=1).astype(np.float32)


def taught(lessons: Lessons, soft: NDArray[np.float32], written: NDArray[np.bool_], trust: float) -> Lessons:
    """Return the lessons with `soft` labels, (n, labels), mixed into the labels: `trust` is their part in a label that
    is known; one that is not is theirs alone, and counts half. Where they are NaN, the lessons stay as they are.
    """
    known, there = lessons.weights > 0, ~np.isnan(soft)
    part = np.where(known, np.where(written, 0.0, trust)[:, None], 1.0) * there
    labels = ((1 - part) * lessons.labels + part * np.nan_to_num(soft)).astype(np.float32)
    return replace(lessons, labels=labels, weights=np.where(known | ~there, lessons.weights, np.float32(_UNKNOWN)))


def _stacked(
    said: Sequence[_Logits], lessons: Lessons, known: NDArray[np.bool_], written: NDArray[np.bool_], label: int
) -> NDArray[np.float64]:
    """Return the probabilities of one label, (n,), by what teachers said of it: weighted by how right they were, with
    an offset for each corpus that knows the label, and their mean for the others.
    """
    from sklearn.linear_model import LogisticRegression

    columns = np.stack(said, axis=1)
    use = known & ~written
    if len(np.unique(lessons.labels[use, label])) < 2:  # nothing that tells who is right
        return np.asarray(1 / (1 + np.exp(-columns.mean(axis=1))))
    names, place = np.unique(lessons.corpus[use], return_inverse=True)
    model = LogisticRegression(max_iter=300)
    model.fit(np.hstack([columns[use], np.eye(len(names))[place]]), lessons.labels[use, label])
    weights, offsets = np.split(model.coef_[0], [len(said)])
    by_corpus = np.full(int(lessons.corpus.max()) + 1, offsets.mean())
    by_corpus[names] = offsets
    logits = columns @ weights + model.intercept_[0] + by_corpus[lessons.corpus]
    return np.asarray(1 / (1 + np.exp(-logits)))
