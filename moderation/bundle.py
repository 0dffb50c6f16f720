"""Bundles: a model as a directory of plain files, every byte of which is checked before it is parsed.

    manifest.json      what it is: kind, name, version, labels, thresholds, metrics, corpora; the sha256 of every other
                       file, and of itself (computed with that field empty)
    *.safetensors ...  the arrays that its kind needs
    seen.safetensors   a sketch of what trained it, by which copies are told
    golden.jsonl       texts written for the project, with their scores
    README.md          the model card

No pickle and no class path is ever read.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from moderation.atomic import write_directory
from moderation.errors import BundleCorrupt, BundleError, BundleTooNew
from moderation.shipped import shipped

FORMAT = 1
"""The bundle format that this version writes, and the newest that it reads."""

SHIPPED = ("default", "fast", "accurate")
"""The bundles that ship with the project, by the words that choose them; the first is taken where none is named."""

_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a bundle says of itself.

    `thresholds` are the suggested review thresholds by label, `calibration` how probabilities were fitted, `metrics`
    what training measured on held-out parts, `corpora` what trained it (name, sha256, licence, rows), `files` sha256
    by name.
    """

    kind: str
    name: str
    version: str
    labels: tuple[str, ...]
    languages: tuple[str, ...]
    normaliser: int
    thresholds: Mapping[str, float]
    licence: str
    calibration: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)
    corpora: tuple[Mapping[str, Any], ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    format: int = FORMAT
    sha256: str = ""

    def to_json(self) -> str:
        """Return the manifest as it stands on disk."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False, sort_keys=True) + "\n"

    def digest(self) -> str:
        """Return the sha256 of the manifest with its own hash left out; it covers those of all files, so it names the
        bundle.
        """
        return hashlib.sha256(replace(self, sha256="").to_json().encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Bundle:
    """A checked bundle: its manifest, and the contents of its files by name."""

    path: Path
    manifest: Manifest
    files: Mapping[str, bytes]

    @property
    def identity(self) -> str:
        """Name, version and the beginning of the hash, as it stands in every verdict."""
        return f"{self.manifest.name}/{self.manifest.version}+{self.manifest.sha256[:8]}"


def write_bundle(path: Path, manifest: Manifest, files: Mapping[str, bytes]) -> Bundle:
    """Write a bundle in one step, in the place of the one that stood there. Raises OutputError."""
    hashes = {name: hashlib.sha256(contents).hexdigest() for name, contents in sorted(files.items())}
    unsigned = replace(manifest, files=hashes, sha256="")
    signed = replace(unsigned, sha256=unsigned.digest())
    write_directory(path, {**files, "manifest.json": signed.to_json().encode()})
    return Bundle(path, signed, dict(files))


def bundle_path(model: str | Path | None = None) -> Path:
    """Return the folder of a bundle: that of a shipped one for a word of SHIPPED (None: the first), else `model` as it
    stands. A folder with such a name is "./fast", or a Path.

    Raises BundleError for a word whose bundle this installation does not have.
    """
    model = SHIPPED[0] if model is None else model
    if isinstance(model, Path) or model not in SHIPPED:
        return Path(model)
    path = shipped(f"models/{model}")
    if not path.is_dir():
        raise BundleError(
            f"{model}: this installation has no such bundle ({path}). Install the project again, or name a folder "
            f"(one that is called so: ./{model})."
        )
    return path


def load_bundle(model: str | Path | None = None) -> Bundle:
    """Read and check a bundle: a folder, or a word that `bundle_path` knows (None: the shipped one).

    Raises BundleTooNew for a newer format, BundleCorrupt where a file is missing or differs from its hash,
    BundleError where there is no bundle.
    """
    path = bundle_path(model)
    manifest = _read_manifest(path)
    files = {}
    for name, expected in manifest.files.items():
        if not _FILE_NAME.fullmatch(name):
            raise BundleCorrupt(f"{path}: manifest.json names a file outside the bundle. Get the bundle again.")
        try:
            contents = (path / name).read_bytes()
        except OSError as error:
            raise BundleCorrupt(f"{path / name}: cannot be read ({error.strerror}). Get the bundle again.") from None
        found = hashlib.sha256(contents).hexdigest()
        if found != expected:
            raise BundleCorrupt(
                f"{path / name}: its sha256 is {found[:12]}..., the manifest says {expected[:12]}...: the file was "
                "changed or damaged. Get the bundle again, or train a new one."
            )
        files[name] = contents
    return Bundle(path, manifest, files)


def _read_manifest(path: Path) -> Manifest:
    file = path / "manifest.json"
    try:
        data = file.read_bytes()
        table = json.loads(data)
    except OSError as error:
        raise BundleError(
            f"{path}: no bundle here ({error.strerror}: manifest.json). Name a folder that `moderation train` wrote."
        ) from None
    except (ValueError, RecursionError):
        raise BundleCorrupt(f"{file}: not JSON: the file was changed or damaged. Get the bundle again.") from None
    if not isinstance(table, dict) or type(table.get("format")) is not int or table["format"] < 1:
        raise BundleCorrupt(f"{file}: names no format version. Get the bundle again.")
    if table["format"] > FORMAT:
        raise BundleTooNew(
            f"{path}: format {table['format']}, and this version reads up to {FORMAT}. "
            "Run: pip install --upgrade moderation"
        )
    known = {f.name for f in fields(Manifest)}
    if table.keys() != known:
        odd = ", ".join(sorted(table.keys() ^ known))
        raise BundleCorrupt(f"{file}: missing or unknown: {odd}. Get the bundle again.")
    wrong = _wrong_fields(table)
    if wrong:
        raise BundleCorrupt(f"{file}: not of the right type: {', '.join(wrong)}. Get the bundle again.")
    manifest = Manifest(**table | {name: tuple(table[name]) for name in ("labels", "languages", "corpora")})
    try:  # the bytes are compared, too: a changed blank leaves the meaning, and with it the hash, as it was
        intact = manifest.to_json().encode() == data and manifest.digest() == manifest.sha256
    except (ValueError, RecursionError):
        intact = False
    if not intact:
        raise BundleCorrupt(
            f"{file}: differs from its own sha256: the file was changed or damaged. Get the bundle again."
        )
    return manifest


def _wrong_fields(table: Mapping[str, Any]) -> list[str]:
    """Name the fields of a manifest that hold something else than they should."""

    def strings(values: Any) -> bool:
        return isinstance(values, list) and all(isinstance(item, str) for item in values)

    def numbers(values: Any) -> bool:
        return isinstance(values, dict) and all(type(item) in (int, float) for item in values.values())

    right = {name: isinstance(table[name], str) for name in ("kind", "name", "version", "licence", "sha256")}
    right |= {name: isinstance(table[name], dict) for name in ("calibration", "metrics", "training")}
    right |= {name: strings(table[name]) for name in ("labels", "languages")}
    right |= {
        "files": isinstance(table["files"], dict) and strings([*table["files"].values()]),
        "thresholds": numbers(table["thresholds"]),
        "normaliser": type(table["normaliser"]) is int,
        "corpora": isinstance(table["corpora"], list),
    }
    return [name for name, good in right.items() if not good]
