"""Classifiers: texts to probabilities. The kind that a bundle names picks one out of a fixed table."""

from collections.abc import Callable
from functools import partial

from moderation.bundle import Bundle
from moderation.classifiers.base import Classifier, ClassifierInfo, Explainer
from moderation.errors import BundleError


def _ngram(bundle: Bundle, threads: int) -> Classifier:
    del threads  # one is enough for a hundred thousand texts a second
    from moderation.classifiers.ngram import NgramClassifier

    return NgramClassifier.from_bundle(bundle)


def _encoder(bundle: Bundle, threads: int) -> Classifier:
    from moderation.classifiers.encoder import EncoderClassifier

    return EncoderClassifier.from_bundle(bundle, threads)


def _cascade(bundle: Bundle, threads: int) -> Classifier:
    from moderation.classifiers.cascade import CascadeClassifier

    return CascadeClassifier.from_bundle(bundle, partial(load_classifier, threads=threads))


_KINDS: dict[str, Callable[[Bundle, int], Classifier]] = {"cascade": _cascade, "encoder": _encoder, "ngram": _ngram}


def load_classifier(bundle: Bundle, threads: int = 0) -> Classifier:
    """Build the classifier of a checked bundle. An encoder in it judges with `threads` threads (0: one for each core).

    Raises BundleError for a kind that this version does not know.
    """
    kind = bundle.manifest.kind
    if kind not in _KINDS:
        known = ", ".join(sorted(_KINDS))
        raise BundleError(
            f"{bundle.path}: a bundle of kind {kind!r}; this version knows {known}. Upgrade: pip install -U moderation"
        )
    return _KINDS[kind](bundle, threads)


__all__ = ["Classifier", "ClassifierInfo", "Explainer", "load_classifier"]
