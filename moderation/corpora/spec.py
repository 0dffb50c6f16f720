"""A corpus's spec: where it comes from, what it may be used for, and what its columns mean. One TOML file a corpus."""

import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any

from moderation.errors import CorpusError
from moderation.labels import LABEL_NAMES
from moderation.shipped import shipped

LABEL_COLUMNS = ("hate", "antisemitism", "offensive")
"""The columns of a normalised corpus file that hold labels: 1, 0 or null."""

META_TYPES = ("string", "strings", "int64", "float64", "bool")
CARD_KEYS = ("collection", "speakers", "annotation", "definitions", "mapping")
"""What a spec's [card] may say of its corpus, for its data card (moderation/corpora/card.py)."""

NO_SPLIT = "none"
"""How a spec's [splits] names the rows whose split is null."""

ROLES = ("train", "validation", "hash", "held out")
"""What can become of a split value's rows: train and validation as the corpus has them; hash: cut into parts by hash;
held out: a released test split, left out."""


@dataclass(frozen=True, slots=True)
class CorpusSpec:
    """What a spec file says.

    `licence` is an SPDX identifier where one exists, `language` a BCP 47 tag. `labels` maps a label to the column that
    carries it, `splits` the corpus's own split values to a role, `meta` the fields of the column `meta` to their types.
    Rows with the same value in one of the meta fields `grouped_by` belong together (an author's posts), and so do a row
    and the row whose id its meta field `linked_by` names (contrast pairs). `shipped` is where in the project the file
    of a corpus lies that the project itself wrote. `card` has sentences for the data card, by CARD_KEYS.
    """

    name: str
    title: str
    file: str
    source: str
    licence: str
    citation: str
    language: str
    may_train: bool
    labels: Mapping[str, str]
    splits: Mapping[str, str]
    meta: Mapping[str, str] = field(default_factory=dict)
    cautions: tuple[str, ...] = ()
    grouped_by: tuple[str, ...] = ()
    linked_by: str | None = None
    shipped: str | None = None
    card: Mapping[str, str] = field(default_factory=dict)

    def path(self, directory: Path) -> Path:
        """Return where the corpus's file is: in `directory`, or else where the project ships it, if it does."""
        own = directory / self.file
        return own if self.shipped is None or own.is_file() else shipped(self.shipped)


def read_spec(path: Path) -> CorpusSpec:
    """Read one spec. Raises CorpusError, naming the file and the key, for whatever is missing, unknown or mistyped."""
    try:
        values: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CorpusError(f"{path}: cannot read the corpus spec: {error.strerror or type(error).__name__}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CorpusError(f"{path}: the corpus spec is not valid TOML: {error}.") from error
    known = {f.name: f for f in fields(CorpusSpec)}
    required = [n for n, f in known.items() if f.default is MISSING and f.default_factory is MISSING]
    for key in values:
        if key not in known:
            raise _wrong(path, key, f"is not a key of a corpus spec; the keys are {', '.join(known)}")
    for key in required:
        if key not in values:
            raise _wrong(path, key, "is missing")
    for key, value in values.items():
        values[key] = _checked(path, key, value)
    spec = CorpusSpec(**values)
    for key in (*spec.grouped_by, *([spec.linked_by] if spec.linked_by else [])):
        if key not in spec.meta:
            raise _wrong(path, key, "is named by grouped_by or linked_by but is no field of [meta]")
    return spec


def load_specs(directory: Path | None = None) -> dict[str, CorpusSpec]:
    """Return the shipped specs by name and, given a `directory` of corpora, those that lie in it beside their files.

    So a corpus of one's own needs no change to the project: put NAME.toml beside NAME.jsonl.gz.
    Raises CorpusError for a spec that cannot be used, and where two have one name.
    """
    found: dict[str, CorpusSpec] = {}
    own = shipped("data/corpora")
    folders = [own] if directory is None or directory.resolve() == own.resolve() else [own, directory]
    for path in (path for folder in folders for path in sorted(folder.glob("*.toml"))):
        spec = read_spec(path)
        if spec.name in found:
            raise _wrong(path, "name", f"says {spec.name!r}, which another spec has: rename one of them")
        found[spec.name] = spec
    return found


def carriers(specs: Mapping[str, CorpusSpec] | None = None) -> dict[str, tuple[str, ...]]:
    """Return, for each label in the order of LABELS, the names of the corpora that carry it, sorted.

    `specs` defaults to the shipped ones. Raises CorpusError for a spec that cannot be used.
    """
    specs = load_specs() if specs is None else specs
    return {label: tuple(sorted(s.name for s in specs.values() if label in s.labels)) for label in LABEL_NAMES}


def _checked(path: Path, key: str, value: object) -> object:
    if key in ("labels", "splits", "meta"):
        return _checked_table(path, key, value)
    if key == "card":
        if not isinstance(value, dict) or not all(k in CARD_KEYS and isinstance(v, str) for k, v in value.items()):
            raise _wrong(path, key, f"must be a table of strings with the keys {', '.join(CARD_KEYS)}")
        return value
    if key in ("cautions", "grouped_by"):
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
            raise _wrong(path, key, "must be a list of strings")
        return tuple(value)
    if key == "may_train":
        if not isinstance(value, bool):
            raise _wrong(path, key, "must be true or false")
        return value
    if not isinstance(value, str) or not value.strip():
        raise _wrong(path, key, "must be a string that is not empty")
    if key == "file" and (Path(value).name != value or not value.endswith((".jsonl", ".jsonl.gz"))):
        raise _wrong(path, key, "must be a file name ending in .jsonl or .jsonl.gz, without a folder")
    return value


def _checked_table(path: Path, key: str, value: object) -> dict[str, str]:
    names = LABEL_NAMES if key == "labels" else None
    allowed = {"labels": LABEL_COLUMNS, "splits": ROLES, "meta": META_TYPES}[key]
    if not isinstance(value, dict):
        raise _wrong(path, key, "must be a table")
    for name, entry in value.items():
        if names is not None and name not in names:
            raise _wrong(path, f"{key}.{name}", f"is no label; the labels are {', '.join(names)}")
        if entry not in allowed:
            raise _wrong(path, f"{key}.{name}", f"must be one of: {', '.join(allowed)}")
    return value


def _wrong(path: Path, key: str, what: str) -> CorpusError:
    return CorpusError(f"{path}: {key} {what}.")
