"""HTML: the comments are found in the tree and taken out; what is left is searched for the article."""

import re
from collections.abc import Sequence
from dataclasses import replace
from html import unescape

from lxml import etree
from lxml.html import HtmlElement

from moderation.extraction.article import article_of, detach
from moderation.extraction.flow import framed
from moderation.extraction.items import Found, in_order
from moderation.extraction.parts import Marks
from moderation.extraction.platforms import by_platform, worth
from moderation.extraction.render import rendered
from moderation.extraction.schema import by_schema
from moderation.extraction.selectors import Index
from moderation.extraction.siblings import by_siblings
from moderation.types import Comment, Document

_DEEPEST = 300  # levels; beyond, tree algorithms turn quadratic, and no page that people read is built so
_DEEP = etree.XPath(f"boolean({'/*' * (_DEEPEST + 1)})")
# What is never closed runs to the end, as in a browser; looking for the end of each in vain would be quadratic.
_TAG = re.compile(
    r"<(script|style)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)|</?[a-zA-Z][^<>]*>?", re.IGNORECASE | re.DOTALL
)


def from_html(source: str, url: str | None = None) -> Document:
    """Separate a page of HTML; one nested too deeply for a tree is read as the text between its tags."""
    root = parsed(source)
    if root is None:
        return Document("", url=url)
    if _too_deep(root):
        # Imported here: the model of lines takes longer to load than most pages take, and few pages need it.
        from moderation.extraction.plain import from_text

        return from_text(unescape(_TAG.sub("\n", source)), url)
    title = _title(root)
    index = Index(root)
    found = comments_of(index)
    for one in found:
        for node in (one.node, *one.also):
            if node is not None:
                detach(node)
    return Document(article_of(root), tuple(_numbered(found)), url=url, title=title)


def comments_of(index: Index) -> list[Found]:
    """Return the comments of the page: what its data state or a platform rule finds, else what looks like comments."""
    marks = Marks(index)
    stated, ruled = by_schema(index), by_platform(index, marks)
    best = _completed(stated, ruled, index) if worth(stated) > worth(ruled) else ruled
    return best or by_siblings(index, marks) or by_platform(index, marks, strict=True) or _in_flow(index)


def _completed(stated: Sequence[Found], ruled: Sequence[Found], index: Index) -> list[Found]:
    """Return what the data state, and the comments that a rule finds beside it: pages state only their newest ones."""
    shown = {one.node for one in stated if one.node is not None}
    around = {above for node in shown for above in (node, *node.iterancestors())}

    def unstated(one: Found) -> bool:
        node = one.node
        return node is not None and node not in around and shown.isdisjoint(node.iterancestors())

    more = [one for one in ruled if unstated(one)]
    if len(more) == len(ruled):  # the rule finds something else than what is stated
        return list(stated)
    return in_order((*stated, *more), index)


def _in_flow(index: Index) -> list[Found]:
    times = framed(index)
    if times is None:
        return []
    framed_index = Index(index.root)
    marks = Marks(framed_index)
    marks.times |= times
    found = by_siblings(framed_index, marks)
    # Numbered parts of an article stand like this, too; but no time stands with them.
    return found if 2 * sum(one.comment.time is not None for one in found) > len(found) else []


def visible_text(source: str) -> str:
    """Return the text of a page of HTML as a reader sees it, with nothing taken out."""
    root = parsed(source)
    return rendered(root) if root is not None else ""


def parsed(source: str) -> etree._Element | None:
    """Return the root of the page; None where it holds no element."""
    # NULs end a C string; lone surrogates cannot be encoded.
    clean = source.replace("\x00", "").encode("utf-8", "replace")
    parser = etree.HTMLParser(encoding="utf-8", remove_pis=True, remove_comments=True, huge_tree=True)
    # One class for every tag: lxml.html's own lookup is Python that runs for each node, a tenth of a page's time.
    parser.set_element_class_lookup(etree.ElementDefaultClassLookup(element=HtmlElement))
    try:
        root: etree._Element | None = etree.fromstring(clean, parser)
    except etree.XMLSyntaxError:
        return None
    return root


def _too_deep(root: etree._Element) -> bool:
    return bool(_DEEP(root))


def _title(root: etree._Element) -> str | None:
    node = root.find(".//title")
    return (" ".join((node.text or "").split()) or None) if node is not None else None


def _numbered(found: Sequence[Found]) -> list[Comment]:
    """Make every `id` unique, by the number on the page where need be, and every `parent` a comment before.

    Where nothing names the parent but the comments say how deep they stand, it is the last one that stands higher.
    """
    named = {one.comment.id for one in found}
    spare = 0  # only ever counted up: each number is tried once, however many ids the page repeats
    taken: set[str] = set()
    ids: dict[etree._Element, str] = {}
    higher: list[tuple[int, str]] = []
    numbered = []
    for number, one in enumerate(found, 1):
        own = one.comment.id
        if not own or own in taken:
            spare = max(spare + 1, number)
            while str(spare) in named:
                spare += 1
            own = str(spare)
        parent = one.comment.parent if one.comment.parent in taken else None
        if one.above is not None:
            parent = ids.get(one.above)
        if one.level is not None:
            while higher and higher[-1][0] >= one.level:
                higher.pop()
            parent = parent or (higher[-1][1] if higher else None)
            higher.append((one.level, own))
        taken.add(own)
        if one.node is not None:
            ids[one.node] = own
        numbered.append(replace(one.comment, id=own, parent=parent))
    return numbered
