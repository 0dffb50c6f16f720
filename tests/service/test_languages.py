import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.service.languages import guess_language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The bridge is closed and nobody told us why.", "en"),
        ("Die Brücke ist zu und keiner hat uns gesagt, warum.", "de"),
        ("El puente está cerrado y nadie nos dijo por qué.", "es"),
        ("Le pont est fermé et personne ne nous a dit pourquoi, je suis là.", "fr"),
        ("De brug is dicht en niet een van ons weet waarom, maar ik ook niet.", "nl"),
        ("Мост закрыт.", "und-Cyrl"),
        ("橋は閉まっています", "und-Jpan"),
        ("הגשר סגור", "und-Hebr"),
        ("Wow!", "und"),
        ("123 \U0001f600", "und"),
        ("", "und"),
    ],
)
def test_a_language_is_guessed(text: str, language: str) -> None:
    assert guess_language(text) == language


@given(st.text(max_size=50))
def test_every_text_gets_a_tag(text: str) -> None:
    assert guess_language(text).partition("-")[0].isalpha()
