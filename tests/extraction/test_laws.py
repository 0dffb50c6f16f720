"""Laws that hold on every page: pages are made up of articles, comments and the markup of comment systems."""

import re
from calendar import month_name
from collections.abc import Callable
from dataclasses import dataclass
from html import escape

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from moderation import extract
from moderation.extraction.html import visible_text
from moderation.types import Document

PARAGRAPHS = [
    "The footbridge over the mill stream has been closed since Monday, after an engineer found rot in two beams.",
    "Children on their way to school now have to walk along the county road, which has no pavement for half a mile.",
    "The council had put off the repair three times. Each time the money went into the roof of the swimming pool.",
    "A temporary bridge of steel would cost forty thousand, according to a note that the mayor read out on Tuesday.",
    "Two farmers have offered to let people cross their meadow until spring, provided that dogs stay on a lead.",
    "The railway, which owns the northern bank, has not answered the letters that the town sent in May and in August.",
    "Work could begin in March at the earliest, the head of the building office said, and would take eleven weeks.",
]
TEXTS = [
    "My daughter leaves the house twenty minutes earlier now, and comes home with wet shoes.",
    "Who measured this? I counted nine beams, not two.",
    "Thank you to the farmers. At least somebody does something.",
    "The swimming pool again. It is always the swimming pool.",
    "I worked on that bridge in 1974 and told them then that larch would have lasted longer.",
    "Nobody walks to school any more, so what is the fuss about?",
    "Walk there at half past seven, and you will see sixty children.",
    "Forty thousand for something that stands for one winter? That cannot be right.",
    "Has anyone asked the volunteers of the fire brigade? They built one in a weekend after the flood.",
    "Can we please stop blaming the mayor, she has been in office since June.",
    "The meadow is under water from November on. I know, it is mine.",
    "Good article, but the picture shows the wrong bridge.",
    "You are right, we have changed the picture.",
    "Same in our village, they closed ours six years ago and it is still closed.",
]
NAMES = ["Ann", "Bertil Sand", "Carla_77", "Dr. Egon Falk", "Фёдор", "Grüne Hexe", "hans", "Ida P."]


@dataclass(frozen=True)
class Written:
    """What a reader wrote."""

    author: str
    month: int
    text: str

    @property
    def time(self) -> str:
        """Return the time as a program writes it."""
        return f"2023-{self.month:02d}-11T08:15:00"

    @property
    def printed(self) -> str:
        """Return the time as a page prints it."""
        return f"11 {month_name[self.month]} 2023 at 8:15"


def wordpress(number: int, comment: Written) -> str:
    return (
        f'<li class="comment depth-1" id="comment-{number}"><article class="comment-body"><footer class="comment-meta">'
        f'<div class="comment-author vcard"><b class="fn">{escape(comment.author)}</b> <span>says:</span></div>'
        f'<div class="comment-metadata"><time datetime="{comment.time}">{comment.printed}</time></div></footer>'
        f'<div class="comment-content"><p>{escape(comment.text)}</p></div>'
        '<div class="reply"><a class="comment-reply-link">Reply</a></div></article></li>'
    )


def blogger(number: int, comment: Written) -> str:
    return (
        f'<li class="comment" id="c{number}"><div class="comment-block"><div class="comment-header"><cite class="user">'
        f'{escape(comment.author)}</cite> <span class="datetime">{comment.printed}</span></div>'
        f'<p class="comment-content">{escape(comment.text)}</p><span class="comment-actions">Reply</span></div></li>'
    )


def xenforo(number: int, comment: Written) -> str:
    return (
        f'<article class="message message--post js-post" id="js-post-{number}"><div class="message-user">'
        f'<h4 class="message-name"><a class="username">{escape(comment.author)}</a></h4></div>'
        f'<div class="message-attribution"><time datetime="{comment.time}">{comment.printed}</time></div>'
        '<div class="message-body"><div class="bbWrapper">'
        f"{escape(comment.text)}</div></div></article>"
    )


def microdata(number: int, comment: Written) -> str:
    return (
        f'<div itemprop="comment" itemscope itemtype="https://schema.org/Comment" id="m{number}">'
        f'<span itemprop="author">{escape(comment.author)}</span> '
        f'<time itemprop="dateCreated" datetime="{comment.time}">{comment.printed}</time>'
        f'<div itemprop="text">{escape(comment.text)}</div></div>'
    )


PLATFORMS: dict[str, Callable[[int, Written], str]] = {
    "wordpress": wordpress,
    "blogger": blogger,
    "xenforo": xenforo,
    "microdata": microdata,
}


@dataclass(frozen=True)
class Made:
    """A page that was made up: its paragraphs, its comments, and the markup of a comment system."""

    paragraphs: list[str]
    comments: list[Written]
    platform: str

    def html(self) -> str:
        """Return the page."""
        items = "".join(PLATFORMS[self.platform](number, comment) for number, comment in enumerate(self.comments))
        paragraphs = "".join(f"<p>{escape(text)}</p>" for text in self.paragraphs)
        return (
            "<!doctype html><html><head><title>Bridges</title></head><body><nav><a>Home</a> <a>Town</a></nav>"
            f"<article><h1>The bridge is closed</h1>{paragraphs}</article>"
            f'<div id="comments"><h2>{len(self.comments)} comments</h2><ol class="comment-list">{items}</ol></div>'
            "</body></html>"
        )


