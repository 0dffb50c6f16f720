"""Detoxify's published models, or a checkpoint in its format (https://github.com/unitaryai/detoxify)."""

from moderation.classifiers.detoxify import DetoxifyClassifier
from moderation.evaluation.contenders import Contender

_TRAINED_ON = {
    "original": "Wikipedia talk comments (Jigsaw 2018), as is the corpus wiki_cat",
    "unbiased": "Civil Comments (Jigsaw 2019), as is the corpus toxic_spans",
    "multilingual": "Wikipedia talk and Civil Comments (Jigsaw 2020), as are the corpora wiki_cat and toxic_spans",
}


def make(given: str) -> Contender:
    """Return the model that `given` names. Raises what `DetoxifyClassifier.load` does."""
    classifier = DetoxifyClassifier.load(given)
    trained = _TRAINED_ON.get(given)
    return Contender(
        f"{classifier.info.name} {classifier.info.version}",
        classifier,
        dict.fromkeys(classifier.info.labels, 0.5),
        notes=(f"Flags at 0.5. Trained on {trained}." if trained else "Flags at 0.5.",),
    )
