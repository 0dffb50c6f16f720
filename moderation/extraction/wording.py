"""The words around comments (words.toml): what a line of text says by its wording alone."""

import functools
import re
import tomllib
from importlib.resources import files

_PLACEHOLDERS = {"{n}": r"\d{1,3}(?:[.,  ]?\d{3})*", "{who}": r".{1,60}", "{when}": r".{1,60}"}
_LONGEST = 160  # characters; no line of an interface is longer
_AUTHOR_AFTER = re.compile(
    r"\s*(?:(?:says?|said|wrote|writes|replied|commented|sagt|schrieb|schreibt|meint|meinte|antwortet|a dit|a écrit|"
    r"dit|dice|dijo|disse|ha detto|"
    r"zegt|schreef|pisze|mówi|napisał\(?a?\)?|пишет|говорит|сказал\(?а?\)?|написал\(?а?\)?|siger|säger|sier|sanoo|"
    r"dedi ki|říká|píše|escribió|diz)"
    r"(?:\s*\.{3}|\s*…)?\s*:?|:)\s*$",
    re.IGNORECASE,
)
_AUTHOR_BEFORE = re.compile(
    r"^(?:(?:posted|written|submitted|comment(?:ed)?|left|von|verfasst von|geschrieben von|par|écrit par|publié par|"
    r"por|publicado por|da|scritto da|door|"
    r"geplaatst door|przez|автор|от|kommentar von)(?:\s+by)?\s*:|(?:posted|written|submitted|comment|commented) by|by|"
    r"von|par|kommentar von)\s+",
    re.IGNORECASE,
)


@functools.cache
def _table(group: str, name: str) -> re.Pattern[str]:
    words = tomllib.loads(files("moderation.extraction").joinpath("words.toml").read_text("utf-8"))
    joined = "|".join(f"(?:{line})" for line in words[group][name])
    for placeholder, pattern in _PLACEHOLDERS.items():
        joined = joined.replace(placeholder, pattern)
    return re.compile(joined, re.IGNORECASE)


def says(group: str, name: str, line: str) -> bool:
    """Return whether the whole of `line` is one of words.toml's [group] name."""
    return len(line) <= _LONGEST and _table(group, name).fullmatch(line) is not None


def clean_author(text: str) -> str | None:
    """Return the name in an author line ("Posted by: A", "A says:"); None where nothing is left."""
    name = " ".join(text[:_LONGEST].split()).strip(" -–—|·•,")
    name = _AUTHOR_AFTER.sub("", _AUTHOR_BEFORE.sub("", name)).strip(" -–—|·•,")
    return name or None


def is_author_line(line: str) -> bool:
    """Return whether `line` is "A says:", "Posted by: A" or their like: a name with a verb of saying around it."""
    after = _AUTHOR_AFTER.search(line)
    if after and after[0].strip() != ":":
        return 0 < after.start() <= 60 and len(line[: after.start()].split()) <= 8
    before = _AUTHOR_BEFORE.match(line)
    return before is not None and ":" in before[0] and len(line) - before.end() <= 60
