"""What the line model sees of a plain text: one row of numbers a line.

Each line is described by itself (length, punctuation, what its wording says), by its neighbours, and by what the page
shows above and below it. Training (fit.py) and inference (line_model.py) share this module; a change here needs new
weights.
"""

import functools
import math
import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from moderation.extraction.lines import Line, header, may_be_name, unbulleted
from moderation.extraction.times import time_span
from moderation.extraction.wording import says

WINDOW = 2  # lines on each side whose own numbers are repeated for a line
_CONTEXT = 4 + 7 * 6  # columns that _context adds
_REACH = 10  # lines on each side over which signs are counted
_FAR = 200  # lines; a sign further away is no sign
_SEEN = 2000  # characters of a line that are looked at
_CACHED = 120  # characters; longer lines hardly ever repeat

_FIRST = re.compile(
    r"\b(?:i|i'm|im|i've|my|me|you|your|we|us|our|u|thanks?|lol|ich|du|mir|mich|mein\w*|sie|ihr|wir|uns|danke|je|j'ai|vous|tu|nous|mon|ma|mes|merci|yo|mi|"
    r"tú|usted|gracias|io|mio|voi|grazie|eu|meu|você|obrigad[oa]|ik|mijn|jij|je|bedankt|ja|mnie|dziękuję|pan|я|мне|вы|ты|мы|спасибо)\b",
    re.IGNORECASE,
)
_REPLY = re.compile(
    r"\W*(?:\d+\W*)?(?:reply|respond|antworten|antwort|répondre|responder|rispondi|beantwoorden|reageer|odpowiedz|ответить|відповісти|svara?|"
    r"yanıtla|回覆|回复|返信|quote|zitieren|report|melden|like|share|permalink|log in to reply)\b.{0,25}",
    re.IGNORECASE,
)
_URL = re.compile(r"https?://|www\.")
_SENTENCE_END = (".", "!", "?", "…", '."', '!"', '?"', ".)", ":)", ".”", "!”", "?”", ";)", ":-)", ":D")

# Columns of what a line says by itself.
BOUNDARY, BARE, _FOOTER, INTERFACE, HEADER, SIGNED, TIME, REPLIES = 0, 1, 2, 3, 4, 5, 6, 9


@functools.lru_cache(maxsize=20_000)
def _own(text: str) -> tuple[float, ...]:
    """Return what a line says by itself."""
    short = len(text) <= 160
    said = header(text) if short else None
    numbered = short and says("boundary", "numbered", text)
    bare = short and not numbered and says("boundary", "bare", text)
    words = text.split()
    n = len(text)
    letters = sum(map(str.isalpha, text[:300])) or 1
    return (
        numbered,
        bare,
        short and says("footer", "lines", text),
        short and says("interface", "lines", text),
        said is not None and said.author is not None,
        said is not None and said.author is not None and said.time is not None,
        said is not None and said.author is None,
        short and said is None and time_span(text) is not None,
        said is None and len(words) <= 5 and may_be_name(unbulleted(text)),
        short and _REPLY.fullmatch(text) is not None,
        math.log1p(n) / 5,
        math.log1p(len(words)) / 4,
        n > 100,
        text.endswith(_SENTENCE_END),
        text.endswith(":"),
        text[0].islower(),
        text[0].isdigit() or text[0] in "#•*-–+",
        text[0] in "@>\"“„«'",
        _URL.search(text[:500]) is not None,
        sum(map(str.isupper, text[:300])) / letters,
        sum(map(str.isdigit, text[:300])) / min(n, 300),
        min(len(_FIRST.findall(text[:500])) / (len(words) ** 0.5), 1.5),
        min(text.count("!") + text.count("?"), 4) / 4,
        text.count(",") > 1,
        "|" in text or "»" in text or "·" in text,
    )


def _described(text: str) -> tuple[float, ...]:
    return _own(text) if len(text) <= _CACHED else _own.__wrapped__(text[:_SEEN])


def describe(lines: Sequence[Line]) -> NDArray[np.float32]:
    """Return the features of the lines, float32 (lines, features)."""
    n = len(lines)
    own = np.array(
        [_described(line.text) for line in lines],
        dtype=np.float32,
    ).reshape(n, -1)
    blanks = np.array([min(line.blanks, 3) for line in lines], dtype=np.float32)
    below = np.append(blanks[1:], 3.0).astype(np.float32)
    seen = Counter(line.text for line in lines)
    repeats = np.array([math.log(seen[line.text]) for line in lines], dtype=np.float32)
    indent = np.array([min(line.indent, 8) / 8 for line in lines], dtype=np.float32)
    one = np.column_stack(
        [own, blanks == 0, blanks == 1, blanks >= 2, below == 0, below == 1, below >= 2, repeats, indent]
    )
    padded = np.pad(one, ((WINDOW, WINDOW), (0, 0)))
    around = [padded[k : k + n] for k in range(2 * WINDOW + 1)]
    return np.column_stack([*around, _context(own, blanks, n)]).astype(np.float32)


def column_of(features: NDArray[np.float32], column: int) -> NDArray[np.float32]:
    """Return what the lines say by themselves in one column of `describe`'s rows."""
    width = (features.shape[1] - _CONTEXT) // (2 * WINDOW + 1)
    return features[:, WINDOW * width + column]


def _context(own: NDArray[np.float32], blanks: NDArray[np.float32], n: int) -> NDArray[np.float32]:
    places = np.arange(n)
    signs = {
        "boundary": own[:, BOUNDARY] > 0,
        "announced": (own[:, BOUNDARY] + own[:, BARE]) > 0,
        "footer": own[:, _FOOTER] > 0,
        "interface": own[:, INTERFACE] > 0,
        "header": own[:, HEADER] > 0,
        "time": own[:, TIME] > 0,
        "reply": own[:, REPLIES] > 0,
    }
    columns = [
        places / max(n, 1),
        1.0 / (1 + places),
        np.full(n, math.log1p(n) / 8),
        np.full(n, blanks.mean() if n else 0.0),
    ]
    for sign in signs.values():
        sums = np.concatenate([[0.0], np.cumsum(sign)])
        low, high = np.maximum(places - _REACH, 0), np.minimum(places + _REACH + 1, n)
        last = np.maximum.accumulate(np.where(sign, places, -_FAR))
        following = np.minimum.accumulate(np.where(sign, places, n + _FAR)[::-1])[::-1]
        columns += [
            (sums[places] - sums[low]) / 5,
            (sums[high] - sums[places]) / 5,
            np.log1p(np.minimum(places - last, _FAR)) / 5,
            np.log1p(np.minimum(following - places, _FAR)) / 5,
            np.full(n, math.log1p(float(sums[-1])) / 4),
            sums[places] > 0,
        ]
    return np.column_stack(columns).astype(np.float32)
