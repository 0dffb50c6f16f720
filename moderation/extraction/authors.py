"""The names in the lines that name a page's commenters: "A says:", "Posted by: A | date", "A", "#3 A, 3 days ago".

What all such lines of a page have in common beside the name ("| Community", "wrote on") belongs to the layout, and
is cut.
"""

import re
from collections.abc import Sequence

from moderation.extraction.times import time_span
from moderation.extraction.wording import clean_author, key, says

_LONGEST = 160  # characters of a line that is looked at
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mär|mai|okt|dez|avr|juin|juil|août)[^\W\d_]*\.?"
_DAY = (
    r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|mon|tue|wed|thu|fri|sat|sun|(?:mon|diens|donners|frei|sams|sonn)tag|"
    r"mittwoch|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|lunes|martes|miércoles|jueves|viernes|sábado|domingo|"
    r"mo|di|mi|do|fr|sa|so)"
)
# Blogger prints name and date without a space between them.
_GLUED = re.compile(
    r"(?<=[a-zà-ÿ.)])(?=(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]* \d{1,2}, \d{4})|"
    r"(?<=[^\W\d_)])(?=\d{1,2}(?:/\d{1,2}/\d\d|:\d\d\b|\. [A-Z][a-zä]+ \d))|"
    r"(?<=[a-z])(?=(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, |(?:Mon|Diens|Donners|Frei|Sams|Sonn)tag, |Mittwoch, )"
)
_CLOCK = re.compile(r"[@\s,]*\b\d{1,2}[:.h]\d\d(?::\d\d)?(?:\.\d+)?(?:\s?[ap]\.?m(?![a-z])\.?)?(?:\s?uhr\b)?", re.I)
_LEAD = re.compile(
    r"^(?:[\s:,.|(·•*#»>+^–—-]+|\[[-–+]\]|</?\w+>|(?:re:|discussion in) .+ by\s+|(?:last )?(?:edited|started) by\s+|"
    r"(?:(?:posted|published|written|submitted|left|comment(?:ed)?|reply|post|message|beitrag|kommentar|geschrieben|"
    r"verfasst|erstellt|inviato|soumis|envoyé|publié|écrit|publicado|enviado|geplaatst|gepostet|posté)[\s:]+)?"
    r"(?:by|von|par|por|da|door|przez|автор|от|av|af|autor|author|user|name)[\s:]+|"
    r"(?:on|at|am|um|le|el|il|op|den)\s+|"
    r"(?:comment|reply|kommentar|commentaire|comentario)?\s*(?:#|no\.?|nr\.?|№)\s*\d+\s*|\d{1,5}[.):]\s+)+",
    re.IGNORECASE,
)
_TAIL = re.compile(
    r"(?:[\s:,|·•»#*–—]+-*|(?<=\s)-|(?<=\s)(?:on|at|am|um|le|el|il|à|op|om|dnia|в|posted|published|commented|reply|"
    r"report|quote|permalink|permanent link|uhr|link|edited|utc|gmt|the|responded|replied|wrote|writes|said|says|"
    r"schrieb|sagt|dated?)\b|\(#?[\d\s]+\)|#\d+|\(\)|</?\w+>)+$",
    re.IGNORECASE,
)
# What may come after a name and starts what is no name.
_AFTER = re.compile(
    rf"\s+(?:on|am|le)\s+{_DAY}\b.*|\s+\(\s*\d{{3,}}\s*\).*|\s+<.*|\s+-?\d+\s?(?:pts?|points?|posts?|comments?)\b.*|"
    r"[\s|]+(?:replied|replying|in reply|in response|en réponse|en respuesta|antwortet auf|in antwort)\s.*|"
    rf"[\s,|/(]+{_DAY}\.?,?(?=$)|[\s,|/(]+(?:{_DAY}\s)?{_MONTH}\s\d{{1,2}}(?:st|nd|rd|th)?(?:\sat)?,?$|"
    rf"[\s,|/(]+(?:{_DAY}\s)?\d{{1,2}}[-\s]{_MONTH}[-\s]\d\d(?:\d\d)?$|\s+\d{{4}}-\d\d-\d\d.*",
    re.IGNORECASE,
)
_SAYS = re.compile(
    r"\b(?:says?|said|wrote|writes|sagte?|schrieb|schreibt|meinte?|dice|dit|пишет|siger|säger|zegt)\b\W*$", re.I
)
_PARTS = re.compile(r"(\s+[|·•»/–—-]\s+|\s{3,}|\s*[|·•»]\s*)")
_EDGES = " \t,;:|/·•–—»«>…"
_ROLE = 3  # words at most of a rank after a name