@st.composite
def pages(draw: st.DrawFn, fewest: int = 0) -> Made:
    """Return a page. No text stands in it twice, and none in another, so that each can be looked for."""
    texts = draw(st.lists(st.sampled_from(TEXTS), unique=True, min_size=fewest, max_size=9))
    authors = draw(st.lists(st.sampled_from(NAMES), min_size=len(texts), max_size=len(texts)))
    comments = [Written(*parts) for parts in zip(authors, range(1, 13), texts, strict=False)]
    paragraphs = draw(st.lists(st.sampled_from(PARAGRAPHS), unique=True, min_size=1))
    return Made(paragraphs, comments, draw(st.sampled_from(sorted(PLATFORMS))))


def check_apart(document: Document, page: Made) -> None:
    """Check that no sentence of a comment stands in the article, none in two comments, and all in their order."""
    body = "\n".join(comment.text for comment in document.comments)
    found = [comment.text for comment in page.comments if comment.text in body]
    assert not [text for text in found if text in document.article]
    assert [body.index(text) for text in found] == sorted(body.index(text) for text in found)
    assert all(body.count(text) == 1 for text in found)


@given(pages())
@settings(max_examples=60)
def test_the_comments_of_a_known_platform_are_found(page: Made) -> None:
    document = extract(page.html(), format="html")
    assert [(c.author, c.text) for c in document.comments] == [(c.author, c.text) for c in page.comments]
    check_apart(document, page)


@given(pages())
@settings(max_examples=60)
def test_text_keeps_comments_apart_and_in_order(page: Made) -> None:
    check_apart(extract(visible_text(page.html()), format="text"), page)


@given(pages(fewest=1), st.data())
@settings(max_examples=60)
def test_ids_are_unique_and_a_parent_is_the_id_of_another_comment(page: Made, data: st.DataObject) -> None:
    ids = iter(data.draw(st.lists(st.sampled_from(["", "1", "2", "3", "4", "9"]), min_size=9, max_size=9)))
    depths = iter(data.draw(st.lists(st.integers(1, 3), min_size=9, max_size=9)))
    source = re.sub(r'id="[\w-]*\d"', lambda _: f'id="{next(ids)}"', page.html())
    source = re.sub("depth-1", lambda _: f"depth-{next(depths)}", source)
    comments = extract(source, format="html").comments
    assert len({comment.id for comment in comments}) == len(comments) == len(page.comments)
    for comment in comments:
        assert comment.parent in {None, *(other.id for other in comments if other is not comment)}


SOURCES: dict[str, Callable[[str], str]] = {
    "indented": lambda page: page.replace("><", ">\n    <"),
    "tags in capitals": lambda page: re.sub(r"</?\w+", lambda tag: tag[0].upper(), page),
    "with a footer": lambda page: page.replace(
        "</body>", "<footer>© 2023 The Mill Stream <a>Imprint</a></footer></body>"
    ),
    "with scripts": lambda page: page.replace(
        "<article>", "<script>var comments = '<p>3 comments</p>';</script><article>"
    ),
    "in a wrapper": lambda page: page.replace("<body>", "<body><div id='page'><div>").replace(
        "</body>", "</div></div>"
    ),
}


@pytest.mark.parametrize("change", SOURCES.values(), ids=SOURCES)
@given(page=pages())
@settings(max_examples=15, phases=[Phase.generate])
def test_how_a_page_is_written_changes_no_comment(change: Callable[[str], str], page: Made) -> None:
    document = extract(change(page.html()), format="html")
    assert [(c.author, c.text) for c in document.comments] == [(c.author, c.text) for c in page.comments]
    check_apart(document, page)


@given(page=pages(fewest=3))
@settings(max_examples=60, phases=[Phase.generate])
def test_a_page_and_its_text_agree_on_its_comments(page: Made) -> None:
    document, printed = extract(page.html(), format="html"), extract(visible_text(page.html()), format="text")
    assert [(c.author, c.text) for c in printed.comments] == [(c.author, c.text) for c in document.comments]


LAYOUTS: dict[str, Callable[[str], str]] = {
    "CRLF": lambda text: text.replace("\n", "\r\n"),
    "old Mac": lambda text: text.replace("\n", "\r"),
    "spaces at the ends": lambda text: text.replace("\n", "  \t\n"),
    "a byte order mark": lambda text: "\ufeff" + text,
    "NULs between lines": lambda text: text.replace("\n", "\x00\n"),
    "blank lines at both ends": lambda text: f"\n\n\n{text}\n\n\n",
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
@given(page=pages())
@settings(max_examples=15, phases=[Phase.generate])
def test_white_space_changes_nothing(layout: Callable[[str], str], page: Made) -> None:
    text = visible_text(page.html())
    plain, other = extract(text, format="text"), extract(layout(text), format="text")
    assert [(c.author, c.text) for c in other.comments] == [(c.author, c.text) for c in plain.comments]
    assert other.article == plain.article


RENDERINGS: dict[str, Callable[[str], str]] = {
    "without interface lines": lambda text: "\n".join(line for line in text.split("\n") if line != "Reply"),
    "without blank lines": lambda text: "\n".join(line for line in text.split("\n") if line),
    "without navigation": lambda text: text[text.index("The bridge") :],
    "with a footer": lambda text: f"{text}\n\n© 2023 The Mill Stream. All rights reserved.\nImprint",
}


@pytest.mark.parametrize("rendering", RENDERINGS.values(), ids=RENDERINGS)
@given(page=pages(fewest=3))
@settings(max_examples=25, phases=[Phase.generate])
def test_renderings_of_a_page_agree_on_its_comments(rendering: Callable[[str], str], page: Made) -> None:
    text = visible_text(page.html())
    found = [[c.text for c in extract(t, format="text").comments] for t in (text, rendering(text))]
    assert found[0] == found[1]
