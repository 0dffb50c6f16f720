"""WordPress's export, WXR 1.0 to 1.2 (wp-admin/includes/export.php): posts with their comments in an RSS channel."""

from collections.abc import Iterable, Iterator
from io import BufferedReader
from itertools import groupby
from typing import IO, Any
from urllib.parse import urlsplit

from moderation.formats.markup import html_of_text, text_of_html
from moderation.formats.rows import Reject, Row, Skipped, Split
from moderation.formats.xml_records import has_stray, text_in, xml_elements, xml_text
from moderation.types import Comment

_NAMESPACES = tuple(f"{{http://wordpress.org/export/{version}/}}" for version in ("1.2", "1.1", "1.0"))
_COMMENTS = frozenset(f"{space}comment" for space in _NAMESPACES)
_WANTED = frozenset(("title", "link", *_COMMENTS))
_GONE = {"spam": "marked as spam", "trash": "in the trash", "post-trashed": "in the trash"}
_BY_SOFTWARE = ("pingback", "trackback")
_NO_TIME = "0000-00-00 00:00:00"


def read_wxr(file: BufferedReader, split: Split) -> Iterator[Row | Reject | Skipped]:
    """Yield the comments as plain text: id, author, time, parent; the blog's host as site, the post's title as thread
    (its link, where it has none). Pingbacks are marked; spam and the trash are skipped.

    Positions are numbers of comments in the file.
    """
    number, site, item = 0, None, None
    thread: dict[str, str | None] = {}
    for element in xml_elements(file, split.source, _WANTED.__contains__):
        if isinstance(element, Reject):
            yield element
            continue
        above = element.getparent()
        if element.tag in _COMMENTS:
            number += 1
            named = thread if above is item else {}
            yield _row(element, site, named.get("title") or named.get("link"), f"{split.source}#{number}")
        elif above is None or above.tag not in ("item", "channel"):
            continue
        elif above.tag == "channel":
            site = urlsplit(element.text or "").hostname if element.tag == "link" else site
        else:
            if above is not item:
                item, thread = above, {}
            thread[element.tag] = element.text or None


def write_wxr(rows: Iterable[Row], file: IO[bytes]) -> None:
    """Write rows as a WXR file, which `read_wxr` reads back: texts, ids, authors, times (to the second, in UTC),
    parents, threads as titles, pingbacks, and the site of the first row.

    Rows of one thread that follow each other stand in one item; control characters become U+FFFD.
    """
    space = _NAMESPACES[0][1:-1]
    file.write(f'<?xml version="1.0" encoding="UTF-8" ?>\n<rss version="2.0" xmlns:wp="{space}">\n<channel>\n'.encode())
    for first, (thread, group) in enumerate(groupby(rows, key=lambda row: row.thread)):
        for position, row in enumerate(group):
            if not first and not position and row.site:
                file.write(f"<link>https://{xml_text(row.site)}</link>\n".encode())
            if not position:
                file.write(f"<item>\n<title>{xml_text(thread or '')}</title>\n".encode())
            file.write(_comment(row))
        file.write(b"</item>\n")
    file.write(b"</channel>\n</rss>\n")


def _row(comment: Any, site: str | None, thread: str | None, position: str) -> Row | Reject | Skipped:
    space = comment.tag.removesuffix("comment")
    if has_stray(comment):
        return Reject(position, "not of the encoding that the file declares")
    status = text_in(comment, f"{space}comment_approved")
    if status in _GONE:
        return Skipped(position, _GONE[status])
    content = comment.find(f"{space}comment_content")
    if content is None:
        return Reject(position, "no element 'wp:comment_content'")
    row_id = text_in(comment, f"{space}comment_id") or position
    parent = text_in(comment, f"{space}comment_parent")
    found = Comment(
        text=text_of_html(content.text or "", lines=True),
        id=row_id,
        author=text_in(comment, f"{space}comment_author"),
        time=_iso(text_in(comment, f"{space}comment_date_gmt"), "Z")
        or _iso(text_in(comment, f"{space}comment_date"), ""),
        parent=None if parent == "0" else parent,
        pingback=text_in(comment, f"{space}comment_type") in _BY_SOFTWARE,
    )
    return Row(row_id, found, site, thread)


def _iso(time: str | None, offset: str) -> str | None:
    return None if time is None or time == _NO_TIME else time.replace(" ", "T") + offset


def _comment(row: Row) -> bytes:
    comment = row.comment
    time = (comment.time or "").removesuffix("Z").replace("T", " ")
    fields = {
        "id": str(row.id),
        "author": comment.author or "",
        "date_gmt": time or _NO_TIME,
        "content": html_of_text(comment.text),
        "approved": "1",
        "type": "pingback" if comment.pingback else "comment",
        "parent": comment.parent or "0",
    }
    inner = "".join(f"<wp:comment_{name}>{xml_text(text)}</wp:comment_{name}>" for name, text in fields.items())
    return f"<wp:comment>{inner}</wp:comment>\n".encode()
