"""Rows of SQL dumps, read as a stream: INSERT and REPLACE of MySQL, MariaDB and PostgreSQL, COPY of PostgreSQL."""

import re
from collections.abc import Callable, Iterator
from io import BufferedReader

from moderation.formats.opening import BROKEN_OFF, shown
from moderation.formats.packing import DamagedStream
from moderation.formats.rows import LONGEST_RECORD, Record, Reject
from moderation.formats.sql_tokens import POSTGRES, Token, Tokens, UnreadableSql, value_of

_CONSTRAINTS = frozenset(
    (b"PRIMARY", b"KEY", b"UNIQUE", b"CONSTRAINT", b"INDEX", b"FULLTEXT", b"SPATIAL", b"CHECK", b"FOREIGN", b"EXCLUDE")
)
_COPIED = re.compile(rb"\\(.)", re.DOTALL)
_COPIES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"v": b"\v"}

Item = tuple[str, Record] | Reject


def sql_records(file: BufferedReader, source: str, wanted: Callable[[str], bool]) -> Iterator[Item]:
    """Yield (position, values by column) for each row that goes into a table whose name is `wanted`, without its
    schema, and a reject for each that cannot be read. Numbers are strings, as in the dump.

    The names of the columns are those of the statement, else of the CREATE TABLE before it.
    """
    tokens = Tokens(file, standard=POSTGRES in shown(file, 1024))
    columns: dict[str, list[str]] = {}
    try:
        while (token := tokens.next()) is not None:
            if token.word == b"CREATE":
                _created(tokens, columns)
            elif token.word in (b"INSERT", b"REPLACE"):
                yield from _inserted(tokens, source, wanted, columns)
            elif token.word == b"COPY":
                yield from _copied(tokens, source, wanted)
            elif token.data != b";":
                _skip_statement(tokens)
    except DamagedStream:
        yield Reject(f"{source}:{tokens.place}", BROKEN_OFF)
    except UnreadableSql as error:
        yield Reject(f"{source}:{tokens.place}", f"{error}: nothing after this could be read")


def _created(tokens: Tokens, columns: dict[str, list[str]]) -> None:
    head, end = _head(tokens)
    if end.data == b"(" and any(token.word == b"TABLE" for token in head):
        columns[_table(head)] = _first_names(tokens)
    _skip_statement(tokens, end)


def _inserted(
    tokens: Tokens, source: str, wanted: Callable[[str], bool], columns: dict[str, list[str]]
) -> Iterator[Item]:
    head, end = _head(tokens)
    table = _table(head)
    if not wanted(table):
        _skip_statement(tokens, end)
        return
    names = columns.get(table, [])
    if end.data == b"(":
        names = _first_names(tokens)
        end = _needed(tokens)
    if end.word not in (b"VALUES", b"VALUE"):
        yield Reject(f"{source}:{end.place}", "an INSERT without VALUES")
        _skip_statement(tokens, end)
        return
    while (token := tokens.next()) is not None and token.data != b";":
        if token.data == b",":
            continue
        if token.data != b"(":  # ON DUPLICATE KEY ...
            _skip_statement(tokens, token)
            return
        position = f"{source}:{token.place}"
        yield _record(_values(tokens, token.place), names, position)


def _copied(tokens: Tokens, source: str, wanted: Callable[[str], bool]) -> Iterator[Item]:
    head, end = _head(tokens)
    names = _first_names(tokens) if end.data == b"(" else []
    _skip_statement(tokens, end)
    tokens.line()
    while (line := tokens.line()) is not None and line != b"\\.":
        if wanted(_table(head)):
            values = [None if value == b"\\N" else _COPIED.sub(_unescaped, value) for value in line.split(b"\t")]
            yield _record(values, names, f"{source}:{tokens.place}")
    if line is None:
        raise UnreadableSql("SQL ends early")


def _unescaped(found: re.Match[bytes]) -> bytes:
    return _COPIES.get(found[1], found[1])


def _record(values: list[bytes | None], names: list[str], position: str) -> Item:
    if len(values) != len(names):
        what = "another number of values than columns" if names else "no statement names the columns"
        return Reject(position, what)
    try:
        texts = [None if value is None else value.decode() for value in values]
    except UnicodeDecodeError:
        return Reject(position, "not UTF-8")
    return position, dict(zip(names, texts, strict=True))


def _head(tokens: Tokens) -> tuple[list[Token], Token]:
    """Return the tokens of a statement up to its first bracket, VALUES, FROM or end, and that one."""
    head: list[Token] = []
    while (token := _needed(tokens)).data not in (b"(", b";") and token.word not in (b"VALUES", b"FROM"):
        if len(head) < 16:  # a table's name stands early
            head.append(token)
    return head, token


def _table(head: list[Token]) -> str:
    """Return the name of the table that the beginning of a statement names, without its schema."""
    return head[-1].name.rpartition(".")[2] if head else ""


def _first_names(tokens: Tokens) -> list[str]:
    """Return the first name of each part of what stands between brackets, of which the first is open."""
    names: list[str] = []
    depth, fresh = 1, True
    while depth:
        token = _needed(tokens)
        depth += (token.data == b"(") - (token.data == b")")
        if fresh and depth and token.word not in _CONSTRAINTS and len(names) < 1000:
            names.append(token.name)
        fresh = token.data == b"," and depth == 1
    return names


def _values(tokens: Tokens, begin: int) -> list[bytes | None]:
    """Return the values up to the bracket that closes; of an expression, such as a cast, the first constant counts."""
    values: list[bytes | None] = []
    depth, last = 1, None
    while depth:
        token = _needed(tokens)
        depth += (token.data == b"(") - (token.data == b")")
        if depth == 0 or (depth == 1 and token.data == b","):
            values.append(value_of(last, tokens.standard) if last is not None else None)
            last = None
        elif last is None or token.kind == "string":
            last = token
        if tokens.place - begin > LONGEST_RECORD:
            raise UnreadableSql(f"record longer than {LONGEST_RECORD >> 20} MiB")
    return values


def _skip_statement(tokens: Tokens, token: Token | None = None) -> None:
    """Go on behind the end of the statement in which `token` was the last one read."""
    while token is None or token.data != b";":
        token = tokens.next()
        if token is None:
            return


def _needed(tokens: Tokens) -> Token:
    token = tokens.next()
    if token is None:
        raise UnreadableSql("SQL ends early")
    return token
