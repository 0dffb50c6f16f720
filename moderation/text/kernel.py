"""The normaliser's inner loops, compiled by numba.

`normalise` rewrites one text into a buffer of code points, each with the range of the original that it came from. One pass
folds characters and applies the rules that need only what was already written (whitespace, repetitions, HTML remains): the
output is used as a stack, so that nested escapes unfold in linear time. The rules that need whole words follow, only where the
text gives them something to do, and the passes repeat until nothing changes: the result is a fixed point.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from moderation.text.tables import (
    CONFUSABLE,
    CONFUSABLE_WEAK,
    DIGIT,
    DROP,
    FOREIGN,
    LATIN,
    LETTER,
    PAGE,
    SPACE,
    Tables,
)

CodePoints = NDArray[np.uint32]
Offsets = NDArray[np.int32]
Buffers = tuple[CodePoints, Offsets, Offsets]

_MAX_PASSES = 8  # a bound on the work that a contrived text can ask for; real ones settle in two or three
_MAX_ENTITY = 12
_MAX_TAG = 400

_ALNUM = LETTER | DIGIT
_AMP, _SEMICOLON, _LT, _GT, _HASH, _AT, _DOT, _COLON = (
    ord("&"),
    ord(";"),
    ord("<"),
    ord(">"),
    ord("#"),
    ord("@"),
    46,
    58,
)
_SLASH, _BANG, _DOLLAR, _UNDERSCORE, _HYPHEN, _BLANK = ord("/"), ord("!"), ord("$"), ord("_"), ord("-"), 32
_A, _F, _H, _L, _P, _S, _T, _W, _X, _Z = (ord(c) for c in "afhlpstwxz")
_REPLACEMENT = 0xFFFD
_LAST = 0x10FFFF


def _key(word: str) -> int:
    """Pack up to eight ASCII characters into an integer, as `_packed` does for a slice of the buffer."""
    return int.from_bytes(word.encode("ascii"), "big")


_TAGS = np.array(
    sorted(
        _key(name)
        for name in ["a", "abbr", "b", "big", "br", "center", "cite", "code", "dd", "del", "div", "dl", "dt", "em", "figure", "font", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "i", "img", "ins", "li", "nav", "ol", "p", "pre", "q", "s", "script", "section", "small", "span", "strike", "strong", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "tt", "u", "ul"]
    ),
    np.uint64,
)
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
_MARKS = np.array(sorted(_key(name) for name in ["uml", "acute", "grave", "circ", "tilde", "cedil", "ring", "slash", "caron"]), np.uint64)
_URL = np.array([ord(c) for c in "<url>"], np.uint32)
_USER = np.array([ord(c) for c in "<user>"], np.uint32)

# What a digit or sign stands for inside a word (0: nothing).
_LEET = np.zeros(128, np.uint32)
for _sign, _letter in zip("0134579@$!", "oieastgasi", strict=True):
    _LEET[ord(_sign)] = ord(_letter)


@njit(cache=True, nogil=True)
def _slot(c: int, tables: Tables) -> int:
    return int(tables.pages[c >> 8]) * PAGE + (c & 255)


@njit(cache=True, nogil=True)
def kind_of(c: int, tables: Tables) -> int:
    """Return the bits of `tables.kinds` for a code point."""
    return int(tables.kinds[_slot(c, tables)])


@njit(cache=True, nogil=True)
def _find(key: int, keys: NDArray[np.uint64]) -> int:
    at = int(np.searchsorted(keys, np.uint64(key)))
    return at if at < len(keys) and keys[at] == np.uint64(key) else -1


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
def _length(c: int, tables: Tables) -> int:
    """Return how many characters a code point folds to."""
    delta = int(tables.deltas[_slot(c, tables)])
    if tables.sequences[_slot(c, tables)] == 0:
        return 1
    return 0 if delta == DROP else int(tables.pool[DROP - 1 - delta])


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
def _room(text: CodePoints, tables: Tables, buffers: Buffers) -> Buffers:
    """Return buffers that hold whatever `text` folds to: the given ones where they are large enough."""
    size = len(text)
    for i in range(len(text)):
        c = int(text[i])
        if c > 127 and c <= _LAST:
            slot = _slot(c, tables)
            if tables.sequences[slot] != 0 and tables.deltas[slot] < DROP:
                size += int(tables.pool[DROP - 1 - tables.deltas[slot]])
    if size <= len(buffers[0]):
        return buffers
    return np.empty(size, np.uint32), np.empty(size, np.int32), np.empty(size, np.int32)


@njit(cache=True, nogil=True)
def _fold_pass(text: CodePoints, first: bool, tables: Tables, buffers: Buffers) -> int:
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
            elif n >= 2 and out[n - 1] == c and out[n - 2] == c and not kind & DIGIT:
                if kind & LETTER or (n >= 3 and out[n - 3] == c):
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


_HAS_AT = 1
_HAS_LINK = 2
_HAS_FOREIGN = 4
_HAS_SPACED = 8
_HAS_LEET = 16


@njit(cache=True, nogil=True)
def _single(out: CodePoints, i: int, n: int, tables: Tables) -> bool:
    """Whether out[i] is a letter or leet sign with no letter or digit beside it."""
    if i >= n:
        return False
    c = int(out[i])
    if not kind_of(c, tables) & LETTER and not (c < 128 and _LEET[c] != 0 and kind_of(c, tables) & DIGIT):
        return False
    if i > 0 and kind_of(int(out[i - 1]), tables) & _ALNUM:
        return False
    return i + 1 >= n or not kind_of(int(out[i + 1]), tables) & _ALNUM


@njit(cache=True, nogil=True)
def _clues(out: CodePoints, n: int, tables: Tables) -> int:
    """Say which of the word rules could find something to do: a few comparisons a character spare most texts all of them."""
    pages, kinds = tables.pages, tables.kinds
    clues = 0
    before = SPACE  # kinds of the one and the two characters before this one
    before2 = SPACE
    dotted = False  # a dot stands in this word
    counted = False  # this word has a letter and then a digit
    for i in range(n):
        c = int(out[i])
        kind = int(kinds[int(pages[c >> 8]) * PAGE + (c & 255)])
        if kind & LETTER:
            if kind & FOREIGN:
                clues |= _HAS_FOREIGN
            if counted and before & DIGIT:
                clues |= _HAS_LEET
            if not before & _ALNUM and i > 0:
                if before2 & _ALNUM and i >= 4 and out[i - 3] == out[i - 1] and _single(out, i, n, tables):
                    if _single(out, i - 2, n, tables) and _single(out, i - 4, n, tables):
                        clues |= _HAS_SPACED
                sign = int(out[i - 1])
                if sign == _DOLLAR or sign == _AT or (sign == _BANG and before2 & LETTER):
                    clues |= _HAS_LEET
        elif kind & DIGIT:
            counted = counted or before & LETTER != 0
        elif kind & SPACE:
            dotted = False
            counted = False
        elif c == _AT:
            clues |= _HAS_AT
        elif c == _DOLLAR:
            if before & LETTER:
                clues |= _HAS_LEET
        elif c == _DOT:
            dotted = dotted or before & _ALNUM != 0
            if i >= 2 and out[i - 1] == _W and out[i - 2] == _W:
                clues |= _HAS_LINK
        elif c == _SLASH and (dotted or (i >= 2 and out[i - 1] == _SLASH and out[i - 2] == _COLON)):
            clues |= _HAS_LINK
        before2 = before
        before = kind
    return clues


@njit(cache=True, nogil=True)
def _is_scheme(out: CodePoints, at: int, n: int) -> bool:
    """Whether http://, https://, or ftp:// starts at `at`."""
    i = at
    if at + 3 < n and out[at] == _H and out[at + 1] == _T and out[at + 2] == _T and out[at + 3] == _P:
        i = at + 4
        if i < n and out[i] == _S:
            i += 1
    elif at + 2 < n and out[at] == _F and out[at + 1] == _T and out[at + 2] == _P:
        i = at + 3
    return i > at and i + 2 < n and out[i] == _COLON and out[i + 1] == _SLASH and out[i + 2] == _SLASH


