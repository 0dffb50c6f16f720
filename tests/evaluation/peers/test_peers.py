from importlib.util import find_spec

import numpy as np
import pytest

from moderation.corpora import load_corpora
from moderation.corpora.sketch import seen
from moderation.errors import EvaluationError, MissingExtra, ModerationError
from moderation.evaluation.peers import make_peer
from moderation.shipped import shipped

SAMPLE = shipped("data/samples/corpus")


@pytest.mark.parametrize("name", ["", "nothing", "perspective", "perspective:", "tfidf:x", "alt-profanity-check:1"])
def test_another_name_is_refused_with_those_that_there_are(name, tmp_path):
    with pytest.raises(EvaluationError, match=r"Known: alt-profanity-check, tfidf, .*perspective:URL"):
        make_peer(name, tmp_path)


def test_the_baseline_learns_from_the_same_parts_as_a_bundle():
    peer = make_peer("tfidf", SAMPLE)
    assert peer.classifier.info.labels == ("hate", "antisemitism", "toxicity")
    (corpus,) = load_corpora(SAMPLE, for_training=True)
    copies, _ = seen(corpus.fingerprints, peer.record)
    assert copies.tolist() == [part != "validation" for part in corpus.split]
    scores = peer.classifier.probabilities(["Shut up, you pathetic idiot.", "Lovely photographs.", "", "\ud800"])
    assert scores.shape == (4, 3)
    assert scores.dtype == np.float32
    assert scores[0, 2] > scores[1, 2]
    assert peer.classifier.probabilities([]).shape == (0, 3)


def test_alt_profanity_check_judges_toxicity_or_says_what_to_install(tmp_path):
    if find_spec("profanity_check") is None:
        with pytest.raises(MissingExtra, match=r"moderation\[peers\]"):
            make_peer("alt-profanity-check", tmp_path)
        return
    peer = make_peer("alt-profanity-check", tmp_path)
    rude, kind = peer.classifier.probabilities(["Shut up, you idiot.", "Lovely photographs."])[:, 0]
    assert rude > kind
    assert peer.classifier.probabilities([]).shape == (0, 1)


def test_a_checkpoint_that_is_not_there_is_an_error_in_one_line(tmp_path):
    with pytest.raises(ModerationError) as caught:
        make_peer(f"detoxify:{tmp_path / 'none.ckpt'}", tmp_path)
    assert "\n" not in str(caught.value)
