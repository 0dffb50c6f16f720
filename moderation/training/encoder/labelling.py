"""The course that teaches labels: rows of all corpora in a mixed order, with the labels that are known of them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from moderation.training.encoder.fitting import Course, FitOptions, digest, padded
from moderation.training.encoder.network import PAD, Encoder, weighted_loss
from moderation.training.encoder.plan import batches, passes_over


@dataclass(frozen=True, slots=True, eq=False)
class Lessons:
    """Rows to learn from: token numbers by row; labels float32 (n, labels), from 0 to 1; how much each of them counts,
    float32 (n, labels), 0 where it is not known; corpus number (n,).
    """

    tokens: Sequence[NDArray[np.int32]]
    labels: NDArray[np.float32]
    weights: NDArray[np.float32]
    corpus: NDArray[np.int64]

    def of(self, rows: NDArray[np.int64]) -> "Lessons":
        """Return some of the rows."""
        own = [self.tokens[k] for k in rows.tolist()]
        return Lessons(own, self.labels[rows], self.weights[rows], self.corpus[rows])


def known_labels(
    tokens: Sequence[NDArray[np.int32]], labels: NDArray[np.float32], corpus: NDArray[np.int64]
) -> Lessons:
    """Return lessons with `labels` of 1, 0, or NaN where they are not known."""
    return Lessons(tokens, np.nan_to_num(labels), (~np.isnan(labels)).astype(np.float32), corpus)


def course_name(lessons: Lessons, passes: Sequence[float]) -> str:
    """Return what tells a course from others: how often what is seen, and all of it."""
    seen: list[NDArray[Any]] = [*lessons.tokens, lessons.labels, lessons.weights, lessons.corpus]
    return json.dumps({"passes": list(passes), "lessons": digest(seen)})


def label_course(lessons: Lessons, passes: Sequence[float], options: FitOptions) -> Course:
    """Return the course in which the rows of corpus k are seen `passes[k]` times.

    A share of the tokens is hidden behind [MASK], which keeps single words from deciding.
    """
    generator = np.random.Generator(np.random.PCG64(options.seed))
    by_corpus = [np.flatnonzero(lessons.corpus == c) for c in range(len(passes))]
    order = passes_over(by_corpus, passes, generator)
    lengths = np.array([len(row) for row in lessons.tokens], np.int64)
    plan = batches(order, lengths, options.batch_tokens, generator)

    def loss(model: Encoder, batch: NDArray[np.int64], step: int) -> torch.Tensor:
        device = model.offsets.device
        tokens = padded([lessons.tokens[k] for k in batch])
        lot = np.random.Generator(np.random.PCG64([options.seed, step])).random(tokens.shape, np.float32)
        hide = torch.from_numpy(lot < options.hidden) & (tokens != PAD)
        hide[:, 0] = False
        tokens[hide] = model.mask
        with torch.autocast(device.type, torch.bfloat16, enabled=options.bfloat16):
            logits = model(tokens.to(device, non_blocking=True))
        corpus, labels, weights = (
            torch.from_numpy(column[batch]).to(device, non_blocking=True)
            for column in (lessons.corpus, lessons.labels, lessons.weights)
        )
        return weighted_loss(logits.float() + model.offsets[corpus], labels, weights)

    return Course(plan, loss, course_name(lessons, passes))
