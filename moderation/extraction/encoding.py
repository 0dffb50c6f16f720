"""Bytes to text, for documents whose encoding nobody tells us."""

import codecs
import re

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its mark starts with UTF-16's
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_META = re.compile(
    rb"""<(?:meta|\?xml)\b[^>]{0,300}?\b(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]{2,40})""", re.IGNORECASE
)
_META_WITHIN = 4096  # bytes; the HTML standard reads 1024, real pages put it later
_SAMPLE = 1 << 16  # bytes that the detector sees
# Labels that pages use and what browsers read them as (WHATWG Encoding Standard).
_READ_AS = {
    "ascii": "cp1252",
    "iso-8859-1": "cp1252",
    "latin-1": "cp1252",
    "latin1": "cp1252",
    "us-ascii": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "iso-8859-9": "cp1254",
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
    "shift_jis": "cp932",
    "x-sjis": "cp932",
    "windows-874": "cp874",
    "tis-620": "cp874",
}
# What Python calls a text encoding and no page is written in; some of them cannot replace what they cannot read.
_NO_CHARSETS = frozenset(("idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7"))


def decode(data: bytes, charset: str | None = None) -> str:
    """Return the text of `data`. Never raises: what cannot be read becomes U+FFFD, NULs stay.

    In order: a byte order mark; strict UTF-8 (text of another encoding is hardly ever valid UTF-8, whatever the page
    declares); UTF-8 with a few broken sequences; `charset`, which the server named in its header; the one that a <meta>
    or an XML declaration names; a guess by charset-normalizer on a sample of bounded size; windows-1252. A charset that
    Python does not know counts as not named.
    """
    for mark, name in _BOMS:
        if data.startswith(mark):
            return data[len(mark) :].decode(name, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    declared = (codec_named(charset) if charset else None) or _declared(data)
    lenient = data.decode("utf-8", "replace")
    if _mostly_utf8(lenient) or declared == "utf-8":
        return lenient
    return data.decode(declared or _guessed(data), "replace")


def _declared(data: bytes) -> str | None:
    match = _META.search(data, 0, _META_WITHIN)
    return codec_named(match[1].decode("ascii", "replace")) if match else None


def codec_named(label: str) -> str | None:
    """Return the codec that a page means by a charset's label, None where it means none that can be."""
    label = label.strip().lower()
    try:
        codec = codecs.lookup(_READ_AS.get(label, label))
    except (LookupError, ValueError):
        return None
    # A page that says UTF-16 in bytes that read as ASCII this far is lying; so is one that names a binary codec.
    if codec.name.startswith(("utf-16", "utf-32")) or not codec._is_text_encoding or codec.name in _NO_CHARSETS:
        return None
    return codec.name


def _mostly_utf8(lenient: str) -> bool:
    broken = lenient.count("\N{REPLACEMENT CHARACTER}")
    foreign = len(re.findall(r"[^\x00-\x7f]", lenient)) - broken
    return foreign >= 20 * broken


def _guessed(data: bytes) -> str:
    # Imported here: the detector takes 40 ms to load and few documents need it.
    from charset_normalizer import from_bytes

    first = re.search(rb"[\x80-\xff]", data)
    start = max(0, (first.start() if first else 0) - 256)
    best = from_bytes(data[start : start + _SAMPLE], steps=5, chunk_size=512).best()
    name = str(best.encoding) if best else "cp1252"
    return _READ_AS.get(name.replace("_", "-"), name)
