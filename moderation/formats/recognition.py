"""Which format an input has: seen from how it begins, else from its name."""

import codecs
import csv
import re
from dataclasses import dataclass
from pathlib import PurePath

from moderation.errors import InputError
from moderation.formats.csv import DELIMITERS
from moderation.formats.opening import STDIN, head
from moderation.formats.rows import Fields
from moderation.formats.sql_tokens import POSTGRES

_HEAD = 1 << 16  # bytes that are looked at, unpacked
_PACKED = (".gz", ".zst", ".bz2", ".xz")


@dataclass(frozen=True, slots=True)
class Format:
    """One format: what it is, what it gives of a comment besides the text, what tells it, and where it can be cut."""

    what: str
    gives: str
    told_by: str
    cut_at: str = ""
    extra: str = ""


_MAPPED = "id, author, time, parent, lang, site, thread"
FORMATS = {
    "jsonl": Format("JSON Lines, or one array of objects", _MAPPED, "its first brace; .jsonl, .ndjson, .json", "lines"),
    "csv": Format("CSV with a header line", _MAPPED, "the text's column in the header line; .csv", "rows"),
    "tsv": Format(
        "tab-separated values with a header line", _MAPPED, "the text's column in the header line; .tsv", "rows"
    ),
    "parquet": Format("Apache Parquet", _MAPPED, "its first bytes (PAR1); .parquet", "row groups", "parquet"),
    "reddit": Format(
        "Reddit comments of Pushshift and Arctic Shift",
        "id, author, time, parent, site (subreddit), thread (submission)",
        "the fields body, subreddit, created_utc",
        "lines",
    ),
    "hackernews": Format(
        "Hacker News items, JSON Lines or an array",
        "id, author, time, parent, site",
        "the fields id, type, time, and by, dead or deleted",
        "lines",
    ),
    "disqus": Format(
        "Disqus's XML export",
        "id, author, time, parent, site (forum), thread (link)",
        "its root element",
    ),
    "wxr": Format(
        "WordPress's export (WXR)",
        "id, author, time, parent, site (blog), thread (post title), pingback",
        "its root element and namespace",
    ),
    "discourse": Format(
        "posts of Discourse: JSON, CSV, SQL",
        "id, author, time, parent, thread (topic)",
        "the fields raw or cooked and topic_id, or post_stream",
        "lines",
    ),
    "phpbb": Format(
        "posts of phpBB: SQL, JSON, CSV",
        "id, author, time, site (forum), thread (topic)",
        "the fields post_id and post_text, or SQL",
        "lines",
    ),
    "text": Format("a page as plain text; its comments are separated first", "id, author, time, parent", ".txt"),
    "html": Format(
        "a page as HTML; its comments are separated first", "id, author, time, parent", "its first tag; .html"
    ),
    "warc": Format(
        "web archive (WARC, WET); the comments of its pages are separated first",
        "id, author, time, parent, site (host), thread (URL)",
        "its first bytes (WARC/); .warc, .wet",
        extra="warc",
    ),
}
_SUFFIXES = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
    ".txt": "text",
    ".html": "html",
    ".htm": "html",
    ".warc": "warc",
    ".wet": "warc",
}
_PROLOGUE = rb"(?:<\?xml[^>]*>\s*)?(?:<!--(?:[^-]++|-(?!->))*+-->\s*)*+(?:<!DOCTYPE[^>\[]*+(?:\[[^\]]*+\]\s*)?>\s*)?"
_HTML = re.compile(_PROLOGUE + rb"<(?:!doctype html|html|head|body)\b|<!doctype html\b", re.IGNORECASE)
_DISQUS = re.compile(_PROLOGUE + rb"<disqus\b")
_RSS = re.compile(_PROLOGUE + rb"<rss\b")
_SQL = re.compile(
    rb"(?:(?:--|#)[^\n]*\n\s*|/\*(?:[^*]++|\*(?!/))*+\*/;?\s*)*+"
    rb"(?:(?:INSERT|REPLACE)\s+INTO|CREATE\s+(?:TABLE|DATABASE)|DROP\s+TABLE|USE\s|SET\s|BEGIN|START\s+TRANSACTION|LOCK\s+TABLES|COPY\s)",
    re.IGNORECASE,
)
_NAME = re.compile(rb'"([a-z_]++)"\s*:')
_ITEM = re.compile(rb'"type"\s*:\s*"(?:comment|story|job|poll|pollopt)"')
_ARRAY = re.compile(rb"\[\s*(?:\{|\]|$)")


