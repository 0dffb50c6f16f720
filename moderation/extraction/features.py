"""What the line model sees of a plain text: one row of numbers a line.

Each line is described by itself (its words and signs), by its neighbours, and by what the text shows above and below
it: how far the next date or "Reply" is, how often a line of this shape stands there, how the blank lines fall. Training
(fit.py) and inference (line_model.py) share this module; a change here needs new weights.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moderation.extraction import context_kernel, segments_kernel
from moderation.extraction import lines_kernel as kernel
from moderation.extraction import surroundings_kernel as surroundings
from moderation.extraction.lines import Line
from moderation.extraction.wording import words_table

WINDOW = 2  # lines on each side whose own numbers are repeated for a line
SEEN = 2000  # characters of a line that are looked at
_DEEPEST = 40  # columns of an indent from which all are alike
_SIZE = len(kernel.COLUMNS)
# What is repeated for the neighbours.
_SHOWN = (*range(10), 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 21, 22, 24, 28, 29, 30, 31, 32, 35, 36, 38, 39)
_TABLES = (
    ("boundary", "numbered", kernel.NUMBERED),
    ("boundary", "bare", kernel.BARE),
    ("boundary", "wpdiscuz", kernel.OPENS),
    ("footer", "wpdiscuz", kernel.CLOSES),
    ("footer", "lines", kernel.FOOTER),
    ("word", "site", kernel.SITE),
    ("interface", "lines", kernel.INTERFACE),
    ("word", "first", kernel.FIRST),
    ("word", "second", kernel.SECOND),
    ("word", "talk", kernel.TALK),
    ("word", "stop", kernel.STOP),
    ("word", "month", kernel.MONTH),
    ("word", "day", kernel.DAY),
    ("word", "unit", kernel.UNIT),
    ("word", "ago", kernel.AGO),
    ("word", "clock", kernel.CLOCK),
    ("word", "say", kernel.SAY),
    ("word", "by", kernel.BY),
    ("word", "comment", kernel.MENTION),
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What each line says and how it is set.

    numbers: (lines, COLUMNS); said: bits of lines_kernel, (lines,); keys: hashes of the words, (lines,); blanks: blank
    lines above, (lines,); indents: columns, at most _DEEPEST, (lines,).
    """

    numbers: NDArray[np.float32]
    said: NDArray[np.uint32]
    keys: NDArray[np.uint64]
    blanks: NDArray[np.int64]
    indents: NDArray[np.int64]

    def part(self, places: NDArray[np.int64]) -> "Reading":
        """Return what some of the lines say."""
        return Reading(
            self.numbers[places], self.said[places], self.keys[places], self.blanks[places], self.indents[places]
        )


def read(lines: Sequence[Line]) -> Reading:
    """Return what each line says by itself, and how it is set."""
    texts = [line.text if len(line.text) <= SEEN else line.text[:SEEN] for line in lines]
    starts = np.zeros(len(texts) + 1, np.int64)
    np.cumsum([len(text) for text in texts], out=starts[1:])
    codes = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), np.uint32)
    n = len(texts)
    said = np.empty((n, _SIZE), np.float32), np.empty(n, np.uint32), np.empty(n, np.uint64)
    kernel.read_lines(codes, starts, _characters(), _phrases(), said)
    blanks, indents = (np.array(column, np.int64) for column in ([x.blanks for x in lines], [x.indent for x in lines]))
    return Reading(*said, blanks, np.minimum(indents, _DEEPEST))


def describe(reading: Reading, shapes: NDArray[np.uint64]) -> NDArray[np.float32]:
    """Return the features of the lines, float32 (lines, features); shapes: those of `shapes_of`."""
    n = len(shapes)
    above = np.minimum(reading.blanks, 3).astype(np.float32)
    shown = np.column_stack([reading.numbers[:, _SHOWN], above])
    beside = np.zeros((n, 2 * WINDOW, shown.shape[1]), np.float32)
    for place, k in enumerate((*range(-WINDOW, 0), *range(1, WINDOW + 1))):
        here, there = slice(max(0, -k), max(0, n - k)), slice(max(0, k), max(0, n + k))
        beside[here, place] = shown[there]
    # An array of its own: numba compiles anew for each memory layout.
    around = np.zeros((n, surroundings.SURROUNDINGS), np.float32)
    said = reading.numbers, reading.said, reading.keys
    surroundings.look_around(said, reading.blanks, reading.indents, shapes, around)
    own = np.column_stack([reading.numbers, above, reading.indents])
    return np.concatenate([own, beside.reshape(n, -1), around], axis=1, dtype=np.float32)


