"""The summary of a run: all that was counted, in three forms."""

import json
from collections import Counter
from pathlib import Path

import pytest
from lxml import etree

from moderation.batch.summary import write_summary
from moderation.batch.tally import BINS, Tally
from moderation.errors import OutputError


@pytest.fixture
def tally() -> Tally:
    return Tally(
        rows=10,
        flagged=3,
        actions=Counter(allow=6, review=4),
        flags=Counter(hate=1, toxicity=3),
        unscored=Counter(empty=2),
        rejects=Counter({"not JSON": 1}),
        histograms={label: [8, *[0] * (BINS - 1)] for label in ("hate", "toxicity")},
        months={"2024-05": [5, 1], "2024-04": [5, 2]},
        sites={"b.example": [2, 1], "<a>\x00\ud800.example": [8, 2]},
    )


def test_json_says_all(tally: Tally, tmp_path: Path) -> None:
    write_summary(tally, tmp_path / "s.json")
    found = json.loads((tmp_path / "s.json").read_bytes())
    assert (found["comments"], found["scored"], found["flagged"], found["flag_rate"]) == (10, 8, 3, 0.375)
    assert found["labels"]["toxicity"]["flag_rate"] == 0.375
    assert sum(found["labels"]["hate"]["histogram"]["counts"]) == found["scored"]
    assert list(found["months"]) == ["2024-04", "2024-05"]
    assert found["months"]["2024-04"] == {"comments": 5, "flagged": 2, "flag_rate": 0.4}
    assert list(found["sites"])[1] == "b.example"
    assert (found["unscored"], found["rejected"], found["skipped"]) == ({"empty": 2}, {"not JSON": 1}, {})


@pytest.mark.parametrize("name", ["s.svg", "s.html"])
def test_plots_are_sound_whatever_the_names(tally: Tally, tmp_path: Path, name: str) -> None:
    write_summary(tally, tmp_path / name)
    text = (tmp_path / name).read_text(encoding="utf-8")
    drawn = etree.fromstring(text[text.index("<svg") : text.index("</svg>") + 6])
    said = " ".join(drawn.itertext())
    assert "toxicity" in said and "2024-05" in said and "<a>" in said and "40.00% of 5" in said
    assert len(drawn.findall(".//{*}rect")) == 1 + 2 * BINS + 2 + 2


def test_nothing_is_a_summary_too(tmp_path: Path) -> None:
    for name in ("s.json", "s.html", "s.svg"):
        write_summary(Tally(), tmp_path / name)
        assert (tmp_path / name).stat().st_size > 50


def test_another_name_is_refused(tally: Tally, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"ends in \.json, \.html, \.svg"):
        write_summary(tally, tmp_path / "s.txt")
    assert list(tmp_path.iterdir()) == []
