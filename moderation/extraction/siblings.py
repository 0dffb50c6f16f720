"""Comments of sites that no platform rule knows: groups of alike nodes, judged by what stands in them.

A group is all nodes that share a class, the stem of an id, or a parent; a comment's node holds a time, a name and text
that is not links, and its neighbours hold the same. Few custom sites with gold exist, so the weights are set by hand.
"""

import functools
import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from lxml import etree

from moderation.extraction.items import INTERFACE, Found, Owner, byline, in_widget, time_of
from moderation.extraction.lines import Header, header, may_be_name
from moderation.extraction.render import rendered
from moderation.extraction.selectors import Index
from moderation.extraction.times import iso_time, only_time, time_span
from moderation.extraction.wording import says
from moderation.types import Comment

_COMMENT = re.compile(
    r"comm?ent|kommentar|comentario|commento|reacti|komentarz|yorum|koment|opini|respon[sd]|repl(?:y|ies)|"
    r"guestbook|leserbrief|talkback|visitors|cmt|forum[_-]?(?:message|post)",
    re.IGNORECASE,
)
_POST = re.compile(r"post|message|msg|topic|thread|beitrag|forum|answer|antwort", re.IGNORECASE)
_AUTHOR = re.compile(
    r"auth?or|user|nick|(?:^|[_-])name|poster\b|member|by-?line|person|(?:^|[_-])fn$|verfasser|pseudo|screen-?name|sender|"
    r"creator|comment(?:er|or)(?![a-z])",
    re.IGNORECASE,
)
_TIME = re.compile(r"date|time|datum|fecha|zeit|posted|(?:^|[_-])ago|when|stamp|meta", re.IGNORECASE)
_BODY = re.compile(r"te?xt|body|content|message|msg|copy|inhalt|bubble|comment-?p|desc", re.IGNORECASE)
_NEVER = re.compile(
    r"form\b|sidebar|related|recommended|teaser|menu|nav\b|footer|share|social|breadcrumb|paginat|advert|promo|recent|"
    r"latest|popular|faq|testimonial|ticker|liveblog|preview|toolbar|gallery|carousel|modal|trending|newsletter",
    re.IGNORECASE,
)
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
_SURE = 5.0  # for one node alone, and for groups whose name says nothing of comments
_SHORTEST = 2  # characters of a comment
_LONGEST_NAME = 60


class _Kinds(NamedTuple):
    """What a class or id speaks of."""

    worth: float
    author: bool
    time: bool
    body: bool


@functools.lru_cache(maxsize=8192)
def _kinds(name: str) -> _Kinds:
    worth = 0.0 if _NEVER.search(name) else 2.0 if _COMMENT.search(name) else 1.0 if _POST.search(name) else 0.0
    return _Kinds(worth, bool(_AUTHOR.search(name)), bool(_TIME.search(name)), bool(_BODY.search(name)))


class _Marks:
    """The nodes of a page whose classes speak of an author, a time, a body."""

    def __init__(self, index: Index) -> None:
        self.authors: set[etree._Element] = set()
        self.times: set[etree._Element] = set(index.select("time"))
        self.bodies: set[etree._Element] = set()
        for name, nodes in index.by_class.items():
            kinds = _kinds(name)
            for said, marked in ((kinds.author, self.authors), (kinds.time, self.times), (kinds.body, self.bodies)):
                if said:
                    marked.update(nodes)


@dataclass(frozen=True, slots=True)
class _Item:
    """What stands in one node of a group; `text` and `linked` count characters, author and time apart."""

    author: etree._Element | None
    time: etree._Element | None
    times: int
    text: int
    linked: int


def by_siblings(index: Index) -> list[Found]:
    """Return the comments of the group that looks most like comments; [] where none looks enough like them."""
    marks = _Marks(index)
    scored = [(worth + _score(nodes, index, marks), nodes, worth) for nodes, worth in _groups(index, marks)]
    scored.sort(key=lambda one: -one[0])
    for _, nodes, worth in scored[:_LIFTED]:
        parents = _parents(nodes)
        if parents:
            scored.append((worth + _score(parents, index, marks), parents, worth))
    score, nodes, worth = max(scored, key=lambda one: one[0], default=(0.0, [], 0.0))
    enough = _SURE if len(nodes) == 1 or worth < 1 else _ENOUGH
    return list(_comments(nodes, index, marks)) if score >= enough else []


def _parents(nodes: Sequence[etree._Element]) -> list[etree._Element]:
    """Return the parents of the group, if each holds one node of it; else []."""
    parents = dict.fromkeys(parent for node in nodes if (parent := node.getparent()) is not None)
    return list(parents) if len(parents) == len(nodes) > 1 else []


def _groups(index: Index, marks: _Marks) -> Iterator[tuple[list[etree._Element], float]]:
    """Yield groups of nodes in document order, each with what its name alone is worth."""
    groups: list[tuple[float, list[etree._Element]]] = []
    groups += [(worth, nodes) for name, nodes in index.by_class.items() if (worth := _kinds(name).worth)]
    stems: dict[str, list[etree._Element]] = defaultdict(list)
    for node in index.nodes:
        if match := _STEM.fullmatch(node.get("id") or ""):
            stems[match[1]].append(node)
    groups += [(worth, nodes) for stem, nodes in stems.items() if (worth := _kinds(stem).worth)]
    groups += [(0.5, nodes) for nodes in _repeated(marks)]
    groups.sort(key=lambda group: (-group[0], -len(group[1])))
    for worth, nodes in groups[:_MOST_GROUPS]:
        if nodes[0].tag not in _PAGE and nodes[0].tag not in _INLINE:
            yield nodes, worth


