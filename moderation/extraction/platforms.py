"""The platform table (platforms.toml), and what its rules find on a page."""

import functools
import tomllib
from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from lxml import etree

from moderation.extraction.items import (
    INTERFACE,
    Found,
    Owner,
    byline,
    count_in,
    identity,
    in_widget,
    level_of,
    says_when,
    says_who,
    shown,
    time_of,
)
from moderation.extraction.parts import Marks, body, look
from moderation.extraction.render import rendered
from moderation.extraction.selectors import Index
from moderation.extraction.times import iso_time
from moderation.types import Comment


@dataclass(frozen=True, slots=True)
class Platform:
    """One row of the table: selectors, see the head of platforms.toml."""

    name: str
    item: str
    body: tuple[str, ...]
    author: tuple[str, ...] = ()
    time: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    votes: tuple[str, ...] = ()
    layout: str = "nested"
    author_attribute: str | None = None
    pingback: tuple[str, ...] = ()
    strict: bool = False


@functools.cache
def platforms() -> tuple[Platform, ...]:
    """Return the table, in its order."""
    table = tomllib.loads(files("moderation.extraction").joinpath("platforms.toml").read_text("utf-8"))
    rows: list[dict[str, Any]] = [
        {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
        for row in table["platform"]
    ]
    return tuple(Platform(**row) for row in rows)


def by_platform(index: Index, marks: Marks, strict: bool = False) -> list[Found]:
    """Return the comments of the platform that finds most of them on the page; of the strict rows or of the others."""
    best: list[Found] = []
    least = 0
    for platform in platforms():
        if platform.strict != strict:
            continue
        items = index.select(platform.item)
        if 2 * len(items) <= least:  # it could not be worth more
            continue
        found = list(_comments(items, index, marks, platform, least))
        if worth(found) > least:
            best, least = found, worth(found)
    return best


def worth(found: Sequence[Found]) -> int:
    """Return how much a reading of the page tells: a comment with an author counts twice."""
    # A rule that is made for another system finds no authors.
    return sum(2 if one.comment.author else 1 for one in found)


def _comments(
    nodes: Sequence[etree._Element], index: Index, marks: Marks, platform: Platform, least: int
) -> Iterator[Found]:
    # Each selector runs once over the page and its hits are dealt out to the items: linear, however items are nested.
    items = dict.fromkeys(nodes)
    flow = platform.layout == "flow"
    owner = _Follower(index, items) if flow else Owner(items)
    bodies = owner.first(index, platform.body)
    if 2 * len(bodies) <= least:
        return
    authors = owner.first(index, platform.author, says_who)
    times = owner.first(index, platform.time, says_when)
    votes = owner.first(index, platform.votes)
    dropped = {node for selector in (INTERFACE, *platform.drop) for node in index.select(selector)} | items.keys()
    around = dropped.union(authors.values(), times.values())
    for item in items:
        held = bodies.get(item)
        if held is None or in_widget(item, index):
            continue
        author = item.get(platform.author_attribute) if platform.author_attribute else None
        if author is None and item in authors:
            author = shown(authors[item])
        when = times.get(item)
        if not flow and (author is None or when is None):
            seen = look(item, owner, marks)
            if author is None and seen.author is not None and seen.author is not held:
                author = shown(seen.author)
            when = seen.time if when is None else when
            around.update(part for part in (seen.author, seen.time) if part is not None and part is not held)
        author, raw_time = byline(author, time_of(when))
        if held is item and not flow:
            text, said = body(item, owner, marks, around)
            author, raw_time = author or said.author, raw_time or said.time
        else:
            text = rendered(held, dropped)
        if not text or (platform.strict and not (author and raw_time)):
            continue
        yield Found(
            item,
            Comment(
                text,
                id=identity(item, when),
                author=author,
                time=(iso_time(raw_time) or raw_time) if raw_time else None,
                raw_time=raw_time,
                votes=count_in(shown(votes[item])) if item in votes else None,
                pingback=not set(platform.pingback).isdisjoint((item.get("class") or "").split()),
            ),
            also=(held,) if flow else (),
            above=None if flow else owner.of(item),
            level=level_of(item),
        )


class _Follower(Owner):
    """Tells which item a node belongs to where the parts of a comment follow it: the last item above it on the page."""

    def __init__(self, index: Index, items: Collection[etree._Element]) -> None:
        super().__init__(items)
        self._order = index.order
        self._sorted = sorted(items, key=index.order.__getitem__)
        self._places = [index.order[item] for item in self._sorted]

    def of(self, node: etree._Element) -> etree._Element | None:
        place = bisect_left(self._places, self._order[node])
        return self._sorted[place - 1] if place else None
