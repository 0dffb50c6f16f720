"""Comments that follow each other without a node of their own: only an anchor, or the term of a list, begins each."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice, takewhile

from lxml import etree

from moderation.extraction.lines import header
from moderation.extraction.parts import kinds
from moderation.extraction.selectors import Index

_NUMBERED = re.compile(r"(.*?)\d{2,}")
_MOST_PIECES = 12  # of text in a byline
_MOST_KINDS = 50  # of anchors: each is framed inside the frames of the others, and no page numbers so many things
_ENDS = frozenset(("form", "h1", "h2", "h3", "h4", "script"))  # what stands after the last comment


def framed(index: Index) -> set[etree._Element] | None:
    """Put what belongs to each such comment into a node of its own; None where there is no such comment.

    The page is changed in place, and `index` does not know the new nodes. Returns the nodes that state the comments'
    times, which no class tells.
    """
    groups = [*_after_anchors(index), *_list_entries(index)]
    times: set[etree._Element] = set()
    for number, runs in enumerate(groups):
        for run in runs:
            _frame(run, f"comment-run-{number}")
            times.update(node for node in run if _is_byline(node))
            times.update(child for node in run for child in node if _is_byline(child))
    return times if groups else None


def _is_byline(node: etree._Element) -> bool:
    text = " ".join("".join(islice(map(str, node.itertext()), _MOST_PIECES)).split())
    said = header(text) if text else None
    return said is not None and said.time is not None


def _after_anchors(index: Index) -> list[list[list[etree._Element]]]:
    """Return for each kind of numbered anchor the nodes from each of them to the next one."""
    groups: dict[tuple[etree._Element, str], list[etree._Element]] = defaultdict(list)
    names: dict[etree._Element, str] = {}
    for anchor in index.select("a[name], a[id], div[id^=c]"):
        name = anchor.get("id" if anchor.tag == "div" else "name") or anchor.get("id") or ""
        match = _NUMBERED.fullmatch(name)
        if not match or anchor.get("href") or (anchor.tag == "a" and _says_something(anchor)):
            continue
        start, parent = anchor, anchor.getparent()
        while parent is not None and len(parent) == 1 and not _says_something(parent) and parent.tag != "body":
            start, parent = parent, parent.getparent()  # the anchor is all that stands in its paragraph
        names[start] = match[1]
        if parent is not None:
            groups[parent, match[1]].append(start)
            if start.getprevious() is None and not (parent.text or "").strip() and parent.getparent() is not None:
                groups[parent.getparent(), f"{match[1]} opens {parent.tag}"].append(parent)
    kept = [starts for starts in groups.values() if len(starts) > 1 or kinds(names.get(starts[0], "")).worth > 1]
    return [
        [[start, *_following(start, others)] for start in starts]
        for starts in kept[:_MOST_KINDS]
        for others in [set(starts)]
    ]


def _says_something(node: etree._Element) -> bool:
    return any(piece.strip() for piece in node.itertext())


def _following(start: etree._Element, others: set[etree._Element]) -> Iterator[etree._Element]:
    return takewhile(lambda node: node not in others and node.tag not in _ENDS, start.itersiblings())


def _list_entries(index: Index) -> list[list[list[etree._Element]]]:
    """Return for each list in what is named after comments each term with its definitions."""
    groups = []
    for entries in index.select("dl"):
        around = [entries, *entries.iterancestors()][:3]
        if any(
            kinds(name).worth > 1 for node in around for name in (*index.classes.get(node, ()), node.get("id") or "")
        ):
            runs: list[list[etree._Element]] = []
            for node in entries:
                if node.tag == "dt":
                    runs.append([node])
                elif node.tag == "dd" and runs:
                    runs[-1].append(node)
            groups.append([run for run in runs if len(run) > 1])
    return groups


def _frame(run: Sequence[etree._Element], kind: str) -> None:
    first = run[0]
    parent = first.getparent()
    if parent is None:
        return
    frame = parent.makeelement("div", {"class": kind})
    named = (node.get("id") or node.get("name") for node in islice(first.iter("*"), 3))
    if name := next(filter(None, named), None):
        frame.set("id", name)
    first.addprevious(frame)
    frame.extend(run)  # the text after each node moves with it
