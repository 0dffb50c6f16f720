import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.extraction.encoding import decode

GERMAN = (
    "Die Brücke über die Elbe wird für längere Zeit gesperrt, sagte der Bürgermeister. Größere Fähren fahren nicht."
)
RUSSIAN = "Мост через реку закрыли на ремонт до весны. Жители города недовольны этим решением и пишут письма мэру."


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_utf8_survives(text):
    assert decode(text.encode()) == text.removeprefix("\ufeff")


@given(st.binary())
def test_never_raises(data):
    assert isinstance(decode(data), str)


@pytest.mark.parametrize(
    ("mark", "codec"),
    [
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
def test_byte_order_mark_decides(mark, codec):
    assert decode(mark + GERMAN.encode(codec)) == GERMAN


def test_declared_charset_is_believed_where_it_is_not_utf8():
    page = f'<html><head><meta charset="windows-1251"></head><body>{RUSSIAN}</body></html>'
    assert decode(page.encode("cp1251")) == page


def test_valid_utf8_is_utf8_whatever_the_page_declares():
    page = f'<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-1">{GERMAN}'
    assert decode(page.encode()) == page


@pytest.mark.parametrize("label", ["utf-16", "rot13", "hex", "no-such-charset"])
def test_useless_declaration_is_passed_over(label):
    page = f'<meta charset="{label}">{GERMAN}'
    assert decode(page.encode("cp1252")) == page


def test_undeclared_encoding_is_guessed():
    assert decode((RUSSIAN * 4).encode("cp1251")) == RUSSIAN * 4


def test_a_broken_sequence_costs_one_character():
    broken = (RUSSIAN * 3).encode() + b"\xff" + GERMAN.encode()
    assert decode(broken) == RUSSIAN * 3 + "\ufffd" + GERMAN


def test_nuls_stay():
    assert decode(b"a\x00b") == "a\x00b"
