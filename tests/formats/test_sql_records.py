"""SQL dumps: values come back as they were written, wherever a chunk ends."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.formats.rows import Reject
from moderation.formats.sql_records import sql_records

texts = st.lists(
    st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
    | st.text(st.sampled_from("\\'\"`;(),-/*#\n\r\t\0 xN"), max_size=12),
    max_size=5,
)


def values(data: bytes, chunk: int) -> list[object]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("moderation.formats.sql_tokens._CHUNK", chunk)
        file = io.BufferedReader(io.BytesIO(data))  # type: ignore[arg-type]
        found = list(sql_records(file, "d", "posts".__eq__))
    assert not any(isinstance(item, Reject) for item in found)
    return [item[1]["x"] for item in found if not isinstance(item, Reject)]


@settings(max_examples=150)
@given(texts, st.integers(1, 20))
def test_strings_of_mysql(found: list[str], chunk: int) -> None:
    escapes = {"\\": "\\\\", "'": "\\'", '"': '\\"', "\n": "\\n", "\r": "\\r", "\0": "\\0", "\x1a": "\\Z"}
    quoted = ("'" + "".join(escapes.get(c, c) for c in text) + "'" for text in found)
    rows = ",\n".join(f"(1, {text}, NULL)" for text in quoted)
    data = f"INSERT INTO `posts` (`id`, `x`, `y`) VALUES {rows};\n" if found else "-- none\n"
    assert values(data.encode(), chunk) == found


@settings(max_examples=150)
@given(texts, st.integers(1, 20))
def test_strings_of_the_standard(found: list[str], chunk: int) -> None:
    statements = ("INSERT INTO public.posts (x) VALUES ('{}');\n".format(text.replace("'", "''")) for text in found)
    assert values(("-- PostgreSQL database dump\n" + "".join(statements)).encode(), chunk) == found


@settings(max_examples=150)
@given(texts, st.integers(1, 20))
def test_copied_rows(found: list[str], chunk: int) -> None:
    escapes = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    rows = ("\\N\t" + "".join(escapes.get(c, c) for c in text) + "\n" for text in found)
    data = f'COPY public."posts" (id, x) FROM stdin;\n{"".join(rows)}\\.\n\nSELECT 1;\n'
    assert values(data.encode(), chunk) == found
