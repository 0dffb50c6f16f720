"""The times that pages print, as ISO 8601 where they can be resolved."""

import datetime
import functools
import re

_MONTHS = """\
january jan januar jänner janvier enero ene gennaio gen janeiro januari stycznia sty января янв ocak leden \
ledna січня
february feb februar février fevrier févr febrero febbraio fevereiro fev februari lutego lut февраля фев \
şubat února лютого
march mar märz maerz mär mars marzo março maart mrt marca марта мар mart března березня
april apr avril avr abril abr aprile april kwietnia kwi апреля апр nisan dubna квітня
may mai mayo maggio mag maio mei maja мая май mayıs května травня
june jun juni juin junio giugno giu junho juni czerwca cze июня июн haziran června червня
july jul juli juillet juil julio luglio lug julho juli lipca lip июля июл temmuz července липня
august aug août aout agosto ago agosto augustus sierpnia sie августа авг ağustos srpna серпня
september sep sept septembre septiembre settembre set setembro september września wrz сентября сен eylül září вересня
october oct oktober okt octobre octubre ottobre ott outubro out oktober października paź октября окт ekim \
října жовтня
november nov novembre noviembre novembre novembro november listopada lis ноября ноя kasım listopadu листопада
december dec dezember dez décembre déc diciembre dic dicembre dezembro december grudnia gru декабря дек \
aralık prosince грудня
"""
_MONTH = {name: i for i, line in enumerate(_MONTHS.strip().splitlines(), 1) for name in line.split()}
_ISO = re.compile(
    r"\b(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d{1,9})?)?\s?(Z|[+-]\d\d:?\d\d)?)?", re.ASCII
)
_NAMED = re.compile(
    r"(?:(?P<d1>\d{1,2})(?:st|nd|rd|th|er|º|ª)?[.,]?\s*(?:de\s|of\s)?[ .-]?)?(?P<month>[^\W\d_]{3,12})\.?,?"
    r"(?:\s*(?P<d2>\d{1,2})(?:st|nd|rd|th)?\b(?![:\d]))?[ ,.'-]*(?:de\s+)?(?P<year>(?:19|20)\d\d)\b"
)
_NUMERIC = re.compile(r"\b(\d{1,4})([./-])(\d{1,2})\2(\d{2,4})\b", re.ASCII)
_CLOCK = re.compile(r"\b(\d{1,2})[:.h](\d\d)(?:[:.](\d\d))?\s*(a\.?m\b|p\.?m\b)?", re.IGNORECASE | re.ASCII)

_RELATIVE = re.compile(
    r"\b(?:(?:about|over|almost|vor|il y a|hace|há|fa|for|för|op)\s)?(?:\d{1,4}\s?\+?|(?:an?|one|einem|einer|"
    r"un|une|uno|una)\s)"
    r"(?:seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?|wks?|months?|mos?|years?|yrs?|sekunden?|minuten?|"
    r"stunden?|tag(?:en?)?|wochen?|monat(?:en?)?|"
    r"jahr(?:en?)?|jours?|semaines?|mois|ans?|heures?|horas?|días?|dias?|semanas?|mes(?:es)?|años?|anos?|giorn[oi]|"
    r"settiman[ae]|mes[ei]|ann[oi]|or[ae]|"
    r"dag(?:en|ar)?|weken|week|maanden|maand|jaar|uur|dni|dzień|tygodni[ea]?|miesi[ąę]c[ey]?|lat|lata|rok|"
    r"godzin[ayę]?|дн(?:я|ей|ів)|день|недел[юьи]|"
    r"месяц(?:а|ев)?|лет|год(?:а)?|час(?:а|ов)?|минут[ыу]?|[smhdwy])\b(?:\s(?:ago|geleden|fa|atrás|temu|назад|sedan|"
    r"siden|önce))?"
    r"|\b(?:yesterday|today|just now|gestern|heute|hier|ayer|hoy|ieri|oggi|вчера|сегодня|wczoraj|dzisiaj)\b",
    re.IGNORECASE,
)
_DIGIT = re.compile(r"\d")
_ALONE = re.compile(r"\d{1,2}[:.]\d\d(?::\d\d)?\s*(?:[ap]\.?m\.?|uhr)?", re.IGNORECASE | re.ASCII)
# What may stand between the parts of a printed time.
_GLUE = re.compile(
    r"[\s,.:;|/@()\[\]•·–—-]*(?:\b(?:at|um|à|a las|às|o|в|kl|klo|om|alle|alle ore|ore|the|de|del|on|uhr|h|am|le|el|il|"
    r"op|den|pm|gmt|utc|est|edt|pst|pdt|cet|cest|bst|"
    r"mon|tue|wed|thu|fri|sat|sun|(?:mon|tues|wednes|thurs|fri|satur|sun)day|mo|di|mi|do|fr|sa|so|(?:mon|diens|"
    r"donners|frei|sams|sonn)tag|mittwoch|"
    r"lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|lunes|martes|miércoles|jueves|viernes|sábado|domingo|"
    r"ago)\b\.?[\s,.:;|/@()\[\]•·–—-]*)*",
    re.IGNORECASE,
)


