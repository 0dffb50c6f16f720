"""Disqus's XML export (docs.disqus.com/developers/export): threads, then posts that refer to them."""

from collections.abc import Iterable, Iterator
from io import BufferedReader
from typing import IO, Any
from urllib.parse import urlsplit

from moderation.formats.markup import html_of_text, text_of_html
from moderation.formats.rows import Reject, Row, Skipped, Split
from moderation.formats.xml_records import has_stray, text_in, xml_elements, xml_text
from moderation.types import Comment

_MAIN, _INTERNAL = "http://disqus.com", "http://disqus.com/disqus-internals"
_THREAD, _POST = f"{{{_MAIN}}}thread", f"{{{_MAIN}}}post"
_ID = f"{{{_INTERNAL}}}id"


def read_disqus(file: BufferedReader, split: Split) -> Iterator[Row | Reject | Skipped]:
    """Yield the posts as plain text: id, author, time, parent, the forum as site, the thread's link, title or id.

    Posts that are deleted or marked as spam are skipped. Positions are numbers of threads and posts in the file. The
    threads' links are kept in memory, some 100 bytes each.
    """
    threads: dict[str, tuple[str | None, str | None]] = {}
    number = 0
    for element in xml_elements(file, split.source, (_THREAD, _POST).__contains__):
        if isinstance(element, Reject):
            yield element
            continue
        number += 1
        position = f"{split.source}#{number}"
        if element.tag == _POST:
            yield _row(element, threads, position)
        elif found := element.get(_ID):
            link = _text(element, "link")
            site = _text(element, "forum") or (urlsplit(link).hostname if link else None)
            threads[found] = site, link or _text(element, "title") or found


def write_disqus(rows: Iterable[Row], file: IO[bytes]) -> None:
    """Write rows as a Disqus export, which `read_disqus` reads back: texts, ids, authors, times, parents, sites and
    threads.

    A thread is written before its first post; what XML cannot hold (control characters) becomes U+FFFD.
    """
    known: dict[tuple[str | None, str | None], int] = {}
    file.write(f'<?xml version="1.0" encoding="utf-8"?>\n<disqus xmlns="{_MAIN}" xmlns:dsq="{_INTERNAL}">\n'.encode())
    for row in rows:
        comment = row.comment
        inner = {"message": html_of_text(comment.text), "createdAt": comment.time}
        tail = f"<author>{_leaf('name', comment.author)}</author>"
        if row.site or row.thread:
            before = len(known)
            thread = known.setdefault((row.site, row.thread), before + 1)
            if thread > before:
                file.write(_element("thread", thread, {"forum": row.site, "link": row.thread}))
            tail += f'<thread dsq:id="{thread}"/>'
        if comment.parent:
            tail += f'<parent dsq:id="{xml_text(comment.parent)}"/>'
        file.write(_element("post", row.id, inner, tail))
    file.write(b"</disqus>\n")


def _row(post: Any, threads: dict[str, tuple[str | None, str | None]], position: str) -> Row | Reject | Skipped:
    if has_stray(post):
        return Reject(position, "not of the encoding that the file declares")
    for flag, reason in (("isDeleted", "deleted"), ("isSpam", "marked as spam")):
        if _text(post, flag) == "true":
            return Skipped(position, reason)
    message = post.find(f"{{{_MAIN}}}message")
    if message is None:
        return Reject(position, "no element 'message'")
    row_id = post.get(_ID) or _text(post, "id") or position
    author, parent, thread = (post.find(f"{{{_MAIN}}}{name}") for name in ("author", "parent", "thread"))
    comment = Comment(
        text=text_of_html(message.text or ""),
        id=row_id,
        author=(_text(author, "name") or _text(author, "username")) if author is not None else None,
        time=_text(post, "createdAt"),
        parent=(parent.get(_ID) or None) if parent is not None else None,
    )
    thread_id = thread.get(_ID) if thread is not None else None
    return Row(row_id, comment, *threads.get(thread_id or "", (None, thread_id or None)))


def _text(element: Any, name: str) -> str | None:
    return text_in(element, f"{{{_MAIN}}}{name}")


def _element(tag: str, own: object, inner: dict[str, str | None], tail: str = "") -> bytes:
    leaves = "".join(_leaf(name, text) for name, text in inner.items())
    return f'<{tag} dsq:id="{xml_text(str(own))}">{leaves}{tail}</{tag}>\n'.encode()


def _leaf(name: str, text: str | None) -> str:
    return f"<{name}>{xml_text(text)}</{name}>" if text else f"<{name}/>"
