import pytest
from lxml import html

from moderation.extraction.selectors import Index

PAGE = Index(
    html.document_fromstring(
        '<div id="top"><ul class="list x"><li class="comment odd" id="c1"><p>a</p></li>'
        '<li class="comment-x" data-k="v1">b</li></ul><p>c</p></div>'
    )
)


@pytest.mark.parametrize(
    ("selector", "texts"),
    [
        ("li.comment", ["a"]),
        (".comment", ["a"]),
        ("#c1 p", ["a"]),
        ("div > p", ["c"]),
        ("[data-k^=v]", ["b"]),
        ("li[data-k=v1], .odd > p", ["a", "b"]),
        ("li:not(.odd)", ["b"]),
        ("li[data-k*=1]", ["b"]),
        ("table", []),
    ],
)
def test_matches(selector, texts):
    assert [node.text_content() for node in PAGE.select(selector)] == texts


def test_what_is_not_understood_is_an_error():
    with pytest.raises(ValueError, match="not understood"):
        PAGE.select("li::before")
