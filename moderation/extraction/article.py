"""The article of a page whose comments are taken out: trafilatura's, else what stands where most of the prose does.

Trafilatura's many passes over the tree are most of a page's time, so what holds no article goes first: scripts, forms,
navigation, lists of short links. Inline markup dissolves. On some pages trafilatura takes one section for the whole; it
is not believed where the page's largest run of prose is several times as long
(docs/extract-experiments.md has the figures).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

from moderation.extraction.render import rendered

_NO_ARTICLE = (
    "script", "style", "noscript", "template", "link", "meta", "nav", "footer", "aside", "svg", "canvas", "iframe",
    "object", "button", "input", "select", "option", "textarea", "label", "map", "audio", "video",
)  # fmt: skip
_INLINE = (
    "span", "font", "b", "strong", "i", "em", "u", "small", "big", "wbr", "abbr", "time", "mark",
)  # fmt: skip
_LISTS = frozenset(("div", "ul", "ol", "dl", "p", "table", "section", "li", "td", "tr", "header"))
_LINKED = 0.9  # share of a block's text from which on it is a list of links
_SHORT_LINK = 30  # characters on average; longer ones are headlines, and may be the article of an overview page
_PARAGRAPH = 50  # characters of text in one node, the text of nodes inside it apart
_HELD = 0.4  # share of the page's prose that the smallest node around the article holds
_TOO_LITTLE = 0.25  # share of that node's prose that an article must have


@dataclass(slots=True)
class _Size:
    """Characters in a node: all, those of links, those of paragraphs; and how many links."""

    text: int
    linked: int
    prose: int
    links: int


def article_of(root: etree._Element) -> str:
    """Return the article in what is left of the page; `root` is not to be used afterwards."""
    import trafilatura

    etree.strip_elements(root, *_NO_ARTICLE, with_tail=False)
    etree.strip_tags(root, *_INLINE)
    sizes = _sizes(root)
    for node in _link_lists(root, sizes):
        detach(node)
    main = _main(root, sizes)
    text = trafilatura.extract(root, include_comments=False, include_formatting=False, fast=True) or ""
    return rendered(main) if len(text) < _TOO_LITTLE * sizes[main].prose else text


def detach(node: etree._Element) -> None:
    """Take `node` out of its tree, and leave the text after it."""
    above = node.getparent()
    if above is None:
        return
    if tail := node.tail:
        previous = node.getprevious()
        if previous is not None:
            previous.tail = (previous.tail or "") + tail
        else:
            above.text = (above.text or "") + tail
    node.tail = None
    above.remove(node)


def _sizes(root: etree._Element) -> dict[etree._Element, _Size]:
    sizes: dict[etree._Element, _Size] = {}
    for node in reversed(list(root.iter("*"))):  # children before parents
        own = len((node.text or "").strip())
        text = linked = prose = links = 0
        for child in node:
            inner = sizes[child]
            if tail := child.tail:
                own += len(tail.strip())
            if child.tag == "a":
                own += inner.text
            else:
                text += inner.text
            linked += inner.linked
            prose += inner.prose
            links += inner.links
        text += own
        if node.tag == "a":
            linked, links = text, 1
        elif own >= _PARAGRAPH:
            prose += own
        sizes[node] = _Size(text, linked, prose, links)
    return sizes


def _link_lists(root: etree._Element, sizes: Mapping[etree._Element, _Size]) -> list[etree._Element]:
    found: list[etree._Element] = []
    stack = [root]
    while stack:
        node = stack.pop()
        size = sizes[node]
        linked = size.linked > _LINKED * size.text and size.linked <= _SHORT_LINK * size.links
        if linked and node.tag in _LISTS:
            found.append(node)
        else:
            stack.extend(node)
    return found


def _main(root: etree._Element, sizes: Mapping[etree._Element, _Size]) -> etree._Element:
    """Return the smallest node around most of the prose."""
    node: etree._Element | None = root
    while node is not None:
        main = node
        node = next((child for child in main if sizes[child].prose > _HELD * sizes[root].prose), None)
    return main
