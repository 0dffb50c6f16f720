"""Build `tables.npz`, the frozen character tables of the normaliser: `python -m moderation.text.build_tables`.

The tables are shipped and not computed at import, because the standard library's Unicode data changes with the Python
version, and a model must see the same characters under each of them.

Sources: Unicode normalisation forms (UAX #15), character properties (UAX #44), confusables (UTS #39; the subset below
was chosen by hand: letters that are read as a Latin letter at a glance).
"""

import unicodedata
from pathlib import Path

import numpy as np

from moderation.text.tables import (
    CONFUSABLE,
    CONFUSABLE_WEAK,
    DIGIT,
    DROP,
    FOREIGN,
    LATIN,
    LETTER,
    PAGE,
    PATH,
    SPACE,
)

# Default-ignorable code points that are neither format controls (Cf) nor combining marks: they show nothing.
_INVISIBLE = [
    (0x034F, 0x034F),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x2800, 0x2800),
    (0x3164, 0x3164),
    (0xFE00, 0xFE0F),
    (0xFFA0, 0xFFA0),
    (0xE0000, 0xE0FFF),
]

_PUNCTUATION = {
    "'": "‘’‚‛`´ʹʻʼʽˈ′‵＇",
    '"': "“”„‟″‶〝〞«»",
    "-": "‐‑‒–—―−⁃﹘﹣－",
    "/": "⁄∕",
    "*": "∗⁎✱＊",
    ".": "․·•∙",
    "(": "❨❪⟮⸨⦅",
    ")": "❩❫⟯⸩⦆",
    ":": "ː꞉∶",
    "|": "∣ǀ",
}

# Letters of the Latin script and letter-like symbols that no language of the corpora tells apart from the plain letter.
_LATIN_LOOKALIKES = {
    "a": "ɑᴀɐ",
    "b": "ʙƀɓ",
    "c": "ᴄ",
    "d": "đɖɗᴅ",
    "e": "ɛᴇǝəɘ",
    "f": "ƒꜰ",
    "g": "ɡɢǥ",
    "h": "ħʜ",
    "i": "ıɩɪ",
    "j": "ȷᴊ",
    "k": "ᴋƙ",
    "l": "łʟƚɭ",
    "m": "ᴍɱ",
    "n": "ɴŋɲƞ",
    "o": "øᴏɵ",
    "p": "ᴘƥ",
    "r": "ʀɾɽ",
    "s": "ꜱʂ",
    "t": "ŧᴛƭ",
    "u": "ᴜʉ",
    "v": "ᴠʋ",
    "w": "ᴡ",
    "x": "×",
    "y": "ʏƴ",
    "z": "ᴢƶȥ",
    "ae": "æᴁ",
    "oe": "œ",
}

# Letters of other scripts read as a Latin letter. Strong: the same shape. Weak: used for it only inside a Latin word.
_STRONG = {
    "a": "аα",
    "b": "ьвβ",
    "c": "сϲ",
    "d": "ԁ",
    "e": "еεҽ",
    "g": "ԍ",
    "h": "һнհ",
    "i": "іι",
    "j": "јϳ",
    "k": "кκ",
    "l": "ӏ",
    "m": "м",
    "n": "ո",
    "o": "оοօσ",
    "p": "рρ",
    "q": "ԛզ",
    "s": "ѕ",
    "t": "тτ",
    "u": "υս",
    "v": "ѵν",
    "w": "ԝωա",
    "x": "хχ",
    "y": "уүγ",
}
_WEAK = {"n": "ийпη", "r": "гя", "w": "шщ", "u": "ц", "e": "э", "l": "і", "y": "ч"}


