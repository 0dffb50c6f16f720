"""Pages that are easily misread, written for the project: what `extract` must say of them, as HTML and as text."""

from pathlib import Path

import pytest

from moderation import extract
from moderation.extraction.html import visible_text
from moderation.types import Document

PAGES = Path(__file__).parent / "pages"
NONE = ("recent-comments", "faq", "live-ticker", "testimonials", "zero-comments")


def read(name: str, form: str) -> Document:
    source = (PAGES / f"{name}.html").read_text(encoding="utf-8")
    return extract(source if form == "html" else visible_text(source), format=form)


def both(*names: str) -> list[tuple[str, str]]:
    """Return each page as HTML and as text."""
    return [(name, form) for name in names for form in ("html", "text")]


@pytest.mark.parametrize(("name", "form"), both(*NONE))
def test_what_looks_like_comments_is_none(name: str, form: str) -> None:
    assert [comment.text for comment in read(name, form).comments] == []


@pytest.mark.parametrize(("name", "form"), both("one-comment"))
def test_one_comment(name: str, form: str) -> None:
    document = read(name, form)
    (comment,) = document.comments
    assert comment.text == (
        "My father was the last miller there, he would have stood beside it all day and given bad advice."
    )
    assert comment.author == "Josefine K."
    assert (comment.time or "").startswith("2023-05-10")
    assert "Children may let the water in." in document.article
    assert "miller" not in document.article


@pytest.mark.parametrize(("name", "form"), both("two-comments"))
def test_two_comments(name: str, form: str) -> None:
    document = read(name, form)
    assert [(comment.author, comment.text.split()[0], comment.text.split()[-1]) for comment in document.comments] == [
        ("Ruprecht", "Six", "bench."),
        ("Magda vom Steg", "We", "that."),
    ]
    assert [(comment.time or "")[:10] for comment in document.comments] == ["2022-06-22", "2022-06-22"]
    assert "has been lit since spring" in document.article
    assert "bench" not in document.article


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("recent-comments", "will be dry by winter", "before the lease ends"),
        ("faq", "valid on all four lines", "where there is water for them"),
        ("live-ticker", "first storm of autumn", "the ferries stay in port"),
        ("testimonials", "children from six", "ask what they mean"),
        ("zero-comments", "reached Hagenau on Tuesday", "when the birds fly low"),
    ],
)
@pytest.mark.parametrize("form", ["html", "text"])
def test_the_article_is_whole(name: str, first: str, last: str, form: str) -> None:
    article = read(name, form).article
    assert 0 <= article.find(first) < article.find(last)
