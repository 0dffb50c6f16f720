"""Functional suites: small, labelled cases that each test one thing a classifier must get right.

A suite is described by `data/suites/<name>.toml`. Its cases come from our own templates (`data/suites/antisemitism/`) or from a
CSV or JSONL file in HateCheck's shape (Röttger et al., "HateCheck: Functional Tests for Hate Speech Detection Models", ACL
2021), which the user fetches from its official place: no row of another's suite ships here.
"""

import csv
import json
import os
import re
import tempfile
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from moderation.errors import CorpusError, OutputError
from moderation.evaluation.templates import Template, parse_template
from moderation.shipped import shipped

HATEFUL: Final = "hateful"
NON_HATEFUL: Final = "non-hateful"
COLUMNS: Final = (
    "case_id",
    "functionality",
    "test_case",
    "label_gold",
    "target_ident",
    "templ_id",
    "pair_id",
    "ihra",
    "label_jda",
)
_REQUIRED: Final = ("functionality", "test_case", "label_gold")
_MAX_BYTES: Final = 64 * 2**20  # the largest public suite has some 10 MB
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class SuiteCase:
    """One case. `hateful` is its gold label, `hateful_jda` the Jerusalem Declaration's where it decides otherwise, else None.

    Cases that share a `pair_id` are a contrast: alike in form, with opposite gold labels. `ihra` is the number of the IHRA
    working definition's example (1-11), "definition" for its core sentence, or "" where none applies.
    """

    case_id: str
    functionality: str
    text: str
    hateful: bool
    target: str = ""
    template_id: str = ""
    pair_id: str = ""
    ihra: str = ""
    hateful_jda: bool | None = None


@dataclass(frozen=True, slots=True)
class Published:
    """What another system is reported to reach on a suite: accuracies in percent, and where the figures stand."""

    system: str
    overall: float
    hateful: float
    non_hateful: float
    source: str


@dataclass(frozen=True, slots=True)
class SuiteSpec:
    """What `data/suites/<name>.toml` says. `label` is which of our labels is compared with gold.

    `columns` gives the file's name for each of COLUMNS that it calls otherwise, `gold` what each of its gold values means.
    """

    name: str
    title: str = ""
    source: str = ""
    licence: str = ""
    citation: str = ""
    label: str = "hate"
    templates: Path | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    gold: Mapping[str, str] = field(default_factory=dict)
    published: tuple[Published, ...] = ()


@dataclass(frozen=True, slots=True)
class Suite:
    """A suite's spec and its cases; `templates` is empty where the cases came from a file."""

    spec: SuiteSpec
    cases: tuple[SuiteCase, ...]
    templates: tuple[Template, ...] = ()


@dataclass(frozen=True, slots=True)
class Functionality:
    """One functionality of a template suite: what it tests, why, and why its label is right."""

    name: str
    hateful: bool
    title: str
    definition: str
    motivation: str
    rationale: str
    ihra: str = ""
    target: str = ""


def load_suite(source: str | Path, rows: Path | None = None) -> Suite:
    """Load a suite by the name or path of its spec, or straight from a CSV or JSONL file in HateCheck's shape.

    `rows` is the file with the cases, for a spec whose cases do not ship here.

    Raises:
        CorpusError: no such suite, its rows are not given, or spec, templates or rows are not what they should be.
    """
    path = Path(source)
    if path.suffix.lower() in {".csv", ".jsonl"}:
        if rows is not None:
            raise CorpusError(f"{path} holds rows already. Give a suite's name beside {rows}, or one of the two files only.")
        return read_rows(path, SuiteSpec(name=path.stem))
    spec = load_spec(source)
    if rows is not None:
        return read_rows(rows, spec)
    if spec.templates is None:
        raise CorpusError(
            f"The cases of {spec.title or spec.name} do not ship with this project. Get them from {spec.source or 'their authors'}, "
            "then give the file with --suite-file."
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
        if not _NAME.fullmatch(str(source)) or not (path := shipped("data/suites") / f"{source}.toml").is_file():
            raise CorpusError(
                f"There is no suite {str(source)!r}. Known: {', '.join(suite_names())}. A file must end in .toml, .csv or .jsonl."
            )
    table = _read_toml(path)
    allowed = {"title", "source", "licence", "citation", "label", "templates", "columns", "gold", "published"}
    if unknown := sorted(table.keys() - allowed):
        raise CorpusError(f"{path}: unknown keys {', '.join(unknown)}. Known: {', '.join(sorted(allowed))}.")
    texts = {key: _string(table, key, path) for key in ("title", "source", "licence", "citation") if key in table}
    columns, gold = (_strings(table.get(key, {}), f"{path}: [{key}]") for key in ("columns", "gold"))
    if unknown := sorted(columns.keys() - set(COLUMNS)):
        raise CorpusError(f"{path}: [columns] names {', '.join(unknown)}, which no case has. Known: {', '.join(COLUMNS)}.")
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
    )