def _fold_one(char: str, special: dict[str, str]) -> str:
    if char in special:
        return special[char]
    code = ord(char)
    category = unicodedata.category(char)
    if category == "Cs":
        return "\ufffd"
    if char.isspace():
        return " "
    if category in ("Cc", "Cf") or unicodedata.combining(char) or any(a <= code <= b for a, b in _INVISIBLE):
        return ""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", char).casefold())
    if 0x1F150 <= code <= 0x1F169 or 0x1F170 <= code <= 0x1F189:  # negative circled and squared letters
        decomposed = chr(ord("a") + (code - 0x1F150) % 0x20)
    return decomposed


def _fold(char: str, special: dict[str, str]) -> str:
    """Fold to a fixed point, so that every character of the result folds to itself."""
    result = char
    for _ in range(8):
        folded = "".join(_fold_one(c, special) for c in result)
        if folded == result:
            return result
        result = folded
    raise ValueError(f"U+{ord(char):04X} does not settle")


def _kind(char: str, foreign: dict[str, int]) -> int:
    category = unicodedata.category(char)
    if char == " ":
        return SPACE
    if category.startswith("N"):
        return DIGIT
    if category.startswith(("L", "M")):
        if char in foreign:
            return LETTER | FOREIGN | foreign[char]
        name = unicodedata.name(char, "")
        if name.startswith("LATIN"):
            return LETTER | LATIN
        if name.startswith(("CYRILLIC", "GREEK", "ARMENIAN", "COPTIC")):
            return LETTER | FOREIGN
        return LETTER
    return 0


def build() -> dict[str, np.ndarray]:
    """Return the arrays of `tables.Tables` by name (shapes and dtypes as documented there)."""
    special = {c: plain for plain, group in (_PUNCTUATION | _LATIN_LOOKALIKES).items() for c in group}
    strong = {c: plain for plain, group in _STRONG.items() for c in group}
    weak = {c: plain for plain, group in _WEAK.items() for c in group if c not in strong}
    foreign = dict.fromkeys(strong, CONFUSABLE) | dict.fromkeys(weak, CONFUSABLE_WEAK)
    entries = np.empty(0x110000, np.int32)
    kinds = np.zeros(0x110000, np.uint8)
    pool: list[int] = []
    known: dict[str, int] = {}
    for code in range(0x110000):
        char = chr(code)
        folded = _fold(char, special)
        if folded == "":
            entries[code] = DROP
        elif len(folded) == 1:
            entries[code] = ord(folded)
        else:
            if folded not in known:
                known[folded] = len(pool)
                pool += [len(folded), *map(ord, folded)]
            entries[code] = DROP - 1 - known[folded]
        kinds[code] = _kind(folded, foreign) if len(folded) == 1 else 0
    # Pages that map every character to itself differ in their entries: these are stored relative to the code point.
    single = entries >= 0
    entries[single] -= np.arange(0x110000, dtype=np.int32)[single]
    flags = np.where(single, 0, 1).astype(np.int32)
    rows = np.concatenate(
        [entries.reshape(-1, PAGE), flags.reshape(-1, PAGE), kinds.reshape(-1, PAGE).astype(np.int32)], axis=1
    )
    unique, pages = np.unique(rows, axis=0, return_inverse=True)
    confusable = strong | weak
    order = sorted(confusable)
    return {
        "pages": pages.reshape(-1).astype(np.uint16),
        "deltas": np.ascontiguousarray(unique[:, :PAGE]).astype(np.int32).reshape(-1),
        "sequences": np.ascontiguousarray(unique[:, PAGE : 2 * PAGE]).astype(np.uint8).reshape(-1),
        "kinds": np.ascontiguousarray(unique[:, 2 * PAGE :]).astype(np.uint8).reshape(-1),
        "pool": np.array(pool, np.int32),
        "confusables": np.array([ord(c) for c in order], np.uint32),
        "plain": np.array([ord(confusable[c]) for c in order], np.uint32),
    }


def main() -> None:
    """Write `tables.npz` beside this file."""
    Path(PATH).parent.mkdir(exist_ok=True)
    np.savez_compressed(PATH, **build())  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
