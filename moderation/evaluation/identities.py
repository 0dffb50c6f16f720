"""Which groups a text mentions, by a short list of neutral English words (identities.toml)."""

import tomllib
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

from moderation.corpora import Corpus
from moderation.text import normalise, normalised_texts

LANGUAGE = "en"
"""The language that the list is in."""


@dataclass(frozen=True, slots=True)
class _Words:
    groups: dict[str, str]
    colours: frozenset[str]
    people: frozenset[str]


def mentioned(text: str) -> frozenset[str]:
    """Return the groups that a text names with a neutral word."""
    return _named(normalise(text).text)


def _named(normalised: str) -> frozenset[str]:
    known = _words()
    words = [word.strip("'\".,;:!?()[]-*") for word in normalised.split()]
    found = {known.groups[word] for word in words if word in known.groups}
    return frozenset(found | {one for one, two in pairwise(words) if one in known.colours and two in known.people})


def group_words(text: str) -> frozenset[str]:
    """Return those of a text's words, in lower case, that name a group."""
    return frozenset(word for word in text.casefold().split() if word in _words().groups)


def identities(corpus: Corpus) -> list[frozenset[str]] | None:
    """Return the groups that each row mentions, (n,): the corpus's own annotation (`meta.ident`), else by the list.

    None where the corpus has no annotation and is in another language than the list.
    """
    if any("ident" in meta for meta in corpus.meta):
        return [frozenset(meta.get("ident") or ()) for meta in corpus.meta]
    if corpus.spec.language.split("-")[0] != LANGUAGE:
        return None
    return [_named(text) for text in normalised_texts(corpus.texts)]


@cache
def _words() -> _Words:
    table = tomllib.loads(Path(__file__).with_name("identities.toml").read_text(encoding="utf-8"))
    people = table.pop("people")
    groups = {word: group for group, words in table.items() for word in words}
    return _Words(groups, frozenset(people["after"]), frozenset(people["words"]))
