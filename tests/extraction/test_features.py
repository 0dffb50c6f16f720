import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from moderation.extraction import lines_kernel as kernel
from moderation.extraction.features import SEEN, describe, read, shapes_of
from moderation.extraction.line_model import shipped_model
from moderation.extraction.lines import Line, split_lines
from moderation.extraction.wording import says

PIECES = st.lists(
    st.sampled_from(
        ["3", "1,204", "Comments", "comment", "Reply", "İ", "Σας", "to", "the", "»", "!", "on", "Leave", "a"]
    )
    | st.text(max_size=4),
    min_size=1,
    max_size=8,
)
TABLES = (
    ("boundary", "numbered", kernel.NUMBERED),
    ("boundary", "bare", kernel.BARE),
    ("boundary", "wpdiscuz", kernel.OPENS),
    ("footer", "lines", kernel.FOOTER),
    ("interface", "lines", kernel.INTERFACE),
)


def line(text: str) -> Line:
    return Line(text, 0, len(text), 0, 0)


@given(PIECES.map(" ".join).map(str.strip).filter(bool))
@example("12 Comments")
@example("Leave a reply to Bob")
@example("Reply · Share · 3")
@example("Reply!")
@example("—")
def test_one_pass_reads_what_the_phrases_say(text: str) -> None:
    bits = int(read([line(text)]).said[0])
    for group, name, mark in TABLES:
        assert bool(bits & mark) == says(group, name, text), (group, name)


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("3 May 2012 at 10:00", kernel.TIME),
        ("vor 3 Tagen", kernel.TIME),
        ("Anna says:", kernel.HEADER),
        ("Posted by: Anna | 3 May 2012", kernel.HEADER),
        ("Anna Müller", kernel.NAME),
        ("12 Kommentare", kernel.NUMBERED),
    ],
)
def test_a_line_is_told_by_its_words(text: str, mark: int) -> None:
    assert int(read([line(text)]).said[0]) & mark


@pytest.mark.parametrize("text", ["The man went home on Monday, and said nothing.", "x" * 5000])
def test_prose_is_no_furniture(text: str) -> None:
    assert int(read([line(text)]).said[0]) & (kernel.TIME | kernel.HEADER | kernel.NAME | kernel.NUMBERED) == 0


@given(st.text(max_size=400))
def test_features_are_finite_and_one_row_a_line(text: str) -> None:
    lines = split_lines(text)
    if lines:
        reading = read(lines)
        features = describe(reading, shapes_of(reading))
        assert features.shape[0] == len(lines)
        assert shipped_model().first.feature.max() < features.shape[1]
        assert np.isfinite(features).all()


def test_only_the_start_of_a_line_is_looked_at() -> None:
    whole, start = read([line("word " * SEEN)]), read([line(("word " * SEEN)[:SEEN])])
    assert (whole.numbers == start.numbers).all()
