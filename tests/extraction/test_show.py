from moderation.extraction.show import show
from moderation.shipped import shipped

SAMPLES = shipped("data/samples/pages")


def test_every_part_is_painted():
    page = show((SAMPLES / "harbour-cranes.txt").read_bytes())
    assert "10 comments, 5 authors" in page
    assert '<p class="byline">Rusty Anchor</p>' in page
    assert '<p class="dropped">Inline Feedbacks</p>' in page
    assert page.count('class="comment') > 10


def test_html_is_painted_as_text_and_nothing_of_it_runs():
    page = show("<!doctype html><body><p>An article of some words.</p><p>&lt;script&gt;alert(1)&lt;/script&gt;</p>")
    assert "<script" not in page
