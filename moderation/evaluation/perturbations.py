"""What writers do to a text to get it past a filter, done to texts by rule.

Each perturbation is a function of the text alone: its chance comes from the text's hash, so that a text is always
perturbed alike. Kinds after Gröndahl et al. (2018), All you need is "love"; Le et al. (2022), Perturbations in the
wild; Kirk et al. (2022), Hatemoji.
"""

import re
from collections.abc import Callable, Mapping
from hashlib import blake2b
from random import Random

from moderation.evaluation.identities import group_words

Perturbation = Callable[[str, Random], str]

_WORD = re.compile(r"[^\W\d_]{4,}")
_LEET = str.maketrans({"a": "4", "e": "3", "i": "1", "o": "0", "s": "5", "t": "7"})
_HOMOGLYPHS = str.maketrans("aceopxyi", "асеорхуі")  # Cyrillic letters that look Latin
_EMOJI = "\U0001f602\U0001f525\U0001f914\u2764\U0001f44d"
_PADDING = (
    "Thank you for the interesting article, I enjoyed reading it this morning with a cup of tea.",
    "The weather has been mild here this week, so we went to the park with the children.",
    "I hope that everyone has a pleasant weekend and finds some time to rest.",
)


def perturbed(text: str, name: str) -> str:
    """Return `text` after the perturbation `name`, one of PERTURBATIONS."""
    key = f"{name} {text}".encode("utf-8", "surrogatepass")
    return PERTURBATIONS[name](text, Random(blake2b(key, digest_size=8).digest()))


def _in_words(change: Callable[[str, Random], str], share: float = 1.0) -> Perturbation:
    """Make a perturbation of words of four letters or more; others are left as they are, as writers do."""

    def perturb(text: str, rng: Random) -> str:
        return _WORD.sub(lambda m: change(m.group(), rng) if rng.random() < share else m.group(), text)

    return perturb


def _dropped(word: str, rng: Random) -> str:
    k = rng.randrange(1, len(word) - 1)
    return word[:k] + word[k + 1 :]


def _swapped(word: str, rng: Random) -> str:
    k = rng.randrange(1, len(word) - 2)
    return word[:k] + word[k + 1] + word[k] + word[k + 2 :]


def _repeated(word: str, rng: Random) -> str:
    k = rng.randrange(len(word))
    return word[:k] + word[k] * rng.randint(3, 6) + word[k + 1 :]


def _split_by(sign: str) -> Callable[[str, Random], str]:
    def split(word: str, rng: Random) -> str:
        k = rng.randrange(1, len(word))
        return word[:k] + sign + word[k:]

    return split


def _alternating(word: str, _rng: Random) -> str:
    return "".join(c.upper() if k % 2 else c.lower() for k, c in enumerate(word))


def _echo(text: str, _rng: Random) -> str:
    """Put the first word that names a group, or else the longest word, into echo marks."""
    words = _WORD.findall(text)
    if not words:
        return text
    named = group_words(text)
    chosen = next((word for word in words if word.casefold() in named), max(words, key=len))
    return text.replace(chosen, f"((({chosen})))", 1)


def _emoji(text: str, rng: Random) -> str:
    return " ".join(word + (rng.choice(_EMOJI) if rng.random() < 0.3 else "") for word in text.split(" "))


def _padded(text: str, rng: Random) -> str:
    return f"{_PADDING[0]} {text} {rng.choice(_PADDING[1:])}"


PERTURBATIONS: Mapping[str, Perturbation] = {
    "leet": _in_words(lambda word, _rng: word.translate(_LEET)),
    "homoglyphs": _in_words(lambda word, _rng: word.translate(_HOMOGLYPHS)),
    "zero-width": _in_words(_split_by("\u200b")),
    "spaced letters": _in_words(lambda word, _rng: " ".join(word), share=0.5),
    "dotted letters": _in_words(lambda word, _rng: ".".join(word), share=0.5),
    "split words": _in_words(_split_by(" "), share=0.5),
    "dropped letters": _in_words(_dropped, share=0.5),
    "swapped letters": _in_words(_swapped, share=0.5),
    "repeated letters": _in_words(_repeated),
    "upper case": lambda text, _rng: text.upper(),
    "alternating case": _in_words(_alternating),
    "echo marks": _echo,
    "emoji": _emoji,
    "benign padding": _padded,
}
"""By name, in the order of tables."""


def clean_numeric_texts(count: int = 600) -> tuple[str, ...]:
    """Return harmless texts full of numbers and code, always the same: what undoing leet spellings must not misread."""
    rng = Random(1)
    digits = {"#": "0123456789", "~": "0123456789abcdef"}
    return tuple(re.sub("[#~]", lambda m: rng.choice(digits[m.group()]), _CLEAN[k % len(_CLEAN)]) for k in range(count))


_CLEAN = (
    "The match ended #-# after 9# minutes.",
    "Call 0## #### #### between 9 and 17.",
    "commit ~~~~~~~~~~~~~~~~~~~~~~~~ fixes issue ####",
    "for i in range(##): total += x[#] ** #",
    "20##-0#-1# 1#:4# +0#00",
    "ERROR 0x~~~~~~~~ at ~~~~:~~~~ in module_##.c line ###",
    "Order ~~~~~~~~-~~~~: # x ##.## EUR, VAT 20%",
    "10 out of 10, I give it a #/10. Chapter #:1#.",
    "if (a[#] != b && c == 0x~~) { return -1; } // v#.##",
    "GDP rose #.#% in Q# 20##, up from #.#%",
    "4K TV 55in, 2x HDMI 2.1, 1#0Hz, model S##E#, B## H#O#",
    "1##.#.##.2# - GET /a#/b?id=~~~~~~ 200",
)
"""# stands for a digit, ~ for a hexadecimal one."""
