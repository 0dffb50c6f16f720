"""The parts of a comment that no rule names: author, time and body, by what classes say and what stands in the node."""

import functools
import re
from collections.abc import Collection
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from lxml import etree

from moderation.extraction.items import Owner
from moderation.extraction.lines import Header, header, may_be_name
from moderation.extraction.render import rendered
from moderation.extraction.selectors import Index
from moderation.extraction.times import only_time, time_span
from moderation.extraction.wording import says

# They are searched in lower case: ignoring case takes these patterns four times as long.
_COMMENT = re.compile(
    r"comm?ent|kommentar|comentario|commento|reacti|komentarz|yorum|koment|opini|respon[sd]|repl(?:y|ies)|"
    r"guestbook|leserbrief|talkback|visitors|cmt|^coms?[_-]?$|forum[_-]?(?:message|post)",
)
_POST = re.compile(r"post|message|msg|topic|thread|beitrag|forum|answer|antwort")
_AUTHOR = re.compile(
    r"auth?or|user|nick|(?:^|[_-])name|poster\b|member|by-?line|person|(?:^|[_-])fn$|verfasser|pseudo|screen-?name|sender|"
    r"creator|comment(?:er|or)(?![a-z])",
)
_TIME = re.compile(r"date|time|datum|fecha|zeit|posted|(?:^|[_-])ago|when|stamp|meta")
_BODY = re.compile(r"te?xt|body|content|message|msg|copy|inhalt|bubble|comment-?p|desc")
_NEVER = re.compile(
    r"form\b|sidebar|related|recommended|teaser|menu|nav\b|footer|share|social|breadcrumb|paginat|advert|promo|recent|"
    r"latest|popular|faq|testimonial|ticker|liveblog|preview|toolbar|gallery|carousel|modal|trending|newsletter|login|add-comment",
)
# What is left of a line once the name and the time in it are taken out.
_GLUE = re.compile(
    r"(?:(?:comment|kommentar|commentaire|comentario|posted|written|submitted|on|at|am|um|à|le|el|by|von|par|por|da|door|"
    r"says?|said|wrote|sagt|schrieb|schreibt|meint|a dit|dice|dijo|responded|replied|commented|zegt|pisze|пишет)\b"
    r"|[\s,.:;|/()#\[\]•·–—-])+",
    re.IGNORECASE,
)
_LONGEST_NAME = 60
_MOST_BODIES = 30  # nodes in one comment that are tried as its body


class Kinds(NamedTuple):
    """What a class or id speaks of; `worth` is 2 for comments, 1 for posts, 0 for neither and what is `never` one."""

    worth: float
    author: bool
    time: bool
    body: bool
    never: bool


@functools.lru_cache(maxsize=1 << 15)
def kinds(name: str) -> Kinds:
    """Return what the class or id `name` speaks of."""
    name = name.lower()
    never = bool(_NEVER.search(name))
    worth = 0.0 if never else 2.0 if _COMMENT.search(name) else 1.0 if _POST.search(name) else 0.0
    return Kinds(worth, bool(_AUTHOR.search(name)), bool(_TIME.search(name)), bool(_BODY.search(name)), never)


class Marks:
    """The nodes of a page whose classes speak of an author, a time, a body; found when they are first asked for."""

    def __init__(self, index: Index) -> None:
        self._index = index

    @functools.cached_property
    def authors(self) -> set[etree._Element]:
        """What may name an author."""
        return self._marked("author", "[itemprop=author], [itemprop=creator]")

    @functools.cached_property
    def times(self) -> set[etree._Element]:
        """What may state a time."""
        return self._marked("time", "time, abbr")

    @functools.cached_property
    def bodies(self) -> set[etree._Element]:
        """What may hold the text of a comment."""
        return self._marked("body", "[itemprop=text]")

    def _marked(self, kind: str, also: str) -> set[etree._Element]:
        marked = set(self._index.select(also))
        for name, nodes in self._index.by_class.items():
            if getattr(kinds(name), kind):
                marked.update(nodes)
        return marked


@dataclass(frozen=True, slots=True)
class Parts:
    """What stands in one node; `text` and `linked` count characters, author and time apart."""

    author: etree._Element | None
    time: etree._Element | None
    times: int
    text: int
    linked: int


def look(item: etree._Element, owner: Owner, marks: Marks) -> Parts:
    """Return the parts of `item`, what belongs to items inside it left out."""
    author = time = None
    named, dated = marks.authors, marks.times
    times = text = linked = 0
    stack = [item]
    while stack:
        node = stack.pop()
        children = list(node)
        if node is item or node not in owner:  # what an inner item holds is not this one's
            stack.extend(reversed(children))
        if node.tag in ("script", "style"):
            continue
        length = len(own.strip()) if (own := node.text) else 0
        for child in children:
            if tail := child.tail:
                length += len(tail.strip())
        text += length
        if length and (node.tag == "a" or ((parent := node.getparent()) is not None and parent.tag == "a")):
            linked += length
        if node in dated and (printed := _shown_time(node)):
            if time is None or time not in node.iterancestors():
                times += 1
                text -= printed
            time = node if time is None else time
        elif author is None and node in named and _shows_name(node):
            author = node
    if author is None:
        bold = item.iter("cite", "strong", "b", "h3", "h4", "h5", "h6")
        author = next((node for node in bold if owner.of(node) is item and _shows_name(node)), None)
    if author is not None:
        text -= sum(len(piece.strip()) for piece in author.itertext())
    return Parts(author, time, times, text, linked)


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
    if not 0 < len(text) <= _LONGEST_NAME or only_time(text) or _GLUE.fullmatch(text):
        return False
    announced = says("boundary", "bare", text) or says("boundary", "numbered", text)
    return not announced and may_be_name(text.rstrip(":").removesuffix("..."))


def body(item: etree._Element, owner: Owner, marks: Marks, skip: Collection[etree._Element]) -> tuple[str, Header]:
    """Return the text of the comment in `item`, and what the lines around it say.

    The text is that of the node whose class says so and which holds most of it, else all but the rest.
    """
    whole, said = stripped(rendered(item, skip))
    best = ""
    held = (node for node in item.iter("*") if node is not item and node in marks.bodies and node not in skip)
    for node in islice(held, _MOST_BODIES):
        if owner.of(node) is item:
            text = rendered(node, skip)
            if len(text) > len(best) or (2 * len(text) > len(whole) and len(text) > 0.9 * len(best)):
                best = text
    return (stripped(best)[0] if 2 * len(best) >= len(whole) else whole), said


def stripped(text: str) -> tuple[str, Header]:
    """Return `text` without the lines of interface, name and time at both ends, and what these say."""
    lines = text.split("\n")
    start, end = 0, len(lines)
    author = time = None
    for step in (1, -1):
        while start < end:
            line = lines[start if step == 1 else end - 1]
            said = header(line.rstrip(" ,"))
            if said is None and line and not (_GLUE.fullmatch(line) or says("interface", "lines", line)):
                break
            if said:
                author, time = author or said.author, time or said.time
            start, end = (start + 1, end) if step == 1 else (start, end - 1)
    return "\n".join(lines[start:end]), Header(author, time)
