"""Comments that a page states as data: schema.org Comment, UserComments and DiscussionForumPosting in JSON-LD.

Microdata is a row of the platform table: its items are nodes. JSON-LD stands apart from the nodes that show it, so each
statement is matched to the smallest node that holds the same text; its text is then read there, with its paragraphs.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Set
from dataclasses import dataclass, replace
from html import unescape
from typing import Any

from lxml import etree

from moderation.extraction.items import INTERFACE, Found, count_in, in_order
from moderation.extraction.render import rendered
from moderation.extraction.selectors import Index
from moderation.extraction.times import iso_time
from moderation.types import Comment

_COMMENT_TYPES = frozenset(("Comment", "UserComments", "DiscussionForumPosting", "Answer"))
_NESTED = ("comment", "comments", "suggestedAnswer", "acceptedAnswer")
# Without a fragment, most addresses are those of the page: only one that names a comment tells its id.
_PERMALINK = re.compile(r"#([^#]+)$|\b(?:comment|answer|repl(?:y|ie))s?[/=]([\w-]+)/?$", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]{0,500}>")
_LINE_END = re.compile(r"<(?:br|/?p|/?div|/?li)\b[^<>]{0,500}>", re.IGNORECASE)
_MOST_NODES = 300_000  # statements that are looked through
_LONGEST_NAME = 100
_MOST_VOTES = 2**31  # larger numbers are no counts, and no column of a table holds them all


@dataclass(frozen=True, slots=True)
class _Stated:
    """One comment as the data state it; `key` is the letters of its text, if any, `opens` marks a first post."""

    comment: Comment
    key: str
    opens: bool


def by_schema(index: Index) -> list[Found]:
    """Return the comments that the page's JSON-LD states, in the order of the nodes that show them."""
    first: dict[Comment, _Stated] = {}  # pages state a comment twice, below the article and below what it answers
    for script in index.select("script"):
        source = script.text or ""
        if "ld+json" in (script.get("type") or "") and any(kind in source for kind in _COMMENT_TYPES):
            for one in _stated(source):
                first.setdefault(replace(one.comment, parent=None), one)
    # Some boards state the first post as the posting and, with its author, once more as the first comment on it.
    repeated = {one.key for one in first.values() if not one.opens}
    stated = [one for one in first.values() if not (one.opens and one.key in repeated)]
    if all(one.opens for one in stated):  # a posting that nobody answers is the page's article
        return []
    nodes = _showing(index, {one.key for one in stated})
    interface = frozenset(index.select(INTERFACE))
    found = []
    for one in stated:
        shown = nodes.get(one.key)
        node = shown.pop() if shown else None
        text = rendered(node, interface) if node is not None else one.comment.text
        found.append(Found(node, replace(one.comment, text=text or one.comment.text)))
    return in_order(found, index)


def _stated(source: str) -> Iterator[_Stated]:
    try:
        data = json.loads(source, strict=False)
    except (ValueError, RecursionError):
        return
    # (statement, id of the comment above, whether it stands on a page of questions of readers)
    stack: list[tuple[Any, str | None, bool]] = [(data, None, False)]
    for _ in range(_MOST_NODES):
        if not stack:
            return
        top, parent, asked = stack.pop()
        if isinstance(top, list):
            stack += [(one, parent, asked) for one in reversed(top)]
        if not isinstance(top, dict):
            continue
        kinds = _names(top.get("@type")) & (_COMMENT_TYPES | {"QAPage"})
        asked = asked or "QAPage" in kinds
        # The answers of an FAQPage are the site's own.
        if kinds - {"QAPage", "Answer"} or ("Answer" in kinds and asked):
            comment = _comment(top, parent)
            if comment is not None:
                opens = "DiscussionForumPosting" in kinds
                yield _Stated(comment, _key(comment.text), opens)
                parent = parent if opens else comment.id
        stack += [(value, parent if key in _NESTED else None, asked) for key, value in reversed(top.items())]


def _comment(data: dict[str, Any], parent: str | None) -> Comment | None:
    text = next(
        (value for key in ("text", "commentText", "articleBody") if isinstance(value := data.get(key), str)), ""
    )
    text = _plain(text)
    if not text:
        return None
    author = data.get("author") or data.get("creator")
    if isinstance(author, list) and author:
        author = author[0]
    name = author.get("name") if isinstance(author, dict) else author
    name = " ".join(unescape(name).split()) if isinstance(name, str) and len(name) <= _LONGEST_NAME else None
    raw = next(
        (value for key in ("dateCreated", "datePublished", "commentTime") if isinstance(value := data.get(key), str)),
        None,
    )
    above = data.get("parentItem")
    return Comment(
        text,
        id=_id(data),
        author=name or None,
        time=(iso_time(raw) or raw) if raw else None,
        raw_time=raw or None,
        parent=(_id(above) if isinstance(above, dict) else None) or parent,
        votes=_votes(data),
    )


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _names(types: object) -> set[str]:
    """Return the names of types that may be written as IRIs or with a prefix."""
    return {re.split("[/#:]", one)[-1] for one in _listed(types) if isinstance(one, str)}


def _id(data: dict[str, Any]) -> str | None:
    where = data.get("@id") or data.get("url")
    match = _PERMALINK.search(where) if isinstance(where, str) else None
    return match[match.lastindex or 0] if match else None


def _votes(data: dict[str, Any]) -> int | None:
    votes = _count(data.get("upvoteCount"))
    for one in _listed(data.get("interactionStatistic")):
        if votes is None and isinstance(one, dict):
            kind = one.get("interactionType")
            if "LikeAction" in _names(kind.get("@type") if isinstance(kind, dict) else kind):
                votes = _count(one.get("userInteractionCount"))
    return votes


def _count(value: object) -> int | None:
    if isinstance(value, str):
        return count_in(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _MOST_VOTES:
        return value
    return None


def _plain(text: str) -> str:
    """Return a text that may hold markup or entities as plain text."""
    plain = unescape(_TAG.sub("", _LINE_END.sub("\n", text)))
    lines = [" ".join(line.split()) for line in plain.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _key(text: str) -> str:
    return re.sub(r"\W+", "", text).casefold()


def _showing(index: Index, keys: Set[str]) -> dict[str, list[etree._Element]]:
    """Return for each key the innermost nodes that show its text, the first one last.

    Texts are built only where the size fits.
    """
    sizes: dict[etree._Element, int] = {}
    wanted = {len(key) for key in keys if key}
    found: dict[str, list[etree._Element]] = defaultdict(list)
    for node in reversed(index.nodes):  # children before parents
        size = 0
        if node.tag not in ("script", "style"):
            size = len(_key(node.text or "")) + sum(sizes.get(child, 0) + len(_key(child.tail or "")) for child in node)
        sizes[node] = size
        if size in wanted and node.tag not in ("head", "title", "script", "meta"):
            key = _key("".join(map(str, node.itertext("*"))))
            if key in keys and not (found[key] and node in found[key][-1].iterancestors()):
                found[key].append(node)
    return found
