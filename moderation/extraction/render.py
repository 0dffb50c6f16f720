"""A piece of a page as the plain text that a reader sees."""

import re
from collections.abc import Collection

from lxml import etree

_UNSEEN = frozenset(("script", "style", "noscript", "template", "head", "svg", "iframe", "object", "select", "button"))
_BLOCKS = frozenset(
    (
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "center",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "tbody",
        "td",
        "th",
        "tr",
        "ul",
    )
)
_PARAGRAPHS = frozenset(("p", "blockquote", "pre", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6"))
_SPACE = re.compile(r"\s+")
_BLANKS = re.compile(r"\n{3,}")


def rendered(node: etree._Element, skip: Collection[etree._Element] = ()) -> str:
    """Return the visible text of `node` without the nodes in `skip`: one line a block, blank lines round paragraphs."""
    pieces: list[str] = []
    # An explicit stack: pages nest deeper than Python's.
    stack: list[etree._Element | str] = [node]
    while stack:
        top = stack.pop()
        if isinstance(top, str):
            pieces.append(top)
            continue
        tag = top.tag
        if not isinstance(tag, str) or tag in _UNSEEN or (top in skip and top is not node):
            continue
        broken = "\n\n" if tag in _PARAGRAPHS else "\n" if tag in _BLOCKS or tag == "br" else ""
        if broken:
            stack.append(broken)
        for child in reversed(top):
            if tail := child.tail:
                stack.append(" " if tail.isspace() else _SPACE.sub(" ", tail))
            stack.append(child)
        if text := top.text:
            stack.append(text if tag == "pre" else " " if text.isspace() else _SPACE.sub(" ", text))
        if broken and tag != "br":
            stack.append(broken)
    lines = [line.strip() for line in "".join(pieces).split("\n")]
    return _BLANKS.sub("\n\n", "\n".join(lines)).strip()
