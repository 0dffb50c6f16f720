"""Functional suites: small, labelled cases that each test one thing a classifier must get right.

A suite is described by `data/suites/<name>.toml`. Its cases come from our own templates (data/suites/antisemitism/) or
from a CSV or JSONL file in HateCheck's shape (Röttger et al., "HateCheck: Functional Tests for Hate Speech Detection
Models", ACL 2021), which the user fetches from its official place: no row of another's suite ships here.
"""

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from moderation.errors import CorpusError, OutputError
from moderation.evaluation.cases import (
    COLUMNS,
    HATEFUL,
    NON_HATEFUL,
    Published,
    Suite,
    SuiteCase,
    SuiteSpec,
    checked,
    gold_name,
    is_hateful,
)
from moderation.evaluation.tables import read_toml, strings
from moderation.evaluation.templates import read_templates
from moderation.fetching import Download, is_safe, is_sha256
from moderation.shipped import shipped

__all__ = [
    "Published",
    "Suite",
    "SuiteCase",
    "SuiteSpec",
    "load_spec",
    "load_suite",
    "read_rows",
    "suite_names",
    "write_cases",
]

_LONGEST_CELL: Final = 1 << 17  # characters
_REQUIRED: Final = ("functionality", "test_case", "label_gold")
_MAX_BYTES: Final = 64 * 2**20  # the largest public suite has some 10 MB
_LONE_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]*")


def load_suite(source: str | Path, rows: Path | None = None) -> Suite:
    """Load a suite by the name or path of its spec, or straight from a CSV or JSONL file in HateCheck's shape.

    `rows` is the file with the cases, for a spec whose cases do not ship here.

    Raises:
        CorpusError: no such suite, its rows are not given, or spec, templates or rows are not what they should be.
    """
    path = Path(source)
    if path.suffix.lower() in {".csv", ".jsonl"}:
        if rows is not None:
            raise CorpusError(
                f"{path} holds rows already. Give a suite's name beside {rows}, or one of the two files only."
            )
        return read_rows(path, SuiteSpec(name=path.stem))
    spec = load_spec(source)
    if rows is not None:
        return read_rows(rows, spec)
    if spec.templates is None:
        raise CorpusError(
            f"The cases of {spec.title or spec.name} do not ship with this project. "
            f"Get them from {spec.source or 'their authors'}, then give the file with --suite-file {spec.name}=FILE."
        )
    return read_templates(spec.templates, spec)


def suite_names() -> tuple[str, ...]:
    """Return the names of the suites with a shipped spec, sorted."""
    return tuple(sorted(path.stem for path in shipped("data/suites").glob("*.toml")))


def load_spec(source: str | Path) -> SuiteSpec:
    """Read a suite's spec, by shipped name or by path.

    Raises:
        CorpusError: there is none, or it is not what a spec should be.
    """
    path = Path(source)
    if path.suffix.lower() != ".toml":
        path = shipped("data/suites") / f"{source}.toml"
        if not _NAME.fullmatch(str(source)) or not path.is_file():
            known = ", ".join(suite_names())
            raise CorpusError(
                f"There is no suite {str(source)!r}. Known: {known}; a file must end in .toml, .csv or .jsonl."
            )
    table = read_toml(path)
    allowed = {"title", "source", "licence", "citation", "label", "templates", "columns", "gold", "published", "files"}
    if unknown := sorted(table.keys() - allowed):
        raise CorpusError(f"{path}: unknown keys {', '.join(unknown)}. Known: {', '.join(sorted(allowed))}.")
    texts = {key: _string(table, key, path) for key in ("title", "source", "licence", "citation") if key in table}
    columns, gold = (strings(table.get(key, {}), f"{path}: [{key}]") for key in ("columns", "gold"))
    if unknown := sorted(columns.keys() - set(COLUMNS)):
        raise CorpusError(
            f"{path}: [columns] names {', '.join(unknown)}, which no case has. Known: {', '.join(COLUMNS)}."
        )
    if wrong := sorted(set(gold.values()) - {HATEFUL, NON_HATEFUL}):
        raise CorpusError(f"{path}: [gold] means {', '.join(wrong)}. Write {HATEFUL!r} or {NON_HATEFUL!r}.")
    return SuiteSpec(
        name=path.stem,
        **texts,
        label=_string(table, "label", path) if "label" in table else "hate",
        templates=path.parent / _string(table, "templates", path) if "templates" in table else None,
        columns=columns,
        gold=gold,
        published=tuple(_published(entry, path) for entry in _tables(table.get("published", []), f"{path}: published")),
        files=_files(_tables(table.get("files", []), f"{path}: files"), path),
    )