def read_rows(path: Path, spec: SuiteSpec) -> Suite:
    """Read a suite's cases from a CSV or JSONL file (UTF-8) with a row a case.

    Needed columns: functionality, test_case, label_gold (or what `spec.columns` calls them). The rest of COLUMNS is taken where
    it is there, further columns are ignored. A case without an id gets the number of its row.

    Raises:
        CorpusError: the file cannot be read, is too large, not UTF-8 or holds NULs; a column is missing, a text empty, a gold label
            unknown, an id given twice; or there is no case at all.
    """
    try:
        size = path.stat().st_size
        if size > _MAX_BYTES:
            raise CorpusError(f"{path} has {size:,} bytes, no suite is over {_MAX_BYTES:,}. Is it the right file?")
        with path.open(encoding="utf-8-sig", newline="") as lines:
            clean = _without_nuls(lines, path)
            found = _csv_rows(clean, path, spec) if path.suffix.lower() == ".csv" else _jsonl_rows(clean, path)
            cases = tuple(_case(row, number, path, spec) for number, row in found)
    except UnicodeDecodeError as error:
        raise CorpusError(f"{path} is not UTF-8 (byte {error.start:,}). Save it as UTF-8, then try again.") from error
    except OSError as error:
        raise CorpusError(f"{path} cannot be read: {error.strerror}. Check the path.") from error
    return Suite(spec, _checked(cases, str(path)))


def read_templates(folder: Path, spec: SuiteSpec) -> Suite:
    """Expand the template suite in `folder`: `functionalities.toml` defines, the other TOML files hold the templates.

    Raises:
        CorpusError: a file is not what it should be (the message names the template).
    """
    known = read_functionalities(folder / "functionalities.toml")
    templates: list[Template] = []
    cases: list[SuiteCase] = []
    for path in sorted(folder.glob("*.toml")):
        if path.name == "functionalities.toml":
            continue
        for name, entries in _read_toml(path).items():
            if name not in known:
                raise CorpusError(f"{path}: functionality {name!r} is not in functionalities.toml. Define it there.")
            for key, entry in _subtables(entries, f"{path}: {name}"):
                of_entry = _entry(f"{name}.{key}", entry, known[name], known)
                templates += (template for template, _ in of_entry)
                cases += (case for _, of_template in of_entry for case in of_template)
    if len({template.id for template in templates}) < len(templates):
        raise CorpusError(f"{folder}: a functionality's template id is given in two files. Give each its own.")
    return Suite(spec, _checked(cases, str(folder)), tuple(templates))


def read_functionalities(path: Path) -> dict[str, Functionality]:
    """Read the definitions of a template suite's functionalities, by name, in the file's order.

    Raises:
        CorpusError: the file cannot be read, or a definition lacks something.
    """
    found: dict[str, Functionality] = {}
    for name, table in _subtables(_read_toml(path), str(path)):
        fields = _strings(table, f"{path}: {name}")
        gold = fields.pop("gold", None)
        try:
            found[name] = Functionality(name=name, hateful=_is_hateful(gold, f"{path}: {name}", {}), **fields)
        except TypeError as error:
            raise CorpusError(f"{path}: {name} lacks a field, or has an unknown one ({error}). See Functionality.") from error
    return found


