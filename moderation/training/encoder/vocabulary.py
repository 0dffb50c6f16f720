"""The encoder's vocabulary: the pretrained WordPiece pieces that comments use, and pieces of our own for emoji.

A small vocabulary makes a small bundle: half of the pretrained model is its table of 30,522 vectors. A word whose piece
was left out is spelled with smaller ones, since every single character stays.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
MARKS = {"<url>": "link", "<user>": "user"}
"""What the normaliser writes in the place of links and handles, and the words that these pieces start from."""

_JOINED = "##"


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    """`pieces` by number; `origins[k]` are the pretrained pieces whose vectors' mean piece k starts from."""

    pieces: tuple[str, ...]
    origins: tuple[tuple[int, ...], ...]

    def vectors(self, pretrained: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the first vectors (pieces, width), made of the pretrained ones (pretrained pieces, width)."""
        return np.stack([pretrained[list(numbers)].mean(axis=0) for numbers in self.origins]).astype(np.float32)


def build_vocabulary(pretrained: Sequence[str], texts: Iterable[str], size: int, least_emoji: int = 5) -> Vocabulary:
    """Return the `size` most used of the `pretrained` pieces in `texts` (normalised), ties in the order of the
    pretrained ones; all special pieces and single characters; the marks; and each symbol that stands in at least
    `least_emoji` texts and has no piece, starting from the words of its Unicode name.
    """
    number = {piece: k for k, piece in enumerate(pretrained)}
    full = tokenizer_of(pretrained)
    used: Counter[int] = Counter()
    symbols: Counter[str] = Counter()
    for text in texts:
        used.update(full.encode(text, add_special_tokens=False).ids)
        symbols.update({c for c in text if ord(c) > 0xA0 and unicodedata.category(c) == "So" and c not in number})
    always = [k for k, p in enumerate(pretrained) if len(p.removeprefix(_JOINED)) == 1 and not p.startswith("[unused")]
    kept = dict.fromkeys(number[piece] for piece in SPECIAL)
    kept |= dict.fromkeys(always)
    ranked = sorted((k for k in used if k not in kept), key=lambda k: (-used[k], k))
    kept |= dict.fromkeys(ranked[: max(0, size - len(kept))])
    numbers = [*kept]
    pieces = [pretrained[k] for k in numbers]
    origins: list[tuple[int, ...]] = [(k,) for k in numbers]
    for mark, word in MARKS.items():
        pieces.append(mark)
        origins.append((number[word],))
    unknown = number["[UNK]"]
    for symbol in sorted(c for c, count in symbols.items() if count >= least_emoji):
        name = full.encode(unicodedata.name(symbol, "").lower(), add_special_tokens=False).ids
        origin = tuple(k for k in name if k != unknown) or (unknown,)
        for piece in (symbol, _JOINED + symbol):
            pieces.append(piece)
            origins.append(origin)
    return Vocabulary(tuple(pieces), tuple(origins))


def tokenizer_of(pieces: Sequence[str]) -> Tokenizer:
    """Return the tokenizer of normalised text: BERT's, with the normaliser's marks as pieces of their own."""
    number = {piece: k for k, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.WordPiece(vocab=number, unk_token="[UNK]", max_input_chars_per_word=64))  # noqa: S106 - a piece
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece(prefix=_JOINED)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", number["[CLS]"]), ("[SEP]", number["[SEP]"])]
    )
    marks = [mark for mark in MARKS if mark in number]
    if marks:
        tokenizer.add_special_tokens(marks)
    return tokenizer