@njit(cache=True, nogil=True)
def _is_host(out: CodePoints, begin: int, end: int, tables: Tables) -> bool:
    """Whether out[begin:end] begins with name.name and a path, or with www. (folded to ww.)."""
    dot = -1
    i = begin
    while i < end:
        c = int(out[i])
        if c == _DOT:
            if i == begin or not kind_of(int(out[i - 1]), tables) & _ALNUM:
                return False
            dot = i
        elif c != _HYPHEN and not kind_of(c, tables) & _ALNUM:
            break
        i += 1
    if dot < 0 or i - dot < 3:
        return False
    if out[begin] == _W and out[begin + 1] == _W and out[begin + 2] == _DOT and dot > begin + 2:
        return True
    if i >= end or out[i] != _SLASH or i + 1 >= end:
        return False
    for j in range(dot + 1, i):
        if not kind_of(int(out[j]), tables) & LETTER:
            return False
    return True


@njit(cache=True, nogil=True)
def _write_token(token: CodePoints, start: int, end: int, buffers: Buffers, m: int) -> int:
    out, starts, ends = buffers
    for i in range(len(token)):
        out[m + i] = token[i]
        starts[m + i] = start
        ends[m + i] = end
    return m + len(token)


@njit(cache=True, nogil=True)
def _replace_links(tables: Tables, buffers: Buffers, n: int) -> tuple[Buffers, int, bool]:
    """Put `<url>` for links and `<user>` for @handles and mail addresses; return (new buffers, length, changed)."""
    out, starts, ends = buffers
    size = 3 * n + len(_USER)  # the shortest thing replaced, "@x", is a third of its token
    made = (np.empty(size, np.uint32), np.empty(size, np.int32), np.empty(size, np.int32))
    m = 0
    i = 0
    changed = False
    while i < n:
        word_end = i
        while word_end < n and out[word_end] != _BLANK:
            word_end += 1
        while i < word_end:
            previous = kind_of(int(out[i - 1]), tables) if i > 0 else SPACE
            begins = not previous & _ALNUM and (i == 0 or (out[i - 1] != _DOT and out[i - 1] != _HYPHEN))
            if begins and (_is_scheme(out, i, word_end) or _is_host(out, i, word_end, tables)):
                stop = word_end
                while stop > i + 1 and not kind_of(int(out[stop - 1]), tables) & _ALNUM and out[stop - 1] != _SLASH:
                    stop -= 1
                m = _write_token(_URL, starts[i], ends[stop - 1], made, m)
                changed = True
                i = stop
                continue
            if out[i] == _AT:
                stop = i + 1
                has_dot = False
                while stop < word_end:
                    c = int(out[stop])
                    after = kind_of(int(out[stop + 1]), tables) if stop + 1 < word_end else SPACE
                    if (c == _DOT or c == _HYPHEN) and previous & _ALNUM and after & LETTER:
                        has_dot = has_dot or c == _DOT
                    elif c != _UNDERSCORE and not kind_of(c, tables) & _ALNUM:
                        break
                    stop += 1
                begin = m
                if previous & _ALNUM and has_dot:  # an address: take its local part back
                    while (
                        begin > 0
                        and made[0][begin - 1] != _BLANK
                        and (
                            kind_of(int(made[0][begin - 1]), tables) & _ALNUM
                            or made[0][begin - 1] == _DOT
                            or made[0][begin - 1] == _UNDERSCORE
                            or made[0][begin - 1] == _HYPHEN
                        )
                    ):
                        begin -= 1
                is_handle = not previous & _ALNUM and stop > i + 1
                if is_handle and stop >= i + 3 and out[i + 1] == _S and out[i + 2] == _S:
                    is_handle = False  # "@ss...": the sign is an a
                if is_handle or begin < m:
                    start = made[1][begin] if begin < m else starts[i]
                    m = _write_token(_USER, start, ends[stop - 1], made, begin)
                    changed = True
                    i = stop
                    continue
            made[0][m] = out[i]
            made[1][m] = starts[i]
            made[2][m] = ends[i]
            m += 1
            i += 1
        if i < n:
            made[0][m] = out[i]
            made[1][m] = starts[i]
            made[2][m] = ends[i]
            m += 1
            i += 1
    return made, m, changed


