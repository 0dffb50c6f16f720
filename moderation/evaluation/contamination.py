"""Leaves out of an evaluation what trained the classifier."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from moderation.corpora import Corpus
from moderation.corpora.sketch import Sketch, seen

COPY, NEAR = "copy of a text that trained the classifier", "near-copy of a text that trained the classifier"


def without_seen(corpora: Sequence[Corpus], sketch: Sketch) -> list[Corpus]:
    """Return the corpora without rows that are copies or near-copies of what the sketch holds, counted in `drops`.

    A corpus may end up with no row. Near-copies are told by hashes alone: with the few that are not, the count is high
    rather than low.
    """
    return [_clean(corpus, sketch) for corpus in corpora]


def _clean(corpus: Corpus, sketch: Sketch) -> Corpus:
    copies, near = seen(corpus.texts, sketch)
    if not (copies | near).any():
        return corpus
    keep = np.flatnonzero(~(copies | near)).tolist()
    found = Counter({COPY: int(copies.sum()), NEAR: int(near.sum())})
    return replace(
        corpus,
        ids=[corpus.ids[k] for k in keep],
        texts=[corpus.texts[k] for k in keep],
        labels=corpus.labels[keep],
        groups=[corpus.groups[k] for k in keep],
        split=[corpus.split[k] for k in keep],
        targets=[corpus.targets[k] for k in keep],
        meta=[corpus.meta[k] for k in keep],
        drops=corpus.drops + found,
    )
