"""The tokens of an SQL dump, read as a stream in bounded memory."""

import re
from io import BufferedReader
from typing import NamedTuple

from moderation.formats.rows import LONGEST_RECORD

POSTGRES = b"PostgreSQL database dump"
"""Stands at the beginning of what pg_dump writes. There a backslash in a string is no more than itself, as the standard
has it, unless the string begins with E; elsewhere, as in MySQL, it escapes."""

_CHUNK = 1 << 16
_BEFORE = rb"(?P<space>\s++|--[^\n]*+(?:\n|\Z)|(?<![^\n])\#[^\n]*+(?:\n|\Z)|/\*(?:[^*]++|\*(?!/))*+\*/)|(?P<string>"
_AFTER = rb")|(?P<name>`[^`]*+`|\"(?:[^\"]++|\"\")*+\")|(?P<word>[\w.$@:+\x80-\xff-]++)|(?P<mark>.)"
_ESCAPED = rb"'(?:[^'\\]++|\\.|'')*+'"
_MYSQL = re.compile(_BEFORE + rb"[NnEeXx]?" + _ESCAPED + _AFTER, re.DOTALL)
_STANDARD = re.compile(_BEFORE + rb"[Ee]" + _ESCAPED + rb"|[NnXx]?'(?:[^']++|'')*+'" + _AFTER, re.DOTALL)
_ESCAPE = re.compile(rb"\\(.)|''", re.DOTALL)
_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"0": b"\0", b"b": b"\b", b"Z": b"\x1a"}
_HEX = re.compile(rb"0x((?:[0-9a-fA-F]{2})*)")


class UnreadableSql(Exception):
    """What stands in a dump cannot be told apart any more; says why."""


class Token(NamedTuple):
    """A string, a quoted name, a word or number, or a mark, and the byte at which it begins."""

    place: int
    kind: str
    data: bytes

    @property
    def word(self) -> bytes:
        """A word in capitals, b'' for all else."""
        return self.data.upper() if self.kind == "word" else b""

    @property
    def name(self) -> str:
        """A name without its quotes."""
        return self.data.strip(b'`"').decode("utf-8", "replace")


class Tokens:
    """The tokens of a dump, without space and comments. `place` is the byte of the last one.

    Reading them raises DamagedStream and UnreadableSql.
    """

    def __init__(self, file: BufferedReader, *, standard: bool) -> None:
        self.standard = standard
        self.place = 0
        self._file, self._match = file, (_STANDARD if standard else _MYSQL).match
        self._data, self._offset, self._at, self._ended = b"", 0, 0, False

    def next(self) -> Token | None:
        """Return the next token, None at the end."""
        while True:
            found = self._match(self._data, self._at)
            if found is None:
                if self._ended:
                    return None
                self._fill()
                continue
            opens = found.lastgroup == "mark" and (
                found[0] in (b"'", b'"', b"`") or self._data[self._at : self._at + 2] == b"/*"
            )
            if not self._ended and (opens or found.end() == len(self._data)):  # it may go on
                self._fill()
                continue
            self.place = self._offset + found.start()
            if opens:
                raise UnreadableSql("a quote or a comment is never closed")
            self._at = found.end()
            if found.lastgroup != "space":
                return Token(self.place, found.lastgroup or "", found[0])

    def line(self) -> bytes | None:
        """Return the rest of the line, without its end; None where the dump ends."""
        while (end := self._data.find(b"\n", self._at)) < 0:
            if self._ended:
                return None
            self._fill()
        line, self.place = self._data[self._at : end], self._offset + self._at
        self._at = end + 1
        return line.removesuffix(b"\r")

    def _fill(self) -> None:
        self._offset += self._at
        self._data, self._at = self._data[self._at :], 0
        if len(self._data) > LONGEST_RECORD:
            self.place = self._offset
            raise UnreadableSql(f"longer than {LONGEST_RECORD >> 20} MiB, or a quote is never closed")
        # Doubled with what is held, or a long string would be matched again and again.
        more = self._file.read(max(_CHUNK, len(self._data)))
        self._ended = not more
        self._data += more


def value_of(token: Token, standard: bool) -> bytes | None:
    """Return the bytes that a constant stands for, None for NULL."""
    if token.kind != "string":
        coded = _HEX.fullmatch(token.data)
        if coded:
            return bytes.fromhex(coded[1].decode())
        return None if token.word == b"NULL" else token.data
    prefix, _, rest = token.data.partition(b"'")
    inner = rest[:-1]
    if prefix in (b"X", b"x"):
        try:
            return bytes.fromhex(inner.decode("ascii", "replace"))
        except ValueError:
            return inner
    if standard and prefix not in (b"E", b"e"):
        return inner.replace(b"''", b"'")
    return _ESCAPE.sub(lambda found: _ESCAPES.get(found[1], found[1]) if found[1] else b"'", inner)
