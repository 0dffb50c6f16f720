from dataclasses import FrozenInstanceError

import pytest

from moderation.labels import LABEL_NAMES, LABELS


def test_the_order_is_fixed() -> None:
    assert LABEL_NAMES == ("hate", "antisemitism", "toxicity")
    assert tuple(label.name for label in LABELS) == LABEL_NAMES


def test_every_label_says_what_it_means_and_who_says_so() -> None:
    for label in LABELS:
        assert len(label.definition) > 40
        assert label.title and label.source
        assert label.url.startswith("https://")


def test_labels_do_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        LABELS[0].name = "other"  # type: ignore[misc]
