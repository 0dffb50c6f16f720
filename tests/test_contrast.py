import json
import sys
from collections import Counter, defaultdict
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from moderation.corpora import load_corpora
from moderation.shipped import shipped

FOLDER = shipped("data/contrast")
LINES = (FOLDER / "contrast.jsonl").read_text(encoding="utf-8")
ROWS: list[dict[str, Any]] = [json.loads(line) for line in LINES.splitlines()]


def _expander() -> ModuleType:
    """Run the script as a module; importing it would leave compiled code in a folder that ships."""
    module = sys.modules["contrast_expand"] = ModuleType("contrast_expand")
    path = FOLDER / "expand.py"
    module.__dict__["__file__"] = str(path)
    exec(compile(path.read_text(encoding="utf-8"), path, "exec"), module.__dict__)
    return module


expand: Any = _expander()


def _folder(tmp_path: Path, templates: str) -> Path:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "small.toml").write_text(templates, encoding="utf-8")
    (tmp_path / "vocabulary").symlink_to(FOLDER / "vocabulary")
    return tmp_path


def test_the_file_is_what_the_templates_give() -> None:
    assert expand.corpus() == LINES, "run: python data/contrast/expand.py"


def test_there_is_enough_of_everything() -> None:
    assert 24_000 <= len(ROWS) <= 30_000 and len(LINES) <= 9_500_000
    assert len({(row["meta"]["pair"], row["meta"]["template"]) for row in ROWS}) >= 3800
    assert 0.4 <= sum(row["hate"] == 1 for row in ROWS) / len(ROWS) <= 0.55
    antisemitic = sum(row["antisemitism"] == 1 for row in ROWS)
    near = (
        "jew",
        "israel",
        "zioni",
        "holocaust",
        "synagogue",
        "rabbi",
        "shul",
        "kosher",
        "hamas",
        "settle",
        "idf",
        "gaza",
        "hitler",
        "antisemit",
        "auschwitz",
        "palestin",
    )
    harmless = [row for row in ROWS if not row["hate"] and row["antisemitism"] == 0]
    assert antisemitic >= 3500
    assert sum(any(word in row["text"].casefold() for word in near) for row in harmless) >= antisemitic


def test_rows_have_the_columns_of_a_corpus_and_labels_that_agree() -> None:
    assert len({row["id"] for row in ROWS}) == len(ROWS) == len({row["text"].casefold() for row in ROWS})
    for row in ROWS:
        assert list(row) == ["id", "text", "hate", "antisemitism", "offensive", "targets", "split", "source", "meta"]
        assert row["id"].startswith("contrast:") and row["split"] is None and row["source"] == expand.SOURCE
        assert set(row["meta"]) == {"pair", "kind", "template"}
        assert row["meta"]["template"].startswith(row["meta"]["kind"] + "/")
        assert row["text"] == row["text"].strip() and "  " not in row["text"]
        assert not set("{}|") & set(row["text"]) or row["meta"]["kind"] == "numbers"
        assert row["hate"] != 0 or row["antisemitism"] in (0, 1)
        assert bool(row["targets"]) == (1 in (row["hate"], row["antisemitism"]))
        if row["antisemitism"] == 1:
            assert row["targets"] == ["jews"] and row["hate"] != 0
        if row["hate"] == 1 and row["targets"] not in (["jews"], ["israelis"]):
            assert row["antisemitism"] == 0


def test_pairs_have_two_sides() -> None:
    sides: dict[str, set[int]] = defaultdict(set)
    for row in ROWS:
        sides[row["meta"]["pair"]].add(1 if 1 in (row["hate"], row["antisemitism"]) else 0)
    one_sided = {pair for pair, found in sides.items() if len(found) == 1}
    assert all(pair.startswith("plain-") for pair in one_sided)


def test_no_group_is_only_attacked_or_only_praised() -> None:
    """What the whole corpus is for: the name of a group must not give the label away."""
    groups = expand._vocabulary(FOLDER, "groups")
    words = {
        name: [word for form in ("people", "adj", "one") for word in group["words"][form]]
        for name, group in groups.items()
    }
    hateful, harmless = Counter[str](), Counter[str]()
    for row in ROWS:
        for name in groups:
            if any(word.casefold() in row["text"].casefold() for word in words[name]):
                (hateful if row["hate"] else harmless)[name] += 1
    for name in groups:
        assert hateful[name] >= 15 and harmless[name] >= 15, name
        assert 0.25 <= hateful[name] / (hateful[name] + harmless[name]) <= 0.75, name


def test_it_loads_and_no_pair_straddles_two_parts() -> None:
    (corpus,) = load_corpora(FOLDER, ["contrast"], for_training=True)
    assert corpus.rows_in == len(ROWS) and corpus.drops.total() <= 0.05 * len(ROWS)
    assert "copies with conflicting labels" not in corpus.drops
    parts: dict[str, set[str]] = defaultdict(set)
    for meta, part in zip(corpus.meta, corpus.split, strict=True):
        parts[meta["pair"]].add(part)
    assert all(len(found) == 1 for found in parts.values())
    # Synthetic rows measure nothing: there is no validation part whose figures could be quoted.
    assert set(corpus.split) == {"train", "calibration"}


def test_a_template_is_expanded_within_bounds(tmp_path: Path) -> None:
    folder = _folder(
        tmp_path,
        '[[pair]]\nname = "p"\ngroups = ["women", "gay"]\n'
        'neutral = [{rows = 3, text = "{people} [sing|dance] [here|there], a[0] (((x)))"}]\n'
        'threat = [{rows = 99, offensive = "unclear", text = "{one} must go"}]\n',
    )
    rows = [json.loads(line) for line in expand.corpus(folder).splitlines()]
    assert Counter(row["meta"]["template"] for row in rows) == {"neutral/1": 3, "threat/1": 3}
    assert all(row["text"].casefold().endswith("here, a[0] (((x)))") for row in rows[:3])
    assert {row["hate"] for row in rows[:3]} == {0} and {tuple(row["targets"]) for row in rows[:3]} == {()}
    assert {row["offensive"] for row in rows[3:]} == {None}
    assert {tuple(row["targets"]) for row in rows[3:]} == {("women",), ("gay",)}


@pytest.mark.parametrize(
    ("templates", "message"),
    [
        ('[[pair]]\nname = "p"\nneutrall = ["x"]', "no kind is called 'neutrall'"),
        ('[[pair]]\nname = "p"\ngroups = ["martians"]\nneutral = ["x"]', "no group is in"),
        ('[[pair]]\nname = "p"\nneutral = ["{planet}"]', "no slot is called 'planet'"),
        ('[[pair]]\nname = "p"\nneutral = [{text = "x", row = 3}]', "unknown key"),
        ('[[pair]]\nname = "p"\nneutral = ["x", "X"]', "gives a text that small-p/neutral/1 gives"),
        ('[[pair]]\nname = "p"\n[[pair]]\nname = "p"\n', "two pairs are called small-p"),
    ],
)
def test_a_mistake_in_a_template_is_named(tmp_path: Path, templates: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        expand.corpus(_folder(tmp_path, templates))
