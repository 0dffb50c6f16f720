"""Disqus's XML export."""

from typing import Any

import pytest

from moderation.errors import InputError
from moderation.formats import Reject, Row, Skipped

HEAD = b"""<?xml version="1.0" encoding="utf-8"?>
<disqus xmlns="http://disqus.com" xmlns:dsq="http://disqus.com/disqus-internals"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<category dsq:id="1"><forum>harbour</forum><title>General</title></category>
<thread dsq:id="2"><id>/trams</id><forum>harbour</forum><category dsq:id="1"/><link>https://harbour.example/trams</link>
<title>Trams</title><message/><createdAt>2012-12-12T12:12:12Z</createdAt>
<author><name>Editor</name></author><isDeleted>false</isDeleted></thread>
"""


def post(
    number: int, message: str = "<![CDATA[<p>One &amp; two</p>]]>", inner: str = "", deleted: str = "false"
) -> bytes:
    return f"""<post dsq:id="{number}"><id/><message>{message}</message><createdAt>2012-12-13T01:02:03Z</createdAt>
<isDeleted>{deleted}</isDeleted><isSpam>false</isSpam><author><name>Ann</name><isAnonymous>true</isAnonymous></author>
<thread dsq:id="2"/>{inner}</post>
""".encode()


def test_posts_with_their_threads(read: Any) -> None:
    data = HEAD + post(3) + post(4, "&lt;p&gt;escaped&lt;/p&gt;", '<parent dsq:id="3"/>') + b"</disqus>"
    first, second = read(data, "export.xml")
    assert (first.id, first.site, first.thread) == ("3", "harbour", "https://harbour.example/trams")
    comment = first.comment
    assert (comment.text, comment.author, comment.time, comment.parent) == (
        "One & two", "Ann", "2012-12-13T01:02:03Z", None,
    )  # fmt: skip
    assert (second.comment.text, second.comment.parent) == ("escaped", "3")


def test_what_is_gone_is_skipped(read: Any) -> None:
    spam = post(4).replace(b"<isSpam>false", b"<isSpam>true")
    items = read(HEAD + post(3, deleted="true") + spam + post(5) + b"</disqus>", "export.xml")
    assert [item.reason for item in items[:2] if isinstance(item, Skipped)] == ["deleted", "marked as spam"]
    assert isinstance(items[2], Row)


def test_an_export_that_breaks_off_gives_what_came_before(read: Any, texts: Any) -> None:
    whole = HEAD + post(3) + post(4)
    for cut in (1, 50):
        found = texts(read(whole[:-cut], "export.xml"))
        assert found[0] == "One & two"
        assert found[-1] == "[XML ends early: nothing after this could be read]"
    assert texts(read(whole.replace(b'dsq:id="4"', b"<"), "export.xml"))[1].startswith("[damaged XML")


def test_control_characters_and_strays_do_not_break_the_xml(read: Any, texts: Any) -> None:
    data = HEAD + post(3, "a\x0bb\x00c") + post(4).replace(b"One", b"caf\xe9") + post(5) + b"</disqus>"
    assert texts(read(data, "export.xml")) == ["a b c", "[not of the encoding that the file declares]", "One & two"]


@pytest.mark.parametrize("encoding", ["iso-8859-1", "utf-16", "windows-1252"])
def test_other_encodings_are_read(read: Any, encoding: str) -> None:
    text = (HEAD + post(3, "café") + b"</disqus>").decode().replace('encoding="utf-8"', f'encoding="{encoding}"')
    (row,) = read(text.encode(encoding), "export.xml")
    assert row.comment.text == "café"


BOMB = b"""<?xml version="1.0"?><!DOCTYPE disqus [<!ENTITY a "lol">%s]>
<disqus xmlns="http://disqus.com" xmlns:dsq="http://disqus.com/disqus-internals"><post dsq:id="1"><message>%s</message>
</post></disqus>"""


@pytest.mark.parametrize(
    ("declared", "used"),
    [
        (b"".join(b'<!ENTITY %c "%s">' % (98 + k, b"&%c;" % (97 + k) * 10) for k in range(9)), b"&j;"),
        (b'<!ENTITY x SYSTEM "file:///etc/passwd">', b"&x;"),
        (b'<!ENTITY % x SYSTEM "http://127.0.0.1:9/x.dtd"> %x;', b"x"),
        (b'<!ENTITY x "' + b"x" * 100_000 + b'">', b"&x;" * 1000),
    ],
    ids=["laughs", "external", "parameter", "quadratic"],
)
@pytest.mark.parametrize("format", ["disqus", "wxr"])
def test_entities_are_not_read(read: Any, declared: bytes, used: bytes, format: str) -> None:
    try:
        items = read(BOMB.replace(b"%s", declared, 1).replace(b"%s", used), "export.xml", format=format)
    except InputError as error:
        assert "declares a document type" in str(error)
    else:  # libxml2 has refused it already
        assert [type(item) for item in items] == [Reject]


def test_an_unknown_entity_rejects_its_post_alone(read: Any, texts: Any) -> None:
    found = texts(read(HEAD + post(3, "a &nbsp; b") + post(4) + b"</disqus>", "export.xml"))
    assert len(found) >= 1 and not any("nbsp" in text for text in found)


def test_many_records_without_a_gap_are_not_one_long_one(read: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("moderation.formats.xml_records.LONGEST_RECORD", 1 << 18)
    data = HEAD + b"".join(post(k, "a" * 3000) for k in range(1000)) + b"</disqus>"
    assert {type(item) for item in read(data, "export.xml")} == {Row}
    assert isinstance(read(HEAD + post(1, "<a/>" * 200_000), "export.xml")[-1], Reject)


@pytest.mark.parametrize("encoding", ["undefined", "idna", "rot13", "hex", "none-such", "utf-7"])
def test_an_encoding_that_cannot_be_is_taken_for_utf_8(read: Any, encoding: str) -> None:
    data = (HEAD + post(3, "a") + b"</disqus>").replace(b'encoding="utf-8"', f'encoding="{encoding}"'.encode())
    assert [row.comment.text for row in read(data, "export.xml")] == ["a"]
