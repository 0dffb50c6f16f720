"""A fitted encoder as a Detoxify checkpoint: the real library (Hanu and Unitary team, 2020) then scores with it.

Detoxify builds a class of transformers by its name, and none that BERT's weights fit averages over the tokens as ours
does. So the average becomes one more layer of a BertForSequenceClassification: its queries and keys are 0, which gives
every token of the text the same attention; its values are the tokens as they are, so the attention's result is their
mean; and its feed-forward part adds 0. What is left is the residual, [CLS] as it was, and the LayerNorm that follows:
the mean is multiplied by 2 ** 30 (exact in floating point), so that LayerNorm(mean * 2 ** 30 + [CLS]) is
LayerNorm(mean), to less than the rounding of float32. That is our head's first step; `pooler.dense` is its second.
"""

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moderation.atomic import check_replaceable, write_directory
from moderation.classifiers.detoxify_checkpoint import CHECKPOINT
from moderation.errors import InputError, MissingExtra
from moderation.text import NORMALISER_VERSION

_SCALE = 2.0**30
_SPECIAL = {"pad": "[PAD]", "unk": "[UNK]", "cls": "[CLS]", "sep": "[SEP]", "mask": "[MASK]"}


@dataclass(frozen=True, slots=True, eq=False)
class _Encoder:
    """An encoder as a BertForSequenceClassification; column k of its logits is `labels[k]`."""

    config: Any
    labels: list[str]
    tokenizer: Any
    state: dict[str, Any]


def export_detoxify(
    checkpoint: Path,
    output: Path,
    *,
    calibration: Mapping[str, Mapping[str, Any]] | None = None,
    model_type: str | None = None,
    languages: Sequence[str] = ("en",),
) -> str:
    """Write the encoder at `checkpoint` as the directory `output`; return the sha256 of the Detoxify checkpoint in it.

    `checkpoint` is the `hf` folder that training the encoder wrote, or the one around it. `calibration` is that of a
    bundle's manifest, folded into the last layer: the scores are then the bundle's probabilities. `model_type` is what
    Detoxify reads a config from (a name on the hub, or a directory; None: `output` itself). Raises InputError for
    anything but such a checkpoint, OutputError, MissingExtra.
    """
    try:
        import torch
        import transformers  # noqa: F401
    except ImportError:
        raise MissingExtra("Writing a Detoxify checkpoint", "detoxify") from None
    check_replaceable(output)
    folder = checkpoint / "hf" if (checkpoint / "hf").is_dir() else checkpoint
    if (folder / "manifest.json").is_file():
        raise InputError(
            f"{folder}: a bundle, whose weights are rounded. Name the checkpoint that training left: DIR/hf."
        )
    try:
        encoder = _read(folder, calibration)
    except Exception as error:  # noqa: BLE001 - the libraries raise anything for a foreign file, Exception itself too
        raise InputError(
            f"{folder}: not an encoder that `moderation train --kind encoder` wrote ({_first_line(error)}). Name its "
            "checkpoint, DIR/hf."
        ) from None
    arch = {
        "model_type": str(output.resolve()) if model_type is None else model_type,
        "model_name": "BertForSequenceClassification",
        "tokenizer_name": "PreTrainedTokenizerFast",
        "num_classes": len(encoder.labels),
    }
    dataset = {"classes": encoder.labels, "languages": list(languages), "normaliser": NORMALISER_VERSION}
    config = {"arch": {"type": "BERT", "args": arch}, "dataset": {"args": dataset}}
    file = io.BytesIO()
    torch.save({"state_dict": encoder.state, "config": config}, file)
    digest = hashlib.sha256(file.getvalue()).hexdigest()
    settings = {f"{name}_token": token for name, token in _SPECIAL.items()} | {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": encoder.config.max_position_embeddings,
    }
    files = {
        CHECKPOINT: file.getvalue(),
        f"{CHECKPOINT}.sha256": f"{digest}  {CHECKPOINT}\n".encode(),
        "config.json": encoder.config.to_json_string(use_diff=False).encode(),
        "tokenizer.json": encoder.tokenizer.to_str().encode(),
        "tokenizer_config.json": json.dumps(settings, indent=1).encode(),
    }
    write_directory(output, files)
    return digest


