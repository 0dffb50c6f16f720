"""The normaliser's first pass: characters, whitespace, repetitions and HTML remains, compiled by numba.

The rules here need only what was already written. The output is used as a stack: an entity or a tag that its last
character completes is taken off and replaced, so that nested escapes unfold in linear time.
"""

import numpy as np
from numpy.typing import NDArray

from moderation.compiling import compiled
from moderation.text.tables import (
    DIGIT,
    DROP,
    LETTER,
    PAGE,
    SPACE,
    Tables,
)

CodePoints = NDArray[np.uint32]
Offsets = NDArray[np.int32]
Buffers = tuple[CodePoints, Offsets, Offsets]

_MAX_ENTITY = 12
_MAX_TAG = 400

_AMP, _SEMICOLON, _LT, _GT, _HASH, _SLASH, _BLANK = (ord(c) for c in "&;<>#/ ")
_A, _F, _X, _Z = (ord(c) for c in "afxz")
_REPLACEMENT = 0xFFFD
_LAST = 0x10FFFF


def _key(word: str) -> int:
    """Pack up to eight ASCII characters into an integer, as `_packed` does for a slice of the buffer."""
    return int.from_bytes(word.encode("ascii"), "big")


_TAG_NAMES = """a abbr b big br center cite code dd del div dl dt em figure font footer h1 h2 h3 h4 h5 h6 header hr i
img ins li nav ol p pre q s script section small span strike strong sub sup table tbody td th thead tr tt u ul"""
_TAGS = np.array(sorted(_key(name) for name in _TAG_NAMES.split()), np.uint64)
_ENTITIES = {
    "amp": "&",
    "lt": "<",
    "gt": ">",
    "quot": '"',
    "apos": "'",
    "nbsp": " ",
    "hellip": "…",
    "mdash": "-",
    "ndash": "-",
    "lsquo": "'",
    "rsquo": "'",
    "ldquo": '"',
    "rdquo": '"',
    "laquo": '"',
    "raquo": '"',
    "bull": "•",
    "szlig": "ß",
    "euro": "€",
    "pound": "£",
}
_ENTITY_KEYS = np.array([_key(name) for name in sorted(_ENTITIES, key=_key)], np.uint64)
_ENTITY_VALUES = np.array([ord(_ENTITIES[name]) for name in sorted(_ENTITIES, key=_key)], np.uint32)
# &auml; &eacute; and so on: a letter and the name of its mark, which folding drops anyway.
_MARKS = np.array(
    sorted(_key(name) for name in ["uml", "acute", "grave", "circ", "tilde", "cedil", "ring", "slash", "caron"]),
    np.uint64,
)


@compiled
def _slot(c: int, tables: Tables) -> int:
    return int(tables.pages[c >> 8]) * PAGE + (c & 255)


@compiled
def kind_of(c: int, tables: Tables) -> int:
    """Return the bits of `tables.kinds` for a code point."""
    return int(tables.kinds[_slot(c, tables)])


@compiled
def _find(key: int, keys: NDArray[np.uint64]) -> int:
    at = int(np.searchsorted(keys, np.uint64(key)))
    return at if at < len(keys) and keys[at] == np.uint64(key) else -1


@compiled
def _packed(out: CodePoints, begin: int, end: int) -> int:
    """Pack out[begin:end] into an integer key; -1 where it is longer than eight characters or not ASCII."""
    if end - begin > 7 or end <= begin:
        return -1
    key = 0
    for i in range(begin, end):
        if out[i] > 127:
            return -1
        key = key * 256 + int(out[i])
    return key


@compiled
def _push(c: int, start: int, end: int, kind: int, buffers: Buffers, n: int) -> int:
    """Write one folded character, unless it only prolongs what stands there; return the new length."""
    out, starts, ends = buffers
    if kind & SPACE:
        if n == 0:
            return n
        if out[n - 1] == _BLANK:
            ends[n - 1] = end
            return n
    elif kind & LETTER:
        if n >= 2 and out[n - 1] == c and out[n - 2] == c:
            ends[n - 1] = end
            return n
    elif not kind & DIGIT and n >= 3 and out[n - 1] == c and out[n - 2] == c and out[n - 3] == c:
        ends[n - 1] = end
        return n
    out[n] = c
    starts[n] = start
    ends[n] = end
    return n + 1


@compiled
def _entity(out: CodePoints, n: int) -> tuple[int, int]:
    """Read the entity that ends at out[n - 1], a semicolon: (index of its '&', code point), or (-1, 0)."""
    at = n - 2
    lowest = max(0, n - _MAX_ENTITY)
    while at >= lowest and out[at] != _AMP:
        if out[at] == _SEMICOLON or out[at] == _BLANK:
            return -1, 0
        at -= 1
    if at < lowest or n - 1 - (at + 1) < 2:
        return -1, 0
    begin, end = at + 1, n - 1
    if out[begin] == _HASH:
        value = 0
        base = 10
        first = begin + 1
        if out[first] == _X:
            base = 16
            first += 1
        if first >= end:
            return -1, 0
        for i in range(first, end):
            c = int(out[i])
            if 48 <= c <= 57:
                value = value * base + c - 48
            elif base == 16 and _A <= c <= _F:
                value = value * base + c - _A + 10
            else:
                return -1, 0
        if value == 0 or value > 0x10FFFF:
            value = _REPLACEMENT
        return at, value
    found = _find(_packed(out, begin, end), _ENTITY_KEYS)
    if found >= 0:
        return at, int(_ENTITY_VALUES[found])
    if _A <= out[begin] <= _Z and _find(_packed(out, begin + 1, end), _MARKS) >= 0:
        return at, int(out[begin])
    return -1, 0


