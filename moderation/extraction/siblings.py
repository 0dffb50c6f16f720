"""Comments of sites that no platform rule knows: groups of alike nodes, judged by what stands in them.

A group is all nodes that share a class, the stem of an id, or a parent; a comment's node holds a time, a name and text
that is not links, and its neighbours hold the same. The weights are set by hand: logistic regression and boosted trees
over 33 features of a group, tried on hosts that they had not seen, found no more at as few false alarms
(docs/extract-experiments.md).
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice

from lxml import etree

from moderation.extraction.items import INTERFACE, Found, Owner, byline, identity, in_widget, level_of, shown, time_of
from moderation.extraction.parts import Marks, body, kinds, look
from moderation.extraction.selectors import Index
from moderation.extraction.times import iso_time
from moderation.types import Comment

_STEM = re.compile(r"(.*?[^\d])[\da-f-]*\d[\da-f-]*$")
_PAGE = frozenset(("html", "body", "main"))
# Never a whole comment.
_INLINE = frozenset(
    (
        "span",
        "a",
        "label",
        "button",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "footer",
        "p",
        "input",
        "i",
        "b",
        "em",
    )
)
_SAMPLE = 12  # nodes of a group that are looked at to judge it
_MOST_GROUPS = 40
_LIFTED = 4  # groups whose parents are judged, too
_ENOUGH = 3.9
_FEW = 4.5  # for two or three nodes whose name speaks of posts only: an article is one, too
_SURE = 5.0  # for one node alone, and for groups whose name says nothing of comments
_SHORTEST = 2  # characters of a comment
_LONGEST_NAME = 60
_HELD, _ABOVE = 2, 2  # ancestors of a group, and nodes above it and each of them, where its number may stand
_MOST_PARTS = 6  # children of a node that says how many there are
_NUMBER = re.compile(r"(?<![\d.,])\d+(?![\d.,]\d)")


def by_siblings(index: Index, marks: Marks) -> list[Found]:
    """Return the comments of the group that looks most like comments; [] where none looks enough like them."""
    known: dict[tuple[etree._Element, ...], float] = {}  # a fifth of the groups are another one under a second name
    scored = []
    for nodes, worth in _groups(index, marks):
        group = tuple(nodes)
        if group not in known:
            known[group] = _score(nodes, index, marks)
        scored.append((worth + known[group], nodes, worth))
    scored.sort(key=lambda one: -one[0])
    for _, nodes, worth in scored[:_LIFTED]:
        parents = _parents(nodes)
        if parents:
            scored.append((worth + _score(parents, index, marks), parents, worth))
    score, nodes, worth = max(scored, key=lambda one: one[0], default=(0.0, [], 0.0))
    enough = _SURE if len(nodes) == 1 or worth < 1 else _FEW if worth < 2 and len(nodes) < 4 else _ENOUGH
    return list(_comments(nodes, index, marks)) if score >= enough else []


def _parents(nodes: Sequence[etree._Element]) -> list[etree._Element]:
    """Return the parents of the group, if each holds one node of it; else []."""
    parents = dict.fromkeys(parent for node in nodes if (parent := node.getparent()) is not None)
    return list(parents) if len(parents) == len(nodes) > 1 else []


def _groups(index: Index, marks: Marks) -> Iterator[tuple[list[etree._Element], float]]:
    """Yield groups of nodes in document order, each with what its name alone is worth."""
    groups: list[tuple[float, list[etree._Element]]] = []
    groups += [(worth, nodes) for name, nodes in index.by_class.items() if (worth := kinds(name).worth)]
    stems: dict[str, list[etree._Element]] = defaultdict(list)
    for node in index.having("id"):
        if match := _STEM.fullmatch(node.get("id", "")):
            stems[match[1]].append(node)
    groups += [(worth, nodes) for stem, nodes in stems.items() if (worth := kinds(stem).worth)]
    groups += [(0.5, nodes) for nodes in _repeated(marks)]
    groups.sort(key=lambda group: (-group[0], -len(group[1])))
    for worth, nodes in groups[:_MOST_GROUPS]:
        if nodes[0].tag not in _PAGE and nodes[0].tag not in _INLINE:
            yield nodes, worth


def _repeated(marks: Marks) -> list[list[etree._Element]]:
    """Return groups of siblings that hold one author each."""
    below: dict[etree._Element, int] = defaultdict(int)
    for author in marks.authors:
        for above in author.iterancestors():
            below[above] += 1
    found: dict[etree._Element, dict[etree._Element, None]] = defaultdict(dict)
    for author in marks.authors:
        node, alone = author, below[author] + 1
        while (parent := node.getparent()) is not None and below[parent] <= alone:
            node = parent
        if parent is not None:
            found[parent][node] = None
    return [[child for child in parent if child in nodes] for parent, nodes in found.items() if len(nodes) > 1]


def _score(nodes: Sequence[etree._Element], index: Index, marks: Marks) -> float:
    """Return how much the group looks like comments, its name apart."""
    sample = nodes[:_SAMPLE]
    if in_widget(sample[0], index):
        return -9.0
    owner = Owner(dict.fromkeys(nodes))
    items = [look(node, owner, marks) for node in sample]
    full = [item for item in items if item.text >= _SHORTEST]
    if not full:
        return -9.0
    n = len(items)
    score = 1.5 * sum(item.time is not None for item in items) / n
    score += 1.5 * sum(item.author is not None for item in items) / n
    score -= 3.0 * sum(item.linked * 2 > item.text for item in full) / n
    score -= 3.0 * sum(item.times > 2 for item in items) / n
    score -= 2.0 * (n - len(full)) / n
    score += 1.0 * (all(item.time is not None for item in items) and _announced(nodes))
    score -= 1.5 * sum(map(_links_on, sample)) / n
    score += 0.5 * min(1.0, sum(item.text for item in full) / n / 60)
    above = [node for node in (sample[0], *sample[0].iterancestors()) if node.tag not in _PAGE]
    names = [[*index.classes.get(node, ()), node.get("id") or ""] for node in above]
    score += 1.0 * any(kinds(name).worth > 1 for own in names for name in own)
    score -= 2.0 * any(kinds(name).never for own in names[:6] for name in own)
    return score + 0.1 * min(len(nodes), 10) - 1.0 * (len(nodes) == 1)


def _announced(nodes: Sequence[etree._Element]) -> bool:
    """Return whether a short line just above the group, or above what holds it, says how many nodes there are."""
    for node in (nodes[0], *islice(nodes[0].iterancestors(), _HELD)):
        for above in islice(node.itersiblings(preceding=True), _ABOVE):
            text = " ".join("".join(map(str, above.itertext())).split()) if len(above) < _MOST_PARTS else ""
            if len(text) <= _LONGEST_NAME and str(len(nodes)) in _NUMBER.findall(text):
                return True
    return False


def _links_on(node: etree._Element) -> bool:
    """Return whether `node` is the teaser of another page: it holds a heading that is a link."""
    return any(
        heading.find(".//a") is not None or any(above.tag == "a" for above in islice(heading.iterancestors(), 3))
        for heading in islice(node.iter("h1", "h2", "h3"), 3)
    )


def _comments(nodes: Sequence[etree._Element], index: Index, marks: Marks) -> Iterator[Found]:
    items = dict.fromkeys(nodes)
    owner = Owner(items)
    skip = {*index.select(INTERFACE), *nodes}  # of the nodes, `body` renders the one that it is asked for
    for node in nodes:
        seen = look(node, owner, marks)
        skip.update(part for part in (seen.author, seen.time) if part is not None)
        text, said = body(node, owner, marks, skip)
        if len(text) < _SHORTEST:
            continue
        author, raw_time = byline(shown(seen.author) if seen.author is not None else None, time_of(seen.time))
        author, raw_time = author or said.author, raw_time or said.time
        yield Found(
            node,
            Comment(
                text,
                id=identity(node, seen.time),
                author=author,
                time=(iso_time(raw_time) or raw_time) if raw_time else None,
                raw_time=raw_time,
            ),
            above=owner.of(node),
            level=level_of(node),
        )
