"""Bodies of requests in Perspective's protocol."""

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class _Google(BaseModel):
    """Fields in camelCase or snake_case, as Google's JSON parsers take both."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid")


class TextEntry(_Google):
    """A text and its type."""

    text: str = ""
    type: str = "PLAIN_TEXT"


class ArticleAndParent(_Google):
    """What a comment stands below."""

    article: TextEntry | None = None
    parent_comment: TextEntry | None = None


class Context(_Google):
    """Taken and checked; no model uses it, as none of Perspective's did."""

    entries: list[TextEntry] | None = None
    article_and_parent_comment: ArticleAndParent | None = None


class Wanted(_Google):
    """How an attribute is to be scored."""

    score_type: str = "PROBABILITY"
    score_threshold: float | None = None


class Score(_Google):
    """One score."""

    value: float = 0.0
    type: str = "PROBABILITY"


class SpanScore(_Google):
    """The score of a part."""

    begin: int = 0
    end: int = 0
    score: Score | None = None


class AttributeScores(_Google):
    """The scores of an attribute."""

    summary_score: Score | None = None
    span_scores: list[SpanScore] | None = None


class AnalyzeRequest(_Google):
    """The body of comments:analyze."""

    comment: TextEntry = Field(default_factory=TextEntry)
    context: Context | None = None
    requested_attributes: dict[str, Wanted | None] = Field(default_factory=dict)
    span_annotations: bool = False
    languages: list[str] = Field(default_factory=list)
    do_not_store: bool = False
    client_token: str | None = None
    session_id: str | None = None
    community_id: str | None = None
    drop_unsupported_attributes: bool = False


class SuggestRequest(_Google):
    """The body of comments:suggestscore."""

    comment: TextEntry = Field(default_factory=TextEntry)
    context: Context | None = None
    attribute_scores: dict[str, AttributeScores] = Field(default_factory=dict)
    languages: list[str] = Field(default_factory=list)
    client_token: str | None = None
    session_id: str | None = None
    community_id: str | None = None
