import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.extraction.times import iso_time, only_time, time_span


@pytest.mark.parametrize(
    ("printed", "iso"),
    [
        ("January 20, 2020 at 11:27 am", "2020-01-20T11:27:00"),
        ("May 30, 2019 at 1:06 PM", "2019-05-30T13:06:00"),
        ("19. Juni 2018 um 15:28 Uhr", "2018-06-19T15:28:00"),
        ("12 января 2020 в 10:15", "2020-01-12T10:15:00"),
        ("le 3 mars 2014 à 12h30", "2014-03-03T12:30:00"),
        ("12 de enero de 2020", "2020-01-12"),
        ("2013/12/28 10:28", "2013-12-28T10:28:00"),
        ("2020-01-02T03:04:05Z", "2020-01-02T03:04:05+00:00"),
        ("12:05 am, August 9th, 2012", "2012-08-09T00:05:00"),
        ("25/12/2012", "2012-12-25"),
        ("12/25/2012", "2012-12-25"),
    ],
)
def test_resolved(printed, iso):
    assert iso_time(printed) == iso


@pytest.mark.parametrize("printed", ["3/4/2012", "3 years ago", "31 November 2012", "", "99999999", "May be in 2019"])
def test_unresolved(printed):
    assert iso_time(printed) is None


@pytest.mark.parametrize(
    "line",
    ["3 years ago", "vor 8 Stunden", "June 08, 2012 at 02:29 PM", "12:43 PM", "il y a 2 jours", "Tuesday, 4 June 2013"],
)
def test_line_that_is_only_a_time(line):
    assert only_time(line)


@pytest.mark.parametrize("line", ["It took 3 years", "Deng", "On 4 June 2013 the bridge fell", "12 Monkeys", ""])
def test_line_that_is_more(line):
    assert not only_time(line)


@given(st.text())
def test_span_lies_inside_the_line(line):
    span = time_span(line)
    assert span is None or 0 <= span[0] < span[1] <= len(line)
