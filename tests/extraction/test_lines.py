import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.extraction.lines import Header, header, split_lines


@given(st.text())
def test_lines_point_into_the_text(text):
    lines = split_lines(text)
    assert all(text[line.start : line.end] == line.text for line in lines)
    between = list(text)
    for line in lines:
        between[line.start : line.end] = " " * len(line.text)
    assert not "".join(between).strip("\x00\u200b\ufeff \x1c\x1d\x1e\x85") or not any(
        map(str.isprintable, "".join(between).split())
    )


@pytest.mark.parametrize(
    ("line", "author", "time"),
    [
        ("Aylin sagt:", "Aylin", None),
        ("martine said...", "martine", None),
        (
            "Posted by: Curtains in a Tree | June 08, 2012 at 02:29 PM",
            "Curtains in a Tree",
            "June 08, 2012 at 02:29 PM",
        ),
        ("1. tom - 20 August, 2011", "tom", "20 August, 2011"),
        ("6 hours ago by Joe", "Joe", "6 hours ago"),
        ("12:43 PM", None, "12:43 PM"),
    ],
)
def test_header(line, author, time):
    assert header(line) == Header(author, time)


@pytest.mark.parametrize(
    "line",
    ["Then on 3 May 2012 the man went home and said nothing to anybody", "Marcia", "He was 12 years old", "x" * 10_000],
)
def test_no_header(line):
    assert header(line) is None
