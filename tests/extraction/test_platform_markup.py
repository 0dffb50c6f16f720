"""How further systems print one comment, as templates written for the project; each is filled twice and read back."""

import pytest

from moderation import extract
from moderation.extraction.platforms import platforms

ARTICLE = "<article><p>" + "The lighthouse will be lit by hand again, its keeper says. " * 6 + "</p></article>"
DATED = "3 May 2021 10:15"
ISO = "2021-05-03T10:15:00"

# {id}, {author}, {text}; {time} is printed, {iso} machine-readable; {answers} is where a system nests what answers it.
FLAT = {
    "phpbb-2": '<table><tr><td class="row1"><span class="name"><a name="{id}"></a><b>{author}</b></span><br>'
    '<span class="postdetails">Joined: 1 Jan 2019</span></td><td class="row1" width="100%"><span class="postdetails">'
    'Posted: {time}</span><span class="postbody">{text}</span></td></tr></table>',
    "forumotion": '<table><tr class="post" id="p{id}"><td class="poster-profile"><span class="name"><strong><a>{author}'
    '</a></strong></span><p>Posts: 12</p></td><td><span class="postdetails">{time}</span><div class="postbody"><div>'
    "{text}</div></div></td></tr></table>",
    "smf-1": '<table><tr><td class="windowbg"><table><tr><td><b><a>{author}</a></b><div class="smalltext">{time}</div>'
    '<div class="post">{text}</div></td></tr></table></td></tr></table>',
    "woltlab": '<article class="wbbPost message" id="post{id}"><aside class="messageSidebar"><a class="username">{author}'
    '</a></aside><a class="messagePublicationTime"><time datetime="{iso}">{time}</time></a><div class="messageText">'
    "{text}</div></article>",
    "phorum": '<div class="message"><div class="generic"><div class="message-author"><a>{author}</a></div><small>{time}'
    '</small></div><div class="message-body">{text}<div class="message-options"><a>Quote</a></div></div></div>',
    "kunena": '<div class="kmsg" id="{id}"><span class="kpost-username">{author}</span><span class="kmsgdate">{time}</span>'
    '<div class="kmsgbody">{text}</div></div>',
    "simple-press": '<div class="spTopicPostSection" id="post{id}"><div class="spPostUserName">{author}</div><div '
    'class="spPostUserDate">{time}</div><div class="spPostContent">{text}</div></div>',
    "wpforo": '<div class="wpforo-post" id="post-{id}"><div class="author-name">{author}</div><div class="wpforo-post-date">'
    '{time}</div><div class="wpforo-post-content">{text}</div></div>',
    "asgaros": '<div class="post-element" id="postid-{id}"><div class="post-username">{author}</div><div '
    'class="forum-post-date">{time}</div><div class="post-message">{text}</div></div>',
    "steam": '<div class="commentthread_comment" id="comment_{id}"><a class="commentthread_author_link">{author}</a>'
    '<div class="commentthread_comment_timestamp">{time}</div><div class="commentthread_comment_text">{text}</div></div>',
    "ning": '<dl class="comment vcard" id="{id}"><dt><a class="fn url">{author}</a><span class="timestamp">{time}</span></dt>'
    '<dd><div class="xg_user_generated">{text}</div></dd></dl>',
    "mastodon": '<div class="activity-stream"><div class="status" data-id="{id}"><span class="display-name"><strong>{author}'
    '</strong></span><time datetime="{iso}">{time}</time><div class="status__content">{text}</div></div></div>',
    "livejournal": '<div class="b-leaf p-comment" data-full="1" data-username="{author}" id="t{id}"><span '
    'class="b-leaf-createdtime">{time}</span><div class="b-leaf-article">{text}</div></div>',
    "dreamwidth": '<div class="dwexpcomment" id="cmt{id}"><div class="comment"><div class="comment-poster">{author}</div>'
    '<span class="datetime">{time}</span><div class="comment-content">{text}</div></div></div>',
    "datalife": '<div id="comment-id-{id}"><div class="comm-author">{author}</div><div class="comm-date">{time}</div>'
    '<div id="comm-id-{id}">{text}</div></div>',
    "ucoz": '<div id="comEnt{id}"><div class="cTop"><a class="cUser"><b>{author}</b></a> <span class="cDate">{time}</span>'
    '</div><div class="cMessage">{text}</div></div>',
    "openweb": '<div class="components-MessageLayout-index__message-view"><span data-spot-im-class="message-username">'
    '{author}</span><time data-spot-im-class="message-timestamp" datetime="{iso}">{time}</time><div '
    'data-spot-im-class="message-text">{text}</div></div>',
    "viafoura": '<div class="vf-comment" id="{id}"><span class="vf-username">{author}</span><time datetime="{iso}">{time}'
    '</time><div class="vf-comment-html">{text}</div></div>',
    "youtube": '<ytd-comment-renderer><a id="author-text">{author}</a><span id="published-time-text">{time}</span>'
    '<span id="content-text">{text}</span></ytd-comment-renderer>',
    "ccomment": '<div class="ccomment-comment" id="{id}"><span class="ccomment-author">{author}</span><span '
    'class="ccomment-created">{time}</span><div class="ccomment-comment-content">{text}</div></div>',
    "b2evolution": '<div class="bComment" id="c{id}"><div class="bCommentTitle">Comment from: <a class="user">{author}</a>'
    '</div><div class="bCommentText">{text}</div><div class="bCommentSmallPrint">{time}</div></div>',
    "movabletype-3": '<div class="comments-body"><p>{text}</p><span class="comments-post">Posted by: {author} at {time}'
    "</span></div>",
    "thesis": '<dl id="comment_list"><dt id="comment-{id}"><span class="comment_author">{author}</span><span '
    'class="comment_time">{time}</span></dt><dd class="comment"><div class="format_text">{text}</div></dd></dl>',
    "weebly": '<div class="blogComment"><div class="blogCommentAuthor">{author}</div><div class="blogCommentDate">{time}'
    '</div><div class="blogCommentText">{text}</div></div>',
    "shopify": '<article class="article-template__comments-comment" id="{id}"><p>{text}</p><footer><span>{author}</span>'
    '<span><time datetime="{iso}">{time}</time></span></footer></article>',
    "microformats": '<div class="u-comment h-cite" id="{id}"><a class="p-author h-card">{author}</a><time '
    'class="dt-published" datetime="{iso}">{time}</time><div class="e-content">{text}</div></div>',
    "minimal-mistakes": '<article class="js-comment comment" id="comment{id}"><div class="comment__content-wrapper"><h3 '
    'class="comment__author">{author}</h3><p class="comment__date"><time datetime="{iso}">{time}</time></p><p>{text}</p>'
    "</div></article>",
    "utterances": '<article class="timeline-comment"><header class="comment-header"><a>{author}</a> commented on <time '
    'datetime="{iso}">{time}</time></header><div class="markdown-body">{text}</div></article>',
    "twikoo": '<div class="tk-comment" id="{id}"><strong class="tk-nick">{author}</strong><time class="tk-time" '
    'datetime="{iso}">{time}</time><div class="tk-content">{text}</div></div>',
    "artalk": '<div class="atk-comment" id="{id}"><span class="atk-nick">{author}</span><span class="atk-date">{time}</span>'
    '<div class="atk-content">{text}</div></div>',
    "naver": '<ul><li class="u_cbox_comment"><span class="u_cbox_nick">{author}</span><span class="u_cbox_date">{time}</span>'
    '<span class="u_cbox_contents">{text}</span></li></ul>',
    "ptt": '<div class="push"><span class="push-userid">{author}</span><span class="push-content">: {text}</span><span '
    'class="push-ipdatetime">{time}</span></div>',
    "nairaland": '<table summary="posts"><tr><td class="bold l pu"><a name="msg{id}"></a><a class="user">{author}</a>: <span '
    'class="s">{time}</span></td></tr><tr><td id="pb{id}"><div class="narrow">{text}</div></td></tr></table>',
    "mumsnet": '<div class="post" data-post="{id}" id="{id}"><span class="nickname"><span class="nick">{author}</span></span>'
    '<span class="post_time">{time}</span><div class="talk-post message"><p>{text}</p></div></div>',
    "faz": '<li class="lst-Comments_Item"><span class="lst-Comments_CommentInfoNameText">{author}</span><span '
    'class="lst-Comments_CommentInfoDateText">{time}</span><p class="lst-Comments_CommentText">{text}</p></li>',
    "any-system": '<div class="comments__item" data-comment-id="{id}"><b class="comment__name">{author}</b><i '
    'class="comment__date">{time}</i><p class="comment__message">{text}</p></div>',
    "lobsters": '<div class="comment" id="c_{id}"><div class="byline"><a href="/~{author}">{author}</a> <span title="{iso}">'
    '{time}</span></div><div class="comment_text"><p>{text}</p></div></div>',
    "substack": '<div class="comment-list"><div class="comment"><div class="comment-meta"><a>{author}</a> <a '
    'class="comment-timestamp">{time}</a></div><div class="comment-body"><p>{text}</p></div></div></div>',
    "kinja": '<article class="reply" id="reply_{id}"><span class="display-name"><a class="fn">{author}</a></span><time '
    'class="published" datetime="{iso}">{time}</time><div class="reply-content"><p>{text}</p></div></article>',
    "contao": '<div class="comment_default" id="c{id}"><p class="info">Comment by <span>{author}</span> | <time '
    'datetime="{iso}">{time}</time></p><div class="comment"><p>{text}</p></div></div>',
    "intensedebate": '<div class="idc-c" id="idc-{id}"><div class="idc-i"><a>{author}</a></div><div class="idc-time"><a>'
    '{time}</a></div><div class="idc-c-t"><div class="idc-c-t-inner">{text}</div></div></div>',
    "plone": '<div class="comment" id="{id}"><div class="documentByline">Posted by <b>{author}</b> at {time}</div><div '
    'class="commentBody"><p>{text}</p></div></div>',
    "echo": '<div class="js-singleComment"><span class="js-singleCommentName">{author}</span><span '
    'class="js-singleCommentDate">{time}</span><div class="js-singleCommentText">{text}</div></div>',
    "joomla-jcomments": '<div class="rbox" id="comment-item-{id}"><span class="comment-author">{author}</span><span '
    'class="comment-date">{time}</span><div class="comment-body">{text}</div></div>',
    "joomla-k2": '<ul class="itemCommentsList"><li><span class="commentDate">{time}</span><span class="commentAuthorName">'
    "posted by {author}</span><p>{text}</p></li></ul>",
    "serendipity": '<div class="serendipity_comment" id="serendipity_comment_{id}"><div class="serendipity_commentBody">'
    '{text}</div><div class="serendipity_comment_source"><a>{author}</a> on <span class="comment_source_date">{time}</span>'
    "</div></div>",
    "vanilla": '<li class="Item ItemComment" id="Comment_{id}"><span class="Author"><a class="Username">{author}</a></span>'
    '<span class="DateCreated"><time datetime="{iso}">{time}</time></span><div class="Message">{text}</div></li>',
    "flarum": '<article class="CommentPost Post"><div class="PostUser"><span class="username">{author}</span></div><time '
    'datetime="{iso}">{time}</time><div class="Post-body"><p>{text}</p></div></article>',
    "punbb": '<div class="blockpost" id="p{id}"><h2><a>{time}</a></h2><div class="postleft"><dl><dt><strong>{author}</strong>'
    '</dt></dl></div><div class="postmsg"><p>{text}</p></div></div>',
    "smf": '<div class="post_wrapper"><div class="poster"><h4><a>{author}</a></h4></div><div class="keyinfo"><div '
    'class="smalltext">{time}</div></div><div class="post"><div class="inner" id="msg_{id}">{text}</div></div></div>',
    "mybb": '<div class="post" id="post_{id}"><div class="author_information"><span class="largetext"><a>{author}</a></span>'
    '</div><span class="post_date">{time}</span><div class="post_body">{text}</div></div>',
    "proboards": '<table><tr class="item post" id="post-{id}"><td class="mini-profile"><a class="user-link">{author}</a></td>'
    '<td><span class="date"><abbr>{time}</abbr></span><div class="message">{text}</div></td></tr></table>',
    "khoros": '<div class="lia-message-view-display"><a class="lia-user-name-link">{author}</a><span '
    'class="lia-message-posted-on"><span class="local-date">{time}</span></span><div class="lia-message-body-content">{text}'
    "</div></div>",
    "waline": '<div class="wl-card-item" id="{id}"><span class="wl-nick">{author}</span><span class="wl-time">{time}</span>'
    '<div class="wl-content">{text}</div></div>',
    "gitalk": '<div class="gt-comment"><a class="gt-comment-username">{author}</a><span class="gt-comment-date">{time}</span>'
    '<div class="gt-comment-body">{text}</div></div>',
    "lemmy": '<article class="comment-node" id="comment-{id}"><a class="person-listing">{author}</a><span class="moment-time">'
    '{time}</span><div class="comment-content"><div class="md-div"><p>{text}</p></div></div></article>',
    "mbin": '<blockquote class="entry-comment" id="entry-comment-{id}"><header><a class="user-inline">{author}</a>, <time '
    'datetime="{iso}">{time}</time></header><div class="content"><p>{text}</p></div></blockquote>',
    "talkyard": '<div class="dw-p" id="post-{id}"><div class="dw-p-hd"><a class="dw-p-by">{author}</a> <span class="dw-p-at">'
    '{time}</span></div><div class="dw-p-bd"><div class="dw-p-bd-blk"><p>{text}</p></div></div></div>',
    "nodebb": '<ul><li component="post" data-pid="{id}"><small><strong><a data-username="{author}">{author}</a></strong> <span '
    'class="timeago" title="{iso}">{time}</span></small><div class="content" component="post/content"><p>{text}</p></div>'
    "</li></ul>",
    "discuz": '<table id="pid{id}"><tr><td><div class="authi"><a class="xw1">{author}</a></div></td><td><div class="authi"><em '
    'id="authorposton{id}">{time}</em></div><table><tr><td class="t_f">{text}</td></tr></table></td></tr></table>',
    "woocommerce": '<ol><li class="review" id="li-comment-{id}"><p class="meta"><strong '
    'class="woocommerce-review__author">{author}</strong> <time class="woocommerce-review__published-date" '
    'datetime="{iso}">{time}</time></p><div class="description"><p>{text}</p></div></li></ol>',
    "reddit-2019": '<div class="Comment t1_{id}"><a href="/user/{author}/">{author}</a> <a id="CommentTopMeta--Created--{id}">'
    '{time}</a><div class="RichTextJSON-root"><p>{text}</p></div></div>',
    "cackle": '<div class="mc-comment" id="mc-{id}"><span class="mc-comment-username">{author}</span><span '
    'class="mc-comment-created">{time}</span><div class="mc-comment-msg">{text}</div></div>',
}  # fmt: skip

