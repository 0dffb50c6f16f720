"""A small part of CSS selectors, as compiled XPath: what the platform table needs, without another dependency.

Understood: `tag`, `.class`, `#id`, `[attr]`, `[attr=value]`, `[attr^=value]`, `[attr*=value]`, `:not(.class)`,
compounds of these, the descendant and the child (`>`) combinator, and lists with commas.
"""

import functools
import re
from typing import cast

from lxml import etree

_PART = re.compile(r"([.#]?)([\w-]+|\*)|\[([\w-]+)(?:([\^*]?=)[\"']?([^\"'\]]*)[\"']?)?\]|:not\(\.([\w-]+)\)")


@functools.lru_cache(maxsize=1024)
def _compiled(selector: str) -> etree.XPath:
    return etree.XPath("|".join(_path(one.strip()) for one in selector.split(",")))


def select(selector: str, root: etree._Element) -> list[etree._Element]:
    """Return every node below `root` that `selector` matches, in document order.

    Raises ValueError if `selector` holds what is not understood.
    """
    return cast(list[etree._Element], _compiled(selector)(root))


def _path(selector: str) -> str:
    path, axis = ".", "//"
    for step in re.sub(r"\s*>\s*", " > ", selector).split():
        if step == ">":
            axis = "/"
            continue
        path, axis = path + axis + _compound(step), "//"
    return path


def _compound(step: str) -> str:
    tag, tests, position = "*", [], 0
    while position < len(step):
        match = _PART.match(step, position)
        if not match:
            raise ValueError(f"selector {step!r} is not understood at {position}")
        kind, name, attribute, operator, value, banned = match.groups()
        if banned:
            tests.append(f"not({_has_class(banned)})")
        elif attribute:
            tests.append(_attribute(attribute, operator, value))
        elif kind == ".":
            tests.append(_has_class(name))
        elif kind == "#":
            tests.append(f"@id='{name}'")
        else:
            tag = name
        position = match.end()
    return tag + "".join(f"[{test}]" for test in tests)


def _has_class(name: str) -> str:
    return f"contains(concat(' ',normalize-space(@class),' '),' {name} ')"


def _attribute(name: str, operator: str | None, value: str) -> str:
    match operator:
        case None:
            return f"@{name}"
        case "^=":
            return f"starts-with(@{name},'{value}')"
        case "*=":
            return f"contains(@{name},'{value}')"
    return f"@{name}='{value}'"
