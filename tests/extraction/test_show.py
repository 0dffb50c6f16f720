"""The painted page: every part in its colour, and nothing of the page alive in it."""

import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.extraction.show import show
from moderation.shipped import shipped

SAMPLES = shipped("data/samples/pages")
OURS = {"html", "head", "meta", "title", "style", "body", "header", "h1", "h2", "p", "span", "label", "input", "main"}
OURS |= {"section", "b", "i", "a"}


class Reader(HTMLParser):
    """Reads the painted page back: its tags, their attributes, the texts of its sections."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.sections: list[tuple[str, list[str]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        if tag == "section":
            self.sections.append((dict(attrs)["class"] or "", []))
        elif tag == "p" and self.sections:
            self.sections[-1][1].append("")

    def handle_data(self, data: str) -> None:
        if self.sections and self.sections[-1][1]:
            self.sections[-1][1][-1] += data


def sections(page: str) -> list[tuple[str, list[str]]]:
    return Reader(page).sections


def test_every_part_is_painted() -> None:
    page = show((SAMPLES / "harbour-cranes.txt").read_bytes())
    assert "Comments: 10, by 5 named authors; 5 without an author" in page
    found = sections(page)
    assert ("byline", ["Rusty Anchor"]) in found
    assert ("comment second", ["#2 · author unknown", "And who gets the fees in the end?"]) in found
    assert any("Inline Feedbacks" in lines for name, lines in found if name == "dropped")
    assert sum(name.startswith("comment") for name, _ in found) == 10
    assert any("quay walls need repair" in " ".join(lines) for name, lines in found if name == "article")


def test_a_thread_is_set_in_and_linked() -> None:
    page = show((SAMPLES / "library-hours.html").read_bytes(), url="https://notes.example/?a=1&b=<2>")
    found = {lines[0]: name for name, lines in sections(page) if name.startswith("comment")}
    assert found["#2 · Ada Quill · 2025-02-12T19:05:00+00:00 · answers #1"] == "comment second d1"
    assert found["#3 · Petra L. · 2025-02-13T08:00:00+00:00 · answers #2"] == "comment d2"
    assert found["#6 · author unknown · pingback"] == "comment second"
    assert '<a href="#c1">' in page and 'id="c1"' in page
    assert "https://notes.example/?a=1&amp;b=&lt;2&gt;" in page
    assert "Recent comments" in "".join(line for name, lines in sections(page) if name == "dropped" for line in lines)


def test_only_our_style_sheet_is_allowed() -> None:
    page = show("A page.")
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    digest = b64encode(sha256(style.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'" in page
    assert page.index("Content-Security-Policy") < page.index("<title>")
    assert "url(" not in style and "@import" not in style


EVIL = (
    "</p></section><script>alert(1)</script><img src=//evil.example onerror=alert(1)><style>*{display:none}</style>\"'"
)


@pytest.mark.parametrize("format", ["html", "text"])
def test_nothing_of_a_hostile_page_is_alive(format: str) -> None:
    escaped = EVIL.replace("&", "&amp;").replace("<", "&lt;")
    attribute = EVIL.replace('"', "&quot;")
    page = (
        f'<title>{escaped}</title><p>{escaped}</p><script>alert(2)</script><ol><li class=comment id="{attribute}">'
        f'<cite class=fn>{escaped}</cite><time datetime="{attribute}">{escaped}</time>'
        f"<div class=comment-content><p>{escaped}</p></div></li></ol>"
    )
    if format == "text":
        page = f"{EVIL}\n\n1 comment\n\n{EVIL} says:\n{EVIL}\n"
    read = Reader(show(page, url=f"javascript:{EVIL}", format=format))
    assert read.tags <= OURS
    assert read.attributes <= {"lang", "charset", "http-equiv", "content", "name", "class", "type", "id", "href"}
    assert any("alert(1)" in line for _, lines in read.sections for line in lines)


@given(st.text(st.sampled_from("<>&\"'/\x00\ud800a \n"), max_size=60), st.sampled_from(["html", "text"]))
def test_no_tag_but_ours(text: str, format: str) -> None:
    assert Reader(show(text, url=text, format=format)).tags <= OURS


@pytest.mark.parametrize("data", ["", b"", b"\x00\xff", "<html></html>", "<frameset><frame src=a></frameset>"])
def test_an_empty_page_is_painted(data: str | bytes) -> None:
    assert "Comments: 0" in show(data)