def with_mean_layer(weights: Mapping[str, Any], layers: int, epsilon: float) -> dict[str, Any]:
    """Return the weights of an encoder with `layers` layers as those of a BertForSequenceClassification with one more.

    `epsilon` is what its LayerNorms add to the variance. Tensors in, float32 tensors out.
    """
    import torch

    state = {_renamed(name): tensor.float() for name, tensor in sorted(weights.items())}
    new, last = f"bert.encoder.layer.{layers}", f"bert.encoder.layer.{layers - 1}"
    for name, tensor in [(n, t) for n, t in state.items() if n.startswith(f"{last}.")]:
        state[new + name.removeprefix(last)] = torch.zeros_like(tensor)
    one = torch.eye(len(state["classifier.weight"][0]))
    state[f"{new}.attention.self.value.weight"] = one
    state[f"{new}.attention.output.dense.weight"] = one * _SCALE
    state[f"{new}.attention.output.LayerNorm.weight"] += 1
    # The second LayerNorm meets a vector of variance 1, which epsilon would shrink.
    state[f"{new}.output.LayerNorm.weight"] += (1 + epsilon) ** 0.5
    return state


def _renamed(name: str) -> str:
    return f"bert.pooler.dense.{name.rpartition('.')[2]}" if name.startswith("pooler.") else name


def _calibrate(
    state: dict[str, Any], labels: Sequence[str], calibration: Mapping[str, Mapping[str, Any]] | None
) -> None:
    """Fold slope and intercept of each label (Platt 1999) into the last layer."""
    import torch

    if calibration is not None:
        slopes = torch.tensor([float(calibration[label]["slope"]) for label in labels])
        intercepts = torch.tensor([float(calibration[label]["intercept"]) for label in labels])
        state["classifier.weight"] = state["classifier.weight"] * slopes[:, None]
        state["classifier.bias"] = state["classifier.bias"] * slopes + intercepts


def _read(folder: Path, calibration: Mapping[str, Mapping[str, Any]] | None) -> _Encoder:
    """Read what training wrote, and turn it into a BertForSequenceClassification; raise anything where it is not so."""
    from safetensors.torch import load
    from tokenizers import Tokenizer
    from transformers import BertConfig, BertForSequenceClassification

    table = json.loads((folder / "config.json").read_bytes())
    if table["model_type"] != "bert":
        raise ValueError(f"config.json is that of a {table['model_type']}")
    config = BertConfig(**{name: value for name, value in table.items() if name not in ("dtype", "torch_dtype")})
    labels = _labels(folder)
    weights = load((folder / "model.safetensors").read_bytes())
    state = with_mean_layer(weights, config.num_hidden_layers, config.layer_norm_eps)
    _calibrate(state, labels, calibration)
    config.num_hidden_layers += 1
    config.id2label = dict(enumerate(labels))
    config.architectures = ["BertForSequenceClassification"]
    BertForSequenceClassification(config).load_state_dict(state)  # says what is missing, or of another shape
    tokenizer = Tokenizer.from_str((folder / "tokenizer.json").read_text(encoding="utf-8"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    if tokenizer.get_vocab_size() != config.vocab_size or tokenizer.token_to_id("[PAD]") != config.pad_token_id:
        raise ValueError(f"the tokenizer has {tokenizer.get_vocab_size()} pieces, the model {config.vocab_size}")
    return _Encoder(config, labels, tokenizer, state)


def _labels(folder: Path) -> list[str]:
    labels = json.loads((folder / "labels.json").read_bytes())
    if not isinstance(labels, list) or not labels or not all(isinstance(label, str) for label in labels):
        raise ValueError("labels.json is no list of labels")
    return labels


def _first_line(error: Exception) -> str:
    return f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error).strip().split("\n")[0]