def read_rows(path: Path, spec: SuiteSpec) -> Suite:
    """Read a suite's cases from a CSV or JSONL file (UTF-8) with a row a case.

    Needed columns: functionality, test_case, label_gold (or what `spec.columns` calls them). The rest of COLUMNS is
    taken where it is there, further columns are ignored. A case without an id gets the number of its row.

    Raises:
        CorpusError: the file cannot be read, is too large, not UTF-8 or holds NULs; a column is missing, a text empty,
            a gold label unknown, an id given twice; or there is no case at all.
    """
    try:
        if not path.is_file():
            raise CorpusError(f"{path} is no file. Check the path.")
        size = path.stat().st_size
        if size > _MAX_BYTES:
            raise CorpusError(f"{path} has {size:,} bytes, no suite is over {_MAX_BYTES:,}. Is it the right file?")
        with path.open(encoding="utf-8-sig", newline="") as lines:
            clean = _without_nuls(lines, path)
            found = _csv_rows(clean, path, spec) if path.suffix.lower() == ".csv" else _jsonl_rows(clean, path)
            cases = tuple(_case(row, number, path, spec) for number, row in found)
    except UnicodeDecodeError as error:
        raise CorpusError(f"{path} is not UTF-8. Save it as UTF-8, then try again.") from error
    except OSError as error:
        raise CorpusError(f"{path} cannot be read: {error.strerror}. Check the path.") from error
    return Suite(spec, checked(cases, str(path)))


def write_cases(suite: Suite, path: Path) -> None:
    """Write a suite's cases as CSV with COLUMNS, aside and then in one move: `path` is never half-written.

    Raises:
        OutputError: it cannot be written.
    """
    aside = path.with_name(f".{path.name}.part")
    try:
        try:
            with aside.open("w", encoding="utf-8", newline="") as out:
                writer = csv.writer(out, lineterminator="\n")
                writer.writerow(COLUMNS)
                writer.writerows(_row(case) for case in suite.cases)
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written: {error.strerror}. Check the folder and the space left."
        ) from error


def _row(case: SuiteCase) -> tuple[str, ...]:
    jda = "" if case.hateful_jda is None else gold_name(case.hateful_jda)
    ends = (case.target, case.template_id, case.pair_id, case.ihra, jda)
    return (case.case_id, case.functionality, case.text, gold_name(case.hateful), *ends)


def _case(row: Mapping[str, str], number: int, path: Path, spec: SuiteSpec) -> SuiteCase:
    values = {column: row.get(spec.columns.get(column, column), "") for column in COLUMNS}
    where = f"{path}, row {number:,}"
    for column in _REQUIRED:
        if not values[column].strip():
            name = spec.columns.get(column, column)
            raise CorpusError(f"{where} has no {name!r}. A suite needs {', '.join(_REQUIRED)} in every row.")
    return SuiteCase(
        case_id=values["case_id"] or str(number),
        functionality=values["functionality"],
        text=values["test_case"],
        hateful=is_hateful(values["label_gold"], where, spec.gold),
        target=values["target_ident"],
        template_id=values["templ_id"],
        pair_id=values["pair_id"],
        ihra=values["ihra"],
        hateful_jda=is_hateful(values["label_jda"], where, spec.gold) if values["label_jda"] else None,
    )


def _without_nuls(lines: Iterable[str], path: Path) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        if "\0" in line:
            raise CorpusError(
                f"{path}, line {number:,} holds a NUL. The file is damaged or not UTF-8 text: fetch it again."
            )
        yield line


