import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation import extract

ARTICLE = (
    "<article><p>"
    + "The lock keeper retires after forty years, the canal trust says this week. " * 5
    + "</p></article>"
)
ADA = {
    "@type": "Comment",
    "@id": "https://a.example/lock#c1",
    "text": "He let us through at midnight once.",
    "author": {"@type": "Person", "name": "Ada"},
    "dateCreated": "2021-05-03T10:15:00Z",
    "upvoteCount": 4,
    "comment": [{"@type": "Comment", "url": "https://a.example/lock#c2", "text": "Us, too.", "author": "Ben"}],
}


def page(data, shown=""):
    return (
        f"<html><head><script type='application/ld+json'>{json.dumps(data)}</script></head>"
        f"<body>{ARTICLE}{shown}</body></html>"
    )


def test_comments_of_an_article():
    first, second = extract(page({"@type": "NewsArticle", "comment": [ADA]})).comments
    assert (first.text, first.author, first.time) == (ADA["text"], "Ada", "2021-05-03T10:15:00+00:00")
    assert (first.id, first.votes, first.parent) == ("c1", 4, None)
    assert (second.text, second.author, second.id, second.parent) == ("Us, too.", "Ben", "c2", "c1")


def test_text_is_read_where_the_page_shows_it_and_taken_out_of_the_article():
    shown = "<div><i>A.</i><div><p>He let us through</p><p>at midnight once.</p></div></div>"
    document = extract(page({"@type": "NewsArticle", "comment": [ADA]}, shown))
    assert document.comments[0].text == "He let us through\n\nat midnight once."
    assert "midnight" not in document.article
    assert "canal trust" in document.article


def test_first_post_of_a_thread_is_one_of_its_comments():
    thread = {"@type": "DiscussionForumPosting", "text": "Who knew the lock keeper?", "author": "Cy", "comment": [ADA]}
    assert [comment.author for comment in extract(page({"@graph": [thread]})).comments] == ["Cy", "Ada", "Ben"]


def test_types_may_be_written_as_iris_and_with_a_prefix():
    for written in ("https://schema.org/Comment", "schema:Comment", ["http://schema.org/Comment", "CreativeWork"]):
        assert extract(page(ADA | {"@type": written})).comments[0].author == "Ada"


def test_a_page_of_answers_only():
    question = {"@type": "Question", "acceptedAnswer": {"@type": "Answer", "text": "By bus.", "author": "Di"}}
    (answer,) = extract(page({"@type": "https://schema.org/QAPage", "mainEntity": question})).comments
    assert (answer.text, answer.author) == ("By bus.", "Di")


def test_a_comment_may_name_what_it_answers():
    answer = {"@type": "Comment", "text": "Me, too.", "parentItem": {"@type": "Comment", "@id": ADA["@id"]}}
    assert extract(page([ADA, answer])).comments[-1].parent == "c1"


@pytest.mark.parametrize(
    ("where", "own"),
    [
        ("https://a.example/lock/#c7", "c7"),
        ("/comment/77/", "77"),
        ("/lock?p=5&comment=7-a", "7-a"),
        ("/news/12345", "1"),
        ("/lock?comments", "1"),
        (7, "1"),
    ],
)
def test_an_address_gives_an_id_where_it_is_that_of_a_comment(where, own):
    assert extract(page({"@type": "Comment", "text": "Us, too.", "url": where})).comments[0].id == own


@pytest.mark.parametrize("kind", ["LikeAction", "https://schema.org/LikeAction", {"@type": "LikeAction"}])
def test_likes_are_votes(kind):
    replies = {"interactionType": "CommentAction", "userInteractionCount": 3}
    stated = [replies, {"@type": "InteractionCounter", "interactionType": kind, "userInteractionCount": "12"}]
    assert extract(page({"@type": "Comment", "text": "Us.", "interactionStatistic": stated})).comments[0].votes == 12


def test_equal_words_of_two_readers_are_two_comments():
    stated = [{"@type": "Comment", "text": "Thanks!", "author": name} for name in ("Ada", "Ben", "Ada")]
    document = extract(page({"@type": "Article", "comment": stated}, "<p><i>Thanks!</i></p><p>Thanks!</p>"))
    assert [(c.author, c.text) for c in document.comments] == [("Ada", "Thanks!"), ("Ben", "Thanks!")]
    assert "Thanks" not in document.article


