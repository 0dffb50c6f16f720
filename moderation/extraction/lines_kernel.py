"""One pass over the characters of a text's lines: which words and signs each line has, as numbers (numba)."""

import numpy as np
from numpy.typing import NDArray

from moderation.compiling import compiled

CodePoints = NDArray[np.uint32]
Numbers = NDArray[np.float32]

LETTER, DIGIT, UPPER, SPACE = 1, 2, 4, 8  # kinds of a character

# What the tables say of a word or phrase, as bits.
NUMBERED, BARE, OPENS, CLOSES, FOOTER, INTERFACE = (1 << k for k in range(6))
FIRST, SECOND, TALK, STOP, MONTH, DAY, UNIT, AGO, CLOCK, SAY, BY, BUTTON = (1 << k for k in range(6, 18))
# What a line is by its words and numbers together.
TIME, HEADER, NAME, REPLY = (1 << k for k in range(18, 22))
MENTION = 1 << 22  # a word for comments
SITE = 1 << 23  # a word of the last lines of a site

SEED, PRIME, START = np.uint64(14695981039346656037), np.uint64(1099511628211), np.uint64(0x9E3779B97F4A7C15)
_LONGEST = 160  # characters of a line that can be a phrase (wording.LONGEST)
_PREFIX = 8  # words of a phrase that has more after it
_BRIEF = 14  # words of a line that may announce comments
_BLANK, _ZERO, _COPYRIGHT = np.uint64(32), np.uint64(48), 0xA9

COLUMNS = (
    "numbered",
    "bare",
    "footer",
    "interface",
    "time",
    "header",
    "name",
    "reply",
    "characters",
    "words",
    "upper",
    "digits",
    "capitalised",
    "first",
    "second",
    "talk",
    "stop",
    "rest",
    "dates",
    "ago",
    "clock",
    "say",
    "by",
    "buttons",
    "numbers",
    "exclamations",
    "commas",
    "sentences",
    "ends",
    "colon",
    "lower",
    "begins",
    "link",
    "bars",
    "quote",
    "at",
    "marker",
    "ordinal",
    "amount",
    "mentions",
)

MARKER, SAYS = COLUMNS.index("marker"), COLUMNS.index("say")


@compiled
def hashes(codes: CodePoints, starts: NDArray[np.int64], out: NDArray[np.uint64]) -> None:
    """Hash codes[starts[i]:starts[i + 1]] for each i (FNV-1a over code points)."""
    for i in range(len(starts) - 1):
        value = SEED
        for k in range(starts[i], starts[i + 1]):
            value = (value ^ np.uint64(codes[k])) * PRIME
        out[i] = value


@compiled
def found(value: np.uint64, table: NDArray[np.uint64], bits: NDArray[np.uint32]) -> int:
    """Return the bits that stand under `value` in a hash table with open addresses and 2^k places; 0 where none do."""
    mask = len(table) - 1
    place = int(value >> np.uint64(20)) & mask
    while bits[place] != 0:
        if table[place] == value:
            return int(bits[place])
        place = (place + 1) & mask
    return 0


