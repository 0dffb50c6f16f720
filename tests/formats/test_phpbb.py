"""Posts of phpBB: SQL dumps of every kind, rows as JSON and CSV, texts of every version."""

import json
from typing import Any

import pytest

from moderation.formats import Reject, Row, Skipped
from moderation.formats.phpbb import post_text

COLUMNS = "`post_id`, `topic_id`, `forum_id`, `poster_id`, `post_time`, `post_username`, `post_text`, `post_visibility`"
ROWS = r"""(1, 4, 2, 7, 1546300800, '', '<t>It\'s a \"tram\"; (fine)\nor -- not</t>', 1),
(2,4,2,1,1546300801,'Guest','[b:3kx9]bold[/b:3kx9] ''quoted'' 5 &lt; 6',1),
 (3, 4, 2, 7, 1546300802, '', '<t>gone</t>', 2)"""
TEXTS = ['It\'s a "tram"; (fine) or -- not', "bold 'quoted' 5 < 6"]


def check(items: list[Any]) -> None:
    first, second, third = items
    assert [first.comment.text, second.comment.text] == TEXTS
    assert (first.id, first.comment.author, first.comment.time) == ("1", "7", "2019-01-01T00:00:00Z")
    assert (first.site, first.thread, second.comment.author) == ("2", "4", "Guest")
    assert isinstance(third, Skipped) and third.reason == "deleted"


def test_phpmyadmin(read: Any) -> None:
    data = f"""-- phpMyAdmin SQL Dump
SET SQL_MODE = "NO_AUTO_VALUE_ON_ZERO";
CREATE TABLE `phpbb_users` (`user_id` int(10) NOT NULL);
INSERT INTO `phpbb_users` (`user_id`) VALUES (7), ('a;b');
INSERT INTO `phpbb_posts` ({COLUMNS}) VALUES
{ROWS};
INSERT INTO `phpbb_privmsgs` (`msg_id`, `post_text`) VALUES (1, 'no post');
"""
    check(read(data.encode(), "forum.sql"))


def test_mysqldump_names_the_columns_before(read: Any) -> None:
    columns = ",\n".join(f"  {name} mediumint(8) unsigned NOT NULL DEFAULT '0'" for name in COLUMNS.split(", "))
    data = f"""-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)
/*!40101 SET NAMES utf8mb4 */;
DROP TABLE IF EXISTS `xx_posts`;
CREATE TABLE `xx_posts` (
{columns},
  PRIMARY KEY (`post_id`),
  KEY `tid_post_time` (`topic_id`,`post_time`)
) ENGINE=InnoDB;
LOCK TABLES `xx_posts` WRITE;
/*!40000 ALTER TABLE `xx_posts` DISABLE KEYS */;
INSERT INTO `xx_posts` VALUES {ROWS};
UNLOCK TABLES;
"""
    check(read(data.encode(), "forum.sql"))


def test_postgres_copy_and_inserts(read: Any) -> None:
    names = COLUMNS.replace("`", "")
    head = "--\n-- PostgreSQL database dump\n--\nSET standard_conforming_strings = on;\n-- for phpbb\n"
    copied = (
        f"COPY public.phpbb_posts ({names}) FROM stdin;\n"
        '1\t4\t2\t7\t1546300800\t\t<t>It\'s a "tram"; (fine)\\nor -- not</t>\t1\n'
        "2\t4\t2\t1\t1546300801\tGuest\t[b:3kx9]bold[/b:3kx9] 'quoted' 5 &lt; 6\t1\n"
        "3\t4\t2\t7\t1546300802\t\\N\tgone\t2\n\\.\n\nSELECT 1;\n"
    )
    check(read((head + copied).encode(), "forum.sql"))
    row = f"INSERT INTO public.phpbb_posts ({names}) VALUES (1, 2, 3, 4, 5, '', 'C:\\', 1);\n"
    escaped = row.replace("'C:\\'", "E'a\\nb'")
    assert [item.comment.text for item in read((head + row + escaped).encode(), "forum.sql")] == ["C:\\", "a\nb"]


def test_phpbb_2_keeps_texts_apart(read: Any) -> None:
    data = b"""# phpBB Backup Script
INSERT INTO phpbb_posts (post_id, topic_id) VALUES('13', '8');
INSERT INTO phpbb_posts_text (post_id, bbcode_uid, post_subject, post_text) VALUES('13', 'ea118', 'Hi', 'A tram.');
"""
    (row,) = read(data, "backup")
    assert (row.id, row.comment.text) == ("13", "A tram.")


