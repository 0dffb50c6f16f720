"""Checkpoints in Detoxify's format, checked before anything of them is used.

The format (unitaryai/detoxify, `convert_weights.py`): a file of `torch.save` that holds

    {"state_dict": {name: tensor},
     "config": {"arch": {"args": {"model_type", "model_name", "tokenizer_name", "num_classes"}},
                "dataset": {"args": {"classes": [...]}}}}

(ours hold "languages" and "normaliser" beside "classes", too).
Such a file is a pickle. Its sha256 is compared first, and then only tensors and plain values are read out of it; the
library itself would run whatever code it holds.
"""

import hashlib
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import IO, Any

from moderation.errors import BundleCorrupt, BundleError, InputError

CHECKPOINT = "detoxify.ckpt"
"""The name of the checkpoint in a directory that `moderation export` wrote."""


@dataclass(frozen=True, slots=True)
class Published:
    """A model that Detoxify publishes. `sha256` is the whole hash, or the 8 digits of it that the file name carries."""

    release: str
    file: str
    sha256: str
    languages: tuple[str, ...] = ("en",)

    @property
    def url(self) -> str:
        """Where it is published."""
        return f"https://github.com/unitaryai/detoxify/releases/download/{self.release}/{self.file}"


PUBLISHED: Mapping[str, Published] = {
    "original": Published(
        "v0.1-alpha",
        "toxic_original-c1212f89.ckpt",
        "c1212f89ac23307ab33932ce29dc446a6e030fb3f384a500890bbe662b7b544a",
    ),
    "unbiased": Published("v0.3-alpha", "toxic_debiased-c7548aa0.ckpt", "c7548aa0"),
    "multilingual": Published(
        "v0.4-alpha",
        "multilingual_debiased-0b549669.ckpt",
        "0b549669",
        ("en", "es", "fr", "it", "pt", "ru", "tr"),
    ),
    "original-small": Published("v0.1.2", "original-albert-0e1d6498.ckpt", "0e1d6498"),
    "unbiased-small": Published("v0.1.2", "unbiased-albert-c8519128.ckpt", "c8519128"),
}
"""As in detoxify 0.5.4, `detoxify.MODEL_URLS`; the hash in a name follows torch.hub's convention."""

_NAMED_HASH = re.compile(r"-([0-9a-f]{8,64})\.[^.]+")
_MODEL_CLASS = re.compile(r"[A-Za-z0-9]+ForSequenceClassification")
_TOKENIZER_CLASS = re.compile(r"[A-Za-z0-9]+Tokenizer(Fast)?")
_HEX = re.compile(r"[0-9a-f]{8,64}")
_MOST_CLASSES = 1000

# What torch.load raises for a broken file besides UnpicklingError: its reader trusts the bytes (pytorch #127525).
_BROKEN = (
    UnpicklingError,
    RuntimeError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    TypeError,
    ValueError,
    struct.error,
)


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """A checkpoint whose hash was right. `state` holds tensors by name; column k of the logits is `classes[k]`.

    `normaliser` is the version of the normaliser that its texts go through first, None for none.
    """

    path: Path
    sha256: str
    state: Mapping[str, Any]
    model_type: str
    model_class: str
    tokenizer_class: str
    columns: int
    classes: tuple[str, ...]
    languages: tuple[str, ...]
    normaliser: int | None


def expected_hash(path: Path) -> str:
    """Return the sha256 that the checkpoint should have, or its beginning (8 digits or more).

    It stands in `FILE.sha256` (as sha256sum writes it) or in the name, as `name-1a2b3c4d.ckpt`. Raises BundleError.
    """
    beside = path.with_name(path.name + ".sha256")
    named = _NAMED_HASH.search(path.name)
    try:
        if beside.is_file():
            word = beside.read_text(encoding="utf-8")[:64].lower()
            if re.fullmatch(r"[0-9a-f]{64}", word):
                return word
            raise BundleCorrupt(f"{beside}: does not begin with a sha256. Write it anew: {_sum_command(path)}")
    except (OSError, UnicodeDecodeError) as error:
        raise BundleCorrupt(f"{beside}: cannot be read ({error}). Write it anew: {_sum_command(path)}") from None
    if named:
        return named[1]
    raise BundleError(
        f"{path}: its sha256 is not known, and a checkpoint is a pickle. If you trust where it comes from: "
        f"{_sum_command(path)}"
    )


