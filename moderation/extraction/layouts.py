# ruff: noqa: E501 - one layout reads best on one line
"""Training pages in layouts that the gold pages do not have: their comments, laid out as other systems print them.

Used by fit.py alone. The real pages teach what articles and comments read like, these how many ways there are to put a
name and a date beside a comment, with and without blank lines.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from moderation.extraction.line_model import AFTER, AROUND, AUTHOR, BEGIN, INSIDE, OUTSIDE
from moderation.extraction.lines import Line

_ABOVE = (
    ("{a} says:", "{d}"),
    ("{a} says:",),
    ("{a} sagt:", "{d}"),
    ("{a}", "{d}"),
    ("{a}",),
    ("{d}",),
    ("{k}. {a} - {d}",),
    ("{k}. {a}",),
    ("{k}", "{a} says:", "{d}"),
    ("{k}. {d} / {a} says:",),
    ("{a} on {d} said:",),
    ("+ {a} on {d} said:",),
    ("{a} said...",),
    ("Am {d} von {a}",),
    ("#{k} {a} {d}",),
    ("#{k}", "{a}", "{d}"),
    ("{a} • {d}",),
    ("{a} | {d}",),
    ("{d} {a}",),
    ("{a} writes:",),
    ("{a} a dit :", "{d}"),
    ("{a} dice:", "{d}"),
    ("{a} • {r}",),
    ("{a}", "{r}", "0"),
    ("{r}",),
    ("{a} wrote on {d}:",),
    ("Comment by {a} — {d}",),
    ("Posted by {a} at {d}",),
    ("{a}, {d}",),
    ("{a} schreef op {d}",),
    ("{a} пишет:", "{d}"),
    ("{a}", "Member", "{d}"),
    ("{a} said,", "{d}"),
    ("{a} said,",),
    ("{a} commented:", "{d}"),
    ("Comment by {a}", "{d}"),
    ("on {d} {k} {a}",),
    ("{a}", "{d} at {d} | Permalink"),
    ("by {a} {d}",),
    ("{a} schrieb am {d}:",),
    ("Von {a}, {d}",),
    ("Par {a}, le {d}",),
    ("{a} pisze:", "{d}"),
    ("{a}", "{d}", "Reply"),
    ("{a}", "#{k}", "{d}"),
    ("#{k}", "by {a} » {d}"),
    ("{a}", "Posts: {n}", "Joined: {d}", "{d}"),
    ("{a}", "Senior Member", "Join Date: {d}", "Posts: {n}", "#{k}"),
    ("{a} - {d}", "Permalink"),
    ("{d}", "{a}"),
    ("{a} [{d}]",),
)
_BELOW = (
    ("Posted by: {a} | {d}",),
    ("by {a} on {d}. Reply #",),
    ("Posted by {a} | {d}",),
    ("— {a}, {d}",),
    ("Comment by {a} | {d}",),
    ("{a} | {d}",),
    ("{d}",),
    ("Posted by: {a} at {d}",),
    ("{a}", "{d}"),
    ("Posted by {a} on {d}",),
    ("{d} by {a}",),
    ("Comment by {a} on {d}",),
    ("Posted by {a} | {d} | Permalink",),
    ("Pingback by {a} — {d}",),
    ("posted by {a} at {d}",),
    ("{a} ({d})",),
    ("-{a}",),
)
_INTERFACE = (
    (),
    (),
    (),
    ("Reply",),
    ("Reply",),
    ("[Reply]",),
    ("Reply ↓",),
    ("Like", "Reply"),
    ("Report", "Share"),
    ("Antworten",),
    ("1", "Reply"),
    ("Reply to this comment",),
    ("Log in to Reply",),
    ("Répondre",),
    ("Responder",),
    ("Quote", "Report"),
    ("Permalink",),
    ("0", "0", "Reply"),
    ("Flag as inappropriate",),
    ("Ответить",),
)
_BOUNDARIES = (
    (),
    (),
    ("{n} comments",),
    ("{n} Comments",),
    ("Comments ({n})",),
    ("Comments",),
    ("{n} Responses to “{t}”",),
    ("{n} thoughts on “{t}”",),
    ("{n} Kommentare",),
    ("Kommentare",),
    ("Comments", "You can follow this conversation by subscribing to the comment feed for this post."),
    ("{n} comments:",),
    ("Reader Comments ({n})",),
    ("{n} commentaires",),
    ("{n} comentarios",),
    ("Комментарии ({n})",),
    ("Share", "Comments"),
    ("Leave a comment", "{n} comments"),
    ("{n} Comments »",),
    ("Comments ({n})", "Leave a Comment"),
    ("{n} Comment(s)",),
    ("What others are saying",),
    ("{n} reacties",),
    ("{n} commenti",),
    ("{n} komentarze",),
    ("Discussion",),
    ("{n} users responded in “{t}”", "Subscribe to this post comment rss or trackback url"),
    ("TrackBack", "TrackBack URL for this entry:", "Comments"),
    ("Sort: Newest | Oldest",),
    ("Newest", "Oldest", "Best"),
    ("Leave a Reply", "Name *", "Email *", "{n} Responses to {t}"),
)
_FOOTERS = (
    (),
    (),
    (
        "Leave a Reply",
        "Your email address will not be published. Required fields are marked *",
        "Name *",
        "Email *",
        "Website",
    ),
    ("Post a Comment", "Older Post Home"),
    (
        "Verify your Comment",
        "Previewing your Comment",
        "This is only a preview. Your comment has not yet been posted.",
        "Your comment could not be posted. Error type:",
        "Your comment has been saved. Comments are moderated and will not appear until approved by the author. Post another comment",
        "The letters and numbers you entered did not match the image. Please try again.",
    ),
    ("Comments are closed.",),
    ("RSS feed for comments on this post. TrackBack URI", "Leave a comment", "Name (required)"),
    ("Related Posts", "Recent Comments", "Archives"),
    ("« Previous Post", "Next Post »"),
    ("Laisser un commentaire", "Votre adresse de messagerie ne sera pas publiée."),
    ("Deja una respuesta", "Tu dirección de correo electrónico no será publicada."),
    ("Добавить комментарий", "Ваш адрес email не будет опубликован."),
    ("Geef een reactie", "Naam *"),
    ("You must be logged in to post a comment.",),
    ("Leave a comment", "Name (required)", "Mail (will not be published) (required)", "Website"),
    ("Schreibe einen Kommentar", "Name *"),
)
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_NAMES = (
    "Anna",
    "tom_82",
    "Mike",
    "J. R. Weber",
    "The Real Carl",
    "nightowl",
    "Sandra K.",
    "Dr. Peter Hahn",
    "Jean-Luc",
    "ohmygosh",
    "Anonymous",
    "Guest",
    "BlueSky7",
    "Mary Ann Fields",
    "Ольга",
    "Jürgen",
    "marisol",
    "K",
    "Old Timer from Ohio",
    "xX_rider_Xx",
    "Pat",
    "Steve",
    "Lena M",
    "GrumpyCat",
    "Ed Miller",
)


@dataclass(frozen=True, slots=True)
class Material:
    """What pages are laid out from: the lines of articles, and the lines of comments."""

    articles: Sequence[Sequence[Line]]
    comments: Sequence[Sequence[Sequence[str]]]


def relaid(material: Material, rng: np.random.Generator) -> tuple[list[Line], list[int]]:
    """Return the lines and states of one new page."""

    def pick(choices: Sequence[Sequence[str]]) -> Sequence[str]:
        return choices[int(rng.integers(len(choices)))]

    article = material.articles[int(rng.integers(len(material.articles)))]
    source = material.comments[int(rng.integers(len(material.comments)))]
    count = int(min(len(source), 1 + rng.geometric(0.15)))
    start = int(rng.integers(len(source) - count + 1))
    below = rng.random() < 0.25
    signature, interface = pick(_BELOW if below else _ABOVE), pick(_INTERFACE)
    if rng.random() < 0.3:
        signature = ()
    blank = rng.random() > 0.35  # whether the renderer leaves blank lines at all
    near, far = (int(rng.integers(0, 2)), int(rng.integers(1, 3))) if blank else (0, 0)
    style = int(rng.integers(5))
    listed = int(rng.integers(1, 3)) if rng.random() < 0.3 else 0  # a list that a renderer numbers, or gives bullets
    lines: list[Line] = []
    states: list[int] = []

    def add(text: str, state: int, blanks: int, indent: int = 0) -> None:
        lines.append(Line(text, 0, 0, blanks, indent))
        states.append(state)

    for line in article[-250:]:
        add(line.text, OUTSIDE, line.blanks if blank else 0)
    title = article[0].text[:60] if article else "The title"
    for text in pick(_BOUNDARIES):
        add(text.format(n=count, t=title), AROUND if lines and rng.random() < 0.5 else OUTSIDE, far)
    for k, paragraphs in enumerate(source[start : start + count], 1):
        said = {
            "a": _NAMES[int(rng.integers(len(_NAMES)))],
            "k": k,
            "n": int(rng.integers(1, 3000)),
            "d": _date(rng, style),
            "r": f"{int(rng.integers(2, 20))} days ago",
        }
        names = [(text.format(**said), AUTHOR if "{a}" in text else AROUND) for text in signature]
        body = [(text, INSIDE if i else BEGIN) for i, text in enumerate(paragraphs)]
        tail = [(text, AROUND) for text in interface]
        for i, (text, state) in enumerate([*body, *names, *tail] if below else [*names, *body, *tail]):
            above = far if i == 0 else near
            if state == INSIDE:
                above = 1 if blank and rng.random() < 0.6 else 0
            if listed and i == 0:
                text = f"{k}. {text}" if listed == 1 else f"• {text}"
            add(text, state, above, (2 if i == 0 else 4) if listed else 0)
    for text in pick(_FOOTERS):
        add(text, AFTER, far)
    for line in material.articles[int(rng.integers(len(material.articles)))][-12:]:
        add(line.text, AFTER, line.blanks if blank else 0)
    return lines, states


def _date(rng: np.random.Generator, style: int) -> str:
    year, month, day = int(rng.integers(2004, 2025)), int(rng.integers(12)), int(rng.integers(1, 29))
    hour, minute = int(rng.integers(24)), int(rng.integers(60))
    half, name = ("AM", "PM")[hour // 12], _MONTHS[month]
    return (
        f"{name} {day}, {year} at {hour % 12 or 12}:{minute:02} {half.lower()}",
        f"{day} {name} {year} {hour:02}:{minute:02}",
        f"{day:02}.{month + 1:02}.{year}, {hour:02}:{minute:02}",
        f"{name[:3]} {day}, {year}",
        f"{year}-{month + 1:02}-{day:02} {hour:02}:{minute:02}",
    )[style]
