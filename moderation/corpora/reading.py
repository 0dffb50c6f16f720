"""Reading a normalised corpus file through Hugging Face `datasets`: offline, uncached, checked against the spec."""

import glob
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt

from moderation.corpora.spec import LABEL_COLUMNS, NO_SPLIT, CorpusSpec
from moderation.errors import CorpusError, MissingExtra
from moderation.labels import LABEL_NAMES

_BATCH = 10_000
_LABEL_VALUES = {None: np.nan, "0": 0.0, "1": 1.0, "false": 0.0, "true": 1.0}


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """A corpus file as it is, by column; n rows. `labels` is float32 (n, 3) in the order of LABELS, NaN where unknown.

    `roles` says what the spec makes of each row's split value (`CorpusSpec.splits`).
    """

    ids: list[str]
    texts: list[str]
    labels: npt.NDArray[np.float32]
    targets: list[tuple[str, ...]]
    roles: list[str]
    meta: list[dict[str, Any]]


def read_rows(spec: CorpusSpec, path: Path) -> Rows:
    """Read every row of `path`; a text that is null or missing becomes ''.

    Raises CorpusError when the file is missing, damaged, not UTF-8 or not JSON lines, has a column that the spec does
    not name, or a value that the spec does not allow; MissingExtra without `datasets`.
    """
    if not path.is_file():
        raise CorpusError(f"{path}: no such file. Put the corpus {spec.name} there (its source: {spec.source}).")
    rows = list(_batches(spec, path))
    labels = np.full((len(rows), len(LABEL_NAMES)), np.nan, dtype=np.float32)
    for label, column in spec.labels.items():
        labels[:, LABEL_NAMES.index(label)] = [_label(row[column], column, k, path) for k, row in enumerate(rows)]
    return Rows(
        ids=[row["id"] or f"{spec.name}:{k}" for k, row in enumerate(rows)],
        texts=[row["text"] or "" for row in rows],
        labels=labels,
        targets=[tuple(target for target in row["targets"] or () if target) for row in rows],
        roles=[_role(row["split"], spec, k, path) for k, row in enumerate(rows)],
        meta=[{k: v for k, v in (row["meta"] or {}).items() if v is not None} for row in rows],
    )


def _batches(spec: CorpusSpec, path: Path) -> Iterator[dict[str, Any]]:
    datasets = _datasets()
    import pyarrow  # comes with datasets

    text = datasets.Value("string")
    # Explicit features: rows' meta is ragged, and a schema guessed from the first rows would not hold for later ones.
    # Labels are read as strings, so that a wrong one can be named.
    columns = dict.fromkeys(("id", "text", *LABEL_COLUMNS, "split", "source"), text) | {"targets": [text]}
    meta = {k: [text] if v == "strings" else datasets.Value(v) for k, v in spec.meta.items()}
    features = datasets.Features(columns | {"meta": meta or {"_": text}})
    try:
        # Streaming copies no corpus into a cache; the folder is for lock files, which would go to the home directory.
        with TemporaryDirectory(prefix="moderation-") as cache:
            stream = datasets.load_dataset(
                "json",
                data_files=glob.escape(str(path.absolute())),
                features=features,
                split="train",
                streaming=True,
                cache_dir=cache,
            )
            for batch in stream.with_format("arrow").iter(_BATCH):
                yield from batch.to_pylist()
    except datasets.table.CastError as error:
        unknown = sorted(set(error.table_column_names) - set(features))
        what = f"the column {unknown[0]!r} is unknown" if unknown else "a column has another type than expected"
        raise CorpusError(f"{path}: {what}. Columns: {', '.join(features)}; convert the file to these.") from error
    except TypeError as error:
        # What `datasets` raises when an object does not fit.
        unknown = sorted(_struct_fields(str(error)) - set(spec.meta))
        what = f"the column 'meta' has the unknown field {unknown[0]!r}" if unknown else "a column has an unknown type"
        raise CorpusError(f"{path}: {what}. Name it under [meta] in the spec of {spec.name}.") from error
    except UnicodeDecodeError as error:
        raise CorpusError(f"{path}: not UTF-8 (byte {error.start}). Convert the file to UTF-8.") from error
    except EOFError as error:
        raise CorpusError(f"{path}: the gzip file is cut short. Copy or download it again.") from error
    except OSError as error:
        raise CorpusError(f"{path}: cannot be read ({type(error).__name__}). Copy or download it again.") from error
    except (pyarrow.ArrowInvalid, pyarrow.ArrowTypeError, pyarrow.ArrowNotImplementedError, ValueError) as error:
        # The library's message can quote a value, so it is not passed on.
        row = re.search(r"JSON parse error: .* in row (\d+)", str(error))
        where = f" (row {int(row.group(1)) + 1} of a block)" if row else ""
        raise CorpusError(
            f"{path}: not JSON lines with one object a row{where}. Repair or convert the file."
        ) from error


def _struct_fields(message: str) -> set[str]:
    """Return the names of the first Arrow struct that a message shows, as in "struct<a: int64, b: struct<c: bool>>"."""
    depth, top = 0, ""
    for character in message[message.find("struct<") + len("struct") :]:
        depth += (character == "<") - (character == ">")
        if depth == 0:
            break
        top += character if depth == 1 else ""
    return set(re.findall(r"[<,]\s*([^<>,:]+):", top))


def _label(value: str | None, column: str, row: int, path: Path) -> float:
    try:
        return _LABEL_VALUES[value]
    except KeyError:
        raise CorpusError(f"{path}: row {row + 1}: {column} is neither 0, 1 nor null. Correct the file.") from None


def _role(split: str | None, spec: CorpusSpec, row: int, path: Path) -> str:
    try:
        return spec.splits[NO_SPLIT if split is None else split]
    except KeyError:
        name = "null" if split is None else "a value"
        raise CorpusError(
            f"{path}: row {row + 1}: split is {name} that [splits] in the spec of {spec.name} does not name "
            f"({', '.join(spec.splits)}). Add it there."
        ) from None


def _datasets() -> Any:
    try:
        import datasets
    except ImportError as error:
        raise MissingExtra("Reading corpora", "train") from error
    # Counting downloads is the one thing for which the library would use the network here.
    datasets.config.HF_UPDATE_DOWNLOAD_COUNTS = False
    # It logs every failed file as an error, which is raised here as well.
    logging.getLogger("datasets").setLevel(logging.CRITICAL)
    return datasets
