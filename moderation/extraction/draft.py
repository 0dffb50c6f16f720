"""A comment of a plain text while its lines are read."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from moderation.extraction.lines import Line
from moderation.extraction.times import iso_time
from moderation.types import Comment


@dataclass(slots=True)
class Draft:
    """`answers` is the name of the author that the comment replies to."""

    author: str | None = None
    time: str | None = None
    answers: str | None = None
    lines: list[Line] = field(default_factory=list)


def finished(drafts: Iterable[Draft]) -> tuple[Comment, ...]:
    """Return the comments. `id` is the number on the page, `parent` the last comment of the author that is answered."""
    comments: list[Comment] = []
    latest: dict[str, str] = {}
    for draft in drafts:
        text = joined(draft.lines)
        if not text:
            continue
        number = str(len(comments) + 1)
        parent = latest.get(draft.answers.casefold()) if draft.answers else None
        time = iso_time(draft.time) or draft.time if draft.time else None
        comments.append(Comment(text, id=number, author=draft.author, time=time, raw_time=draft.time, parent=parent))
        if draft.author:
            latest[draft.author.casefold()] = number
    return tuple(comments)


def joined(lines: Iterable[Line]) -> str:
    """Return the lines as one text, with an empty line where the page had one or more."""
    pieces: list[str] = []
    for line in lines:
        if pieces:
            pieces.append("\n\n" if line.blanks else "\n")
        pieces.append(line.text)
    return "".join(pieces)
