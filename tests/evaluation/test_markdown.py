from moderation.evaluation.bootstrap import Estimate
from moderation.evaluation.markdown import cell, number, table


def test_a_table_has_one_width():
    assert table(["a", "b"], [["x", "1"], ["y", "2"]]) == ["| a | b |", "|---|---:|", "| x | 1 |", "| y | 2 |"]


def test_numbers_and_cells():
    assert number(Estimate(0.81234, 0.7, 0.9)) == "0.812 (0.700 to 0.900)"
    assert number(Estimate(0.0123, 0.01, 0.02), percent=True) == "1.23 (1.00 to 2.00)"
    assert number(Estimate(0.5)) == "0.500"
    assert number(Estimate(None, reason="x")) == "–"
    assert cell("a|b\n<c>") == "a\\|b &lt;c>"
