import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.extraction.authors import names


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("Aylin sagt:", "Aylin"),
        ("martine said...", "martine"),
        ("Posted by: Curtains in a Tree | June 08, 2012 at 02:29 PM", "Curtains in a Tree"),
        ("1. tom - 20 August, 2011", "tom"),
        ("6 hours ago by Joe", "Joe"),
        ("Robyn Oxner10/8/12 2:59 PM", "Robyn Oxner"),
        ("Dave SmithOctober 27, 2011 at 5:39 AM", "Dave Smith"),
        ("Gerd B. am 18. Oktober 2023 - 13:11 Permanenter Link", "Gerd B."),
        ("carl83 December 18, 2015 at 3:16 am", "carl83"),
        ("by alice (664417) on Friday January 12, @12:03PM (#64153165) Journal", "alice"),
        ("Dimitri L. replied to comment from D. Parsons | November 9, 2012 11:51 AM | Reply", "Dimitri L."),
        ("jj (@all2one)", "jj (@all2one)"),
        ("[–]river_rat 188 points 17 hours ago (11 children)", "river_rat"),
        ("B.A. sagt:", "B.A."),
    ],
)
def test_the_name_is_cut_out(line: str, name: str) -> None:
    assert names([line]) == [name]


@pytest.mark.parametrize("line", ["3 May 2012 at 10:00", "Reply", "—"])
def test_no_name(line: str) -> None:
    assert names([line])[0] in (None, "Reply")


def test_what_all_lines_have_in_common_is_the_layout() -> None:
    assert names(["Ada | Insider", "Ben | Insider", None, "Cleo | Insider"]) == ["Ada", "Ben", None, "Cleo"]


def test_a_number_alone_is_no_name() -> None:
    assert names(["Guest 1 says:", "Guest 2 says:", "Guest 3 says:"]) == ["Guest 1", "Guest 2", "Guest 3"]


@given(st.lists(st.text(max_size=200), max_size=6))
def test_names_never_fail(lines: list[str]) -> None:
    assert len(names(lines)) == len(lines)
