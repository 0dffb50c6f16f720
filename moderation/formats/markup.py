"""Comments that are written as HTML or BBCode, as the plain text that their readers see, and back."""

import re
from html import escape, unescape

_TAG = re.compile(r"<!--|<(/?)([a-zA-Z][a-zA-Z0-9]*)[^<>]*>")
_PARAGRAPHS = frozenset(("p", "blockquote", "pre", "ul", "ol", "table", "h1", "h2", "h3", "h4", "h5", "h6", "aside"))
_BLOCKS = frozenset(("div", "li", "tr", "dd", "dt", "dl", "hr", "figure", "section", "quote", "code", "list"))
# Marks that stand for line ends until space is dealt with; text may hold none of them.
_BREAK, _BLOCK, _PARAGRAPH = "\x01", "\x02", "\x03"
_MARKS = re.compile("[\x01-\x03]")
_BETWEEN = re.compile(" ?[\x01-\x03][ \x01-\x03]*")
_SPACE = " \t\n\r\f"
_SPACES = re.compile(f"[{_SPACE}]+")
_UNSAFE = re.compile(r"[\t\r\f]|^ | $|(?<= ) ")  # space that HTML takes for no more than one space, or for none

_BB_TAG = re.compile(r"\[/?([a-zA-Z]+[0-9]?|\*)(?:=[^\[\]]*?)?((?::[a-z0-9]{1,10})*)\]")
_BB_INLINE = frozenset(
    ("b", "i", "u", "s", "url", "img", "color", "colour", "size", "font", "email", "attachment", "flash", "media",
     "sup", "sub", "spoiler", "youtube", "align", "highlight")
)  # fmt: skip
_BB_BLOCKS = frozenset(("quote", "code", "list", "*", "center", "left", "right", "table", "tr", "td", "hr"))


def text_of_html(markup: str, *, lines: bool = False) -> str:
    """Return a fragment of HTML as plain text: tags and comments taken out, references resolved, a line a block, a
    blank line round paragraphs. What is no tag ("a < b", "<3") stays.

    lines: whether the line ends of the source are line ends of the text, as in WordPress, and not mere space.
    """
    parts: list[str] = []
    place, kept = 0, lines  # whether line ends are kept here
    source = _MARKS.sub("", markup).strip(_SPACE)
    while (tag := _TAG.search(source, place)) is not None:
        parts.append(_line_ends(source[place : tag.start()], kept))
        place = tag.end()
        if tag[2] is None:  # a comment, which a reader does not see; an open one hides the rest
            end = source.find("-->", place)
            place = end + 3 if end >= 0 else len(source)
            continue
        name = tag[2].lower()
        kept = lines or (kept if name != "pre" else not tag[1])
        mark = _BREAK if name == "br" else _PARAGRAPH if name in _PARAGRAPHS else _BLOCK if name in _BLOCKS else ""
        parts.append(mark)
    parts.append(_line_ends(source[place:], kept))
    text = _SPACES.sub(" ", "".join(parts)).strip(" ")
    last = len(text)

    def broken(found: re.Match[str]) -> str:
        least = 0 if found.start() == 0 or found.end() == last else 2 if _PARAGRAPH in found[0] else 1
        return "\n" * max(least, found[0].count(_BREAK))

    # References come last: a space that is written as one is the text's own.
    return unescape(_BETWEEN.sub(broken, text))


def html_of_text(text: str) -> str:
    """Return plain text as HTML that `text_of_html` reads back as it was, but for control characters, which HTML has
    none of.
    """
    lines = (_UNSAFE.sub(lambda found: f"&#{ord(found[0])};", escape(line, quote=False)) for line in text.split("\n"))
    return "<br />".join(lines)


def text_of_bbcode(markup: str) -> str:
    """Return a forum post's BBCode as plain text: its tags are taken out. What only looks like one ("[sic]") stays."""

    def replaced(found: re.Match[str]) -> str:
        name = found[1].lower()
        if name in _BB_BLOCKS:
            return "\n"
        return "" if name in _BB_INLINE or found[2] else found[0]  # phpBB 3.0 marks every tag with an id

    return re.sub(r"\n{3,}", "\n\n", _BB_TAG.sub(replaced, markup)).strip()


def _line_ends(chunk: str, kept: bool) -> str:
    return chunk.replace("\r", "").replace("\n", _BREAK) if kept else chunk
