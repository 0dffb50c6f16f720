"""Comments of sites that no platform rule knows: groups of alike nodes, judged by what stands in them.

A group is all nodes that share a class, the stem of an id, or a parent; a comment's node holds a time, a name and text that
is not links, and its neighbours hold the same. Few custom sites with gold exist, so the weights are set by hand.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from lxml import etree

from moderation.extraction.items import INTERFACE, Found, Owner, byline, in_widget, time_of
from moderation.extraction.lines import header, may_be_name
from moderation.extraction.render import rendered
from moderation.extraction.selectors import Index
from moderation.extraction.times import iso_time, only_time, time_span
from moderation.extraction.wording import says
from moderation.types import Comment

_COMMENT = re.compile(
    r"comm?ent|kommentar|comentario|commento|reacti|komentarz|yorum|koment|opini|respon[sd]|answer|antwort|repl(?:y|ies)|"
    r"guestbook|leserbrief|talkback|visitors|cmt|message|reader",
    re.IGNORECASE,
)
_POST = re.compile(r"post|msg|topic|thread|beitrag|forum", re.IGNORECASE)
_AUTHOR = re.compile(
    r"auth?or|user|nick|(?:^|[_-])name|poster\b|member|by-?line|person|(?:^|[_-])fn$|verfasser|pseudo|screen-?name|sender|creator",
    re.IGNORECASE,
)
_TIME = re.compile(r"date|time|datum|fecha|zeit|posted|(?:^|[_-])ago|when|stamp|meta", re.IGNORECASE)
_BODY = re.compile(r"te?xt|body|content|message|msg|copy|inhalt|bubble|comment-?p|desc", re.IGNORECASE)
_NEVER = re.compile(
    r"form\b|sidebar|related|recommended|teaser|menu|nav\b|footer|share|social|breadcrumb|paginat|advert|promo|recent|latest|"
    r"popular|faq|testimonial|ticker|liveblog|preview|toolbar|gallery|carousel|modal|trending|newsletter",
    re.IGNORECASE,
)
_STEM = re.compile(r"(.*?[^\d])[\da-f-]*\d[\da-f-]*$")
_SAMPLE = 24  # nodes of a group that are looked at to judge it
_MOST_GROUPS = 80
_ENOUGH = 4.0
_SHORTEST = 2  # characters of a comment
_LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class _Item:
    """What stands in one node of a group."""

    author: etree._Element | None
    time: etree._Element | None
    times: int
    text: int
    linked: int


def by_siblings(index: Index) -> list[Found]:
    """Return the comments of the group that looks most like comments; [] where none looks enough like them."""
    best: list[etree._Element] = []
    highest = _ENOUGH
    for nodes, worth in _groups(index):
        score = worth + _score(nodes, index)
        if score > highest:
            best, highest = nodes, score
    return list(_comments(best, index))


def _groups(index: Index) -> Iterator[tuple[list[etree._Element], float]]:
    """Yield groups of nodes in document order, each with what its name alone is worth."""
    groups: dict[tuple[str, ...], list[etree._Element]] = {}
    worth: dict[tuple[str, ...], float] = {}
    for name, nodes in index.by_class.items():
        if (value := _named(name)) and len(nodes) * 3 < len(index.nodes):
            groups[".", name], worth[".", name] = nodes, value
    stems: dict[str, list[etree._Element]] = defaultdict(list)
    for node in index.nodes:
        if (name := node.get("id")) and (match := _STEM.fullmatch(name)):
            stems[match[1]].append(node)
    for stem, nodes in stems.items():
        if value := _named(stem):
            groups["#", stem], worth["#", stem] = nodes, value
    for parent, nodes in _repeated(index).items():
        groups["/", str(index.order[parent])], worth["/", str(index.order[parent])] = nodes, 0.5
    ranked = sorted(groups, key=lambda key: (-worth[key], -len(groups[key])))
    for key in ranked[:_MOST_GROUPS]:
        yield groups[key], worth[key]


def _named(name: str) -> float:
    if _NEVER.search(name):
        return 0.0
    return 2.0 if _COMMENT.search(name) else 1.0 if _POST.search(name) else 0.0


def _repeated(index: Index) -> dict[etree._Element, list[etree._Element]]:
    """Return, by parent, the siblings that hold one author each."""
    below: dict[etree._Element, int] = defaultdict(int)
    authors = [node for node in index.nodes if _is(node, index, _AUTHOR)]
    for author in authors:
        for above in author.iterancestors():
            below[above] += 1
    found: dict[etree._Element, dict[etree._Element, None]] = defaultdict(dict)
    for author in authors:
        node, alone = author, below[author] + 1
        while (parent := node.getparent()) is not None and below[parent] <= alone:
            node = parent
        if parent is not None:
            found[parent][node] = None
    return {parent: list(nodes) for parent, nodes in found.items() if len(nodes) > 1}


def _is(node: etree._Element, index: Index, pattern: re.Pattern[str]) -> bool:
    return any(pattern.search(name) for name in index.classes.get(node, ()))


def _score(nodes: Sequence[etree._Element], index: Index) -> float:
    """Return how much the group looks like comments, its name apart."""
    sample = nodes[:_SAMPLE]
    owner = Owner(dict.fromkeys(nodes))
    if any(in_widget(node, index) for node in sample[:1]):
        return -9.0
    items = [_look(node, owner, index) for node in sample]
    full = [item for item in items if item.text >= _SHORTEST]
    if not full:
        return -9.0
    n = len(items)
    score = 1.5 * sum(item.time is not None for item in items) / n
    score += 1.5 * sum(item.author is not None for item in items) / n
    score -= 3.0 * sum(item.linked * 2 > item.text for item in full) / n
    score -= 3.0 * sum(item.times > 2 for item in items) / n
    score -= 2.0 * (n - len(full)) / n
    above = [name for node in (nodes[0], *nodes[0].iterancestors()) for name in _names(node, index)]
    score += 1.0 * any(_COMMENT.search(name) for name in above)
    score -= 2.0 * any(_NEVER.search(name) for name in above[:12])
    score -= 1.0 * (n == 1)
    return score + 0.1 * min(len(nodes), 10)


def _names(node: etree._Element, index: Index) -> list[str]:
    own = index.classes.get(node, frozenset())
    return [*own, node.get("id") or ""] if node.tag not in ("body", "html") else []


def _look(item: etree._Element, owner: Owner, index: Index) -> _Item:
    author = time = None
    times = text = linked = 0
    for node in item.iter("*"):
        if node is item or owner.of(node) is not item or node.tag in ("script", "style"):
            continue
        length = len((node.text or "").strip()) + sum(len((child.tail or "").strip()) for child in node)
        text += length
        if node.tag == "a" or (node.getparent() is not None and node.getparent().tag == "a"):
            linked += length
        if node.tag == "time" or (_is(node, index, _TIME) and _shows_time(node)):
            times += time is None or time not in node.iterancestors()
            time = node if time is None else time
        elif author is None and _is(node, index, _AUTHOR) and _shows_name(node):
            author = node
    if author is None:
        author = next(
            (
                node
                for node in item.iter("cite", "strong", "b", "h3", "h4", "h5", "h6")
                if owner.of(node) is item and _shows_name(node)
            ),
            None,
        )
    text += len((item.text or "").strip())
    return _Item(author, time, times, text, linked)


def _shows_time(node: etree._Element) -> bool:
    text = " ".join("".join(node.itertext()).split()) if len(node) < 6 else ""
    return 0 < len(text) < 80 and time_span(text) is not None


def _shows_name(node: etree._Element) -> bool:
    if len(node) > 8:
        return False
    text = " ".join("".join(node.itertext()).split())
    return 0 < len(text) <= _LONGEST_NAME and not only_time(text) and may_be_name(text.rstrip(":").removesuffix("..."))


def _comments(nodes: Sequence[etree._Element], index: Index) -> Iterator[Found]:
    items = dict.fromkeys(nodes)
    owner = Owner(items)
    interface = set(index.select(INTERFACE))
    for node in nodes:
        look = _look(node, owner, index)
        around = {part for part in (look.author, look.time) if part is not None}
        text = _body(node, owner, index, interface | around | (items.keys() - {node}))
        if len(text) < _SHORTEST:
            continue
        author, raw_time = byline(rendered(look.author) if look.author is not None else None, time_of(look.time))
        above = owner.of(node)
        yield Found(
            node,
            Comment(
                text,
                id=node.get("id"),
                author=author,
                time=(iso_time(raw_time) or raw_time) if raw_time else None,
                raw_time=raw_time,
                parent=above.get("id") if above is not None else None,
            ),
        )


def _body(item: etree._Element, owner: Owner, index: Index, skip: Collection[etree._Element]) -> str:
    """Return the text of the comment in `item`: that of the node which is named so and holds most of it, else all but the rest."""
    whole = _stripped(rendered(item, skip))
    best = ""
    for node in item.iter("*"):
        if node is not item and _is(node, index, _BODY) and owner.of(node) is item and node not in skip:
            text = rendered(node, skip)
            if len(text) > len(best) or (2 * len(text) > len(whole) and len(text) > 0.9 * len(best)):
                best = text
    return _stripped(best) if 2 * len(best) >= len(whole) else whole


def _stripped(text: str) -> str:
    """Return `text` without the lines of interface, name and time at both ends."""
    lines = text.split("\n")
    while lines and _is_around(lines[0]):
        del lines[0]
    while lines and _is_around(lines[-1]):
        del lines[-1]
    return "\n".join(lines)


def _is_around(line: str) -> bool:
    return not line or says("interface", "lines", line) or only_time(line) or header(line) is not None