def recognised(source: str, given: str | None = None, fields: Fields | None = None) -> str:
    """Return the format of a source: the one `given`, else the one that its beginning shows, else by its name (an
    ending that says that it is packed aside). Standard input that shows nothing is JSON Lines.

    fields: the columns by which the header line of CSV is known.

    Raises InputError for a format that is not known, and for a source that cannot be read or that nothing tells.
    """
    if given is not None:
        if given == "wet":
            return "warc"
        if given not in FORMATS:
            raise InputError(f"Format {given!r} is not known. Give one of: {', '.join(FORMATS)}.")
        return given
    kind = seen(source, fields or Fields())
    if kind is None:
        raise InputError(
            f"{source}: neither its content nor its name tells a format. Give one with --format: {', '.join(FORMATS)}."
        )
    return kind


def seen(source: str, fields: Fields) -> str | None:
    """Return the format that a source's beginning or name shows, None where neither does. Raises InputError where it
    cannot be read.
    """
    shown = _shown(head(source, _HEAD).removeprefix(codecs.BOM_UTF8), fields)
    if shown is not None or source == STDIN:
        return shown or "jsonl"
    return _SUFFIXES.get(PurePath(unpacked_name(source)).suffix.lower())


def unpacked_name(name: str) -> str:
    """Return a file's name without the ending that says that it is packed."""
    return next((name[: -len(end)] for end in _PACKED if name.lower().endswith(end)), name)


def _shown(data: bytes, fields: Fields) -> str | None:
    """Return the format that the first bytes of an input show, None where they could be of several."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        data = data.decode("utf-16", "replace").encode("utf-8", "replace")
    start = data.lstrip()
    if data.startswith(b"PAR1"):
        return "parquet"
    if data.startswith(b"WARC/"):
        return "warc"
    if start.startswith(b"{") or _ARRAY.match(start):
        return _json(start)
    if start.startswith(b"<"):
        return _xml(start)
    if _SQL.match(start):
        return "discourse" if POSTGRES in start[:1024] and b"phpbb" not in start.lower() else "phpbb"
    return _table(data.partition(b"\n")[0].decode("utf-8", "replace").strip("\r"), fields)


def _json(data: bytes) -> str:
    """Return which site's objects begin so; JSONL for none's."""
    names = set(_NAME.findall(data))
    if {b"body", b"subreddit", b"created_utc"} <= names:
        return "reddit"
    if {b"id", b"type", b"time"} <= names and names & {b"by", b"dead", b"deleted"} and _ITEM.search(data):
        return "hackernews"
    if names & {b"post_stream", b"latest_posts"} or (b"topic_id" in names and names & {b"raw", b"cooked"}):
        return "discourse"
    return "phpbb" if {b"post_id", b"post_text"} <= names else "jsonl"


def _xml(data: bytes) -> str | None:
    if _DISQUS.match(data):
        return "disqus"
    if _RSS.match(data) and b"http://wordpress.org/export/" in data:
        return "wxr"
    return "html" if _HTML.match(data) else None


def _table(line: str, fields: Fields) -> str | None:
    for name, delimiter in DELIMITERS.items():
        try:
            columns = {column.strip() for column in next(csv.reader([line], delimiter=delimiter), [])}
        except csv.Error:
            continue
        if len(columns) < 2:
            continue
        if fields.text in columns:
            return name
        if name == "csv" and {"post_id", "post_text"} <= columns:
            return "phpbb"
        if name == "csv" and columns & {"topic_id", "topic_title"} and columns & {"raw", "cooked", "post_raw", "post"}:
            return "discourse"
    return None