@functools.lru_cache(maxsize=1 << 12)  # the lines between comments are looked at for author and time
def time_span(line: str) -> tuple[int, int] | None:
    """Return where the first printed time of `line` (a date with its time of day, or "3 days ago") starts and ends."""
    if not _DIGIT.search(line) and not _RELATIVE.search(line):
        return None
    named = next(
        (match for match in _NAMED.finditer(line) if match["month"].lower() in _MONTH and (match["d1"] or match["d2"])),
        None,
    )
    found = (
        _ISO.search(line) or named or _NUMERIC.search(line) or _RELATIVE.search(line) or _ALONE.fullmatch(line.strip())
    )
    if found is None:
        return None
    start, end = found.span()
    if clock := _CLOCK.match(line, _glue_end(line, end)):
        end = clock.end()
    elif (clock := _CLOCK.search(line, 0, start)) and _glue_end(line, clock.end()) >= start:
        start = clock.start()
    return start, end


def _glue_end(line: str, position: int) -> int:
    match = _GLUE.match(line, position)
    return match.end() if match else position


def only_time(line: str) -> bool:
    """Return whether `line` states a time and nothing else."""
    span = time_span(line)
    return (
        span is not None
        and _GLUE.fullmatch(line, 0, span[0]) is not None
        and _GLUE.fullmatch(line, span[1]) is not None
    )


def iso_time(text: str) -> str | None:
    """Return the first date (and time of day) that `text` states, in ISO 8601; None where it is relative or ambiguous.

    A zone is given only where the text gives one. 3/4/2012 stays unresolved: countries differ on which is the month.
    """
    text = text[:200]
    if match := _ISO.search(text):
        year, month, day = (int(part) for part in match.groups()[:3])
        hour, minute, second = (int(part or 0) for part in match.groups()[3:6])
        return _iso(year, month, day, (hour, minute, second) if match[4] else None, match[7] or "")
    for match in _NAMED.finditer(text):
        named = _MONTH.get(match["month"].lower())
        number = match["d1"] or match["d2"]
        if named and number:
            return _iso(int(match["year"]), named, int(number), _clock(text[: match.start()], text[match.end() :]))
    if match := _NUMERIC.search(text):
        first, second, third = int(match[1]), int(match[3]), int(match[4])
        rest = (text[: match.start()], text[match.end() :])
        if len(match[1]) == 4:
            return _iso(first, second, third, _clock(*rest))
        year = third + 2000 if third < 100 else third
        if match[2] == "." or first > 12:
            return _iso(year, second, first, _clock(*rest))
        if second > 12 or first == second:
            return _iso(year, first, second, _clock(*rest))
    return None


def _clock(before: str, after: str) -> tuple[int, int, int] | None:
    match = _CLOCK.search(after) or _CLOCK.search(before)
    if not match:
        return None
    hour = int(match[1])
    if match[4]:
        hour = hour % 12 + (12 if match[4][0] in "pP" else 0)
    return hour, int(match[2]), int(match[3] or 0)


def _iso(year: int, month: int, day: int, clock: tuple[int, int, int] | None, zone: str = "") -> str | None:
    try:
        if clock is None:
            return datetime.date(year, month, day).isoformat()
        return datetime.datetime(year, month, day, *clock).isoformat() + ("+00:00" if zone == "Z" else zone)
    except ValueError:
        return None
