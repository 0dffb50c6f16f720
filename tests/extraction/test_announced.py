"""Short pages whose comments the page announces by number."""

import pytest

from moderation import extract
from moderation.extraction.announced import announced
from moderation.extraction.features import read
from moderation.extraction.lines import split_lines

PAGE = "An article.\n\n{line}\n\nAnn says:\n\nFirst!\n\nBob says:\n\nSecond."


@pytest.mark.parametrize("line", ["2 Comments", "2 comments", "2 Kommentare", "2 commentaires"])
def test_the_announced_comments_of_a_short_page_are_found(line: str) -> None:
    document = extract(PAGE.format(line=line))
    assert [(c.author, c.text) for c in document.comments] == [("Ann", "First!"), ("Bob", "Second.")]
    assert document.article == "An article."


@pytest.mark.parametrize("line", ["0 comments", "7 comments", "2 bridges"])
def test_a_number_that_does_not_fit_announces_nothing(line: str) -> None:
    lines = split_lines(PAGE.format(line=line))
    assert announced(lines, read(lines).said) is None