@compiled
def read_lines(
    codes: CodePoints,
    starts: NDArray[np.int64],
    characters: tuple[NDArray[np.uint8], CodePoints],
    phrases: tuple[NDArray[np.uint64], NDArray[np.uint32]],
    out: tuple[Numbers, NDArray[np.uint32], NDArray[np.uint64]],
) -> None:
    """Fill, for each line codes[starts[i]:starts[i + 1]], numbers (COLUMNS), bits, and the hash of its words.

    characters: kind and lower case of the first 65536 code points. phrases: a hash table of bits.
    """
    kinds, lower = characters
    table, marks = phrases
    numbers, said, keys = out
    for i in range(len(starts) - 1):
        first, last = starts[i], starts[i + 1]
        n = last - first
        letters = upper = digits = exclamations = commas = sentences = bars = 0
        words = numerals = figures = capitalised = 0  # figures: runs of numerals
        ones = twos = talks = stops = dates = agos = clocks = sayings = bys = buttons = rest = 0
        days = units = mentions = sites = 0
        line = SEED  # the hash of the words so far
        prefix = 0  # bits of phrases that go on after the words so far
        in_tail_say = False
        early_button = False
        before_number = -10  # the word number at which the last numeral stood
        value = amount = 0  # of the last numeral; of the first, "1,204" being one
        colons = 0  # numerals joined by a colon
        month_at = -10
        year = slashed = 0
        p = first
        while p < last:
            c = codes[p]
            kind = kinds[c] if c < 65536 else 0
            if kind & LETTER:
                q = p
                word = SEED
                if words > 0:
                    if words <= _PREFIX:
                        prefix |= found(line ^ START, table, marks)
                    line = (line ^ _BLANK) * PRIME
                while q < last:
                    d = codes[q]
                    inner = kinds[d] if d < 65536 else 0
                    if not inner & LETTER:
                        break
                    if inner & UPPER:
                        upper += 1
                    low = np.uint64(lower[d])
                    word = (word ^ low) * PRIME
                    line = (line ^ low) * PRIME
                    q += 1
                letters += q - p
                words += 1
                if kind & UPPER:
                    capitalised += 1
                bit = found(word, table, marks)
                if bit & FIRST:
                    ones += 1
                if bit & SECOND:
                    twos += 1
                if bit & TALK:
                    talks += 1
                if bit & STOP:
                    stops += 1
                if bit & DAY:
                    days += 1
                if bit & SITE:
                    sites += 1
                in_tail_say = bit & SAY != 0
                if in_tail_say:
                    sayings += 1
                if bit & BY and words <= 2:
                    bys += 1
                if bit & BUTTON:
                    buttons += 1
                    if words <= 2:
                        early_button = True
                if bit & MONTH and words - before_number <= 2:
                    dates += 1
                    month_at = -10
                elif bit & MONTH:
                    month_at = words
                if bit & UNIT and words - before_number == 1:
                    units += 1
                if bit & MENTION:
                    mentions = max(mentions, 2 if words - before_number == 1 else 1)
                if bit & AGO:
                    agos += 1
                if bit & CLOCK:
                    clocks += 1
                if not bit & (MONTH | DAY | UNIT | AGO | CLOCK | SAY | BY | BUTTON):
                    rest += 1
                p = q
            elif kind & DIGIT:
                q = p
                value = 0
                while q < last and codes[q] < 65536 and kinds[codes[q]] & DIGIT:
                    if q - p < 6:
                        value = value * 10 + (int(codes[q]) & 15)
                    q += 1
                digits += q - p
                joined = before_number == words and words > 0
                between = int(codes[p - 1]) if p > first else 32
                if joined and between == 58 and q - p == 2:
                    colons += 1
                if joined and (between == 47 or between == 46 or between == 45):
                    slashed += 1
                if figures == 0:
                    amount = value
                elif joined and figures == 1 and (between == 44 or between == 46) and q - p == 3:
                    amount = min(amount, 1000) * 1000 + value
                if not joined:
                    if words > 0:
                        if words <= _PREFIX:
                            prefix |= found(line ^ START, table, marks)
                        line = (line ^ _BLANK) * PRIME
                    line = (line ^ _ZERO) * PRIME
                    words += 1
                    figures += 1
                numerals += 1
                before_number = words
                if q - p == 4 and 1990 <= value <= 2040:
                    year += 1
                if words - month_at <= 2:
                    dates += 1
                    month_at = -10
                p = q
            else:
                if c == 33 or c == 63:
                    exclamations += 1
                    sentences += 1
                elif c == 46 or c == 0x2026 or c == 0x3002:
                    sentences += 1
                elif c == 44:
                    commas += 1
                elif c == 124 or c == 0xB7 or c == 0xBB or c == 0x2022 or c == 0x203A:
                    bars += 1
                p += 1
        # The whole line.
        bits = 0
        end = codes[last - 1]
        if n <= _LONGEST:
            bits = prefix & (NUMBERED | BARE | CLOSES | FOOTER | INTERFACE)
            bits |= found(line, table, marks) & (NUMBERED | BARE | OPENS | CLOSES | FOOTER | INTERFACE)
            if words > 0 and buttons + figures >= words:
                bits |= INTERFACE
            if codes[first] == _COPYRIGHT or (sites > 0 and sites + figures >= words):
                bits |= FOOTER
            if words == 0:
                bits = INTERFACE if n <= 6 else 0
            elif end == 33 or end == 63:
                bits &= ~INTERFACE
        if slashed >= 2:
            dates += 1
        when = min(dates, 1) * 2 + min(colons, 1) + (2 if units > 0 and (agos > 0 or words <= 4) else 0)
        when += 1 if agos > 0 and words <= 2 else 0
        when += 1 if year > 0 and dates > 0 else 0
        if when > 0 and rest == 0 and n <= 80:
            bits |= TIME
        elif when > 0 and rest <= 6 and n <= 120 and stops <= 1:
            bits |= HEADER
        elif (in_tail_say or (end == 58 and sayings > 0)) and words <= 8 and n <= 80 and words > 1:
            bits |= HEADER
        elif bys > 0 and rest > 0 and words <= 7 and n <= 80 and codes[first] < 65536 and not bits & FOOTER:
            bits |= HEADER
        flat = end != 46 and end != 33 and end != 63 and end != 58 and end != 44 and end != 0x2026
        if bits == 0 and flat and 0 < words <= 5 and n <= 40 and letters > 0 and stops <= 1:
            bits |= NAME
        if early_button and words <= 6:
            bits |= REPLY
        said[i] = bits
        keys[i] = line
        size = 1.0 / max(words, 1)
        closing = end
        if (end == 34 or end == 41 or end == 0x201D or end == 0xBB or end == 39 or end == 0x2019) and n > 1:
            closing = codes[last - 2]
        begin = codes[first]
        kind = kinds[begin] if begin < 65536 else 0
        row = numbers[i]
        row[0] = bits & NUMBERED != 0
        row[1] = bits & BARE != 0
        row[2] = bits & FOOTER != 0
        row[3] = bits & INTERFACE != 0
        row[4] = bits & TIME != 0
        row[5] = bits & HEADER != 0
        row[6] = bits & NAME != 0
        row[7] = bits & REPLY != 0
        row[8] = n
        row[9] = words
        row[10] = upper / max(letters, 1)
        row[11] = digits / n
        row[12] = capitalised * size
        row[13] = ones / max(words, 1) ** 0.5
        row[14] = twos / max(words, 1) ** 0.5
        row[15] = min(talks, 4)
        row[16] = stops * size
        row[17] = min(rest, 12)
        row[18] = min(dates, 2)
        row[19] = min(agos, 2) + (2 if units > 0 else 0)
        row[20] = min(colons, 2)
        row[21] = min(sayings, 2) + (2 if in_tail_say else 0)
        row[22] = bys
        row[23] = buttons * size
        row[24] = min(numerals, 6)
        row[25] = min(exclamations, 6)
        row[26] = min(commas, 6)
        row[27] = min(sentences, 10)
        row[28] = closing == 46 or closing == 33 or closing == 63 or closing == 0x2026 or closing == 0x3002
        row[29] = end == 58
        row[30] = kind & LETTER != 0 and kind & UPPER == 0
        row[31] = 1.0 if kind & DIGIT else (2.0 if not kind & LETTER else 0.0)
        row[32] = _link(codes, first, last)
        row[33] = min(bars, 4)
        row[34] = begin == 34 or begin == 0x201C or begin == 0x201E or begin == 0xAB or begin == 39 or begin == 62
        row[35] = begin == 64
        row[36], row[37] = _marker(codes, first, last)
        row[38] = min(amount, 30)
        row[39] = mentions if words <= _BRIEF else 0


