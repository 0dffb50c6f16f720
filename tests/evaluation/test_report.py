import json
import re
import sys
from html.parser import HTMLParser

import pytest

from moderation.errors import MissingExtra, OutputError
from moderation.evaluation.contenders import Contender
from moderation.evaluation.evaluate import Options
from moderation.evaluation.report import to_html, write_report
from moderation.evaluation.side_by_side import measure_side_by_side
from moderation.evaluation.suites import load_suite

THRESHOLDS = {"hate": 0.5, "toxicity": 0.5}
QUICK = Options(resamples=20)


class Balanced(HTMLParser):
    """Fails where a tag is not closed, and collects what a page would fetch or run."""

    def __init__(self):
        super().__init__()
        self.open, self.reaches_out = [], []

    def handle_starttag(self, tag, attributes):
        if tag not in ("meta", "br", "hr", "img"):
            self.open.append(tag)
        addresses = [v for k, v in attributes if k in ("src", "href", "xlink:href") and not v.startswith("#")]
        self.reaches_out += addresses + ([tag] if tag in ("script", "iframe", "link") else [])

    def handle_startendtag(self, tag, attributes):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture
def measured(word_weights, varied, make_corpus, tmp_path):
    hostile = make_corpus(
        ["vile <script>alert(1)</script> women", "street </details> \ud800", *[f"vile women {k}" for k in range(12)]],
        'a|b<i>"$x$',
        hate=[0, 1, *[0] * 12],
    )
    path = tmp_path / "made.csv"
    path.write_text("functionality,test_case,label_gold\na<b>,vile one,hateful\nb|c,vote,non-hateful\n")
    contenders = [Contender(name, word_weights, THRESHOLDS, attacked=True) for name in ("one|<b>", "other $x$")]
    return measure_side_by_side(contenders, [varied, hostile], [load_suite(path)], QUICK, with_errors=True)


def test_the_page_is_whole_and_reaches_out_to_nothing(measured):
    pytest.importorskip("matplotlib")
    page = to_html(measured)
    parser = Balanced()
    parser.feed(page)
    assert parser.open == []
    assert parser.reaches_out == []
    assert "alert(1)" in page
    assert "<script" not in page
    assert page == to_html(measured)


def test_texts_are_folded_and_evidence_is_marked(measured):
    pytest.importorskip("matplotlib")
    page = to_html(measured)
    assert "<mark>vile</mark> &lt;script&gt;" in page
    outside = re.sub(r"<details>.*</details>", "", page, flags=re.DOTALL)
    assert "alert(1)" not in outside


def test_every_part_has_its_plot(measured):
    pytest.importorskip("matplotlib")
    page = to_html(measured)
    for title in (
        "Precision and recall",
        "Reliability",
        "Accuracy by functionality",
        "False-positive rate",
        "Calibration error on mention",
        "Recall after each",
        "AUC with 95 %",
    ):
        assert re.search(rf"<h3>{title}[^<]*</h3>\s*<svg", page), title


def test_all_files_are_written_and_only_the_page_holds_texts(measured, tmp_path):
    pytest.importorskip("matplotlib")
    folder = tmp_path / "new" / "report"
    write_report(folder, measured)
    tables = ["bias.csv", "metrics.csv", "suites.csv", "thresholds.csv"]
    assert sorted(p.name for p in folder.iterdir()) == sorted([*tables, "report.html", "report.json", "report.md"])
    assert "comparisons" in json.loads((folder / "report.json").read_text())
    assert "alert(1)" in (folder / "report.html").read_text()
    for name in (*tables, "report.json", "report.md"):
        assert "alert(1)" not in (folder / name).read_text()
    (tmp_path / "taken").write_text("")
    with pytest.raises(OutputError, match="taken"):
        write_report(tmp_path / "taken", measured)


def test_without_the_extra_one_line_says_what_to_install(measured, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtra, match=r"moderation\[report\]"):
        to_html(measured)
