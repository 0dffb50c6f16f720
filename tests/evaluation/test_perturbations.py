import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.evaluation.perturbations import PERTURBATIONS, clean_numeric_texts, perturbed
from moderation.text import normalise

SENTENCE = "Seven harmless neighbours painted the fence yesterday"


@pytest.mark.parametrize("name", PERTURBATIONS)
def test_each_changes_a_sentence_and_always_alike(name):
    assert perturbed(SENTENCE, name) != SENTENCE
    assert perturbed(SENTENCE, name) == perturbed(SENTENCE, name)


@given(st.text(), st.sampled_from(sorted(PERTURBATIONS)))
def test_every_string_can_be_perturbed(text, name):
    assert isinstance(perturbed(text, name), str)


def test_worked_by_hand():
    assert perturbed("an easy test", "leet") == "an 345y 7357"
    assert perturbed("an easy test", "upper case") == "AN EASY TEST"
    assert perturbed("ask the bankers", "echo marks") == "ask the (((bankers)))"
    assert perturbed("ask the jews now", "echo marks") == "ask the (((jews))) now"
    assert perturbed("Seven", "alternating case") == "sEvEn"
    assert perturbed(SENTENCE, "benign padding").split(SENTENCE)[0].startswith("Thank you")


@given(st.text(st.characters(min_codepoint=97, max_codepoint=122), min_size=4, max_size=20))
def test_letters_are_only_moved_or_lost_as_named(word):
    assert sorted(perturbed(word, "swapped letters")) == sorted(word)
    assert len(word) - len(perturbed(word, "dropped letters")) in (0, 1)
    assert perturbed(word, "zero-width").replace("\u200b", "") == word
    assert perturbed(word, "spaced letters").replace(" ", "") == word


def test_homoglyphs_look_alike_and_are_not_latin():
    found = perturbed("peace", "homoglyphs")
    assert all("CYRILLIC" in unicodedata.name(c) for c in found)
    assert normalise(f"{found} and quiet").text == "peace and quiet"


def test_clean_texts_are_many_and_always_the_same():
    assert clean_numeric_texts() == clean_numeric_texts()
    assert len(set(clean_numeric_texts())) > 550
