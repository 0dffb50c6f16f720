"""CSV and TSV: texts come back as they were written, and a broken row takes no other with it."""

import csv
import io
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moderation.errors import InputError
from moderation.formats import Fields, Row


def written(rows: list[list[str]], **options: Any) -> bytes:
    file = io.StringIO(newline="")
    csv.writer(file, **options).writerows(rows)
    return file.getvalue().encode()


def test_columns_are_taken(read: Any) -> None:
    (row,) = read(b"id,text,author,time,parent,lang,score\n7,x,Ann,2024,3,en,0.5\n", "d.csv")
    assert (row.id, row.comment.text, row.comment.author) == ("7", "x", "Ann")
    assert (row.comment.time, row.comment.parent, row.comment.lang) == ("2024", "3", "en")


def test_tabs_separate_in_tsv(read: Any, texts: Any) -> None:
    assert texts(read(b"id\ttext\n1\ta, b\n", "d.tsv")) == ["a, b"]


def test_the_columns_may_have_other_names(read: Any) -> None:
    (row,) = read(b"nr,body\n7,x\n", "d.csv", fields=Fields("body", "nr"))
    assert (row.id, row.comment.text) == ("7", "x")


def test_a_row_without_an_id_is_named_by_its_number(read: Any) -> None:
    items = read(b"text,id\na,\nb,9\n", "d.csv")
    assert [item.id for item in items] == [f"{read.folder / 'd.csv'}:8", "9"]


@pytest.mark.parametrize(
    "data", [b"\xef\xbb\xbfid,text\n1,a\n", b'\xef\xbb\xbf"id","text"\r\n"1","a"\r\n', b" id , text \n1,a\n"]
)
def test_marks_quotes_and_blanks_of_the_header_are_no_part_of_a_name(read: Any, data: bytes) -> None:
    assert [(item.id, item.comment.text) for item in read(data, "d.csv")] == [("1", "a")]


def test_a_missing_column_is_an_error_that_names_the_columns(read: Any) -> None:
    with pytest.raises(InputError, match=r"no column 'text'; the columns are: id, body, date\. Name one with --text-f"):
        read(b"id,body,date\n1,a,2\n", "d.csv")


def test_a_thousand_columns_are_not_all_named(read: Any) -> None:
    with pytest.raises(InputError) as caught:
        read(",".join(f"c{k}" for k in range(1000)).encode(), "d.csv")
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("data", [b"", b"\n"])
def test_an_empty_file_has_no_columns(read: Any, data: bytes) -> None:
    with pytest.raises(InputError, match="the columns are: none"):
        read(data, "d.csv")


@pytest.mark.parametrize("data", [b"id,text\r1,a\r2,b\r", b'id,"text\n1,a\n'])
def test_a_header_that_is_none_is_an_error(read: Any, data: bytes) -> None:
    with pytest.raises(InputError, match="the header line is not CSV"):
        read(data, "d.csv")


any_text = st.text(st.characters(codec="utf-8", exclude_characters="\ufeff"), max_size=20)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(st.lists(any_text, max_size=6), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_every_text_comes_back_as_it_was(read: Any, texts: Any, found: list[str], end: str, all_quoted: bool) -> None:
    # Offsets count the code points of the text as given: blank lines and line ends inside a field must stay.
    quoting = csv.QUOTE_ALL if all_quoted else csv.QUOTE_MINIMAL
    rows = [["id", "text"], *([str(k), text] for k, text in enumerate(found))]
    assert texts(read(written(rows, lineterminator=end, quoting=quoting), "d.csv")) == found


def test_a_text_of_several_paragraphs_is_one_row(read: Any, texts: Any) -> None:
    assert texts(read(b'id,text\n1,"one\r\n\r\n  \r\ntwo"\n2,b\n', "d.csv")) == ["one\r\n\r\n  \r\ntwo", "b"]


@pytest.mark.parametrize("row", [b"1", b"1,a", b"1,a,en,x", b","])
def test_a_row_of_another_length_is_rejected_alone(read: Any, texts: Any, row: bytes) -> None:
    found = texts(read(b"id,text,lang\n0,before,en\n" + row + b"\n2,after,en\n", "d.csv"))
    assert found == ["before", "[another number of fields than in the header]", "after"]


def test_blank_lines_are_no_rows(read: Any, texts: Any) -> None:
    assert texts(read(b"id,text\n\n1,a\n   \n\r\n2,b\n\n", "d.csv")) == ["a", "b"]


def test_an_unclosed_quote_is_no_comment(read: Any, texts: Any) -> None:
    found = texts(read(b'id,text\n1,a\n2,"open\n3,b\n4,c\n', "d.csv"))
    assert found == ["a", "[a quote is never closed: nothing after this could be read]"]


@pytest.mark.parametrize("row", [b'2,"a"b', b"2,a\rb"])
def test_a_row_that_is_no_csv_is_rejected_alone(read: Any, texts: Any, row: bytes) -> None:
    assert texts(read(b"id,text\n1,a\n" + row + b"\n3,b\n", "d.csv")) == ["a", "[not CSV]", "b"]


def test_a_row_that_is_not_utf_8_is_rejected_alone(read: Any, texts: Any) -> None:
    assert texts(read(b"id,text\n1,caf\xe9\n2,caf\xc3\xa9\n", "d.csv")) == ["[not UTF-8]", "café"]


def test_nuls_are_part_of_a_text(read: Any, texts: Any) -> None:
    assert texts(read(b"id,text\n1,a\x00b\n", "d.csv")) == ["a\x00b"]


def test_an_empty_text_is_a_row(read: Any) -> None:
    (row,) = read(b"id,text\n1,\n", "d.csv")
    assert isinstance(row, Row) and row.comment.text == ""


def test_a_text_may_be_far_longer_than_the_csv_module_allows(read: Any, texts: Any) -> None:
    assert texts(read(b"id,text\n1," + b"a" * 3_000_000 + b"\n", "d.csv")) == ["a" * 3_000_000]