def names(lines: Sequence[str | None]) -> list[str | None]:
    """Return the name in each of a page's author lines; None where there is no line, or no name in it."""
    stripped = [_stripped(line) if line else None for line in lines]
    found = [text for text in stripped if text]
    if len(found) > 1 and all(re.match(r"\d{1,5}\s", text) for text in found):
        stripped = [text.split(None, 1)[1] if text else None for text in stripped]
    head, tail = _common([text.split() for text in stripped if text])
    return [_without(text, head, tail) if text else None for text in stripped]


def _stripped(line: str) -> str | None:
    """Return `line` without its times, its words of saying and its interface."""
    text = " ".join(_GLUED.sub(" ", line[:_LONGEST]).split())
    if _SAYS.search(text):
        name = clean_author(_LEAD.sub("", text)) or ""
        return _AFTER.sub("", _without_times(name)).strip(_EDGES) or None
    text = _without_times(text)
    text = _TAIL.sub("", _AFTER.sub("", _TAIL.sub("", _LEAD.sub("", text))))
    text = _without_interface(text)
    words = text.split()
    for count in range(_ROLE, 0, -1):
        if len(words) > count and says("interface", "lines", " ".join(words[-count:])):
            return " ".join(words[:-count]).strip(_EDGES) or None
    return text.strip(_EDGES) or None


def _without_times(text: str) -> str:
    if not any(character.isdigit() for character in text) and " ago" not in text:
        return text
    for _ in range(3):
        span = time_span(text)
        if span is None:
            break
        start = span[0]
        while 0 < start < span[1] and text[start].isdigit() and text[start - 1].isalnum():  # "carl83 December 18, 2015"
            start += 1
        before = _TAIL.sub("", _CLOCK.sub(" ", text[:start]))
        after = _LEAD.sub("", _CLOCK.sub(" ", text[span[1] :]))
        before, after = before.strip(" ,;|/("), after.strip(" ,;|/)")
        text = after if after and (not before or says("interface", "lines", before)) else before
    return _CLOCK.sub(" ", text).strip()


def _without_interface(text: str) -> str:
    """Return `text` without parts at its ends, set off by signs, that are interface."""
    parts = _PARTS.split(text)
    while len(parts) > 2 and (not parts[-1] or says("interface", "lines", parts[-1])):
        del parts[-2:]
    while len(parts) > 2 and (not parts[0] or says("interface", "lines", parts[0])):
        del parts[:2]
    return "".join(parts)


def _common(rows: Sequence[Sequence[str]]) -> tuple[int, int]:
    """Return how many words all the rows have in common at their start and at their end."""
    if len(rows) < 3 or len({tuple(row) for row in rows}) < 3:
        return 0, 0
    least = min(map(len, rows)) - 1
    head = tail = 0
    while head < least and len({key(row[head]) for row in rows}) == 1:
        head += 1
    while tail < least - head and len({key(row[-1 - tail]) for row in rows}) == 1:
        tail += 1
    # "Guest 17" is a name, 17 is none.
    return (0 if any("".join(row[head : len(row) - tail]).isdigit() for row in rows) else head), tail


def _without(text: str, head: int, tail: int) -> str | None:
    words = text.split()
    return " ".join(words[head : len(words) - tail]).strip(_EDGES) or None
