"""Plain texts on which comments are easily missed, or seen where none are. All written for the project."""

import pytest

from moderation import extract

ARTICLE = """The ferry over the Lenne stops in May

The ferry that has carried cyclists over the Lenne since 1931 will stop in May, the district council decided on Tuesday.
The hull needs new plates, and no yard in the region has offered to fit them for less than the boat is worth.

"We have looked at every offer," said Ingrid Falk, who heads the harbour office. "None of them makes sense."

A bus will run instead, twice an hour in summer. It cannot take more than four bicycles at a time.
"""
FOOTER = """
Leave a Reply

Your email address will not be published. Required fields are marked *

Name *

Email *

Related articles

The bridge at Hohl gets new lamps

Imprint
"""

ONE = """
1 Comment

Marten says:

3 May 2019 at 10:12

I have taken that ferry to work for eleven years. Four bicycles a bus, you must be joking!

Reply
"""
TWO = """
2 Comments

Marten says:

3 May 2019 at 10:12

I have taken that ferry to work for eleven years. Four bicycles a bus, you must be joking!

Reply

Dagny P. says:

3 May 2019 at 11:40

I agree with you Marten. My daughter and I will miss it.

Perhaps somebody on the council will listen to us one day, but I doubt it.

Reply
"""


def texts(page: str) -> list[str]:
    return [comment.text for comment in extract(page, format="text").comments]


def test_one_comment_is_found() -> None:
    (comment,) = extract(ARTICLE + ONE + FOOTER, format="text").comments
    assert comment.author == "Marten"
    assert comment.text.startswith("I have taken") and comment.text.endswith("joking!")


def test_two_comments_are_found_whole() -> None:
    document = extract(ARTICLE + TWO + FOOTER, format="text")
    assert [comment.author for comment in document.comments] == ["Marten", "Dagny P."]
    assert document.comments[1].text.startswith("I agree with you Marten.")
    assert document.comments[1].text.endswith(
        "\n\nPerhaps somebody on the council will listen to us one day, but I doubt it."
    )
    assert "more than four bicycles" in document.article


NONE = {
    "nothing": "",
    "no comments": "\n0 Comments\n",
    "recent comments": """
Recent Comments

Marten on The ferry over the Lenne stops in May

Dagny P. on The bridge at Hohl gets new lamps

Olaf on Swimming is allowed again

Recent Posts

The bridge at Hohl gets new lamps

Swimming is allowed again
""",
    "faq": """
Frequently asked questions

When does the bus leave?

The bus leaves the landing stage at ten and forty minutes past every hour from May to September.

Can I take my dog?

Yes. Dogs travel free of charge on all lines of the district.

What does a ticket cost?

A single ticket costs 2.40, and children under six need none.
""",
    "live ticker": """
Live ticker

18:42 The council has begun to vote. The gallery is full.

18:31 The mayor speaks of a hard day for the whole valley.

18:20 The meeting is interrupted for ten minutes.

18:05 Good evening and welcome to our ticker from the town hall.
""",
    "testimonials": """
What our customers say

"The best bicycle repair in the valley. They mended my chain within an hour."
Ruth Meinert, Hohl

"Friendly, quick and cheap."
Tobias Kern, Lennetal
""",
}


@pytest.mark.parametrize("name", NONE)
def test_what_only_looks_like_comments_is_none(name: str) -> None:
    assert texts(ARTICLE + NONE[name] + FOOTER) == []


MANY = """
4 Comments

Marten says:

3 May 2019 at 10:12

I have taken that ferry to work for eleven years. Four bicycles a bus, you must be joking!

Reply

Dagny P. says:

3 May 2019 at 11:40

{second}

Reply

Olaf says:

4 May 2019 at 8:02

You could all swim, you know. I did when I was a boy.

Reply

Wiebke says:

4 May 2019 at 9:15

My father built one of those landing stages, I am sad to see them go.

Reply
"""


def test_an_announcement_inside_a_comment_ends_nothing() -> None:
    found = texts(
        ARTICLE
        + MANY.format(second="They had a counter on their site:\n\n3 comments\n\nand it was never right.")
        + FOOTER
    )
    assert found[0].startswith("I have taken") and found[-1].startswith("My father")
    assert sum("counter on their site" in text for text in found) == 1