@njit(cache=True, nogil=True)
def _fold_confusables(tables: Tables, out: CodePoints, n: int) -> bool:
    """Fold foreign letters to the Latin ones they pass for, in words that mix scripts, and everywhere in a text that has
    Latin letters and foreign ones only of a Latin shape (a text that is really in that script has others, too).
    """
    has_latin = False
    only_shapes = True
    for i in range(n):
        kind = kind_of(int(out[i]), tables)
        has_latin = has_latin or kind & LATIN != 0
        only_shapes = only_shapes and not (kind & FOREIGN and not kind & CONFUSABLE)
    changed = False
    i = 0
    while has_latin and i < n:
        end = i
        mixed = 0
        while end < n and kind_of(int(out[end]), tables) & _ALNUM:
            mixed |= kind_of(int(out[end]), tables)
            end += 1
        if mixed & FOREIGN and (mixed & LATIN or only_shapes):
            for j in range(i, end):
                kind = kind_of(int(out[j]), tables)
                if kind & CONFUSABLE or (mixed & LATIN and kind & CONFUSABLE_WEAK):
                    out[j] = tables.plain[np.searchsorted(tables.confusables, out[j])]
                    changed = True
        i = end + 1
    return changed


@njit(cache=True, nogil=True)
def _join_spaced(tables: Tables, buffers: Buffers, n: int) -> tuple[int, bool]:
    """Join "w o r d" and "w.o.r.d": three or more single letters with the same one separator between them."""
    out, starts, ends = buffers
    m = 0
    i = 0
    changed = False
    while i < n:
        last = i
        letters = 0
        if _single(out, i, n, tables) and kind_of(int(out[i]), tables) & LETTER:
            letters = 1
            j = i
            while j + 2 < n and out[j + 1] == out[i + 1] and _single(out, j + 2, n, tables):
                j += 2
                if kind_of(int(out[j]), tables) & LETTER:
                    letters += 1
                    last = j
        digits = (last - i) // 2 + 1 - letters
        if letters < 3 or digits > letters:
            last = i
        changed = changed or last > i
        for j in range(i, last + 1, 2):
            out[m] = out[j]
            starts[m] = starts[j]
            ends[m] = ends[j]
            m += 1
        i = last + 1
    return m, changed