NESTED = {
    "slashdot": '<li class="comment" id="tree_{id}"><div><span class="by">by <a>{author}</a></span> <span '
    'class="otherdetails">on {time}</span><div class="commentBody"><div id="comment_body_{id}">{text}</div></div></div><ul>'
    "{answers}</ul></li>",
    "habr": '<article class="tm-comment-thread__comment" id="comment_{id}"><a class="tm-user-info__username">{author}</a><a '
    'class="tm-comment-thread__comment-link"><time datetime="{iso}">{time}</time></a><div class="tm-comment__body-content">'
    "{text}</div>{answers}</article>",
    "pikabu": '<div class="comment" data-id="{id}"><div class="comment__user"><span class="user__nick">{author}</span></div>'
    '<time class="comment__datetime" datetime="{iso}">{time}</time><div class="comment__content">{text}</div><div>{answers}'
    "</div></div>",
    "guardian": '<ul><li class="d-comment" id="comment-{id}"><span class="d-comment__author">{author}</span><div '
    'class="d-comment__timestamp"><time datetime="{iso}">{time}</time></div><div class="d-comment__body"><p>{text}</p></div>'
    "{answers}</li></ul>",
    "komento": '<ul><li class="kmt-item" id="kmt-{id}"><span class="kmt-author">{author}</span><span class="kmt-time"><time '
    'datetime="{iso}">{time}</time></span><div class="kmt-body"><div class="kmt-text">{text}</div></div>{answers}</li></ul>',
    "valine": '<div class="vcard" id="{id}"><span class="vnick">{author}</span><span class="vtime">{time}</span><div '
    'class="vcontent"><p>{text}</p></div><div class="vquote">{answers}</div></div>',
    "remark42": '<article class="comment" id="remark42__comment-{id}"><span class="comment__username">{author}</span><a '
    'class="comment__time">{time}</a><div class="comment__text">{text}</div>{answers}</article>',
}  # fmt: skip