@compiled
def _marker(codes: CodePoints, first: int, last: int) -> tuple[int, int]:
    """Return 1 for a bullet, 2 for a number with a dot that starts the line, else 0; and the number."""
    c = codes[first]
    if first + 1 < last and codes[first + 1] == 32:
        if c == 0x2022 or c == 42 or c == 0xB7 or c == 43 or c == 45 or c == 62 or c == 0xBB or c == 0x25E6:
            return 1, 0
    p, value = first, 0
    while p < last and p - first < 5 and 48 <= codes[p] <= 57:
        value = value * 10 + int(codes[p]) - 48
        p += 1
    if p > first and p + 1 < last and (codes[p] == 46 or codes[p] == 41) and codes[p + 1] == 32:
        return 2, value
    return 0, 0


@compiled
def _link(codes: CodePoints, first: int, last: int) -> int:
    """Return 2 where the line starts with "http" or "www.", perhaps after a bullet; 1 where it holds one; else 0."""
    for p in range(first, last - 3):
        c = codes[p]
        if c == 104 and codes[p + 1] == 116 and codes[p + 2] == 116 and codes[p + 3] == 112:
            return 2 if p <= first + 2 else 1
        if c == 119 and codes[p + 1] == 119 and codes[p + 2] == 119 and codes[p + 3] == 46:
            return 2 if p <= first + 2 else 1
    return 0
