"""The words around comments (words.toml): what a line of text says by its wording alone."""

import functools
import itertools
import re
import tomllib
from importlib.resources import files

LONGEST = 160  # characters; no line of an interface is longer
_WORD = re.compile(r"\d+|[^\W\d_\U00010000-\U0010ffff]+")
_CHOICE = re.compile(r"\[([^\]]*)\]")
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
def words_table() -> dict[str, dict[str, list[str]]]:
    """Return words.toml with every choice spelled out: [group] name -> phrases as `key` gives them, perhaps with *."""
    read = tomllib.loads(files("moderation.extraction").joinpath("words.toml").read_text("utf-8"))
    return {
        group: {
            name: value.split() if isinstance(value, str) else [p for line in value for p in _spelled_out(line)]
            for name, value in tables.items()
        }
        for group, tables in read.items()
    }


def _spelled_out(phrase: str) -> list[str]:
    parts = [part.split("|") if i % 2 else [part] for i, part in enumerate(_CHOICE.split(phrase))]
    return [" ".join("".join(chosen).split()) for chosen in itertools.product(*parts)]


@functools.cache
def _phrases(group: str, name: str) -> tuple[frozenset[str], frozenset[str]]:
    listed = [phrase for phrase in words_table()[group][name] if phrase]
    exact = frozenset(phrase for phrase in listed if not phrase.endswith("*"))
    return exact, frozenset(phrase[:-2] for phrase in listed if phrase.endswith(" *"))


@functools.cache
def _site() -> frozenset[str]:
    """Return the words of a site's last lines, which hold nothing else: "Imprint · Privacy"; and what a number is."""
    return frozenset([*words_table()["word"]["site"], "0"])


def key(line: str) -> str:
    """Return the words of `line` in lower case, each run of numbers as 0, without the signs between them."""
    words = [word if not word[0].isdecimal() else "0" for word in _WORD.findall(lowered(line))]
    return " ".join(word for i, word in enumerate(words) if word != "0" or not i or words[i - 1] != "0")


_key_of_line = functools.lru_cache(maxsize=1 << 12)(key)  # one line is looked up in several groups


def lowered(text: str) -> str:
    """Return `text` in lower case, one character for one."""
    return text.replace("İ", "i").lower().replace("ς", "σ")


def says(group: str, name: str, line: str) -> bool:
    """Return whether the whole of `line` is one of words.toml's [group] name."""
    if len(line) > LONGEST:
        return False
    words = _key_of_line(line)
    exact, starts = _phrases(group, name)
    if group == "interface" and (not words or line[-1] in "!?"):
        return not words and len(line) <= 6
    if group == "footer" and words and (line[0] == "©" or (words != "0" and _site() >= set(words.split()))):
        return True
    if words in exact or (group == "interface" and all(word in exact for word in words.split())):
        return True
    ends = [i for i, character in enumerate(words) if character == " "][:8]
    return any(words[:end] in starts for end in ends)


def clean_author(text: str) -> str | None:
    """Return the name in an author line ("Posted by: A", "A says:"); None where nothing is left."""
    name = " ".join(text[:LONGEST].split()).strip(" -–—|·•,")
    name = _AUTHOR_AFTER.sub("", _AUTHOR_BEFORE.sub("", name)).strip(" -–—|·•,")
    return name or None


def is_author_line(line: str) -> bool:
    """Return whether `line` is "A says:", "Posted by: A" or their like: a name with a verb of saying around it."""
    after = _AUTHOR_AFTER.search(line)
    if after and after[0].strip() != ":":
        return 0 < after.start() <= 60 and len(line[: after.start()].split()) <= 8
    before = _AUTHOR_BEFORE.match(line)
    return before is not None and ":" in before[0] and len(line) - before.end() <= 60
