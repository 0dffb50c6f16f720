"""Leaves out of an evaluation what trained the classifiers, as far as their bundles remember it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from moderation.bundle import Bundle
from moderation.corpora import Corpus
from moderation.corpora.copies import fingerprints
from moderation.corpora.sketch import SEEN, Sketch, merged, read_sketch, seen
from moderation.errors import EvaluationError
from moderation.evaluation.cases import Suite

COPY, NEAR = "copy of a text that trained the classifier", "near-copy of a text that trained the classifier"

_Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Found:
    """What was left out of one corpus or suite, of `n` rows that it had."""

    name: str
    n: int
    copies: int
    near: int


@dataclass(frozen=True, slots=True)
class Contamination:
    """What was `found` of what trained the classifiers `checked`; `unchecked` keep no record of it."""

    checked: tuple[str, ...]
    unchecked: tuple[str, ...]
    found: tuple[Found, ...]


def recorded(bundle: Bundle) -> Sketch | None:
    """Return a bundle's record of what trained it, None where it keeps none. Raises BundleError for a damaged one."""
    return read_sketch(bundle.files[SEEN]) if SEEN in bundle.files else None


def without_seen(
    corpora: Sequence[Corpus], suites: Sequence[Suite], records: Mapping[str, Sketch | None]
) -> tuple[list[Corpus], list[Suite], Contamination]:
    """Return corpora and suites without copies and near-copies of what trained any of the classifiers, and the counts.

    `records` maps a classifier's name to its record. A corpus's counts are in its `drops`, too.

    Raises EvaluationError where nothing of a corpus or suite is left.
    """
    known = {name: record for name, record in records.items() if record is not None}
    unchecked = tuple(name for name, record in records.items() if record is None)
    if not known:
        return list(corpora), list(suites), Contamination((), unchecked, ())
    names = [*(c.spec.name for c in corpora), *(s.spec.title or s.spec.name for s in suites)]
    prints = [*(c.fingerprints for c in corpora), *(fingerprints([case.text for case in s.cases]) for s in suites)]
    copies, near = seen([p for part in prints for p in part], merged(list(known.values())))
    ends = np.cumsum([len(part) for part in prints])[:-1]
    masks = list(zip(np.split(copies, ends), np.split(near, ends), strict=True))
    found = tuple(Found(name, len(c), int(c.sum()), int(n.sum())) for name, (c, n) in zip(names, masks, strict=True))
    for each in found:
        if 0 < each.n == each.copies + each.near:
            raise EvaluationError(f"All {each.n} rows of {each.name} trained the classifier. Leave it out.")
    cleaned = [_clean(corpus, *mask) for corpus, mask in zip(corpora, masks, strict=False)]
    left = [_left(suite, c | n) for suite, (c, n) in zip(suites, masks[len(corpora) :], strict=True)]
    return cleaned, left, Contamination(tuple(known), unchecked, found)


def _clean(corpus: Corpus, copies: _Bools, near: _Bools) -> Corpus:
    return corpus.without(copies, COPY).without(near[~copies], NEAR)


def _left(suite: Suite, mask: _Bools) -> Suite:
    return replace(suite, cases=tuple(case for case, gone in zip(suite.cases, mask.tolist(), strict=True) if not gone))
