"""The normaliser's word rules, compiled by numba: links, look-alike letters, spaced-out words, leet.

`clues` says at a few comparisons a character which of them could find anything to do in a text; most texts need none.
"""

import numpy as np

from moderation.compiling import compiled
from moderation.text.fold import Buffers, CodePoints, kind_of
from moderation.text.tables import (
    CONFUSABLE,
    CONFUSABLE_WEAK,
    DIGIT,
    FOREIGN,
    LATIN,
    LETTER,
    PAGE,
    SPACE,
    Tables,
)

_ALNUM = LETTER | DIGIT
_AT, _DOT, _COLON, _SLASH, _BANG, _DOLLAR, _UNDERSCORE, _HYPHEN, _BLANK = (ord(c) for c in "@.:/!$_- ")
_F, _H, _P, _S, _T, _W = (ord(c) for c in "fhpstw")

_URL = np.array([ord(c) for c in "<url>"], np.uint32)
_USER = np.array([ord(c) for c in "<user>"], np.uint32)

# What a digit or sign stands for inside a word (0: nothing).
_LEET = np.zeros(128, np.uint32)
for _sign, _letter in zip("0134579@$!", "oieastgasi", strict=True):
    _LEET[ord(_sign)] = ord(_letter)

HAS_AT = 1
HAS_LINK = 2
HAS_FOREIGN = 4
HAS_SPACED = 8
HAS_LEET = 16


@compiled
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


@compiled
def clues(out: CodePoints, n: int, tables: Tables) -> int:
    """Say which of the word rules could find something to do: a few comparisons a character spare most texts all of
    them.
    """
    pages, kinds = tables.pages, tables.kinds
    found = 0
    before = SPACE  # kinds of the one and the two characters before this one
    before2 = SPACE
    dotted = False  # a dot stands in this word
    counted = False  # this word has a letter and then a digit
    for i in range(n):
        c = int(out[i])
        kind = int(kinds[int(pages[c >> 8]) * PAGE + (c & 255)])
        if kind & LETTER:
            if kind & FOREIGN:
                found |= HAS_FOREIGN
            if counted and before & DIGIT:
                found |= HAS_LEET
            if not before & _ALNUM and i > 0:
                if before2 & _ALNUM and i >= 4 and out[i - 3] == out[i - 1] and _single(out, i, n, tables):
                    if _single(out, i - 2, n, tables) and _single(out, i - 4, n, tables):
                        found |= HAS_SPACED
                sign = int(out[i - 1])
                if sign == _DOLLAR or sign == _AT or (sign == _BANG and before2 & LETTER):
                    found |= HAS_LEET
        elif kind & DIGIT:
            counted = counted or before & LETTER != 0
        elif kind & SPACE:
            dotted = False
            counted = False
        elif c == _AT:
            found |= HAS_AT
        elif c == _DOLLAR:
            if before & LETTER:
                found |= HAS_LEET
        elif c == _DOT:
            dotted = dotted or before & _ALNUM != 0
            if i >= 2 and out[i - 1] == _W and out[i - 2] == _W:
                found |= HAS_LINK
        elif c == _SLASH and (dotted or (i >= 2 and out[i - 1] == _SLASH and out[i - 2] == _COLON)):
            found |= HAS_LINK
        before2 = before
        before = kind
    return found


@compiled
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


@compiled
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


@compiled
def _write_token(token: CodePoints, start: int, end: int, buffers: Buffers, m: int) -> int:
    out, starts, ends = buffers
    for i in range(len(token)):
        out[m + i] = token[i]
        starts[m + i] = start
        ends[m + i] = end
    return m + len(token)


@compiled
def replace_links(tables: Tables, buffers: Buffers, n: int) -> tuple[Buffers, int, bool]:
    """Put `<url>` for links and `<user>` for @handles and mail addresses; return (new buffers, length, changed)."""
    out, starts, ends = buffers
    size = 3 * n + len(_USER) + 1  # the shortest thing replaced, "@x", is a third of its token
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


@compiled
def fold_confusables(tables: Tables, out: CodePoints, n: int) -> bool:
    """Fold foreign letters to the Latin ones they pass for, in words that mix scripts, and everywhere in a text that
    has Latin letters and foreign ones only of a Latin shape (a text that is really in that script has others, too).
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


@compiled
def join_spaced(tables: Tables, buffers: Buffers, n: int) -> tuple[int, bool]:
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


@compiled
def _is_vowel(c: int) -> bool:
    return c == 97 or c == 101 or c == 105 or c == 111 or c == 117


@compiled
def fold_leet(tables: Tables, out: CodePoints, n: int) -> bool:
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


@compiled
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