def _csv_rows(lines: Iterator[str], path: Path, spec: SuiteSpec) -> Iterator[tuple[int, dict[str, str]]]:
    csv.field_size_limit(_LONGEST_CELL)  # the limit is the process's: readers of dumps set a larger one
    reader = csv.reader(lines, strict=True)
    try:
        header = next(reader, [])
        missing = [name for name in (spec.columns.get(column, column) for column in _REQUIRED) if name not in header]
        if missing:
            raise CorpusError(
                f"{path} lacks {', '.join(missing)}. Needed: {', '.join(_REQUIRED)}; [columns] in a spec can rename."
            )
        if len(set(header)) < len(header):
            raise CorpusError(f"{path} names a column twice. Give every column its own name.")
        for number, cells in enumerate(reader, 1):
            if not cells:
                continue
            if len(cells) != len(header):
                raise CorpusError(
                    f"{path}, row {number:,} has {len(cells)} cells, the header {len(header)}. Check its quotes."
                )
            yield number, dict(zip(header, cells, strict=True))
    except csv.Error as error:
        raise CorpusError(
            f"{path}, near line {reader.line_num:,} is not CSV ({error}). Check its quotes and separators."
        ) from error


def _jsonl_rows(lines: Iterator[str], path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise CorpusError(f"{path}, line {number:,} is not JSON. Each line must hold one object.") from error
        if not isinstance(row, dict):
            raise CorpusError(f"{path}, line {number:,} is not an object. Each line must hold one object.")
        # JSON's null is an absent value; of the rest only plain values can be a column of ours.
        plain = {key: str(value) for key, value in row.items() if isinstance(value, str | int | float)}
        # JSON can escape what no UTF-8 file can hold.
        if any("\0" in value or _LONE_SURROGATE.search(value) for value in plain.values()):
            raise CorpusError(f"{path}, line {number:,} holds a NUL or half a character. Fetch the file again.")
        yield number, plain


def _string(table: Mapping[str, Any], key: str, path: Path) -> str:
    return strings({key: table.get(key)}, f"{path}: {key!r}")[key]


def _tables(value: Any, where: str) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise CorpusError(f"{where} must be a list of tables. Write its name in double brackets over each.")
    return value


def _files(entries: list[dict[str, Any]], path: Path) -> dict[str, Download]:
    found: dict[str, Download] = {}
    for entry in entries:
        if unknown := sorted(entry.keys() - {"part", "url", "limit", "sha256"}):
            raise CorpusError(f"{path}: a file has unknown keys {', '.join(unknown)}. Correct it.")
        part = _string(entry, "part", path) if "part" in entry else ""
        url, limit = _string(entry, "url", path), entry.get("limit")
        sha256 = _string(entry, "sha256", path) if "sha256" in entry else None
        if part in found or (part and not _NAME.fullmatch(part)) or (not part and len(entries) > 1):
            raise CorpusError(f"{path}: of several files each needs a 'part' of its own, in small letters. Correct it.")
        if not is_safe(url):
            raise CorpusError(f"{path}: {url!r} is no https address. Correct it.")
        if type(limit) is not int or not 0 < limit <= _MAX_BYTES:
            raise CorpusError(f"{path}: 'limit' must be a number of bytes from 1 to {_MAX_BYTES:,}. Correct it.")
        if sha256 is not None and not is_sha256(sha256):
            raise CorpusError(f"{path}: 'sha256' must be 64 hexadecimal digits in small letters. Correct it.")
        found[part] = Download(url, limit, sha256)
    return found


def _published(entry: Mapping[str, Any], path: Path) -> Published:
    def percent(key: str) -> float:
        value = entry.get(key)
        # The chained comparison is false for NaN, too.
        if not isinstance(value, int | float) or not 0 <= value <= 100:
            raise CorpusError(f"{path}: published {key!r} must be a number from 0 to 100. Correct it.")
        return float(value)

    return Published(
        system=_string(entry, "system", path),
        overall=percent("overall"),
        hateful=percent("hateful"),
        non_hateful=percent("non_hateful"),
        source=_string(entry, "source", path),
    )
