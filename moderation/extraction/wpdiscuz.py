"""The grammar of wpDiscuz pages that a renderer made into plain text.

After "View all comments" a comment is: the author's line (left out of the text, but not its line break,
where the name was a link), a blank line, the paragraphs of the comment with blank lines between them, and perhaps "Last
edited 20 days ago by A". So two blank lines say that the next comment's author is not shown, and one blank line on each
side of a short line says that it is an author.
"""

import re
from collections.abc import Sequence

from moderation.extraction.draft import Draft
from moderation.extraction.lines import Line, may_be_name
from moderation.extraction.times import only_time
from moderation.extraction.wording import says

_EDITED = re.compile(
    r"(?:last edited|zuletzt bearbeitet|dernière modification|última edición|ultima modifica|última edição|"
    r"laatst bewerkt|"
    r"ostatnio edytowan[yo]|последн(?:ее|яя) редактирование|отредактировано)\s.{0,40}?"
    r"\b(?:by|von|par|por|da|door|przez|от|автором)\s+(?P<who>.{1,60})",
    re.IGNORECASE,
)
_ANSWERS = re.compile(
    r"(?:reply to|antwort(?:et)? (?:an|auf)|répondre à|en réponse à|responder a|rispondi a|antwoord aan|odpowiedź do|"
    r"ответ на)"
    r"\s+(?P<who>.{1,60})",
    re.IGNORECASE,
)
_FEWEST_MARKERS = 2  # interface lines in a row that make the start of the comments certain


def zone(lines: Sequence[Line]) -> tuple[int, int] | None:
    """Return the lines [first, last) that hold comments; None where no wpDiscuz block with its blank lines is.

    Under "0 Comments" there is none.
    """
    start, run = None, 0
    for i, line in enumerate(lines):
        if line.text.startswith("0 ") and says("boundary", "numbered", line.text):
            return None
        opens = says("boundary", "wpdiscuz", line.text)
        if opens or says("interface", "lines", line.text):
            run += 1
            start = i + 1 if opens and run >= _FEWEST_MARKERS else start
        elif start is not None:
            break
        else:
            run = 0
    if start is None or not any(line.blanks for line in lines[start + 1 :]):
        return None
    return start, next((i for i in range(start, len(lines)) if says("footer", "wpdiscuz", lines[i].text)), len(lines))


def read(lines: Sequence[Line]) -> list[Draft]:
    """Return the comments in the lines of the zone."""
    drafts: list[Draft] = []
    slot = Draft()  # what the lines above a comment's text say of it
    closed = True  # whether the text of the last comment is over
    for i, line in enumerate(lines):
        if edited := _EDITED.fullmatch(line.text):
            if drafts and not closed:
                drafts[-1].author = drafts[-1].author or edited["who"].strip()
            closed = True
        elif (answers := _ANSWERS.fullmatch(line.text)) and (closed or line.blanks):
            slot.answers, closed = answers["who"].strip(), True
        elif only_time(line.text):
            slot.time, closed = line.text, True
        elif says("interface", "lines", line.text):
            closed = True
        elif _names_author(line, lines[i + 1] if i + 1 < len(lines) else None, closed):
            slot.author, closed = line.text, True
        elif closed or line.blanks > 1:
            slot.lines.append(line)
            drafts.append(slot)
            slot, closed = Draft(), False
        else:
            drafts[-1].lines.append(line)
    return drafts


def _names_author(line: Line, following: Line | None, closed: bool) -> bool:
    """Return whether `line` stands where the grammar has an author, and could be one."""
    if following is None or following.blanks > 1 or line.blanks > 1 or not may_be_name(line.text):
        return False
    if closed and only_time(following.text):
        return True
    return following.blanks == 1 and (closed or line.blanks == 1)
