"""Test cases from templates, sentences with slots such as `Pass {the salt|the bread|the butter}, please`.

The n-th case takes the n-th fill of every slot; a shorter slot starts over. A template has thus as many cases as its
longest slot has fills, and not their product: a suite wants many templates with few fills each. Method: the templates
of HateCheck (Röttger et al., ACL 2021), after CheckList (Ribeiro et al., ACL 2020).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from moderation.errors import CorpusError
from moderation.evaluation.cases import Suite, SuiteCase, SuiteSpec, Template, checked, is_hateful
from moderation.evaluation.tables import read_toml, strings, subtables

_SLOT: Final = re.compile(r"\{([^{}]*)\}")


def parse_template(template_id: str, functionality: str, source: str) -> Template:
    """Parse `source`, in which `{a|b|c}` is a slot with three fills.

    Raises:
        CorpusError: the text is empty, a brace stands alone, or a slot has fewer than two fills, an empty or a repeated
            one.
    """
    parts: list[tuple[str, ...]] = []
    # Splitting on a pattern with one group alternates literal text and the insides of slots.
    for number, piece in enumerate(_SLOT.split(source)):
        if number % 2:
            fills = tuple(piece.split("|"))
            if len(fills) < 2 or len(set(fills)) < len(fills) or not all(fill.strip() for fill in fills):
                raise CorpusError(
                    f"Template {template_id}: a slot needs two or more different, non-empty fills. Write it as {{a|b}}."
                )
            parts.append(fills)
        elif "{" in piece or "}" in piece or "|" in piece:
            raise CorpusError(
                f"Template {template_id}: a brace or a bar stands outside a slot. Close the slot, or take it out."
            )
        elif piece:
            parts.append((piece,))
    if not source.strip():
        raise CorpusError(f"Template {template_id} is empty. Write its text, or take it out.")
    return Template(template_id, functionality, tuple(parts))


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
        for name, entries in read_toml(path).items():
            if name not in known:
                raise CorpusError(f"{path}: functionality {name!r} is not in functionalities.toml. Define it there.")
            for key, entry in subtables(entries, f"{path}: {name}"):
                of_entry = _entry(f"{name}.{key}", entry, known[name], known)
                templates += (template for template, _ in of_entry)
                cases += (case for _, of_template in of_entry for case in of_template)
    if len({template.id for template in templates}) < len(templates):
        raise CorpusError(f"{folder}: a functionality's template id is given in two files. Give each its own.")
    return Suite(spec, checked(cases, str(folder)), tuple(templates))


def read_functionalities(path: Path) -> dict[str, Functionality]:
    """Read the definitions of a template suite's functionalities, by name, in the file's order.

    Raises:
        CorpusError: the file cannot be read, or a definition lacks something.
    """
    found: dict[str, Functionality] = {}
    for name, table in subtables(read_toml(path), str(path)):
        fields = strings(table, f"{path}: {name}")
        gold = fields.pop("gold", None)
        try:
            found[name] = Functionality(name=name, hateful=is_hateful(gold, f"{path}: {name}", {}), **fields)
        except TypeError as error:
            raise CorpusError(
                f"{path}: {name} lacks a field, or has an unknown one ({error}). See Functionality."
            ) from error
    return found


def _entry(
    entry_id: str, entry: Mapping[str, Any], own: Functionality, known: Mapping[str, Functionality]
) -> list[tuple[Template, list[SuiteCase]]]:
    """Expand one `[functionality.id]` table: its `text`, and its `contrast`, which is of the functionality `as`."""
    where = f"Template {entry_id}"
    fields = strings(entry, where)
    if unknown := sorted(fields.keys() - {"text", "contrast", "as", "target", "ihra", "jda"}):
        raise CorpusError(f"{where}: unknown keys {', '.join(unknown)}. Known: text, contrast, as, target, ihra, jda.")
    if "text" not in fields or ("contrast" in fields) != ("as" in fields):
        raise CorpusError(f"{where} needs `text`, and `contrast` together with `as`. Add what is missing.")
    jda = is_hateful(fields["jda"], f"{where}, jda", {}) if "jda" in fields else None
    if jda == own.hateful:
        raise CorpusError(f"{where}: jda repeats the gold label. Leave it out where both definitions agree.")
    own = replace(own, target=fields.get("target", own.target), ihra=fields.get("ihra", own.ihra))
    template = parse_template(entry_id, own.name, fields["text"])
    if "contrast" not in fields:
        return [(template, _cases(template, own, None, jda))]
    other = known.get(fields["as"])
    if other is None or other.hateful == own.hateful:
        raise CorpusError(f"{where}: `as` must name a functionality with the opposite gold label. Correct it.")
    contrast = parse_template(f"{entry_id}c", other.name, fields["contrast"])
    sides = [(template, _cases(template, own, entry_id, jda)), (contrast, _cases(contrast, other, entry_id, None))]
    if len({len(cases) for _, cases in sides}) == 2:
        raise CorpusError(f"{where} has not as many cases as its contrast. Give both sides as many fills.")
    return sides


def _cases(template: Template, side: Functionality, pair: str | None, jda: bool | None) -> list[SuiteCase]:
    return [
        SuiteCase(
            case_id=f"{template.id}.{number}",
            functionality=side.name,
            text=text,
            hateful=side.hateful,
            target=side.target,
            template_id=template.id,
            pair_id="" if pair is None else f"{pair}.{number}",
            ihra=side.ihra,
            hateful_jda=jda,
        )
        for number, text in enumerate(template.expand(), 1)
    ]
