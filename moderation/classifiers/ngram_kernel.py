"""Hashed n-grams of a text, and their sum: one compiled kernel for training features and for scores.

Features (the hashing trick, Weinberger et al. 2009): every run of 2 to 5 characters of the normalised text, blanks
and the blank at either end included, and every word and pair of neighbouring words. A word is a run of letters and
digits, or a run of one other character: "(((" is one.
"""

import numpy as np
from numpy.typing import NDArray

from moderation.compiling import compiled
from moderation.text.fold import Buffers, CodePoints, kind_of
from moderation.text.kernel import normalise
from moderation.text.tables import DIGIT, LETTER, PAGE, Tables

LANES = 4
"""Columns of the weight table: labels, padded with zeros, so that the inner loop has a fixed length."""

SHORTEST, LONGEST = 2, 5
"""Lengths of the character n-grams."""

# Multipliers of a polynomial hash and of Fibonacci hashing (Knuth, TAOCP 6.4): odd, with well-mixed bits.
_STEP = np.uint64(0x9E3779B97F4A7C15)
_SPREAD = np.uint64(0xD6E8FEB86659FD93)
_CHAR_SEED = np.uint64(0x243F6A8885A308D3)
_WORD_SEED = np.uint64(0x13198A2E03707344)
_PAIR_SEED = np.uint64(0xA4093822299F31D0)
_BLANK = np.uint64(32)
_BIAS = 128


@compiled
def _mixed(h: np.uint64, c: np.uint64) -> np.uint64:
    return (h ^ c) * _STEP


@compiled
def capacity(n: int) -> int:
    """Return how many n-grams a normalised text of n characters has at most."""
    return (LONGEST - SHORTEST + 1) * (n + 2) + 2 * n


@compiled
def hash_ngrams(
    out: CodePoints, n: int, bits: int, tables: Tables, slots: NDArray[np.uint32], spans: NDArray[np.int32]
) -> tuple[int, int]:
    """Write the table slot of every n-gram of out[:n] into `slots`: character n-grams first, then words.

    `out` has room for a blank at n. `spans`, if it is not empty, is (2, capacity) and gets the first and last + 1
    character of each (a blank outside the text counts as the character beside it). Returns (character n-grams, all).
    """
    if n == 0:
        return 0, 0
    shift = np.uint64(64 - bits)
    with_spans = spans.shape[1] > 0
    out[n] = 32
    m = 0
    for i in range(-1, n):
        h = _mixed(_CHAR_SEED, _BLANK if i < 0 else np.uint64(out[i]))
        for j in range(i + 1, min(i + LONGEST, n + 1)):
            h = _mixed(h, np.uint64(out[j]))
            slots[m] = (h * _SPREAD) >> shift
            if with_spans:
                spans[0, m] = max(i, 0)
                spans[1, m] = min(j + 1, n)
            m += 1
    chars = m
    pages, kinds = tables.pages, tables.kinds
    before = np.uint64(0)
    before_start = 0
    i = 0
    while i < n:
        c = int(out[i])
        if c == 32:
            i += 1
            continue
        start = i
        h = _mixed(_WORD_SEED, np.uint64(c))
        i += 1
        if kinds[int(pages[c >> 8]) * PAGE + (c & 255)] & (LETTER | DIGIT):
            while i < n and kind_of(int(out[i]), tables) & (LETTER | DIGIT):
                h = _mixed(h, np.uint64(out[i]))
                i += 1
        else:
            while i < n and out[i] == c:
                h = _mixed(h, np.uint64(c))
                i += 1
        h ^= h >> np.uint64(31)
        slots[m] = (h * _SPREAD) >> shift
        if with_spans:
            spans[0, m] = start
            spans[1, m] = i
        m += 1
        if before != np.uint64(0):
            pair = _mixed(before ^ _PAIR_SEED, h)
            pair ^= pair >> np.uint64(31)
            slots[m] = (pair * _SPREAD) >> shift
            if with_spans:
                spans[0, m] = before_start
                spans[1, m] = i
            m += 1
        before = h | np.uint64(1)
        before_start = start
    return chars, m


@compiled
def features(
    text: CodePoints, bounds: NDArray[np.int64], bits: int, tables: Tables, buffers: Buffers
) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int64]]:
    """Return the n-grams of the texts text[bounds[i]:bounds[i + 1]].

    Returns (slots of all texts one after the other, ends of each text's character n-grams (n,), ends of each text
    (n,)).
    """
    n_texts = len(bounds) - 1
    char_ends = np.empty(n_texts, np.int64)
    ends = np.empty(n_texts, np.int64)
    slots = np.empty(1024, np.uint32)
    no_spans = np.empty((2, 0), np.int32)
    all_slots = np.empty(6 * len(text) + 16 * n_texts + 16, np.int32)
    total = 0
    for i in range(n_texts):
        buffers, n = normalise(text[bounds[i] : bounds[i + 1]], tables, buffers)
        if capacity(n) > len(slots):
            slots = np.empty(2 * capacity(n), np.uint32)
        chars, m = hash_ngrams(buffers[0], n, bits, tables, slots, no_spans)
        if total + m > len(all_slots):  # folding may make a text longer
            grown = np.empty(2 * (total + m), np.int32)
            grown[:total] = all_slots[:total]
            all_slots = grown
        all_slots[total : total + m] = slots[:m]
        char_ends[i] = total + chars
        total += m
        ends[i] = total
    return all_slots[:total], char_ends, ends