def read_checkpoint(path: Path, sha256: str) -> Checkpoint:
    """Read the checkpoint at `path` if its sha256 begins with `sha256` (8 hexadecimal digits or more).

    Raises InputError where `sha256` is none, BundleCorrupt where the file differs, or holds anything but tensors and
    plain values in Detoxify's shape, BundleError where it cannot be read.
    """
    if not _HEX.fullmatch(sha256):
        raise InputError(f"{sha256!r} is no sha256. Give 8 to 64 hexadecimal digits, in small letters.")
    try:
        with path.open("rb") as file:  # one open file for both: what was hashed is what is read
            found = hashlib.file_digest(file, "sha256").hexdigest()
            if not found.startswith(sha256):
                raise BundleCorrupt(
                    f"{path}: its sha256 is {found[:12]}..., expected {sha256[:12]}...: the file was changed or "
                    "damaged. Get it again."
                )
            file.seek(0)
            loaded = _plain_values(file, path)
    except OSError as error:
        raise BundleError(f"{path}: cannot be read ({error.strerror or error}). Name a Detoxify checkpoint.") from None
    try:
        return _checked(path, found, loaded)
    except (KeyError, TypeError, ValueError) as error:
        raise BundleCorrupt(
            f"{path}: not a checkpoint in Detoxify's format ({_said(error)}). Get it again, or write one: "
            "moderation export --format detoxify"
        ) from None


def _plain_values(file: IO[bytes], path: Path) -> Any:
    import torch

    try:
        return torch.load(file, map_location="cpu", weights_only=True)
    except _BROKEN as error:
        foreign = re.search(r"GLOBAL ([\w.]+)", str(error))
        holds = f"holds {foreign[1]}, which is" if foreign else "is damaged, or holds something"
        raise BundleCorrupt(
            f"{path}: {holds} other than tensors and plain values: it is not loaded, for that could run code. Get the "
            "checkpoint from its publisher."
        ) from None


def _checked(path: Path, sha256: str, loaded: Any) -> Checkpoint:
    import torch

    state, config = loaded["state_dict"], loaded["config"]
    arch, dataset = config["arch"]["args"], config["dataset"]["args"]
    classes, columns, languages = dataset["classes"], arch["num_classes"], dataset.get("languages", ["en"])
    names = [arch[key] for key in ("model_type", "model_name", "tokenizer_name")]
    if not all(isinstance(name, str) and name for name in names):
        raise ValueError("arch names no model_type, model_name or tokenizer_name")
    if not _MODEL_CLASS.fullmatch(names[1]) or not _TOKENIZER_CLASS.fullmatch(names[2]):
        raise ValueError(f"{names[1]} with {names[2]} is no text classifier of transformers")
    for what, words in (("classes", classes), ("languages", languages)):
        if not isinstance(words, list) or not words or not all(isinstance(word, str) for word in words):
            raise ValueError(f"{what} is no list of names")
    if type(columns) is not int or not len(classes) <= columns <= _MOST_CLASSES:
        raise ValueError(f"num_classes is {columns!r}, with {len(classes)} classes")
    if not isinstance(state, dict) or not state:
        raise ValueError("state_dict holds no weights")
    for name, tensor in state.items():
        if not isinstance(name, str) or not isinstance(tensor, torch.Tensor):
            raise ValueError("state_dict holds something other than tensors by name")
        if tensor.layout != torch.strided or tensor.nbytes > tensor.untyped_storage().nbytes():
            raise ValueError(f"{name} says that it holds more than the file does")  # one byte, told to be a terabyte
        if not bool(torch.isfinite(tensor).all()):
            raise ValueError(f"{name} holds numbers that are not finite")
    normaliser = dataset.get("normaliser")
    if normaliser is not None and type(normaliser) is not int:
        raise ValueError("normaliser is no version")
    return Checkpoint(
        path, sha256, state, names[0], names[1], names[2], columns, tuple(classes), tuple(languages), normaliser
    )


def _said(error: Exception) -> str:
    return f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error)


def _sum_command(path: Path) -> str:
    return f"sha256sum {path} > {path}.sha256"
