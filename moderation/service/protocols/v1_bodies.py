"""Bodies of our own protocol: what is asked, and what is answered. OpenAPI describes them from here."""

from pydantic import BaseModel, ConfigDict, Field

_Strict = ConfigDict(extra="forbid")


class CommentIn(BaseModel):
    """A comment, and what is known of the place where it stands. The shipped models look at `text` and `lang`; the
    other context is taken, and not used by them.
    """

    model_config = _Strict

    text: str
    id: str | None = Field(default=None, description="Comes back beside the verdict.")
    lang: str | None = Field(default=None, max_length=35, description="BCP 47 tag.")
    parent: str | None = Field(default=None, description="Text of the comment that it answers.")
    article_title: str | None = None


class ThresholdsIn(BaseModel):
    """From which probability on a comment is reviewed, and from which it is hidden (none: never)."""

    model_config = _Strict

    review: float = Field(ge=0, le=1)
    hide: float | None = Field(default=None, ge=0, le=1)


class OptionsIn(BaseModel):
    """How to judge."""

    model_config = _Strict

    labels: list[str] | None = Field(default=None, description="Answer with these labels only, and decide by them.")
    explain: bool = Field(default=True, description="With the words that caused a flag.")
    policy: dict[str, ThresholdsIn] | None = Field(default=None, description="Thresholds for this request by label.")


class ScoreRequest(BaseModel):
    """Comments to judge: strings, or objects with what else is known."""

    model_config = _Strict

    comments: list[str | CommentIn] = Field(min_length=1)
    options: OptionsIn = Field(default_factory=OptionsIn)


class Evidence(BaseModel):
    """Code points [start, end) of the text as it was sent."""

    start: int
    end: int
    label: str
    text: str


class Result(BaseModel):
    """The verdict on one comment. `unscored` says why it could not be judged; its action is then "review"."""

    id: str | None
    action: str
    scores: dict[str, float]
    flags: list[str]
    evidence: list[Evidence]
    unscored: str | None


class ModelOut(BaseModel):
    """The bundle that judged."""

    name: str
    version: str
    sha256: str


class ScoreResponse(BaseModel):
    """Verdicts in the order of the comments, and what gave them."""

    results: list[Result]
    model: ModelOut
    policy: str = Field(description="Name of the policy, and the beginning of the hash of its thresholds.")


class LabelOut(BaseModel):
    """A label that is judged, and who says what it means."""

    name: str
    title: str
    definition: str
    source: str
    url: str
    threshold: float | None = Field(description="From this probability on, a comment goes to review.")


class LabelsResponse(BaseModel):
    """All labels of the model."""

    labels: list[LabelOut]
    model: ModelOut
    policy: str


class ModelResponse(BaseModel):
    """What judges."""

    model: ModelOut
    kind: str
    labels: list[str]
    languages: list[str]
    licence: str
    normaliser: int
    policy: str
    thresholds: dict[str, ThresholdsIn]
    shadow: ModelOut | None


class ReloadResponse(BaseModel):
    """What judges from now on."""

    model: ModelOut
    policy: str


EXAMPLES = {
    "one": {"summary": "One comment", "value": {"comments": ["Thank you, a fine article."]}},
    "many": {
        "summary": "Several, with context and thresholds of their own",
        "value": {
            "comments": [
                {"id": "41", "text": "Thank you, a fine article.", "lang": "en", "article_title": "The new bridge"},
                {"id": "42", "text": "You are a pathetic idiot, shut up.", "parent": "I like it."},
            ],
            "options": {"labels": ["toxicity"], "explain": True, "policy": {"toxicity": {"review": 0.5, "hide": 0.99}}},
        },
    },
}