def packed(table: NDArray[np.int8]) -> NDArray[np.uint32]:
    """Return a table of weights int8 (2 ** bits, up to LANES) as uint32 (2 ** bits,): weight + 128, a byte a label."""
    lanes = np.full((len(table), LANES), _BIAS, np.uint8)
    lanes[:, : table.shape[1]] = table.astype(np.int16) + _BIAS
    return lanes.view("<u4").reshape(-1).astype(np.uint32)


@compiled
def _bits(table: NDArray[np.uint32]) -> int:
    bits = 0
    while (1 << bits) < len(table):
        bits += 1
    return bits


@compiled
def sums(
    text: CodePoints,
    bounds: NDArray[np.int64],
    table: NDArray[np.uint32],
    tables: Tables,
    buffers: Buffers,
    sizes: NDArray[np.int32],
) -> NDArray[np.int64]:
    """Return the summed integer weights of each text, of its character n-grams and of its words: int64 (n, 2, LANES).

    `table` is what `packed` returns. `sizes` (n, 2) gets the numbers of character and of word n-grams. Integers make
    the sum the same on every machine and in every order.
    """
    n_texts = len(bounds) - 1
    bits = _bits(table)
    result = np.zeros((n_texts, 2, LANES), np.int64)
    slots = np.empty(1024, np.uint32)
    no_spans = np.empty((2, 0), np.int32)
    for i in range(n_texts):
        buffers, n = normalise(text[bounds[i] : bounds[i + 1]], tables, buffers)
        if capacity(n) > len(slots):
            slots = np.empty(2 * capacity(n), np.uint32)
        chars, m = hash_ngrams(buffers[0], n, bits, tables, slots, no_spans)
        sizes[i, 0] = chars
        sizes[i, 1] = m - chars
        for block in range(2):
            _add_up(table, slots[chars if block else 0 : m if block else chars], result[i, block])
    return result


@compiled
def _add_up(table: NDArray[np.uint32], slots: NDArray[np.uint32], result: NDArray[np.int64]) -> None:
    """Add the weights at `slots` to `result` (LANES,).

    Two lanes at a time, in the halves of one integer: a half holds 257 bytes before it overflows.
    """
    mask = np.uint32(0x00FF00FF)
    for start in range(0, len(slots), 256):
        even = np.uint32(0)
        odd = np.uint32(0)
        for slot in slots[start : start + 256]:
            row = table[slot]
            even += row & mask
            odd += (row >> np.uint32(8)) & mask
        result[0] += np.int64(even & np.uint32(0xFFFF))
        result[1] += np.int64(odd & np.uint32(0xFFFF))
        result[2] += np.int64(even >> np.uint32(16))
        result[3] += np.int64(odd >> np.uint32(16))
    for lane in range(LANES):
        result[lane] -= _BIAS * len(slots)


@compiled
def attribute(
    text: CodePoints, table: NDArray[np.uint32], factors: NDArray[np.float64], tables: Tables, buffers: Buffers
) -> tuple[Buffers, int, NDArray[np.float64]]:
    """Spread each n-gram's part of the logits evenly over its characters other than blanks.

    `factors` is (2, labels). Returns (buffers and length of the normalised text, float64 (n, labels)); blanks get
    nothing.
    """
    buffers, n = normalise(text, tables, buffers)
    out = buffers[0]
    labels = factors.shape[1]
    shares = np.zeros((n, labels), np.float64)
    slots = np.empty(capacity(n), np.uint32)
    spans = np.empty((2, capacity(n)), np.int32)
    chars, m = hash_ngrams(out, n, _bits(table), tables, slots, spans)
    for j in range(m):
        block, size = (0, chars) if j < chars else (1, m - chars)
        letters = 0
        for i in range(spans[0, j], spans[1, j]):
            letters += out[i] != 32
        for k in range(labels):
            weight = np.int64((table[slots[j]] >> np.uint32(8 * k)) & np.uint32(0xFF)) - _BIAS
            share = weight * factors[block, k] / np.sqrt(size) / letters
            for i in range(spans[0, j], spans[1, j]):
                if out[i] != 32:
                    shares[i, k] += share
    return buffers, n, shares
