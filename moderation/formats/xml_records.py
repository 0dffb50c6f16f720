"""XML exports, read an element at a time with lxml; nothing that they declare or refer to is expanded or fetched."""

import codecs
import re
from collections.abc import Callable, Iterator
from html import escape
from io import BufferedReader
from typing import Any

from lxml import etree

from moderation.errors import InputError
from moderation.extraction.encoding import codec_named
from moderation.formats.opening import BROKEN_OFF, shown
from moderation.formats.packing import DamagedStream
from moderation.formats.rows import LONGEST_RECORD, Reject

STRAY = "\U0010ffff"
"""Stands in the text where bytes of the file were not of its encoding: no character, but allowed in XML."""

_CHUNK = 1 << 16
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,200}?\bencoding\s*=\s*["']([\w.:-]{2,40})""")
# Control characters, which XML forbids and exports hold all the same, and what is no character at all.
_FORBIDDEN = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF), " ")

codecs.register_error("moderation-stray", lambda error: (STRAY, error.end))  # type: ignore[attr-defined]


def xml_elements(file: BufferedReader, source: str, wanted: Callable[[str], bool]) -> Iterator[Any]:
    """Yield each outermost element whose tag is `wanted`, whole, and last a Reject where the XML breaks off.

    An element is emptied after its turn; what is not wanted is dropped as it goes by. Memory is bounded.

    Raises InputError for XML that declares entities: no export does.
    """
    parser = etree.XMLPullParser(
        events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True,
        remove_pis=True, huge_tree=False, encoding="utf-8",
    )  # fmt: skip
    inside, held, number = 0, 0, 0  # wanted elements that are open, bytes read since the outermost began
    root = None
    broken = ""
    chunks = _utf8(file)
    while not broken:
        try:
            chunk = next(chunks, None)
        except DamagedStream:
            yield Reject(f"{source}#{number + 1}", BROKEN_OFF)
            return
        try:
            parser.close() if chunk is None else parser.feed(chunk)
        except etree.XMLSyntaxError:
            broken = "XML ends early" if chunk is None else "damaged XML, or a text longer than 10 MB"
        for event, element in parser.read_events():  # also those before the damage
            if root is None:
                root = element
                _check_declares_nothing(root, source)
            is_wanted = wanted(element.tag)
            if event == "start":
                inside += is_wanted
                continue
            inside -= is_wanted
            if inside:
                continue
            if is_wanted:
                number += 1
                held = -len(chunk or b"")  # of this one, next to nothing is the next element's
                yield element
            _drop(element)
        held = max(0, held + len(chunk or b"")) if inside else 0
        if held > LONGEST_RECORD:
            broken = f"record longer than {LONGEST_RECORD >> 20} MiB"
        elif chunk is None:
            break
    if broken:
        yield Reject(f"{source}#{number + 1}", f"{broken}: nothing after this could be read")


def text_in(element: Any, name: str) -> str | None:
    """Return the text of the child `name` of an element, None where there is none, or it is empty."""
    child = element.find(name)
    return (child.text or None) if child is not None else None


def has_stray(element: Any) -> bool:
    """Return whether an element holds bytes that were not of the file's encoding."""
    return STRAY in etree.tostring(element, encoding="unicode")


def xml_text(text: str) -> str:
    """Return text as it stands in an element or an attribute; what XML has no way to say becomes U+FFFD."""
    safe = text.translate(dict.fromkeys(_FORBIDDEN, "\ufffd")).encode("utf-8", "replace").decode()
    return escape(safe).translate({9: "&#9;", 10: "&#10;", 13: "&#13;"})


def _utf8(file: BufferedReader) -> Iterator[bytes]:
    """Yield the file as UTF-8 without what XML forbids."""
    head = shown(file, 256)
    declared = _DECLARED.match(head.removeprefix(codecs.BOM_UTF8))
    name = "utf-16" if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    if declared and name != "utf-16":
        codec = codec_named(declared[1].decode())
        name = codec if codec and codec != "utf-8" else name
    decoder = codecs.getincrementaldecoder(name)("moderation-stray")
    while chunk := file.read(_CHUNK):
        yield decoder.decode(chunk).translate(_FORBIDDEN).encode("utf-8", "replace")
    yield decoder.decode(b"", final=True).translate(_FORBIDDEN).encode("utf-8", "replace")


def _drop(element: Any) -> None:
    """Empty an element that has ended, and take out those before it: the parser still holds on to the last one."""
    element.clear()
    above = element.getparent()
    while element.getprevious() is not None:
        del above[0]


def _check_declares_nothing(root: Any, source: str) -> None:
    if root.getroottree().docinfo.internalDTD is not None:
        raise InputError(
            f"{source}: declares a document type, which no export does. Take it out if you trust the file."
        )
