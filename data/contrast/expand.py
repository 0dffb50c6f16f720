"""Expands the templates of the contrast corpus into contrast.jsonl, always to the same bytes.

`python data/contrast/expand.py` writes the file. README.md says how templates are written. What a row becomes hangs on
hashes of its own template and on nothing else, so that a template added elsewhere changes no row.
"""

import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
SOURCE = "synthetic"
HATEFUL_ROWS, HARMLESS_ROWS = 7, 4  # of a template, where neither it nor its file says how many
LABELS = ("hate", "antisemitism", "offensive")
UNCLEAR = "unclear"  # TOML has no null

_ALTERNATIVES = re.compile(r"\[([^\[\]]*\|[^\[\]]*)\]")
_SLOT = re.compile(r"(?:\b([Aa]) )?\{(\w+)\}")
_OPEN = re.compile(r"(^|[.!?]\s+)$")
_Options = Sequence[str]


@dataclass(frozen=True, slots=True)
class Template:
    """One wording: its place (pair, kind, number), the text with its slots, and what its rows' labels are.

    `groups` are the names of the groups that its group slots may stand for; `labels` are 1, 0 or None.
    """

    pair: str
    kind: str
    number: int
    text: str
    rows: int
    groups: tuple[str, ...]
    labels: Mapping[str, int | None]

    @property
    def place(self) -> str:
        """Return what meta.template holds: which one of its pair it is."""
        return f"{self.kind}/{self.number}"

    @property
    def name(self) -> str:
        """Return what no other template is called."""
        return f"{self.pair}/{self.place}"


def templates(folder: Path = HERE) -> Iterator[Template]:
    """Read all templates, in the order of the files. Raises ValueError, naming the pair, for what is not understood."""
    kinds, groups = _vocabulary(folder, "kinds"), _vocabulary(folder, "groups")
    seen: set[str] = set()
    for path in sorted((folder / "templates").glob("*.toml")):
        file = _table(path)
        for pair in file["pair"]:
            name = f"{path.stem}-{pair.pop('name')}"
            if name in seen:
                raise ValueError(f"{path}: two pairs are called {name}.")
            seen.add(name)
            members = _members(pair.pop("groups", []), groups, name)
            for kind, entries in pair.items():
                if kind not in kinds:
                    raise ValueError(f"{path}: {name}: no kind is called {kind!r}.")
                for number, entry in enumerate(entries, start=1):
                    values: dict[str, Any] = {"text": entry} if isinstance(entry, str) else dict(entry)
                    own = _members(values.pop("groups", []), groups, name) or members
                    text, rows = values.pop("text"), values.pop("rows", None)
                    if set(values) - set(LABELS):
                        raise ValueError(f"{path}: {name}/{kind}/{number}: unknown key.")
                    labels = {k: _label(values.get(k, kinds[kind].get(k, 0))) for k in LABELS}
                    if labels["hate"] == 0:
                        default = file.get("harmless_rows", HARMLESS_ROWS)
                    else:
                        default = file.get("hateful_rows", HATEFUL_ROWS)
                    yield Template(name, kind, number, text, rows or default, own, labels)


def expand(template: Template, groups: Mapping[str, Any], words: Mapping[str, _Options]) -> Iterator[dict[str, Any]]:
    """Yield a template's rows: at most `template.rows`, each another filling."""
    seen: set[str] = set()
    for attempt in range(template.rows * 8):
        if len(seen) == template.rows:
            return
        # Groups in turn, so that a template's rows speak of as many groups as can be.
        turn = attempt + _hash(template.name, "group")
        group = template.groups[turn % len(template.groups)] if template.groups else ""
        text = _fill(template, attempt, words | groups[group]["words"] if group else words)
        if text.casefold() in seen:
            continue
        seen.add(text.casefold())
        yield _row(template, _styled(text), group, groups)


def corpus(folder: Path = HERE) -> str:
    """Return the whole file, JSON lines. Raises ValueError for a bad template or a text met twice."""
    groups, words = _vocabulary(folder, "groups"), _vocabulary(folder, "words")
    rows: dict[str, dict[str, Any]] = {}
    for template in templates(folder):
        for row in expand(template, groups, words):
            if row["id"] in rows:
                other = rows[row["id"]]["meta"]
                raise ValueError(f"{template.name}: gives a text that {other['pair']}/{other['template']} gives.")
            rows[row["id"]] = row
    return "".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows.values())


def _vocabulary(folder: Path, name: str) -> dict[str, Any]:
    return _table(folder / "vocabulary" / f"{name}.toml")


def _table(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _members(names: Sequence[str], groups: Mapping[str, Any], pair: str) -> tuple[str, ...]:
    """Return the groups that are named, or are in a set that is named."""
    found = tuple(g for g, values in groups.items() if g in names or set(values["sets"]) & set(names))
    if bool(names) != bool(found):
        raise ValueError(f"{pair}: no group is in {names}.")
    return found


def _label(value: int | str) -> int | None:
    return None if value == UNCLEAR else int(value)


def _hash(*parts: object) -> int:
    return int.from_bytes(blake2b("\0".join(map(str, parts)).encode(), digest_size=8).digest(), "big")


def _fill(template: Template, attempt: int, words: Mapping[str, _Options]) -> str:
    text = _filled(_ALTERNATIVES, template.text, lambda found: found[1].split("|"), attempt)
    try:
        return _filled(_SLOT, text, lambda found: [_after(found[1], word) for word in words[found[2]]], attempt)
    except KeyError as error:
        raise ValueError(f"{template.name}: no slot is called {error}.") from None


def _after(article: str | None, word: str) -> str:
    """Put the article before the word, as 'an' before a vowel."""
    return f"{article}{'n' if word[0] in 'AEIOaeio' else ''} {word}" if article else word


def _filled(pattern: re.Pattern[str], text: str, options: Callable[[re.Match[str]], _Options], attempt: int) -> str:
    """Put one of its options where `pattern` matches, with a capital at the start of a sentence."""
    parts: list[str] = []
    at = 0
    for found in pattern.finditer(text):
        parts.append(text[at : found.start()])
        at = found.end()
        choices = options(found)
        chosen = choices[_hash(text, attempt, found.start()) % len(choices)]
        parts.append(chosen[:1].upper() + chosen[1:] if _OPEN.search("".join(parts)) else chosen)
    return "".join([*parts, text[at:]])


def _styled(text: str) -> str:
    """Write some texts as many people do: without capitals, without apostrophes, or in capitals only."""
    draw = _hash("style", text) % 100
    if draw < 18:
        return text.lower().removesuffix(".")
    if draw < 26:
        return text.replace("'", "").removesuffix(".")
    return text.upper() if draw < 30 and len(text) < 120 else text


def _row(template: Template, text: str, group: str, groups: Mapping[str, Any]) -> dict[str, Any]:
    labels = dict(template.labels)
    if group and labels["hate"]:
        labels["antisemitism"] = _label(groups[group]["antisemitism"])
    attacked = 1 in (labels["hate"], labels["antisemitism"])
    return {
        "id": f"contrast:{_hash(text.casefold()):016x}",
        "text": text,
        **labels,
        "targets": [group] if attacked and group else [],
        "split": None,
        "source": SOURCE,
        "meta": {"pair": template.pair, "kind": template.kind, "template": template.place},
    }


if __name__ == "__main__":
    (HERE / "contrast.jsonl").write_text(corpus(), encoding="utf-8")
