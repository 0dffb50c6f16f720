"""A guess at a comment's language, for protocols that ask for one: by its script, and by its function words.

It tells the languages that the shipped models know from each other and from their neighbours, and says "und" where it
cannot. It is no judge of what can be scored: the scorer is.
"""

import re
import unicodedata
from collections import Counter

UNKNOWN = "und"
"""BCP 47 for a language that is not known."""

# A few of the most frequent function words of each language. One that two languages share counts for both.
_WORDS = {
    "en": "the and of to is are was you that this it in for not with have be they what he she we my your but so if do",
    "de": "der die das und ist nicht ich du sie wir ein eine zu den mit es auf für von dem sich auch aber hat war wie",
    "es": "el la los las y es no que de en un una por con para su lo se más pero como muy está del al mi tu si yo",
    "fr": "le la les et est pas que de en un une pour avec il elle nous vous je tu mais ce cette sur dans qui au des",
    "it": "il lo la gli e è non che di in un una per con sono ma come questo questa si del della dei più anche mi ti",
    "nl": "de het een en is niet ik je zij wij van dat in op te met voor maar ook aan er zijn wat die dit als bij naar",
    "pt": "o a os as e é não que de em um uma por com para seu se mais mas como muito está do da dos das eu você isso",
}
_LANGUAGES: dict[str, list[str]] = {}
for _language, _words in _WORDS.items():
    for _word in _words.split():
        _LANGUAGES.setdefault(_word, []).append(_language)

# ISO 15924 codes of scripts, by the first word of their characters' names.
_SCRIPTS = {
    "ARABIC": "Arab",
    "CJK": "Hani",
    "CYRILLIC": "Cyrl",
    "DEVANAGARI": "Deva",
    "GREEK": "Grek",
    "HANGUL": "Hang",
    "HEBREW": "Hebr",
    "HIRAGANA": "Jpan",
    "KATAKANA": "Jpan",
    "THAI": "Thai",
}
_LONGEST = 2000  # characters that are looked at
_WORD = re.compile(r"[^\W\d_]+")


def guess_language(text: str) -> str:
    """Return a BCP 47 tag: a language, "und-Cyrl" and the like for another script than Latin, or "und"."""
    start = text[:_LONGEST]
    scripts = Counter(unicodedata.name(c, "").partition(" ")[0] for c in start if c.isalpha())
    if scripts:
        script = scripts.most_common(1)[0][0]
        if script in _SCRIPTS:
            return f"{UNKNOWN}-{_SCRIPTS[script]}"
    votes = Counter(language for word in _WORD.findall(start.lower()) for language in _LANGUAGES.get(word, ()))
    best = votes.most_common(2)
    if not best or (len(best) == 2 and best[0][1] == best[1][1]):
        return UNKNOWN
    return best[0][0]