# Rows that test_platforms.py reads.
ELSEWHERE = {
    "wpdiscuz", "disqus", "wordpress", "typepad", "blogger", "blogger-dl", "drupal", "discourse", "phpbb", "vbulletin",
    "xenforo", "ipb", "reddit-old", "reddit-new", "hackernews", "stackexchange", "livefyre", "livefyre-2012", "isso",
    "commento", "giscus", "github", "facebook", "coral", "squarespace", "squarespace-5", "bbpress", "microdata",
}  # fmt: skip


def page(first: str, second: str) -> str:
    return f"<html><body>{ARTICLE}<section>{first}{second}</section></body></html>"


def check(source: str) -> None:
    document = extract(source)
    first, second = document.comments
    assert (" ".join(first.text.split()).removeprefix(": "), first.author) == ("First words.", "Ada")
    assert (" ".join(second.text.split()).removeprefix(": "), second.author) == ("Second words.", "Ben")
    assert [(comment.time or "")[:10] for comment in (first, second)] == ["2021-05-03"] * 2
    assert "words." not in document.article
    assert "lit by hand again" in document.article


@pytest.mark.parametrize("name", FLAT)
def test_system_whose_comments_follow_each_other(name: str) -> None:
    said = {"time": DATED, "iso": ISO}
    first = FLAT[name].format(id=101, author="Ada", text="First words.", **said)
    second = FLAT[name].format(id=102, author="Ben", text="Second words.", **said)
    check(page(first, second))


@pytest.mark.parametrize("name", NESTED)
def test_system_whose_answers_are_nested(name: str) -> None:
    said = {"time": DATED, "iso": ISO}
    answer = NESTED[name].format(id=102, author="Ben", text="Second words.", answers="", **said)
    source = page(NESTED[name].format(id=101, author="Ada", text="First words.", answers=answer, **said), "")
    check(source)
    first, second = extract(source).comments
    assert second.parent == first.id is not None


def test_every_row_of_the_table_is_read_here_or_in_test_platforms() -> None:
    assert {platform.name for platform in platforms()} == FLAT.keys() | NESTED.keys() | ELSEWHERE


def test_one_comment_of_an_unlisted_system_needs_an_author_and_a_time() -> None:
    whole = '<div class="comment-item"><b class="author">Ada</b><i class="date">3 May 2021</i><p>Only words.</p></div>'
    assert [comment.text for comment in extract(page(whole, "")).comments] == ["Only words."]
    assert extract(page('<div class="comment-item"><p>Write the first comment.</p></div>', "")).comments == ()