def _repeated(marks: _Marks) -> list[list[etree._Element]]:
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


def _score(nodes: Sequence[etree._Element], index: Index, marks: _Marks) -> float:
    """Return how much the group looks like comments, its name apart."""
    sample = nodes[:_SAMPLE]
    if in_widget(sample[0], index):
        return -9.0
    owner = Owner(dict.fromkeys(nodes))
    items = [_look(node, owner, marks) for node in sample]
    full = [item for item in items if item.text >= _SHORTEST]
    if not full:
        return -9.0
    n = len(items)
    score = 1.5 * sum(item.time is not None for item in items) / n
    score += 1.5 * sum(item.author is not None for item in items) / n
    score -= 3.0 * sum(item.linked * 2 > item.text for item in full) / n
    score -= 3.0 * sum(item.times > 2 for item in items) / n
    score -= 2.0 * (n - len(full)) / n
    score += 0.5 * min(1.0, sum(item.text for item in full) / n / 60)
    above = [node for node in (sample[0], *sample[0].iterancestors()) if node.tag not in _PAGE]
    names = [[*index.classes.get(node, ()), node.get("id") or ""] for node in above]
    score += 1.0 * any(_kinds(name).worth > 1 for own in names for name in own)
    score -= 2.0 * any(_NEVER.search(name) for own in names[:6] for name in own)
    return score + 0.1 * min(len(nodes), 10) - 1.0 * (len(nodes) == 1)


def _look(item: etree._Element, owner: Owner, marks: _Marks) -> _Item:
    author = time = None
    times = text = linked = 0
    for node in item.iter("*"):
        if node is not item and owner.of(node) is not item:
            continue
        if node.tag in ("script", "style"):
            continue
        length = len((node.text or "").strip()) + sum(len((child.tail or "").strip()) for child in node)
        text += length
        parent = node.getparent()
        if node.tag == "a" or (parent is not None and parent.tag == "a"):
            linked += length
        if node in marks.times and (shown := _shown_time(node)):
            if time is None or time not in node.iterancestors():
                times += 1
                text -= shown
            time = node if time is None else time
        elif author is None and node in marks.authors and _shows_name(node):
            author = node
    if author is None:
        bold = item.iter("cite", "strong", "b", "h3", "h4", "h5", "h6")
        author = next((node for node in bold if owner.of(node) is item and _shows_name(node)), None)
    if author is not None:
        text -= sum(len(piece.strip()) for piece in author.itertext())
    return _Item(author, time, times, text, linked)


def _shown_time(node: etree._Element) -> int:
    """Return how many characters `node` prints if it is a time, else 0."""
    text = " ".join("".join(map(str, node.itertext())).split()) if len(node) < 6 else ""
    if node.tag == "time" and not text:
        return 1
    return len(text) if len(text) < 80 and time_span(text) is not None else 0


def _shows_name(node: etree._Element) -> bool:
    if len(node) > 8:
        return False
    text = " ".join("".join(map(str, node.itertext())).split())
    return 0 < len(text) <= _LONGEST_NAME and not only_time(text) and may_be_name(text.rstrip(":").removesuffix("..."))


def _comments(nodes: Sequence[etree._Element], index: Index, marks: _Marks) -> Iterator[Found]:
    items = dict.fromkeys(nodes)
    owner = Owner(items)
    interface = set(index.select(INTERFACE))
    for node in nodes:
        look = _look(node, owner, marks)
        around = {part for part in (look.author, look.time) if part is not None}
        text, said = _body(node, owner, marks, interface | around | (items.keys() - {node}))
        if len(text) < _SHORTEST:
            continue
        author, raw_time = byline(rendered(look.author) if look.author is not None else None, time_of(look.time))
        author, raw_time = author or said.author, raw_time or said.time
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


def _body(item: etree._Element, owner: Owner, marks: _Marks, skip: Collection[etree._Element]) -> tuple[str, Header]:
    """Return the text of the comment in `item`, and what the lines around it say.

    The text is that of the node whose class says so and which holds most of it, else all but the rest.
    """
    whole, said = _stripped(rendered(item, skip))
    best = ""
    for node in item.iter("*"):
        if node is not item and node in marks.bodies and owner.of(node) is item and node not in skip:
            text = rendered(node, skip)
            if len(text) > len(best) or (2 * len(text) > len(whole) and len(text) > 0.9 * len(best)):
                best = text
    return (_stripped(best)[0] if 2 * len(best) >= len(whole) else whole), said


def _stripped(text: str) -> tuple[str, Header]:
    """Return `text` without the lines of interface, name and time at both ends, and what these say."""
    lines = text.split("\n")
    author = time = None
    for end in (0, -1):
        for _ in range(len(lines)):
            said = header(lines[end])
            if said is None and lines[end] and not says("interface", "lines", lines[end]):
                break
            if said:
                author, time = author or said.author, time or said.time
            del lines[end]
    return "\n".join(lines), Header(author, time)