@njit(cache=True, nogil=True)
def _is_vowel(c: int) -> bool:
    return c == 97 or c == 101 or c == 105 or c == 111 or c == 117


@njit(cache=True, nogil=True)
def _fold_leet(tables: Tables, out: CodePoints, n: int) -> bool:
    """Fold digits and signs inside words to letters. Numbers stay: "10", "1488", "1st", "mp3", "covid19", "$5"."""
    changed = False
    i = 0
    while i < n:
        end = i
        letters = 0
        digits = 0
        while end < n and (kind_of(int(out[end]), tables) & _ALNUM or (out[end] < 128 and _LEET[out[end]] != 0)):
            kind = kind_of(int(out[end]), tables)
            letters += 1 if kind & LETTER else 0
            digits += 1 if kind & DIGIT else 0
            end += 1
        enough = letters >= 2 or (letters == 1 and digits == 0 and end - i >= 3)  # "a$$"
        if enough and letters >= digits and letters < end - i:
            changed = _fold_leet_word(tables, out, i, end) or changed
        i = end + 1
    return changed


@njit(cache=True, nogil=True)
def _fold_leet_word(tables: Tables, out: CodePoints, begin: int, end: int) -> bool:
    inside = False  # a sign between letters was folded: then those at the word's ends are meant as letters, too
    changed = False
    for edge in range(2):
        i = begin
        while i < end:
            if kind_of(int(out[i]), tables) & LETTER:
                i += 1
                continue
            stop = i
            folds = True
            digits = False
            while stop < end and not kind_of(int(out[stop]), tables) & LETTER:
                folds = folds and out[stop] < 128 and _LEET[out[stop]] != 0
                digits = digits or kind_of(int(out[stop]), tables) & DIGIT != 0
                if out[stop] == _BANG:  # "sh!t", but not "no!stop"
                    folds = folds and i > begin and stop + 1 < end and stop == i
                    folds = folds and not _is_vowel(int(out[i - 1])) and not _is_vowel(int(out[stop + 1]))
                stop += 1
            between = i > begin and stop < end
            dollar = out[i] == _DOLLAR and not digits
            at_start = out[i] == _AT and i == begin
            folds = folds and stop - i <= 2 and (between or dollar or at_start or (edge == 1 and inside and digits))
            if folds:
                for j in range(i, stop):
                    out[j] = _LEET[out[j]]
                changed = True
                inside = inside or between
            i = stop
    return changed


@njit(cache=True, nogil=True)
def normalise(text: CodePoints, tables: Tables, buffers: Buffers) -> tuple[Buffers, int]:
    """Normalise one text (code points, surrogates allowed) into `buffers`, or into larger ones where they are too small.

    Returns (buffers, n): the first n entries of each are the result: code points, and where each starts and ends in the text.
    """
    buffers = _room(text, tables, buffers)
    n = _fold_pass(text, True, tables, buffers)
    for _ in range(_MAX_PASSES):
        clues = _clues(buffers[0], n, tables)
        if clues == 0:
            break
        changed = False
        if clues & (_HAS_AT | _HAS_LINK):
            buffers, n, changed = _replace_links(tables, buffers, n)
        if clues & _HAS_FOREIGN:
            changed = _fold_confusables(tables, buffers[0], n) or changed
        if clues & _HAS_SPACED:
            n, joined = _join_spaced(tables, buffers, n)
            changed = changed or joined
        if clues & _HAS_LEET:
            changed = _fold_leet(tables, buffers[0], n) or changed
        if not changed:
            break
        n = _fold_pass(buffers[0][:n], False, tables, buffers)
    return buffers, n
