"""The normaliser's laws (hypothesis) and what it folds and keeps, by example."""

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.text import normalise, normalised_texts

# Pieces that the rules react to, so that generated texts reach them.
MARKUP = "&amp; &lt; &#60; &#x3e; & ; <b> </b> < > b @ @a a@b.co http:// www. t.co/a / . a.b.c"
SPELLINGS = "1 3 $ ! 0 h4t3 ((( ))) аbс кот е ´ ﷺ ß 🅰"
pieces = st.sampled_from([*MARKUP.split(), *SPELLINGS.split(), "a b c", "\u200b", "\ud800", "\x00"])
texts = st.lists(st.one_of(pieces, st.text(max_size=6)), max_size=12).map("".join)

# Spacing marks: NFKC makes them a space and a combining mark, we read them as the quotes that they are typed for.
SPACING_MARKS = re.compile("[´`]")


@settings(max_examples=500)
@given(texts)
def test_is_idempotent(text: str) -> None:
    once = normalise(text).text
    assert normalise(once).text == once


@settings(max_examples=300)
@given(texts)
def test_every_character_maps_back_in_order(text: str) -> None:
    result = normalise(text)
    assert len(result.text) == len(result.starts) == len(result.ends)
    assert (result.starts >= 0).all() and (result.ends <= len(text)).all()
    assert (result.starts < result.ends).all()
    assert (result.starts[1:] >= result.starts[:-1]).all()


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=30))
def test_compatibility_forms_are_one(text: str) -> None:
    if not SPACING_MARKS.search(text):
        expected = normalise(text).text
        assert normalise(unicodedata.normalize("NFC", text)).text == expected
        assert normalise(unicodedata.normalize("NFD", text)).text == expected


@given(st.text(alphabet="abcdefghij XYZ,", max_size=40))
def test_plain_words_only_lose_case_and_repetition(text: str) -> None:
    squeezed = re.sub(r"([a-z])\1{2,}", r"\1\1", re.sub(r" +", " ", text.lower()).strip())
    if not re.search(r"(?:^|[^a-z])[a-z]([ ,])[a-z]\1[a-z](?:[^a-z]|$)", squeezed) and ",,,," not in squeezed:
        assert normalise(text).text == squeezed


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        (" \t\n\x00\u200b ", ""),
        ("\ud800", "\ufffd"),
        ("Sooooo   MUCH", "soo much"),
        ("w o r d and w.o.r.d and w-o-r-d", "word and word and word"),
        ("w0rd5 s1gn$ $ign a$$et m!nt", "words signs sign asset mint"),
        ("w\u200bo\u00adrd", "word"),
        ("𝐰𝐨𝐫𝐝 ⓦⓞⓡⓓ ｗｏｒｄ ᴡᴏʀᴅ", "word word word word"),
        ("wоrd with a Cyrillic letter", "word with a cyrillic letter"),
        ("это слово", "это слово"),
        ("W̸o̵r̶d̷", "word"),
        ("Müller, Straße", "muller, strasse"),
        ("&lt;b&gt;word&lt;/b&gt; &amp;amp; <br/>next", "word & next"),
        ("mine < yours > theirs", "mine < yours > theirs"),
        ("see https://example.org/a?b=c, or www.example.org or example.org/a", "see <url>, or <url> or <url>"),
        ("@someone wrote to some.one@example.org", "<user> wrote to <user>"),
        ("@ssembly", "assembly"),
        ("and/or, e.g. this", "and/or, e.g. this"),
    ],
)
def test_folds(text: str, expected: str) -> None:
    assert normalise(text).text == expected


@pytest.mark.parametrize(
    "text",
    [
        "(((name)))",
        "10",
        "1488",
        "in 10 days",
        "1st",
        "mp3",
        "covid19",
        "s-400",
        "no!stop",
        "$5",
        "6,000,000",
        "🙂👍",
        "4chan",
    ],
)
def test_keeps_evidence(text: str) -> None:
    assert normalise(text).text == text


def test_offsets_point_at_the_original() -> None:
    text = "x  &lt; K.I.L.L  @you"
    result = normalise(text)
    assert result.text == "x < kill <user>"
    at = result.text.index("kill")
    assert text[result.starts[at] : result.ends[at + 3]] == "K.I.L.L"
    at = result.text.index("<user>")
    assert text[result.starts[at] : result.ends[at + 5]] == "@you"


@pytest.mark.parametrize(
    "unit", ["a", "a ", "a.b", "&amp;", "&#3", "<b", "a>", "@a", "a@b.c-", "www.", "1a", "(", "\u0301", "ﷺ", "е"]
)
def test_a_megabyte_of_anything_is_linear(unit: str) -> None:
    # A quadratic rule would take minutes for each of these.
    normalise(unit * (1_000_000 // len(unit)))
    assert normalise("a" * 1_000_000).text == "aa"


def test_kept_machine_code_is_bound_to_all_sources() -> None:
    # numba's own check looks at one file; a change in another left stale code that wrote out of bounds.
    from moderation import compiling
    from moderation.text import kernel

    assert kernel.normalise._cache._cache_file._source_stamp == compiling._stamp()


@given(st.lists(st.text(), max_size=6))
def test_many_at_once_are_normalised_as_one_by_one(texts):
    assert normalised_texts(texts) == [normalise(text).text for text in texts]


def test_texts_that_grow_and_more_than_a_batch():
    texts = ["\ufdfa" * 5000, *(f"w0rd {k}" for k in range(2500)), "", "\ud800", "x" * 10_000]
    assert normalised_texts(texts) == [normalise(text).text for text in texts]
