"""A fitted encoder on disk, in the layout of the Hugging Face libraries, at full precision: what export reads, and what
a further training can start from.

    config.json          of the BERT layers
    model.safetensors    bert.*, pooler.*, classifier.*
    tokenizer.json       the tokenizer of normalised text
    vocab.txt            its pieces, a line each
    labels.json          the labels in the order of the logits
    base.json            the pretrained weights that it all began with: their name and sha256
"""

import json
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load, save
from tokenizers import Tokenizer
from torch import Tensor
from transformers import BertConfig

from moderation.atomic import write_directory
from moderation.errors import ModerationError
from moderation.training.encoder.network import Encoder
from moderation.training.encoder.pretrained import Pretrained
from moderation.training.encoder.vocabulary import build_vocabulary, tokenizer_of

_POSITIONS = 256  # windows are shorter; the pretrained model never saw more


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """An encoder with its tokenizer, the pieces of its vocabulary and its labels. `base` and `base_sha256` name the
    pretrained weights that it began with.
    """

    model: Encoder
    pieces: tuple[str, ...]
    labels: tuple[str, ...]
    base: str
    base_sha256: str

    @property
    def tokenizer(self) -> Tokenizer:
        """The tokenizer of normalised text."""
        return tokenizer_of(self.pieces)


def fresh(pretrained: Pretrained, texts: list[str], labels: tuple[str, ...], corpora: int, size: int) -> Fitted:
    """Return an encoder that starts from pretrained BERT weights, with a vocabulary of about `size` pieces made for
    `texts` (normalised), and a head that knows nothing. Raises ModerationError for weights that are not BERT's.
    """
    pieces = (pretrained.path / "vocab.txt").read_text(encoding="utf-8").splitlines()
    vocabulary = build_vocabulary(pieces, texts, size)
    config = _config(pretrained.path)
    config.vocab_size, config.max_position_embeddings = len(vocabulary.pieces), _POSITIONS
    model = Encoder(config, len(labels), corpora, vocabulary.pieces.index("[MASK]"))
    weights = _weights(pretrained.path)
    words = "embeddings.word_embeddings.weight"
    places = "embeddings.position_embeddings.weight"
    try:
        weights[words] = weights[words].new_tensor(vocabulary.vectors(weights[words].float().numpy()))
        weights[places] = weights[places][:_POSITIONS]
        known = model.bert.state_dict().keys()
        model.bert.load_state_dict({name: tensor for name, tensor in weights.items() if name in known})
    except (KeyError, RuntimeError):
        raise ModerationError(f"{pretrained.path}: not the weights of a BERT model. Name another --base.") from None
    return Fitted(model, vocabulary.pieces, labels, pretrained.name, pretrained.sha256)


def write_checkpoint(path: Path, fitted: Fitted) -> None:
    """Write a fitted encoder to the folder `path`, in the place of an earlier one. Raises OutputError."""
    weights = {k: v.contiguous().cpu() for k, v in fitted.model.state_dict().items() if k != "offsets"}
    write_directory(
        path,
        {
            "config.json": json.dumps(fitted.model.bert.config.to_dict(), indent=1, sort_keys=True).encode(),
            "model.safetensors": save(weights),
            "tokenizer.json": fitted.tokenizer.to_str().encode(),
            "vocab.txt": "".join(piece + "\n" for piece in fitted.pieces).encode(),
            "labels.json": json.dumps(fitted.labels).encode(),
            "base.json": json.dumps({"name": fitted.base, "sha256": fitted.base_sha256}).encode(),
        },
        checked=is_checkpoint(path),
    )


def read_checkpoint(path: Path, corpora: int = 1) -> Fitted:
    """Read what `write_checkpoint` wrote. Raises ModerationError for anything else."""
    try:
        labels = tuple(json.loads((path / "labels.json").read_bytes()))
        base = json.loads((path / "base.json").read_bytes())
        name, sha256 = str(base["name"]), str(base["sha256"])
        pieces = tuple((path / "vocab.txt").read_text(encoding="utf-8").splitlines())
        model = Encoder(_config(path), len(labels), corpora, pieces.index("[MASK]"))
        missing = model.load_state_dict(_weights(path), strict=False).missing_keys
    except (OSError, ValueError, TypeError, KeyError, RuntimeError):
        missing = ["?"]
    if missing not in ([], ["offsets"]):
        raise ModerationError(f"{path}: not an encoder that `moderation train --kind encoder` wrote. Train it again.")
    return Fitted(model, pieces, labels, name, sha256)


def is_checkpoint(path: Path) -> bool:
    """Tell whether the folder holds an encoder of ours, rather than pretrained weights alone."""
    return (path / "labels.json").is_file()


def _config(path: Path) -> BertConfig:
    config = BertConfig.from_pretrained(path)
    config.hidden_dropout_prob = config.attention_probs_dropout_prob = 0.0
    return config


def _weights(path: Path) -> dict[str, Tensor]:
    try:
        return load((path / "model.safetensors").read_bytes())
    except (OSError, SafetensorError):
        raise ModerationError(f"{path / 'model.safetensors'}: cannot be read. Get the weights again.") from None