def write_cases(suite: Suite, path: Path) -> None:
    """Write a suite's cases as CSV with COLUMNS, aside and then in one move: `path` is never half-written.

    Raises:
        OutputError: it cannot be written.
    """
    try:
        handle, aside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as out:
                writer = csv.writer(out, lineterminator="\n")
                writer.writerow(COLUMNS)
                writer.writerows(_row(case) for case in suite.cases)
            Path(aside).replace(path)
        finally:
            Path(aside).unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}. Check the folder and the space left.") from error


def _row(case: SuiteCase) -> tuple[str, ...]:
    jda = "" if case.hateful_jda is None else _gold_name(case.hateful_jda)
    ends = (case.target, case.template_id, case.pair_id, case.ihra, jda)
    return (case.case_id, case.functionality, case.text, _gold_name(case.hateful), *ends)


def _gold_name(hateful: bool) -> str:
    return HATEFUL if hateful else NON_HATEFUL


def _entry(
    entry_id: str, entry: Mapping[str, Any], own: Functionality, known: Mapping[str, Functionality]
) -> list[tuple[Template, list[SuiteCase]]]:
    """Expand one `[functionality.id]` table: its `text`, and its `contrast`, which belongs to the functionality `as`."""
    fields = _strings(entry, f"Template {entry_id}")
    if unknown := sorted(fields.keys() - {"text", "contrast", "as", "target", "ihra", "jda"}):
        raise CorpusError(f"Template {entry_id}: unknown keys {', '.join(unknown)}. Known: text, contrast, as, target, ihra, jda.")
    if "text" not in fields or ("contrast" in fields) != ("as" in fields):
        raise CorpusError(f"Template {entry_id} needs `text`, and `contrast` together with `as`. Add what is missing.")
    jda = _is_hateful(fields["jda"], f"Template {entry_id}, jda", {}) if "jda" in fields else None
    if jda == own.hateful:
        raise CorpusError(f"Template {entry_id}: jda repeats the gold label. Leave it out where both definitions agree.")
    paired = "contrast" in fields
    template = parse_template(entry_id, own.name, fields["text"])
    target, ihra = fields.get("target", own.target), fields.get("ihra", own.ihra)
    texts = template.expand()
    of_entry = [
        (
            template,
            [
                SuiteCase(f"{entry_id}.{n}", own.name, text, own.hateful, target, entry_id, f"{entry_id}.{n}" * paired, ihra, jda)
                for n, text in enumerate(texts, 1)
            ],
        )
    ]
    if paired:
        other = known.get(fields["as"])
        if other is None or other.hateful == own.hateful:
            raise CorpusError(f"Template {entry_id}: `as` must name a functionality with the opposite gold label.")
        contrast_id = f"{entry_id}c"
        contrast = parse_template(contrast_id, other.name, fields["contrast"])
        opposite = contrast.expand()
        if len(opposite) != len(texts):
            raise CorpusError(
                f"Template {entry_id} has {len(texts)} cases, its contrast {len(opposite)}. Give both sides as many: each case is one pair."
            )
        cases = [
            SuiteCase(
                f"{contrast_id}.{n}", other.name, text, other.hateful, other.target, contrast_id, f"{entry_id}.{n}", other.ihra
            )
            for n, text in enumerate(opposite, 1)
        ]
        of_entry.append((contrast, cases))
    return of_entry


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
        hateful=_is_hateful(values["label_gold"], where, spec.gold),
        target=values["target_ident"],
        template_id=values["templ_id"],
        pair_id=values["pair_id"],
        ihra=values["ihra"],
        hateful_jda=_is_hateful(values["label_jda"], where, spec.gold) if values["label_jda"] else None,
    )


