"""Classifiers: texts to probabilities. The kind that a bundle names picks one out of a fixed table."""

from collections.abc import Callable

from moderation.bundle import Bundle
from moderation.classifiers.base import Classifier, ClassifierInfo, Explainer
from moderation.errors import BundleError


def _ngram(bundle: Bundle) -> Classifier:
    from moderation.classifiers.ngram import NgramClassifier

    return NgramClassifier.from_bundle(bundle)


def _encoder(bundle: Bundle) -> Classifier:
    from moderation.classifiers.encoder import EncoderClassifier

    return EncoderClassifier.from_bundle(bundle)


def _cascade(bundle: Bundle) -> Classifier:
    from moderation.classifiers.cascade import CascadeClassifier

    return CascadeClassifier.from_bundle(bundle, load_classifier)


_KINDS: dict[str, Callable[[Bundle], Classifier]] = {"cascade": _cascade, "encoder": _encoder, "ngram": _ngram}


def load_classifier(bundle: Bundle) -> Classifier:
    """Build the classifier of a checked bundle. Raises BundleError for a kind that this version does not know."""
    kind = bundle.manifest.kind
    if kind not in _KINDS:
        known = ", ".join(sorted(_KINDS))
        raise BundleError(
            f"{bundle.path}: a bundle of kind {kind!r}; this version knows {known}. Upgrade: pip install -U moderation"
        )
    return _KINDS[kind](bundle)


__all__ = ["Classifier", "ClassifierInfo", "Explainer", "load_classifier"]
