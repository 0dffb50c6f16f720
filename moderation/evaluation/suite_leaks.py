"""Keeps suites out of training: which training texts are cases of a suite, nearly are, or fill one of its templates.

A suite measures nothing once a model has seen it. The rule: a text leaks where its words equal a case's; where it holds
at least half of a case's word 5-grams, and at least MIN_SHARED of them or all; or where it holds the words of a
template, MIN_FIXED or more, in order, with 1 to MAX_FILL words in each slot. Word n-gram overlap after Brown et al.
2020 (GPT-3, appendix C), with the case, not the text, as the whole: a short case in a long text is a leak, too.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from moderation.evaluation.cases import Suite, Template

MIN_SHARED: Final = 3
MAX_FILL: Final = 8
MIN_FIXED: Final = 8
_GRAM: Final = 5
_ANCHOR: Final = 3
_WORD: Final = re.compile(r"\w+")
# Format characters (zero-width, soft hyphen) are what an evaded copy would differ in; they are no part of a word.
_INVISIBLE: Final = dict.fromkeys((0xAD, 0x34F, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2060, 0xFEFF))


@dataclass(frozen=True, slots=True)
class Leak:
    """Training text number `index` (from 0) shares `found` (a case's or a template's id) with a suite."""

    index: int
    suite: str
    found: str
    how: Literal["equal", "near", "template"]


def find_leaks(texts: Iterable[str], suites: Sequence[Suite]) -> Iterator[Leak]:
    """Yield the first leak of each text that has one, in the texts' order.

    Time is linear in the texts' length; of each text only the words are kept, one text at a time.
    """
    indexes = [_Index(suite) for suite in suites]
    for number, text in enumerate(texts):
        words = _words(text)
        for index in indexes:
            if hit := index.look_up(text, words):
                yield Leak(number, index.name, *hit)
                break


class _Index:
    """What of a suite can be looked up: whole cases, their 5-grams, and the longest literal run of each template."""

    def __init__(self, suite: Suite) -> None:
        self.name = suite.spec.name
        self._whole: dict[tuple[str, ...], str] = {}
        self._literal: dict[str, str] = {}
        self._grams: dict[tuple[str, ...], list[int]] = {}
        self._sizes: list[tuple[str, int]] = []
        for case in suite.cases:
            words = _words(case.text)
            if words:
                self._whole.setdefault(tuple(words), case.case_id)
            else:
                # Emoji and marks only: such a case can be compared as it stands, and in no other way.
                self._literal.setdefault(case.text.strip(), case.case_id)
            grams = set(_grams(words, _GRAM))
            for gram in grams:
                self._grams.setdefault(gram, []).append(len(self._sizes))
            self._sizes.append((case.case_id, len(grams)))
        self._anchors: dict[tuple[str, ...], list[tuple[str, list[list[str]]]]] = {}
        for template in suite.templates:
            runs = _runs(template)
            longest = max(runs, key=len)
            # Measured on 278,000 comments of public corpora: templates with 5 to 7 fixed words meet people who merely
            # talk alike ("The more I read about ...").
            if sum(map(len, runs)) >= MIN_FIXED and len(longest) >= _ANCHOR:
                self._anchors.setdefault(tuple(longest[:_ANCHOR]), []).append((template.id, runs))

    def look_up(self, text: str, words: list[str]) -> tuple[str, Literal["equal", "near", "template"]] | None:
        case = self._whole.get(tuple(words)) if words else self._literal.get(text.strip())
        if case is not None:
            return case, "equal"
        shared = Counter(number for gram in set(_grams(words, _GRAM)) for number in self._grams.get(gram, ()))
        for number, count in shared.items():
            case_id, size = self._sizes[number]
            if count == size or (count >= MIN_SHARED and 2 * count >= size):
                return case_id, "near"
        candidates: dict[str, list[list[str]]] = {}
        for anchor in set(_grams(words, _ANCHOR)):
            candidates.update(self._anchors.get(anchor, ()))
        for template_id, runs in candidates.items():
            if _fills(words, runs):
                return template_id, "template"
        return None


def _words(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFKC", text).translate(_INVISIBLE).casefold())


def _grams(words: Sequence[str], size: int) -> Iterator[tuple[str, ...]]:
    return (tuple(words[start : start + size]) for start in range(len(words) - size + 1))


def _runs(template: Template) -> list[list[str]]:
    """Return the template's literal words, split at its slots; a slot at either end leaves an empty run there."""
    runs: list[list[str]] = [[]]
    for part in template.parts:
        if len(part) == 1:
            runs[-1] = _words(part[0])
        else:
            runs.append([])
    return runs


def _fills(words: Sequence[str], runs: Sequence[Sequence[str]]) -> bool:
    """Say whether the runs stand in `words` in order, each slot between them holding 1 to MAX_FILL words."""
    ends = {start + len(runs[0]) for start in range(len(words)) if _at(words, runs[0], start)}
    for run in runs[1:]:
        starts = {end + gap for end in ends for gap in range(1, MAX_FILL + 1)}
        ends = {start + len(run) for start in starts if start + len(run) <= len(words) and _at(words, run, start)}
        if not ends:
            return False
    return bool(ends)


def _at(words: Sequence[str], run: Sequence[str], start: int) -> bool:
    return list(words[start : start + len(run)]) == list(run)