def _is_hateful(value: str | None, where: str, gold: Mapping[str, str]) -> bool:
    meaning = gold.get(value, value) if value is not None else None
    if meaning not in {HATEFUL, NON_HATEFUL}:
        # The value itself may be anything, a whole comment in a shifted row included: it is not repeated.
        raise CorpusError(f"{where}: the gold label is neither {HATEFUL!r} nor {NON_HATEFUL!r}. Correct it, or map it under [gold].")
    return meaning == HATEFUL


def _checked(cases: Sequence[SuiteCase], where: str) -> tuple[SuiteCase, ...]:
    if not cases:
        raise CorpusError(f"{where} holds no case. Is it the right file, and complete?")
    seen: set[str] = set()
    for case in cases:
        if case.case_id in seen:
            raise CorpusError(f"{where}: case id {case.case_id[:80]!r} is given twice. Ids must be unique.")
        seen.add(case.case_id)
    return tuple(cases)


def _without_nuls(lines: Iterable[str], path: Path) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        if "\0" in line:
            raise CorpusError(f"{path}, line {number:,} holds a NUL. The file is damaged or not UTF-8 text: fetch it again.")
        yield line


def _csv_rows(lines: Iterator[str], path: Path, spec: SuiteSpec) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.reader(lines, strict=True)
    try:
        header = next(reader, [])
        missing = [name for name in (spec.columns.get(column, column) for column in _REQUIRED) if name not in header]
        if missing:
            raise CorpusError(
                f"{path} lacks the columns {', '.join(missing)}. A suite needs {', '.join(_REQUIRED)}; a spec's [columns] can rename."
            )
        if len(set(header)) < len(header):
            raise CorpusError(f"{path} names a column twice. Give every column its own name.")
        for number, cells in enumerate(reader, 1):
            if not cells:
                continue
            if len(cells) != len(header):
                raise CorpusError(f"{path}, row {number:,} has {len(cells)} cells, the header {len(header)}. Check its quotes.")
            yield number, dict(zip(header, cells, strict=True))
    except csv.Error as error:
        raise CorpusError(f"{path}, near line {reader.line_num:,} is not CSV ({error}). Check its quotes and separators.") from error


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
        if any("\0" in value for value in plain.values()):
            raise CorpusError(f"{path}, line {number:,} holds a NUL. The file is damaged: fetch it again.")
        yield number, plain


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8"))
    except OSError as error:
        raise CorpusError(f"{path} cannot be read: {error.strerror}. Check the path.") from error
    except (ValueError, RecursionError) as error:
        raise CorpusError(f"{path} is not TOML in UTF-8: {type(error).__name__}. Correct the file.") from error


def _string(table: Mapping[str, Any], key: str, path: Path) -> str:
    return _strings({key: table[key]}, str(path))[key]


def _strings(table: Any, where: str) -> dict[str, str]:
    if not isinstance(table, dict) or not all(isinstance(value, str) for value in table.values()):
        raise CorpusError(f"{where} must hold strings only. Put quotes round each value.")
    return dict(table)


def _tables(value: Any, where: str) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise CorpusError(f"{where} must be a list of tables. Write [[published]] over each.")
    return value


def _subtables(value: Any, where: str) -> list[tuple[str, dict[str, Any]]]:
    if not isinstance(value, dict) or not all(isinstance(entry, dict) for entry in value.values()):
        raise CorpusError(f"{where} must hold tables only, as [functionality.id]. Correct the file.")
    return list(value.items())


def _published(entry: Mapping[str, Any], path: Path) -> Published:
    figures = {key: entry.get(key) for key in ("overall", "hateful", "non_hateful")}
    # The chained comparison is false for NaN, too.
    if not all(isinstance(figure, int | float) and 0 <= figure <= 100 for figure in figures.values()):
        raise CorpusError(f"{path}: a published accuracy is not a number from 0 to 100. Give overall, hateful and non_hateful.")
    names = _strings({key: entry.get(key) for key in ("system", "source")}, f"{path}: published")
    return Published(**names, **{key: float(str(figure)) for key, figure in figures.items()})
