"""Who is measured side by side: bundles and peers alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from moderation.bundle import load_bundle
from moderation.classifiers import load_classifier
from moderation.classifiers.base import Classifier
from moderation.corpora.sketch import Sketch
from moderation.errors import EvaluationError
from moderation.evaluation.contamination import recorded
from moderation.evaluation.scoring import ScoredCorpus


@dataclass(frozen=True, slots=True)
class Contender:
    """A classifier that flags at or over `thresholds`, under the `name` that tables show.

    `record` is what it remembers of what trained it (None: nothing), `notes` say what a reader must know of it.
    `attacked` says whether its robustness is measured, which takes many more texts than all the rest.
    """

    name: str
    classifier: Classifier
    thresholds: Mapping[str, float]
    record: Sketch | None = None
    notes: tuple[str, ...] = ()
    attacked: bool = False


@dataclass(frozen=True, slots=True)
class Scored:
    """A contender with what it said of the corpora."""

    contender: Contender
    corpora: Sequence[ScoredCorpus]


def bundle_contender(model: str, threads: int = 0) -> Contender:
    """Return a bundle, by its folder or a shipped one's name; an encoder in it has `threads` threads (0: one for each
    core). Raises BundleError.
    """
    bundle = load_bundle(model)
    manifest = bundle.manifest
    classifier = load_classifier(bundle, threads)
    return Contender(bundle.identity, classifier, manifest.thresholds, recorded(bundle), attacked=True)


def checked_names(contenders: Sequence[Contender]) -> None:
    """Raise EvaluationError where two contenders have one name: their columns could not be told apart."""
    names = [each.name for each in contenders]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise EvaluationError(f"{twice[0]} would be compared with itself. Name another bundle or peer.")
