"""What every way of finding comments in HTML shares: the nodes that are comments, and what belongs to which."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from lxml import etree

from moderation.extraction.lines import header
from moderation.extraction.render import rendered
from moderation.extraction.selectors import Index
from moderation.extraction.times import time_span
from moderation.extraction.wording import clean_author
from moderation.types import Comment

# Interface that stands inside comments on every platform.
INTERFACE = (
    "form, button, textarea, select, .reply, .comment-reply-link, .comment-reply, .reply-link, .edit-link, "
    ".comment-edit-link, .comment-actions, "
    ".sharedaddy, .wpd-comment-footer, .avatar, .says, .comment-permalink, .comment-likes, .comment-rating, .signature"
)
_WIDGETS = frozenset(("widget_recent_comments", "recent-comments", "recentcomments", "latest-comments"))
_LONGEST_TIME = 40  # characters; a longer text than this only holds a time


@dataclass(frozen=True, slots=True)
class Found:
    """A comment and the node of the page that holds it (with its replies, where they are nested)."""

    node: etree._Element
    comment: Comment


class Owner:
    """Tells which item a node stands in: the innermost above it."""

    def __init__(self, items: Collection[etree._Element]) -> None:
        self._items = items
        self._known: dict[etree._Element, etree._Element | None] = {}

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

    def first(self, index: Index, selectors: Iterable[str]) -> dict[etree._Element, etree._Element]:
        """Return for each item the first node that belongs to it and that the earliest selector finds ("": itself)."""
        found: dict[etree._Element, etree._Element] = {}
        for selector in selectors:
            if not selector:
                found.update((item, item) for item in self._items if item not in found)
                continue
            for node in index.select(selector):
                item = self.of(node)
                if item is not None:
                    found.setdefault(item, node)
        return found


def byline(author: str | None, time: str | None) -> tuple[str | None, str | None]:
    """Part what the nodes of author and time hold: on some platforms both hold both ("Posted by: A | 3 May 2012")."""
    said = header(" ".join(author.split())) if author else None
    if said and said.author and said.time:
        return said.author, time if time and time != author else said.time
    if time and (span := time_span(time)):
        time = time[slice(*span)] if len(time) > _LONGEST_TIME else time
    return clean_author(author) if author else None, time


def time_of(node: etree._Element | None) -> str | None:
    """Return what `node` says of a time: a machine-readable attribute, else its text."""
    if node is None:
        return None
    for attribute in ("datetime", "content"):
        if value := node.get(attribute):
            return str(value)
    return rendered(node) or node.get("title") or None


def in_widget(item: etree._Element, index: Index) -> bool:
    """Return whether `item` stands in a box that shows the latest comments of other pages."""
    return any(
        not _WIDGETS.isdisjoint(index.classes.get(above, ())) or above.get("id") in _WIDGETS
        for above in item.iterancestors()
        if above.tag != "body"
    )