def test_texts_of_blobs_are_hexadecimal(read: Any) -> None:
    data = f"INSERT INTO phpbb_posts (post_id, post_text) VALUES (1, 0x{'Grüße'.encode().hex()}), (2, X'4869');"
    assert [item.comment.text for item in read(data.encode(), "phpbb.sql")] == ["Grüße", "Hi"]


def test_rows_as_json_and_csv(read: Any) -> None:
    row = {"post_id": "1", "topic_id": "4", "post_time": "1546300800", "post_text": "<t>A tram.</t>"}
    shells = [
        {"type": "header", "version": "5.2.1", "comment": "Export to JSON plugin for PHPMyAdmin"},
        {"type": "database", "name": "forum"},
        {"type": "table", "name": "phpbb_posts", "database": "forum", "data": [row, row]},
    ]
    for indent in (None, 4):
        assert [r.comment.text for r in read(json.dumps(shells, indent=indent).encode(), "d.json")] == ["A tram."] * 2
    assert [r.thread for r in read(json.dumps(row).encode(), "d.json")] == ["4"]
    (found,) = read(b'"post_id","post_text"\n"1","[i]A\ntram[/i]"\n', "d.csv")
    assert (found.id, found.comment.text) == ("1", "A\ntram")
    assert [row.id for row in read(b"topic_id,post_text,post_id\r\n1,x,7\r\n", "d.csv")] == ["7"]


@pytest.mark.parametrize(
    ("stored", "text"),
    [
        ("<t>a &lt; b<br/>\nc</t>", "a < b\nc"),
        ('<r><B><s>[b]</s>bold<e>[/b]</e></B> <E>:)</E> <URL url="http://x">http://x</URL></r>', "bold :) http://x"),
        ('<r><QUOTE author="Ann"><s>[quote="Ann"]</s>hi<e>[/quote]</e></QUOTE>no</r>', "hi\nno"),
        ('nice <!-- s:) --><img src="{SMILIES_PATH}/x.gif" alt=":)" /><!-- s:) --> day', "nice day"),
        ('<!-- m --><a class="postlink" href="http://x">http://x</a><!-- m -->', "http://x"),
        ("&quot;one&quot;\n\ntwo", '"one"\n\ntwo'),
        ("[quote=&quot;Ann&quot;:3kx9]hi[/quote:3kx9]\nno", "hi\n\nno"),
    ],
)
def test_texts_of_every_version(stored: str, text: str) -> None:
    assert post_text(stored) == text


@pytest.mark.parametrize(
    ("tail", "reason"),
    [
        ("(2, 'open", "a quote or a comment is never closed: nothing after this could be read"),
        ("(2", "SQL ends early: nothing after this could be read"),
        ("(2);", "another number of values than columns"),
        ("(2, NULL);", "no field 'post_text'"),
        ("(2, 'x'); /* open", "a quote or a comment is never closed: nothing after this could be read"),
    ],
)
def test_what_is_broken_is_a_reject(read: Any, tail: str, reason: str) -> None:
    data = f"INSERT INTO phpbb_posts (post_id, post_text) VALUES (1, 'a'), {tail}".encode()
    first, *_, last = read(data, "phpbb.sql")
    assert isinstance(first, Row)
    assert isinstance(last, Reject) and last.reason == reason


def test_a_row_that_is_not_utf_8_is_rejected_alone(read: Any, texts: Any) -> None:
    data = b"INSERT INTO phpbb_posts (post_id, post_text) VALUES (1, 'a'), (2, 'caf\xe9'), (3, 'b');"
    assert texts(read(data, "phpbb.sql")) == ["a", "[not UTF-8]", "b"]
    assert read(data, "phpbb.sql")[1].position.endswith(f":{data.index(b'(2')}")


def test_a_dump_without_posts_says_so(read: Any) -> None:
    (reject,) = read(b"CREATE TABLE phpbb_users (a int);\nINSERT INTO phpbb_users VALUES (1);", "phpbb.sql")
    assert reject.reason.startswith("no posts")


@pytest.mark.parametrize("chunk", [1, 7, 1 << 16])
def test_where_a_chunk_ends_does_not_matter(read: Any, monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    monkeypatch.setattr("moderation.formats.sql_tokens._CHUNK", chunk)
    check(read(f"-- x\nINSERT INTO phpbb_posts ({COLUMNS}) VALUES /* y */ {ROWS};\n# z\n".encode(), "phpbb.sql"))
