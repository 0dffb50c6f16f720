"""What every way of finding comments in HTML shares: the nodes that are comments, and what belongs to which."""

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from lxml import etree

from moderation.extraction.lines import header, may_be_name
from moderation.extraction.render import rendered
from moderation.extraction.selectors import Index
from moderation.extraction.times import only_time, time_span
from moderation.extraction.wording import clean_author
from moderation.types import Comment

# Interface that stands inside comments on every platform.
INTERFACE = (
    "form, button, textarea, select, .reply, .comment-reply-link, .comment-reply, .reply-link, .edit-link, "
    ".comment-edit-link, .comment-actions, .sharedaddy, .wpd-comment-footer, .avatar, .says, .comment-permalink, "
    ".comment-likes, .comment-rating, .signature, .screen-reader-text, .jetpack-likes-widget-wrapper, "
    ".show-all-toggle"
)
_WIDGETS = frozenset(("widget_recent_comments", "recent-comments", "recentcomments", "latest-comments"))
_LONGEST_TIME = 40  # characters; a longer text than this only holds a time
_LONGEST_BYLINE = 300  # characters of the nodes of author and time
_LEVEL = re.compile(r"(?:^|[\s_-])(?:depth|level|indent)[_-]?(\d{1,3})(?!\S)")
# One number, and no other digit: "1.5k" and "3 of 4" are no counts. At most a billion, which fits any column.
_COUNT = re.compile(
    r"\D*?(?<!\w)([-+\N{MINUS SIGN}]?(?:\d{1,9}|\d{1,3}(?:[., '\N{RIGHT SINGLE QUOTATION MARK}]\d{3}){1,2}))(?!\w)\D*"
)
_FRAGMENT = re.compile(r"#([\w:.-]*\d[\w:.-]*)$")


@dataclass(frozen=True, slots=True)
class Found:
    """A comment and the node of the page that holds it (with its replies, where they are nested).

    `also` are further nodes that belong to it, `above` is the node of the comment that it answers, `level` is how deep
    it stands in its thread, where the page says so; `node` is None where only a script's data hold the comment.
    """

    node: etree._Element | None
    comment: Comment
    also: tuple[etree._Element, ...] = ()
    above: etree._Element | None = None
    level: int | None = None


def in_order(found: Iterable[Found], index: Index) -> list[Found]:
    """Return comments in the order of the nodes that hold them, those without a node last."""
    last = len(index.order)
    return sorted(found, key=lambda one: index.order[one.node] if one.node is not None else last)


class Owner:
    """Tells which item a node stands in: the innermost above it."""

    def __init__(self, items: Collection[etree._Element]) -> None:
        self._items = items
        self._known: dict[etree._Element, etree._Element | None] = {}

    def __contains__(self, node: etree._Element) -> bool:
        """Return whether `node` is an item itself."""
        return node in self._items

    def of(self, node: etree._Element) -> etree._Element | None:
        """Return the innermost item above `node`; None where there is none."""
        path = []
        above = node.getparent()
        while above is not None and above not in self._known and above not in self._items:
            path.append(above)
            above = above.getparent()
        owner = above if above is None or above in self._items else self._known[above]
        self._known.update(dict.fromkeys(path, owner))
        return owner

    def first(
        self, index: Index, selectors: Iterable[str], accepted: Callable[[etree._Element], bool] | None = None
    ) -> dict[etree._Element, etree._Element]:
        """Return for each item the first accepted node in it that the earliest selector finds ("": the item itself)."""
        found: dict[etree._Element, etree._Element] = {}
        for selector in selectors:
            if len(found) == len(self._items):
                break
            if not selector:
                found.update((item, item) for item in self._items if item not in found)
                continue
            for node in index.select(selector):
                item = self.of(node)
                if item is not None and item not in found and (accepted is None or accepted(node)):
                    found[item] = node
        return found


def shown(node: etree._Element) -> str:
    """Return what `node` says of a name or a time, on one line a block; '' where that is too long to be one."""
    if value := node.get("content"):
        return str(value).strip()
    length = 0
    for piece in node.itertext():
        length += len(piece)
        if length > 4 * _LONGEST_BYLINE:
            return ""
    text = rendered(node)
    return text if len(text) <= _LONGEST_BYLINE else ""


def count_in(text: str) -> int | None:
    """Return the only number in `text` ("1,234 points"); None where there is none, or another one."""
    match = _COUNT.fullmatch(text)
    return int(re.sub(r"[^\d-]", "", match[1].replace("\N{MINUS SIGN}", "-"))) if match else None


def says_who(node: etree._Element) -> bool:
    """Return whether `node` shows something that can be a name."""
    text = shown(node)
    return bool(text) and not only_time(text)


def says_when(node: etree._Element) -> bool:
    """Return whether `node` states a time."""
    if node.get("datetime") or node.get("data-time") or node.tag == "time":
        return True
    return time_span(shown(node)) is not None or time_span(node.get("title") or "") is not None


def byline(author: str | None, time: str | None) -> tuple[str | None, str | None]:
    """Part what the nodes of author and time hold: on some platforms both hold both ("Posted by: A | 3 May 2012")."""
    said = header(" ".join(author.split())) if author else None
    if author and said and said.author and said.time:
        return _closed(said.author, author), time if time and time != author else said.time
    if time and not author and (said := header(" ".join(time.split()))) and said.author:
        return said.author, said.time
    if time and (span := time_span(time)):
        time = time[slice(*span)] if len(time) > _LONGEST_TIME else time
    if not author:
        return None, time
    # Beside the name stand ranks, badges and parties, each on a line of its own.
    lines = [line for line in author.split("\n") if line.strip() and not only_time(line)]
    named = [name for line in lines if may_be_name(name := line.strip(" :,")) and clean_author(name)]
    return clean_author(named[0] if named and len(lines) > 1 else " ".join(author.split())), time


def _closed(name: str, text: str) -> str:
    """Return `name` with the bracket that was cut off as punctuation."""
    return f"{name})" if "(" in name and ")" not in name and f"{name})" in text else name


def time_of(node: etree._Element | None) -> str | None:
    """Return what `node` says of a time: a machine-readable attribute, else its text."""
    if node is None:
        return None
    for attribute in ("datetime", "content"):
        if value := node.get(attribute):
            return str(value)
    inner = node.find(".//time[@datetime]")
    if inner is not None:
        return str(inner.get("datetime"))
    return rendered(node) or node.get("title") or None


def identity(item: etree._Element, time: etree._Element | None) -> str | None:
    """Return the id by which a link reaches `item`: its own, or that of the permalink on its time."""
    for name in ("id", "data-comment-id", "data-commentid", "data-id", "thingid"):
        if value := item.get(name):
            return str(value)
    near = [] if time is None else [time, time.getparent(), *time.iter("a")]
    for node in near:
        if node is not None and node.tag == "a" and (match := _FRAGMENT.search(node.get("href") or "")):
            return match[1]
    return None


def level_of(item: etree._Element) -> int | None:
    """Return how deep in its thread `item` says it stands (class "depth-2", attribute `depth`); None if it does not."""
    match = _LEVEL.search(item.get("class") or "")
    value = match[1] if match else item.get("depth") or item.get("data-depth") or ""
    return int(value) if value.isdecimal() and len(value) < 4 else None


def in_widget(item: etree._Element, index: Index) -> bool:
    """Return whether `item` stands in a box that shows the latest comments of other pages."""
    return any(
        not _WIDGETS.isdisjoint(index.classes.get(above, ())) or above.get("id") in _WIDGETS
        for above in item.iterancestors()
        if above.tag != "body"
    )
