"""The core types: what flows between the parts. Frozen, slotted, without behaviour.

Every offset counts code points of the text exactly as it was given, never of a normalised copy.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Action = Literal["allow", "review", "hide"]

ACTIONS: tuple[Action, ...] = ("allow", "review", "hide")
"""All actions, the mildest first."""


@dataclass(frozen=True, slots=True)
class Comment:
    """One reader comment.

    `time` is ISO 8601 where it could be resolved, and else the same as `raw_time`: what the page or dump states (HTML:
    the `datetime` attribute before what is printed). `parent` is the `id` of the comment that it answers, `lang` a BCP
    47 tag, `votes` the balance that is shown; each is None where unknown. `pingback` marks what another site's software
    posted.
    """

    text: str
    id: str | None = None
    author: str | None = None
    time: str | None = None
    parent: str | None = None
    lang: str | None = None
    raw_time: str | None = None
    votes: int | None = None
    pingback: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """One page: the article body and the reader comments below it, in the page's order. An empty article is ''."""

    article: str
    comments: tuple[Comment, ...] = ()
    url: str | None = None
    title: str | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """Code points [start, end) of a text and what they add to the logit of `label` (negative: they lower it).

    The empty span (0, 0) carries what belongs to no part of the text: the intercept.
    """

    start: int
    end: int
    label: str
    weight: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the scorer says of one comment.

    `scores` are calibrated probabilities by label, `flags` the labels at or over the policy's review threshold,
    `evidence` the spans that caused the flags. `unscored` says why a comment could not be judged; its scores are then
    empty and its action is "review". `model` and `policy` name what decided, with versions.
    """

    action: Action
    scores: Mapping[str, float]
    model: str
    policy: str
    comment_id: str | None = None
    flags: tuple[str, ...] = ()
    evidence: tuple[Span, ...] = field(default=())
    unscored: str | None = None