def test_a_forged_author_takes_no_other_comment() -> None:
    found = extract(
        ARTICLE
        + MANY.format(second="Funny how this reads.\n\nOlaf says: I hate ferries and all who use them")
        + FOOTER,
        format="text",
    ).comments
    olaf = [comment for comment in found if comment.author == "Olaf"]
    assert [comment.text.split("\n")[0] for comment in olaf] == [
        "You could all swim, you know. I did when I was a boy."
    ]


def test_a_text_of_comments_alone() -> None:
    assert len(texts(MANY.format(second="I agree with you Marten. We will miss it."))) == 4


def test_comments_without_names_and_dates_are_told_apart_by_their_blank_lines() -> None:
    bodies = [
        "I have taken that ferry to work for eleven years. Four bicycles a bus, you must be joking!",
        "I agree with you. My daughter and I will miss it.",
        "You could all swim, you know. I did when I was a boy.",
        "My father built one of those landing stages, I am sad to see them go.",
    ]
    assert texts(ARTICLE + "\n4 Comments\n\n\n" + "\n\n\n".join(bodies) + "\n\n" + FOOTER) == bodies


LANGUAGES = {
    "de": ("3 Kommentare", "{} sagt:", "3. Mai 2019 um 10:12 Uhr", "Antworten", "Schreibe einen Kommentar"),
    "fr": ("3 commentaires", "{} dit :", "3 mai 2019 à 10h12", "Répondre", "Laisser un commentaire"),
    "ru": ("3 комментария", "{} пишет:", "3 мая 2019 в 10:12", "Ответить", "Добавить комментарий"),
    "pl": ("3 komentarze", "{} pisze:", "3 maja 2019 o 10:12", "Odpowiedz", "Dodaj komentarz"),
    "es": ("3 comentarios", "{} dice:", "3 mayo 2019 a las 10:12", "Responder", "Deja un comentario"),
    "nl": ("3 reacties", "{} schreef:", "3 mei 2019 om 10:12", "Beantwoorden", "Geef een reactie"),
    "it": ("3 commenti", "{} ha detto:", "3 maggio 2019 alle 10:12", "Rispondi", "Lascia un commento"),
    "sv": ("3 kommentarer", "{} skriver:", "3 maj 2019 kl 10:12", "Svara", "Lämna en kommentar"),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_furniture_of_other_languages_is_known(language: str) -> None:
    boundary, says, date, reply, form = LANGUAGES[language]
    bodies = ["Eleven years I took it to work, you must be joking!", "I will miss it, Marten.", "My father built it."]
    comments = "\n".join(
        f"{says.format(name)}\n\n{date}\n\n{body}\n\n{reply}\n"
        for name, body in zip(("Marten", "Dagny", "Olaf"), bodies, strict=True)
    )
    document = extract(f"{ARTICLE}\n{boundary}\n\n{comments}\n{form}\n", format="text")
    assert [comment.text for comment in document.comments] == bodies
    assert [comment.author for comment in document.comments] == ["Marten", "Dagny", "Olaf"]


def test_wpdiscuz_may_print_a_time_right_below_the_name() -> None:
    comments = "".join(
        f"\n{name}\n2 years ago\n\n{text}\n\n4\n\nReply\n"
        for name, text in (("Marten", "I took it to work."), ("Olaf", "You could all swim."), ("Ada", "I miss it."))
    )
    found = extract(
        f"{ARTICLE}\n3 Comments\nOldest\nNewest Most Voted\nInline Feedbacks\nView all comments\n{comments}",
        format="text",
    ).comments
    assert [(comment.author, comment.text) for comment in found] == [
        ("Marten", "I took it to work."),
        ("Olaf", "You could all swim."),
        ("Ada", "I miss it."),
    ]


def test_wpdiscuz_without_comments_has_none() -> None:
    head = "0 Comments\nOldest\nNewest Most Voted\nInline Feedbacks\nView all comments"
    below = "Like what you read?\nSubscribe to our newsletter!\n\nGet all the latest articles and photos!"
    assert texts(f"{ARTICLE}\n{head}\n\n{below}\n") == []