def shapes_of(reading: Reading) -> NDArray[np.uint64]:
    """Return a number for what each line looks like, (lines,): equal where kind, size, signs and indent are."""
    shapes = np.empty(len(reading.said), np.uint64)
    surroundings.shapes_of((reading.numbers, reading.said, reading.keys), reading.indents, shapes)
    return shapes


def look_again(logs: NDArray[np.float32], reading: Reading, shapes: NDArray[np.uint64]) -> NDArray[np.float32]:
    """Return what a first judgement of all lines, log probabilities, says of each, float32 (lines, CONTEXT)."""
    context = np.zeros((len(logs), context_kernel.CONTEXT), np.float32)
    context_kernel.look_again(np.exp(logs), shapes, reading.keys, context)
    return context


def describe_segments(
    judged: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]],
    reading: Reading,
    shapes: NDArray[np.uint64],
) -> NDArray[np.float32]:
    """Return the features of comments, float32 (comments, SEGMENT); judged: as `segments_kernel` takes it."""
    out = np.zeros((len(judged[0]), segments_kernel.SEGMENT), np.float32)
    segments_kernel.describe_segments(judged, (reading.numbers, reading.said), shapes, out)
    return out


@functools.cache
def _characters() -> tuple[NDArray[np.uint8], NDArray[np.uint32]]:
    """Return kind and lower case of the first 65536 code points."""
    every = np.arange(1 << 16, dtype=np.uint32)
    characters = every.view("U1")
    decimal = np.char.isdecimal(characters)
    kinds = np.where(np.char.isalnum(characters) & ~decimal, kernel.LETTER, 0) | np.where(decimal, kernel.DIGIT, 0)
    kinds |= np.where(np.char.isupper(characters), kernel.UPPER, 0)
    lower = np.char.lower(characters).view(np.uint32).copy()
    lower[ord("İ")], lower[ord("ς")] = ord("i"), ord("σ")
    return kinds.astype(np.uint8), lower


def hash_of(phrases: Sequence[str]) -> NDArray[np.uint64]:
    """Return the kernel's hash of each phrase, which has at least one character."""
    starts = np.zeros(len(phrases) + 1, np.int64)
    np.cumsum([len(phrase) for phrase in phrases], out=starts[1:])
    out = np.empty(len(phrases), np.uint64)
    kernel.hashes(np.frombuffer("".join(phrases).encode("utf-32-le"), np.uint32), starts, out)
    return out


@functools.cache
def _phrases() -> tuple[NDArray[np.uint64], NDArray[np.uint32]]:
    """Return the hash table of all that words.toml lists."""
    table = words_table()
    phrases: list[str] = []
    marks: list[int] = []
    starts: list[bool] = []
    for group, name, mark in _TABLES:
        for phrase in table[group][name]:
            if not phrase:
                continue
            begins = phrase.endswith(" *")
            phrases.append(phrase[:-2] if begins else phrase)
            starts.append(begins)
            marks.append(mark | (kernel.BUTTON if group == "interface" and " " not in phrase else 0))
    hashes = hash_of(phrases)
    hashes[starts] ^= kernel.START
    unique, inverse = np.unique(hashes, return_inverse=True)
    bits = np.zeros(len(unique), np.uint32)
    np.bitwise_or.at(bits, inverse, np.array(marks, np.uint32))
    places = 1 << (2 * len(unique) - 1).bit_length()
    keys, said = np.zeros(places, np.uint64), np.zeros(places, np.uint32)
    for value, bit in zip(unique.tolist(), bits.tolist(), strict=True):
        place = (value >> 20) & (places - 1)
        while said[place]:
            place = (place + 1) & (places - 1)
        keys[place], said[place] = value, bit
    return keys, said