def test_a_comment_that_is_stated_twice_is_one():
    assert [c.parent for c in extract(page([{"@type": "Article", "comment": ADA}, ADA["comment"]])).comments] == [
        None,
        "c1",
    ]


def test_a_first_post_that_is_stated_as_a_comment_too_is_one():
    thread = {"@type": "DiscussionForumPosting", "text": ADA["text"], "comment": [ADA]}
    assert [c.author for c in extract(page(thread)).comments] == ["Ada", "Ben"]


def test_a_comment_without_letters_is_one():
    stated = [ADA, {"@type": "Comment", "text": "\N{THUMBS UP SIGN}", "author": "Cy"}]
    assert [c.author for c in extract(page(stated)).comments] == ["Ada", "Ben", "Cy"]


def test_answers_of_readers_but_not_of_an_faq():
    answers = {"@type": "Question", "suggestedAnswer": [{"@type": "Answer", "text": "By bus.", "author": "Di"}, ADA]}
    assert [c.author for c in extract(page({"@type": "QAPage", "mainEntity": answers})).comments] == [
        "Di",
        "Ada",
        "Ben",
    ]
    faq = {
        "@type": "FAQPage",
        "mainEntity": [{"@type": "Question", "acceptedAnswer": {"@type": "Answer", "text": "No comment."}}],
    }
    assert extract(page(faq)).comments == ()


@pytest.mark.parametrize(
    "data",
    [
        [],
        {"@type": "Comment"},
        {"@type": {"a": "Comment"}, "text": "An object is no type."},
        {"@type": [{"a": "Comment"}, ["Comment"]], "text": "A list of them is none, either."},
        {"@type": "Comment", "text": 3, "author": 4},
        {"@type": ["Comment"], "text": "  ", "author": []},
        {"@type": "DiscussionForumPosting", "text": "A page that nobody answers has no comments."},
        "comment",
        None,
    ],
)
def test_what_states_no_comment(data):
    assert extract(page(data)).comments == ()


@pytest.mark.parametrize("source", ["{", '{"@type": "Comment", ' * 9, '{"comment":' * 20_000, '["comment",' * 20_000])
def test_broken_data_is_passed_over(source):
    assert extract(f"<body>{ARTICLE}<script type='application/ld+json'>{source}</script></body>").comments == ()


def test_markup_and_entities_in_the_data_are_read():
    stated = ADA | {"text": "<p>One &amp; two.</p><p>Three<br>four.</p>", "comment": []}
    assert extract(page({"@type": "Article", "comment": stated})).comments[0].text == "One & two.\n\nThree\nfour."


@pytest.mark.parametrize(
    ("stated", "votes"), [(4, 4), ("7", 7), (" -2 ", -2), (True, None), (10**30, None), ("9" * 400, None), (1.5, None)]
)
def test_votes_are_a_count_or_unknown(stated, votes):
    assert extract(page({"@type": "Article", "comment": ADA | {"upvoteCount": stated}})).comments[0].votes == votes


KEYS = [*ADA, "@graph", "articleBody", "suggestedAnswer", "parentItem", "interactionStatistic", "interactionType"]
WORDS = ["Comment", "Answer", "QAPage", "DiscussionForumPosting", "2021-05-03", "https://a.example/lock#c1", "Ada"]
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(WORDS) | st.text()
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner), max_leaves=25
)


@given(VALUES, VALUES, VALUES)
@settings(max_examples=200)
def test_no_data_breaks_a_page(types, author, rest):
    stated = {"@type": ["Comment", types], "text": "Stated.", "author": author, "comment": rest}
    for data in (rest, stated, stated | {"@type": types}, stated | {"@id": rest, "dateCreated": types}):
        extract(page({"@graph": data}), format="html")


def test_comments_that_the_data_leave_out_are_found_by_the_rule() -> None:
    texts = ["The weir is old.", "It leaks, come and look.", "Who pays for it?", "Not me.", "The board does."]
    stated = [{"@type": "Comment", "text": text, "author": {"name": "Ada"}} for text in texts[1:4]]
    shown = "".join(
        f'<li class="comment" id="comment-{k}"><div class="comment-body"><p>{t}</p></div></li>'
        for k, t in enumerate(texts)
    )
    data = json.dumps({"@type": "Article", "comment": stated})
    page = (
        f'<html><body><script type="application/ld+json">{data}</script><p>The weir.</p>'
        f'<ol class="commentlist">{shown}</ol></body></html>'
    )
    assert [comment.text for comment in extract(page).comments] == texts
