"""The platform table (platforms.toml), and what its rules find on a page."""

import functools
import re
import tomllib
from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from lxml import etree

from moderation.extraction.items import INTERFACE, Found, Owner, byline, in_widget, time_of
from moderation.extraction.render import rendered
from moderation.extraction.selectors import Index
from moderation.extraction.times import iso_time
from moderation.types import Comment

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
    layout: str = "nested"
    author_attribute: str | None = None
    pingback: tuple[str, ...] = ()


@functools.cache
def platforms() -> tuple[Platform, ...]:
    """Return the table, in its order."""
    table = tomllib.loads(files("moderation.extraction").joinpath("platforms.toml").read_text("utf-8"))
    rows: list[dict[str, Any]] = [
        {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
        for row in table["platform"]
    ]
    return tuple(Platform(**row) for row in rows)


def by_platform(index: Index, source: str) -> list[Found]:
    """Return the comments of the platform that finds most of them on the page, whose HTML is `source`."""
    best: list[Found] = []
    for platform in platforms():
        if any(hint in source for hint in platform.hints):
            found = list(_comments(index, platform))
            if _worth(found) > _worth(best):
                best = found
    return best


def _worth(found: Sequence[Found]) -> int:
    # An author speaks for the rule: a rule that is made for another system finds none.
    return sum(2 if one.comment.author else 1 for one in found)


def _comments(index: Index, platform: Platform) -> Iterator[Found]:
    # Each selector runs once over the page and its hits are dealt out to the items: linear, however items are nested.
    items = dict.fromkeys(index.select(platform.item))
    if not items:
        return
    owner = _Follower(index, items) if platform.layout == "flow" else Owner(items)
    bodies = owner.first(index, platform.body)
    authors = owner.first(index, platform.author)
    times = owner.first(index, platform.time)
    votes = owner.first(index, platform.votes)
    dropped = {node for selector in (INTERFACE, *platform.drop) for node in index.select(selector)} | items.keys()
    around = dropped.union(authors.values(), times.values())
    for item in items:
        body = bodies.get(item)
        text = rendered(body, around if body is item else dropped) if body is not None else ""
        if not text or in_widget(item, index):
            continue
        author, raw_time = byline(
            item.get(platform.author_attribute) if platform.author_attribute else _text(authors.get(item)),
            time_of(times.get(item)),
        )
        above = owner.of(item)
        yield Found(
            item,
            Comment(
                text,
                id=item.get("id"),
                author=author,
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


def _text(node: etree._Element | None) -> str | None:
    return rendered(node) if node is not None else None


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


def _votes(node: etree._Element | None) -> int | None:
    match = _NUMBER.fullmatch(rendered(node)) if node is not None else None
    return int(match[0].replace("\N{MINUS SIGN}", "-")) if match else None
