"""A small part of CSS selectors over an index of the page: what the platform table needs, in one pass over the tree.

Understood: `tag`, `.class`, `#id`, `[attr]`, `[attr=value]`, `[attr^=value]`, `[attr*=value]`, `:not(.class)`,
compounds of these, the descendant and the child (`>`) combinator, and lists with commas. An XPath for each selector was
measured at 20 ms a page for the whole table; the index takes 4 ms and serves every selector.
"""

import functools
import re
from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass

from lxml import etree

_PART = re.compile(
    r"([.#]?)([\w-]+|\*)|\[([\w-]+)(?:([\^*]?=)[\"']?([^\"'\]]*)[\"']?)?\]|:not\(\.([\w-]+)\)",
)


@dataclass(frozen=True, slots=True)
class _Compound:
    """The tests that one node must pass; `child` if its parent must pass those of the compound before."""

    child: bool
    tag: str | None
    classes: tuple[str, ...]
    attributes: tuple[tuple[str, str | None, str], ...]
    banned: tuple[str, ...]

    @property
    def is_class(self) -> bool:
        """Whether one class is all that is asked for."""
        return len(self.classes) == 1 and not (self.tag or self.attributes or self.banned)


class _Values:
    """The nodes that have an attribute, in document order and by its value."""

    def __init__(self, name: str, nodes: list[etree._Element]) -> None:
        self._nodes = nodes
        self._sorted = sorted((node.get(name) or "", i) for i, node in enumerate(nodes))

    def starting(self, value: str) -> list[etree._Element]:
        """Return the nodes whose attribute starts with `value`, in document order."""
        found = []
        for place in range(bisect_left(self._sorted, (value, -1)), len(self._sorted)):
            actual, number = self._sorted[place]
            if not actual.startswith(value):
                break
            found.append(number)
        return [self._nodes[number] for number in sorted(found)]


class Index:
    """The nodes of a page by tag, class and attribute, each list in document order."""

    def __init__(self, root: etree._Element) -> None:
        self.root = root
        self.nodes: list[etree._Element] = list(root.iter("*"))
        self.order = {node: i for i, node in enumerate(self.nodes)}
        self.classes: dict[etree._Element, frozenset[str]] = {}
        self.by_class: dict[str, list[etree._Element]] = defaultdict(list)
        self._by_tag: dict[str, list[etree._Element]] = defaultdict(list)
        self._having: dict[str, list[etree._Element]] = defaultdict(list)
        self._values: dict[str, _Values] = {}
        self._selected: dict[str, list[etree._Element]] = {}
        for node in self.nodes:
            self._by_tag[node.tag].append(node)
            for name in node.keys():  # noqa: SIM118 - a node iterates over its children
                self._having[name].append(node)
        tokens_of: dict[str, frozenset[str]] = {}
        for node in self.having("class"):
            name = node.get("class", "")
            tokens = tokens_of.get(name)
            if tokens is None:
                tokens = tokens_of[name] = frozenset(name.split())
            self.classes[node] = tokens
            for token in tokens:
                self.by_class[token].append(node)

    def select(self, selector: str) -> list[etree._Element]:
        """Return the nodes that `selector` matches, in document order; the list is shared, and not to be changed.

        Raises ValueError if `selector` holds what is not understood.
        """
        if selector not in self._selected:
            self._selected[selector] = self._select(selector)
        return self._selected[selector]

    def _select(self, selector: str) -> list[etree._Element]:
        found: dict[etree._Element, None] = {}
        parts = _parsed(selector)
        for steps in parts:
            last = steps[-1]
            candidates = self._candidates(last)
            if not candidates or not all(self._candidates(step) for step in steps[:-1]):
                continue
            if len(steps) == 1 and last.is_class:
                found.update(dict.fromkeys(candidates))
                continue
            for node in candidates:
                if self._passes(node, last) and (len(steps) == 1 or self._stands_under(node, steps)):
                    found[node] = None
        return sorted(found, key=self.order.__getitem__) if len(parts) > 1 else list(found)

    def having(self, attribute: str) -> list[etree._Element]:
        """Return the nodes that have the attribute, in document order; the list is not to be changed."""
        return self._having.get(attribute, [])

    def _candidates(self, step: _Compound) -> list[etree._Element]:
        if len(step.classes) == 1:
            return self.by_class.get(step.classes[0], [])
        if step.classes:
            return min((self.by_class.get(name, []) for name in step.classes), key=len)
        if step.attributes:
            name, operator, value = step.attributes[0]
            if operator not in ("=", "^="):
                return self.having(name)
            if name not in self._values:
                self._values[name] = _Values(name, self.having(name))
            return self._values[name].starting(value)
        return self._by_tag.get(step.tag, []) if step.tag else self.nodes

    def _passes(self, node: etree._Element, step: _Compound) -> bool:
        if step.tag and node.tag != step.tag:
            return False
        own = self.classes.get(node, frozenset())
        if not own.issuperset(step.classes) or not own.isdisjoint(step.banned):
            return False
        return all(_holds(node.get(name), operator, value) for name, operator, value in step.attributes)

    def _stands_under(self, node: etree._Element, steps: tuple[_Compound, ...]) -> bool:
        # Greedy from the innermost: enough for the table, whose selectors never need to step back.
        above = node.getparent()
        for step, below in zip(reversed(steps[:-1]), reversed(steps), strict=False):
            while above is not None and not self._passes(above, step):
                if below.child:
                    return False
                above = above.getparent()
            if above is None:
                return False
            above = above.getparent()
        return True


@functools.lru_cache(maxsize=1024)
def _parsed(selector: str) -> tuple[tuple[_Compound, ...], ...]:
    return tuple(_steps(one.strip()) for one in selector.split(","))


def _steps(selector: str) -> tuple[_Compound, ...]:
    steps, child = [], False
    for word in selector.replace(">", " > ").split():
        if word == ">":
            child = True
        else:
            steps.append(_compound(word, child))
            child = False
    return tuple(steps)


def _compound(word: str, child: bool) -> _Compound:
    tag, classes, attributes, banned, position = None, [], [], [], 0
    while position < len(word):
        match = _PART.match(word, position)
        if not match:
            raise ValueError(f"selector {word!r} is not understood at {position}")
        kind, name, attribute, operator, value, not_class = match.groups()
        if not_class:
            banned.append(not_class)
        elif attribute:
            attributes.append((attribute, operator, value or ""))
        elif kind == ".":
            classes.append(name)
        elif kind == "#":
            attributes.append(("id", "=", name))
        elif name != "*":
            tag = name
        position = match.end()
    return _Compound(child, tag, tuple(classes), tuple(attributes), tuple(banned))


def _holds(actual: str | None, operator: str | None, value: str) -> bool:
    if actual is None:
        return False
    match operator:
        case None:
            return True
        case "^=":
            return actual.startswith(value)
        case "*=":
            return value in actual
    return actual == value
