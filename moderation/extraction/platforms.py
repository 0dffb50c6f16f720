"""The platform table (platforms.toml), and what its rules find on a page."""

import functools
import re
import tomllib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from lxml import etree

from moderation.extraction.render import rendered
from moderation.extraction.selectors import select
from moderation.extraction.times import iso_time
from moderation.extraction.wording import clean_author
from moderation.types import Comment

# Interface that stands inside comments on every platform.
_DROP = (
    "form, button, textarea, select, .reply, .comment-reply-link, .comment-reply, .reply-link, .edit-link, "
    ".comment-edit-link, .comment-actions, "
    ".sharedaddy, .wpd-comment-footer, .avatar, .says, .comment-permalink, .comment-likes, .comment-rating, .signature"
)
_NUMBER = re.compile(r"[-+\N{MINUS SIGN}]?\d{1,7}")


@dataclass(frozen=True, slots=True)
class Platform:
    """One row of the table: selectors, see the head of platforms.toml."""

    name: str
    hints: tuple[str, ...]
    item: str
    body: tuple[str, ...]
    author: tuple[str, ...] = ()
    time: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    votes: tuple[str, ...] = ()
    reply_to: str | None = None
    pingback: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """A comment and the node of the page that holds it (with its replies, where they are nested)."""

    node: etree._Element
    comment: Comment


@functools.cache
def platforms() -> tuple[Platform, ...]:
    """Return the table, in its order."""
    table = tomllib.loads(files("moderation.extraction").joinpath("platforms.toml").read_text("utf-8"))
    rows: list[dict[str, Any]] = [
        {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
        for row in table["platform"]
    ]
    return tuple(Platform(**row) for row in rows)


def by_platform(root: etree._Element, source: str) -> list[Found]:
    """Return the comments of the platform that finds most of them on the page `root`, whose HTML is `source`."""
    best: list[Found] = []
    for platform in platforms():
        if any(hint in source for hint in platform.hints):
            found = list(_comments(root, platform))
            if len(found) > len(best):
                best = found
    return best


def _comments(root: etree._Element, platform: Platform) -> Iterator[Found]:
    # Each selector runs once over the page and its hits are dealt out to the items: linear, however items are nested.
    items = dict.fromkeys(select(platform.item, root))
    if not items:
        return
    owner = _Owner(items)
    bodies = owner.first(root, platform.body)
    authors = owner.first(root, platform.author)
    times = owner.first(root, platform.time)
    votes = owner.first(root, platform.votes)
    dropped = {node for selector in (_DROP, *platform.drop) for node in select(selector, root)} | items.keys()
    around = dropped.union(authors.values(), times.values())
    for item in items:
        body = bodies.get(item)
        text = rendered(item, around) if body is None else rendered(body, dropped)
        if not text:
            continue
        raw_time = _time(times.get(item))
        above = owner.of(item)
        yield Found(
            item,
            Comment(
                text,
                id=item.get("id"),
                author=clean_author(rendered(authors[item])) if item in authors else None,
                time=(iso_time(raw_time) or raw_time) if raw_time else None,
                raw_time=raw_time,
                parent=item.get(platform.reply_to)
                if platform.reply_to
                else above.get("id")
                if above is not None
                else None,
                votes=_votes(votes.get(item)),
                pingback=not set(platform.pingback).isdisjoint((item.get("class") or "").split()),
            ),
        )


class _Owner:
    """Tells which item a node stands in: the innermost above it."""

    def __init__(self, items: Collection[etree._Element]) -> None:
        self._items = items
        self._known: dict[etree._Element, etree._Element | None] = {}

    def of(self, node: etree._Element) -> etree._Element | None:
        path = []
        above = node.getparent()
        while above is not None and above not in self._known and above not in self._items:
            path.append(above)
            above = above.getparent()
        owner = above if above is None or above in self._items else self._known[above]
        self._known.update(dict.fromkeys(path, owner))
        return owner

    def first(self, root: etree._Element, selectors: Iterable[str]) -> dict[etree._Element, etree._Element]:
        """Return for each item the first node that belongs to it and that the earliest selector finds."""
        found: dict[etree._Element, etree._Element] = {}
        for selector in selectors:
            for node in select(selector, root):
                item = self.of(node)
                if item is not None:
                    found.setdefault(item, node)
        return found


def _time(node: etree._Element | None) -> str | None:
    if node is None:
        return None
    for attribute in ("datetime", "content"):
        if value := node.get(attribute):
            return str(value)
    return rendered(node) or node.get("title") or None


def _votes(node: etree._Element | None) -> int | None:
    match = _NUMBER.fullmatch(rendered(node)) if node is not None else None
    return int(match[0].replace("\N{MINUS SIGN}", "-")) if match else None