@compiled
def _tag(out: CodePoints, n: int) -> int:
    """Return the index of the '<' of the HTML tag that ends at out[n - 1], a '>'; -1 where it is none."""
    at = n - 2
    lowest = max(0, n - _MAX_TAG)
    while at >= lowest and out[at] != _LT:
        if out[at] == _GT:
            return -1
        at -= 1
    if at < lowest:
        return -1
    begin = at + 1
    if out[begin] == _SLASH:
        begin += 1
    end = begin
    while end < n - 1 and (_A <= out[end] <= _Z or 48 <= out[end] <= 57):
        end += 1
    if out[end] != _GT and out[end] != _BLANK and out[end] != _SLASH:
        return -1
    return at if _find(_packed(out, begin, end), _TAGS) >= 0 else -1


@compiled
def _fold(c: int, start: int, end: int, tables: Tables, buffers: Buffers, n: int) -> int:
    """Write the folding of one code point; return the new length."""
    if 0xD800 <= c <= 0xDFFF or c > _LAST:
        c = _REPLACEMENT
    slot = _slot(c, tables)
    delta = int(tables.deltas[slot])
    if tables.sequences[slot] == 0:
        c += delta
        return _push(c, start, end, kind_of(c, tables), buffers, n)
    if delta == DROP:
        return n
    at = DROP - 1 - delta
    for i in range(at + 1, at + 1 + int(tables.pool[at])):
        c = int(tables.pool[i])
        n = _push(c, start, end, kind_of(c, tables), buffers, n)
    return n


@compiled
def _length(c: int, tables: Tables) -> int:
    """Return how many characters a code point folds to."""
    delta = int(tables.deltas[_slot(c, tables)])
    if tables.sequences[_slot(c, tables)] == 0:
        return 1
    return 0 if delta == DROP else int(tables.pool[DROP - 1 - delta])


@compiled
def _unescape(end: int, tables: Tables, buffers: Buffers, n: int) -> int:
    """Replace the entity or tag that the buffer now ends with, and what that completes; return the new length."""
    out, starts, _ = buffers
    while n > 0:
        if out[n - 1] == _SEMICOLON:
            at, value = _entity(out, n)
            if at < 0 or _length(value, tables) > n - at:
                return n
            start = starts[at]
            n = _fold(value, start, end, tables, buffers, at)
        elif out[n - 1] == _GT:
            at = _tag(out, n)
            if at < 0:
                return n
            n = _push(_BLANK, starts[at], end, SPACE, buffers, at)
        else:
            return n
    return n


@compiled
def room(text: CodePoints, tables: Tables, buffers: Buffers) -> Buffers:
    """Return buffers that hold whatever `text` folds to: the given ones where they are large enough."""
    size = len(text) + 1  # what reads the result may write an end mark
    for i in range(len(text)):
        c = int(text[i])
        if c > 127 and c <= _LAST:
            slot = _slot(c, tables)
            if tables.sequences[slot] != 0 and tables.deltas[slot] < DROP:
                size += int(tables.pool[DROP - 1 - tables.deltas[slot]])
    if size <= len(buffers[0]):
        return buffers
    return np.empty(size, np.uint32), np.empty(size, np.int32), np.empty(size, np.int32)


@compiled
def fold_pass(text: CodePoints, first: bool, tables: Tables, buffers: Buffers) -> int:
    """Fold `text` into the buffers: characters, whitespace, repetitions, entities, tags; return the length.

    On the `first` pass `text` is the raw text; later it is the buffer itself, read ahead of where it is written.
    """
    out, starts, ends = buffers
    pages, deltas, sequences, kinds = tables.pages, tables.deltas, tables.sequences, tables.kinds
    n = 0
    for i in range(len(text)):
        c = int(text[i])
        start = i if first else int(starts[i])
        end = i + 1 if first else int(ends[i])
        slot = int(pages[c >> 8]) * PAGE + (c & 255) if c <= _LAST else 0
        if c > _LAST or sequences[slot] != 0 or 0xD800 <= c <= 0xDFFF:
            n = _fold(c, start, end, tables, buffers, n)
        else:  # as `_push`, without the cost of a call for each character
            c += int(deltas[slot])
            kind = int(kinds[slot])
            if kind & SPACE:
                if n == 0:
                    continue
                if out[n - 1] == _BLANK:
                    ends[n - 1] = end
                    continue
            elif (
                n >= 2
                and out[n - 1] == c
                and out[n - 2] == c
                and not kind & DIGIT
                and (kind & LETTER or (n >= 3 and out[n - 3] == c))
            ):
                ends[n - 1] = end
                continue
            out[n] = c
            starts[n] = start
            ends[n] = end
            n += 1
        if n > 0 and (out[n - 1] == _SEMICOLON or out[n - 1] == _GT):
            n = _unescape(end, tables, buffers, n)
    if n > 0 and out[n - 1] == _BLANK:
        n -= 1
    return n
