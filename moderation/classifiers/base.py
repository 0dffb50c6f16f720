"""What a classifier is: texts in, calibrated probabilities out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from moderation.types import Span


@dataclass(frozen=True, slots=True)
class ClassifierInfo:
    """Who judges: `labels` in the order of the columns, `languages` as BCP 47 primary tags."""

    name: str
    version: str
    labels: tuple[str, ...]
    languages: tuple[str, ...]


class Classifier(Protocol):
    """Texts to probabilities. Always batched, always two-dimensional; safe to call from several threads at once."""

    @property
    def info(self) -> ClassifierInfo:
        """Name, version, labels, languages."""
        ...

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return calibrated probabilities, float32 (len(texts), len(info.labels))."""
        ...


@runtime_checkable
class Explainer(Protocol):
    """A classifier that can say which part of a text moved its score."""

    def explain(self, text: str) -> tuple[Span, ...]:
        """Return what each part of `text` adds to the logit of each label; a label's weights sum to its logit."""
        ...
