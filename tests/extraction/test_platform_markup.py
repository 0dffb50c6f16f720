"""How further systems print a comment (pages/platform_markup.toml): each template is filled twice and read back."""

import tomllib
from pathlib import Path

import pytest

from moderation import extract
from moderation.extraction.platforms import platforms

ARTICLE = "<article><p>" + "The lighthouse will be lit by hand again, its keeper says. " * 6 + "</p></article>"
DATED = "3 May 2021 10:15"
ISO = "2021-05-03T10:15:00"

TEMPLATES = tomllib.loads((Path(__file__).parent / "pages" / "platform_markup.toml").read_text(encoding="utf-8"))
FLAT: dict[str, str] = TEMPLATES["flat"]
NESTED: dict[str, str] = TEMPLATES["nested"]
# Rows that test_platforms.py reads.
ELSEWHERE = {
    "wpdiscuz", "disqus", "wordpress", "typepad", "blogger", "blogger-dl", "drupal", "discourse", "phpbb", "vbulletin",
    "xenforo", "ipb", "reddit-old", "reddit-new", "hackernews", "stackexchange", "livefyre", "livefyre-2012", "isso",
    "commento", "giscus", "github", "facebook", "coral", "squarespace", "squarespace-5", "bbpress", "microdata",
}  # fmt: skip


def page(first: str, second: str) -> str:
    return f"<html><body>{ARTICLE}<section>{first}{second}</section></body></html>"


def check(source: str) -> None:
    document = extract(source)
    first, second = document.comments
    assert (" ".join(first.text.split()).removeprefix(": "), first.author) == ("First words.", "Ada")
    assert (" ".join(second.text.split()).removeprefix(": "), second.author) == ("Second words.", "Ben")
    assert [(comment.time or "")[:10] for comment in (first, second)] == ["2021-05-03"] * 2
    assert "words." not in document.article
    assert "lit by hand again" in document.article


@pytest.mark.parametrize("name", FLAT)
def test_system_whose_comments_follow_each_other(name: str) -> None:
    said = {"time": DATED, "iso": ISO}
    first = FLAT[name].format(id=101, author="Ada", text="First words.", **said)
    second = FLAT[name].format(id=102, author="Ben", text="Second words.", **said)
    check(page(first, second))


@pytest.mark.parametrize("name", NESTED)
def test_system_whose_answers_are_nested(name: str) -> None:
    said = {"time": DATED, "iso": ISO}
    answer = NESTED[name].format(id=102, author="Ben", text="Second words.", answers="", **said)
    source = page(NESTED[name].format(id=101, author="Ada", text="First words.", answers=answer, **said), "")
    check(source)
    first, second = extract(source).comments
    assert second.parent == first.id is not None


def test_every_row_of_the_table_is_read_here_or_in_test_platforms() -> None:
    assert {platform.name for platform in platforms()} == FLAT.keys() | NESTED.keys() | ELSEWHERE


def test_one_comment_of_an_unlisted_system_needs_an_author_and_a_time() -> None:
    whole = '<div class="comment-item"><b class="author">Ada</b><i class="date">3 May 2021</i><p>Only words.</p></div>'
    assert [comment.text for comment in extract(page(whole, "")).comments] == ["Only words."]
    assert extract(page('<div class="comment-item"><p>Write the first comment.</p></div>', "")).comments == ()
