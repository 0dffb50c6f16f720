"""`extract`: one page in, its article and its comments out."""

import re
from itertools import islice

from moderation.errors import InputError
from moderation.extraction.encoding import decode
from moderation.types import Document

FORMATS = ("text", "html")
_MARKUP = re.compile(
    r"<!doctype html|<(?:html|head|body|title|meta|link|script|div|span|table|article|section|p|a|ul|ol|li|h[1-6]|"
    r"br)\b[^<]{0,2000}>",
    re.IGNORECASE,
)
_LOOK_WITHIN = 1 << 16  # characters in which a page shows that it is HTML
_FEWEST_TAGS = 3


def extract(data: str | bytes, *, url: str | None = None, format: str | None = None) -> Document:
    """Separate the reader comments of a page from its article.

    data: the page; bytes are decoded as `moderation.extraction.encoding.decode` does.
    url: where it comes from; kept in the result, nothing is fetched.
    format: "text" or "html"; None recognises it by the markup in the text.

    The comments stand in the order of the page, none of their text is left in the article. A page without comments
    gives an empty tuple, a page without an article ''. What is broken (markup, encoding, NULs) is
    read as far as it goes.

    Raises InputError if `format` is none of these.
    """
    if format is not None and format not in FORMATS:
        raise InputError(f"format {format!r} is not known; give one of {', '.join(FORMATS)}, or None to recognise it")
    text = decode(data) if isinstance(data, bytes | bytearray | memoryview) else data
    if format == "html" or (format is None and looks_like_html(text)):
        # Imported here: lxml and trafilatura take 0.3 s to load, and plain text needs neither.
        from moderation.extraction.html import from_html

        return from_html(text, url)
    from moderation.extraction.plain import from_text

    return from_text(text, url)


def looks_like_html(text: str) -> bool:
    """Return whether `text` is markup rather than prose that mentions a tag."""
    start = text[:_LOOK_WITHIN]
    if re.match(r"[\s\ufeff]*<(?:!doctype html|html|\?xml|!--)", start, re.IGNORECASE):
        return True
    return sum(1 for _ in islice(_MARKUP.finditer(start), _FEWEST_TAGS)) == _FEWEST_TAGS
