import pytest
from lxml import html

from moderation.extraction.render import rendered


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<div><p>a  b\n c</p><p>d</p></div>", "a b c\n\nd"),
        ("<div>a<br>b<br/><br/><br/><br/>c</div>", "a\nb\n\nc"),
        ("<div>a<script>x</script><!-- y -->b<style>z</style>c</div>", "abc"),
        ("<div><pre>a\n  b</pre></div>", "a\nb"),
        ("<ul><li>a</li><li><b>b</b>c</li></ul>", "a\n\nbc"),
    ],
)
def test_reads_as_on_screen(markup, text):
    assert rendered(html.fromstring(markup)) == text


def test_skipped_nodes_keep_what_follows_them():
    node = html.fromstring("<div>a <b>gone</b> c</div>")
    assert rendered(node, {node[0]}) == "a  c"
